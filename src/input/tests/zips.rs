//! Zips as tools write them, and as attackers do. Files are read by their directory, streams from end to end: `members_of`
//! compares the two.

use super::pack::{How, Zip, gzip, zip};
use super::*;

const METHODS: [u16; 5] = [0, 8, 12, 93, 95];

/// Every method, with sizes before or behind the data, in 32 or 64 bits.
#[test]
fn entries_of_all_kinds_are_members() {
    let text = numbered(900);
    for large_end in [false, true] {
        let (mut archive, mut names) = (Zip::default(), Vec::new());
        for method in METHODS {
            for (descriptor, large) in [(false, false), (true, false), (false, true), (true, true)] {
                let name = format!("{method}/{descriptor}/{large}.log");
                archive.add(&name, &text, How { method, descriptor, large, encrypted: false });
                names.push(name);
            }
        }
        archive.add("folder/", b"", How::default());
        archive.add("empty", b"", How { descriptor: true, ..How::default() });
        let (found, outcome) = members_of(&archive.finish(large_end), &small(100));
        assert_eq!(outcome.skipped, []);
        assert_eq!(found.rest(), b"", "nothing is left over");
        names.iter().for_each(|name| assert!(found.text(name) == text, "{name}"));
    }
}

/// Cut into units, and the same with every entry in a unit of its own or all in one.
#[test]
fn large_entries_are_units_of_their_own() {
    let text = numbered(1 << 20);
    let mut archive = Zip::default();
    for name in ["a", "b", "c"] {
        archive.add(name, &text, How::default());
    }
    archive.add("d", &text[..5], How::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    std::fs::write(&path, archive.finish(false)).unwrap();
    let sources = walk(&[path]).sources;
    let units = plan(&sources, &Options::default());
    assert_eq!(units.len(), 4);
    let (mut found, mut bytes) = (Members::default(), 0);
    let options = Options::default();
    for unit in units.iter().rev() {
        let outcome = read(&sources[0], unit, &options, &Budget::new(&options), &mut Buffers::default(), &mut found);
        assert_eq!(outcome.skipped, []);
        bytes += outcome.bytes;
    }
    assert_eq!(bytes, (3 << 20) + 5);
    assert!(found.text("b") == text && found.text("d") == text[..5]);
}

/// Text before, between and behind entries is in no member and is scanned all the same.
#[test]
fn bytes_outside_of_every_entry_are_text() {
    let (text, outside) = (numbered(900), numbered(200));
    let mut archive = Zip::default();
    archive.add("a", &text, How { method: 8, ..How::default() });
    archive.bytes.extend(&outside);
    archive.add("b", &text, How { method: 8, descriptor: true, ..How::default() });
    archive.bytes.extend(&outside);
    let archive = archive.finish(false);
    let (found, outcome) = members_of_file(&[&outside[..], &archive].concat(), &small(100));
    assert_eq!(outcome.skipped, []);
    assert!(found.text("a") == text && found.text("b") == text);
    assert!(found.rest() == [&outside[..], &outside, &outside].concat());
    // Offsets that count from the beginning of the file, as others write them.
    let mut moved = Zip { bytes: outside.clone(), ..Zip::default() };
    moved.add("a", &text, How { method: 8, ..How::default() });
    let (found, outcome) = members_of_file(&moved.finish(true), &small(100));
    assert_eq!((outcome.skipped, found.rest() == outside, found.text("a") == text), (vec![], true, true));
    let behind = [&zip(&[("a", &text)])[..], &outside].concat();
    let (found, outcome) = members_of(&behind, &small(100));
    assert_eq!((outcome.skipped, found.rest() == outside, found.text("a") == text), (vec![], true, true));
}

/// What needs a password or a method that is not known is named, and its bytes are scanned.
#[test]
fn encrypted_and_unknown_entries_are_named() {
    let text = numbered(900);
    let mut archive = Zip::default();
    archive.add("secret", &text, How { encrypted: true, ..How::default() });
    archive.add("secret behind", &text, How { encrypted: true, descriptor: true, ..How::default() });
    archive.add("aes", &text, How { method: 99, ..How::default() });
    archive.add("lzma", &text, How { method: 14, ..How::default() });
    archive.add("open", &text, How { method: 8, ..How::default() });
    let (found, outcome) = members_of(&archive.finish(false), &small(100));
    let named: Vec<_> = outcome.skipped.iter().map(|s| (s.member.as_deref().unwrap(), s.reason)).collect();
    use SkipReason::{Encrypted, Unsupported};
    let expected = [("secret", Encrypted), ("secret behind", Encrypted), ("aes", Encrypted), ("lzma", Unsupported)];
    assert_eq!(named, expected);
    for name in ["secret", "secret behind", "aes", "lzma", "open"] {
        assert!(found.text(name) == text, "{name}");
    }
}

/// A few bytes that many entries share become terabytes. The entries are named, and the bytes scanned once.
#[test]
fn overlapping_entries_are_not_unpacked() {
    let text = numbered(2000);
    let mut archive = Zip::default();
    archive.add("a", &text, How { method: 8, ..How::default() });
    let record = archive.central.clone();
    for _ in 0..4 {
        archive.central.extend(&record);
        archive.count += 1;
    }
    let (found, outcome) = members_of_file(&archive.finish(false), &small(100));
    assert_eq!(reasons(&outcome), [SkipReason::BombLimit; 4].map(|r| r)[..1].to_vec(), "equal faults are one");
    assert!(found.text("a") == text);
    // The data of one holds the header of the next.
    let mut archive = Zip::default();
    archive.add("inner", &text, How::default());
    let inner = archive.bytes.len();
    archive.central[20..24].copy_from_slice(&(inner as u32 + 500).to_le_bytes());
    archive.add("next", &text, How::default());
    let (found, outcome) = members_of_file(&archive.finish(false), &small(100));
    assert_eq!(reasons(&outcome), [SkipReason::BombLimit]);
    assert!(found.text("next") == text);
    assert!(String::from_utf8_lossy(&found.rest()).contains("line 100\n"), "its bytes are scanned");
}

/// Sizes are claims, checksums are promises; no allocation follows a claim.
#[test]
fn lies_are_named() {
    let text = numbered(900);
    let data = super::pack::deflate(&text);
    let crc = crc32fast::hash(&text);
    for (what, size, crc) in [("larger", 1 << 40, crc), ("smaller", 0, crc), ("checksum", 900, !crc)] {
        let mut archive = Zip::default();
        archive.add_data("a", &data, size, crc, How { method: 8, large: true, ..How::default() });
        archive.add("b", &text, How::default());
        let (found, outcome) = members_of(&archive.finish(true), &small(100));
        assert_eq!(reasons(&outcome), [SkipReason::DecodeError], "{what}");
        assert!(found.text("a") == text && found.text("b") == text, "{what}");
    }
    let bomb = zip(&[("a", &text), ("b", &text)]);
    let (found, outcome) = members_of(&bomb, &Options { unpacked: 899, ..small(100) });
    assert_eq!(reasons(&outcome), [SkipReason::BombLimit; 2]);
    assert!(found.text("b") == text[..899]);
    let (_, outcome) = members_of(&bomb, &Options { members: 1, ..small(100) });
    assert_eq!(reasons(&outcome), [SkipReason::BombLimit]);
}

/// What lies deeper than the limit is named, and what lies beside it is read.
#[test]
fn zips_too_deep_are_named() {
    let mut nested = zip(&[("log", b"line\n")]);
    for _ in 0..12 {
        nested = zip(&[("again.zip", &nested), ("log", b"line\n")]);
    }
    let (found, outcome) = members_of(&nested, &small(1000));
    assert_eq!(reasons(&outcome), [SkipReason::DepthLimit]);
    assert_eq!(found.names().len(), 8);
}

/// Without its directory a file is read as a stream is.
#[test]
fn a_cut_zip_keeps_what_it_has() {
    let text = numbered(400);
    let whole = zip(&[("a", &text), ("b", &gzip(&text)), ("c", &text)]);
    for length in 40..whole.len() {
        let (found, outcome) = members_of(&whole[..length], &small(300));
        assert!(text.starts_with(&found.text("a")));
        assert!(!outcome.skipped.is_empty(), "cut at {length}");
    }
}

/// Damage anywhere: no panic, and every byte of text is still found or a fault is named.
#[test]
fn flipped_bits_lose_nothing_in_silence() {
    let text = numbered(300);
    let mut archive = Zip::default();
    archive.add("a", &text, How { method: 8, ..How::default() });
    archive.add("b", &text, How { method: 0, descriptor: true, ..How::default() });
    let bytes = archive.finish(false);
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (stream, file) = (members_of_stream(&damaged, &small(100)), members_of_file(&damaged, &small(100)));
        // Without its first bytes a stream is none.
        let known = bit >= 80;
        for (_, outcome) in [Some(file), known.then_some(stream)].into_iter().flatten() {
            assert!(outcome.bytes >= 600 || !outcome.skipped.is_empty(), "bit {bit} of byte {}", bit / 8);
        }
    }
}
