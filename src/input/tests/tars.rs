//! Tars of every kind of tool, and of those who want to hide something.

use super::pack::{gzip, pax, sum_up, tar, tar_entry};
use super::*;

/// Entries in a row, with blocks of zeros behind.
fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    [&entries.concat()[..], &[0; 1024]].concat()
}

#[track_caller]
fn assert_holds(bytes: &[u8], expected: &[(&str, &[u8])]) {
    let (found, outcome) = members_of(bytes, &small(100));
    assert_eq!(outcome.skipped, []);
    assert_eq!(found.names(), expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, text) in expected {
        assert!(found.text(name) == *text, "{name}: {:?}", String::from_utf8_lossy(&found.text(name)));
    }
}

#[test]
fn entries_are_members() {
    let (a, b) = (numbered(1024), numbered(700));
    assert_holds(
        &tar(&[("var/log/a.log", &a), ("b", &b), ("c.gz", &gzip(&b))]),
        &[("var/log/a.log", &a), ("b", &b), ("c.gz", &b)],
    );
    // Without data: links, folders, devices, whatever size they claim. An empty file has no text.
    let none: Vec<_> = b"123456"
        .iter()
        .map(|&kind| tar_entry("x", kind, b"", |h| h[124..136].copy_from_slice(b"00000001000\0")))
        .collect();
    assert_holds(
        &archive(&[none.concat(), tar_entry("e", b'0', b"", |_| ()), tar_entry("a", 0, &a, |_| ())])[..],
        &[("a", &a)],
    );
}

/// Older and newer headers: without magic, signed sums, a prefix, sizes in base 256.
#[test]
fn headers_of_all_ages_are_read() {
    let text = numbered(600);
    let old = |header: &mut [u8]| header[257..265].fill(0);
    assert_holds(&archive(&[tar_entry("old", b'0', &text, old)]), &[("old", &text)]);
    let prefix = |header: &mut [u8]| header[345..352].copy_from_slice(b"var/log");
    assert_holds(&archive(&[tar_entry("a", b'0', &text, prefix)]), &[("var/log/a", &text)]);
    let large = |header: &mut [u8]| {
        header[124..136].fill(0);
        (header[124], header[134], header[135]) = (0x80, 2, 0x58);
    };
    assert_holds(&archive(&[tar_entry("large", b'0', &text, large)]), &[("large", &text)]);
    let mut signed = tar_entry("\u{e9}", b'0', &text, |_| ());
    signed[148..156].fill(b' ');
    let sum: i32 = signed[..512].iter().map(|&byte| i32::from(byte.cast_signed())).sum();
    signed[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_holds(&archive(&[signed]), &[("\u{e9}", &text)]);
}

/// Long names stand in entries of their own, of GNU or of PAX; PAX may also tell another size.
#[test]
fn long_names_are_those_of_the_next_entry() {
    let (text, long) = (numbered(600), "a/".repeat(200) + "b.log");
    let gnu = tar_entry("././@LongLink", b'L', &[long.as_bytes(), b"\0"].concat(), |_| ());
    assert_holds(
        &archive(&[gnu, tar_entry("cut", b'0', &text, |_| ()), tar_entry("next", b'0', &text, |_| ())])[..],
        &[(&long, &text), ("next", &text)],
    );
    let short = |header: &mut [u8]| header[124..136].copy_from_slice(b"00000000000\0");
    let records = pax(&[("path", &long), ("size", "600"), ("mtime", "1700000000.5"), ("comment", "a=b\nc")]);
    let entries = [tar_entry("x", b'x', &records, |_| ()), tar_entry("cut", b'0', &text, short)];
    assert_holds(&archive(&entries), &[(&long, &text)]);
    let global = tar_entry("g", b'g', &pax(&[("comment", "all")]), |_| ());
    assert_holds(&archive(&[global, tar_entry("a", b'0', &text, |_| ())]), &[("a", &text)]);
}

/// The pieces of a sparse file are its text; a hole of a petabyte costs nothing.
#[test]
fn sparse_files_are_read_without_their_holes() {
    let text = numbered(900);
    let expected = [&[0; 300][..], &text[..512], &[0; 100], &text[512..]].concat();
    let zeros = |text: &[u8]| text.iter().filter(|&&byte| byte != 0).copied().collect::<Vec<_>>();
    let old = tar_entry("s", b'S', &text, |header| {
        for (at, number) in [(386, 300), (398, 512), (410, 912), (422, 388), (483, 1300)] {
            header[at..at + 12].copy_from_slice(format!("{number:011o}\0").as_bytes());
        }
    });
    assert_holds(&archive(&[old]), &[("s", &expected)]);
    let records = pax(&[("GNU.sparse.map", "300,512,912,388"), ("GNU.sparse.name", "s"), ("GNU.sparse.size", "1300")]);
    assert_holds(
        &archive(&[tar_entry("x", b'x', &records, |_| ()), tar_entry("q", b'0', &text, |_| ())]),
        &[("s", &expected)],
    );
    let mut mapped = b"2\n300\n512\n912\n388\n".to_vec();
    mapped.resize(512, 0);
    mapped.extend(&text);
    let records = pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s")]);
    assert_holds(
        &archive(&[tar_entry("x", b'x', &records, |_| ()), tar_entry("q", b'0', &mapped, |_| ())]),
        &[("s", &expected)],
    );
    let records = pax(&[("GNU.sparse.map", "1000000000000000,900"), ("GNU.sparse.name", "s")]);
    let entries = [tar_entry("x", b'x', &records, |_| ()), tar_entry("q", b'0', &text, |_| ())];
    let (found, outcome) = members_of(&archive(&entries), &small(1000));
    assert_eq!(outcome.skipped, []);
    assert!(zeros(&found.text("s")) == text && outcome.bytes < 1 << 20);
}

/// More pieces than a header holds stand in blocks behind it.
#[test]
fn a_sparse_map_may_be_long() {
    let text = numbered(60);
    let piece = |i: usize| [format!("{:011o}\0", i * 20), format!("{:011o}\0", 10)].concat().into_bytes();
    let mut entry = tar_entry("s", b'S', &text, |header| {
        header[386..482].copy_from_slice(&(0..4).flat_map(piece).collect::<Vec<u8>>());
        header[482] = 1;
    });
    let mut more = (4..6).flat_map(piece).collect::<Vec<u8>>();
    more.resize(512, 0);
    entry.splice(512..512, more);
    let expected: Vec<u8> = text.chunks(10).flat_map(|part| [part, &[0; 10]].concat()).take(110).collect();
    assert_holds(&archive(&[entry]), &[("s", &expected)]);
}

/// Readers stop at the end of the archive, and some hide things behind it.
#[test]
fn entries_behind_the_end_are_read() {
    let text = numbered(600);
    let hidden = [&tar(&[("a", &text)])[..], &[0; 9216], &tar(&[("hidden", &text)])].concat();
    assert_holds(&hidden, &[("a", &text), ("hidden", &text)]);
}

/// Bytes that belong to no entry are text, and the fault is named; the next header is found again.
#[test]
fn what_is_no_entry_is_scanned_as_text() {
    let text = numbered(600);
    let strange = numbered(1024);
    let mut bytes = [&tar(&[("a", &text)])[..], &strange, &tar(&[("b", &text)])].concat();
    let (found, outcome) = members_of(&bytes, &small(100));
    assert_eq!(reasons(&outcome), [SkipReason::DecodeError]);
    assert!(found.text("b") == text && found.rest() == strange);
    // A header whose size is a lie swallows what follows it; what stands there is its text.
    bytes[124..136].copy_from_slice(b"00000002000\0");
    sum_up(&mut bytes);
    let (found, _) = members_of(&bytes, &small(100));
    assert!(found.text("a").starts_with(&text));
    assert!(found.text("b") == text);
}

/// A name may claim to be a gibibyte: nothing is allocated for it, and its bytes are scanned.
#[test]
fn a_name_of_a_gibibyte_is_text() {
    let claim = |header: &mut [u8]| header[124..136].copy_from_slice(b"10000000000\0");
    let bytes = tar_entry("././@LongLink", b'L', &numbered(4000), claim);
    let (found, outcome) = members_of(&bytes, &small(100));
    assert!(found.text("././@LongLink").starts_with(&numbered(4000)));
    assert_eq!(reasons(&outcome)[0], SkipReason::TooLarge);
    let (_, outcome) = members_of(&tar(&[("a", b"1"), ("b", b"2"), ("c", b"3")]), &Options { members: 2, ..small(9) });
    assert_eq!(reasons(&outcome), [SkipReason::BombLimit]);
}

/// Wherever a tar breaks off, what came before stays, and the loss is named.
#[test]
fn a_cut_tar_keeps_what_it_has() {
    let text = numbered(700);
    let records = pax(&[("path", "long/b")]);
    let whole = [
        tar_entry("a", b'0', &text, |_| ()),
        tar_entry("x", b'x', &records, |_| ()),
        tar_entry("b", b'0', &text, |_| ()),
    ]
    .concat();
    for length in 512..whole.len() {
        let (found, outcome) = members_of(&whole[..length], &small(300));
        assert!(!outcome.skipped.is_empty(), "cut at {length}");
        assert!(length < 1212 || found.text("a") == text, "cut at {length}");
        assert!(text.starts_with(&found.text("long/b")), "cut at {length}");
    }
}

/// Damage anywhere: no panic, and every byte of text is still found or a fault is named.
#[test]
fn flipped_bits_lose_nothing_in_silence() {
    let text = numbered(300);
    let bytes = archive(&[
        tar_entry("x", b'x', &pax(&[("path", "b"), ("size", "300")]), |_| ()),
        tar_entry("b", b'0', &text, |_| ()),
    ]);
    for bit in 0..(bytes.len() - 1024) * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (_, outcome) = members_of_stream(&damaged, &small(100));
        assert!(outcome.bytes >= 300 || !outcome.skipped.is_empty(), "bit {bit}");
    }
}
