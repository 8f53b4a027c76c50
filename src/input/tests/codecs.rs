//! What packs one text, in every state that logs are found in: the same promises for each format.

use super::pack::{CODECS, lz4, skippable, tar, xz, zip, zstd};
use super::*;

/// One text, whatever its packing: from a stream of any step, and from a file.
#[track_caller]
fn assert_unpacks(packed: &[u8], text: &[u8], what: &str) {
    for (step, chunk) in [(1, 333), (1000, 40), (usize::MAX, 1 << 20)] {
        let (keeper, outcome) = read_stream(Dribble::new(packed, step), &small(chunk));
        assert_eq!(outcome.skipped, [], "{what} in steps of {step}");
        assert_eq!(outcome.bytes, text.len() as u64, "{what}");
        keeper.check(text);
    }
    let (file, outcome) = members_of_file(packed, &small(100));
    assert_eq!((outcome.skipped, file.rest() == text), (vec![], true), "{what} as a file");
}

/// Decoders that stop after the first part say that all is well: a leak in the third part is silently missed.
#[test]
fn all_parts_padding_and_trailing_text_are_one_text() {
    let text = numbered(3000);
    for (name, pack) in CODECS {
        let (a, b, c) = (pack(&text[..1000]), pack(&text[1000..1001]), pack(&text[1001..]));
        assert_unpacks(&pack(&text), &text, name);
        assert_unpacks(&[&a[..], &b, &c].concat(), &text, name);
        assert_unpacks(&[&a[..], &pack(b""), &b, &c, &pack(b"")].concat(), &text, name);
        assert_unpacks(&[&a[..], &b, &[0; 1024], &c, &[0; 70_000]].concat(), &text, name);
        assert_unpacks(&[&a[..], &text[1000..]].concat(), &text, name);
        assert_unpacks(&pack(b""), b"", name);
        // Parts of another format too: somebody put two files together.
        assert_unpacks(&[&a[..], &zstd(&text[1000..2000]), &lz4(&text[2000..])].concat(), &text, name);
    }
}

/// Tools put frames of their own before and between those with text.
#[test]
fn skippable_frames_are_passed_over() {
    let text = numbered(2000);
    for (name, pack) in [("zstd", zstd as fn(&[u8]) -> Vec<u8>), ("lz4", lz4)] {
        let (a, b) = (pack(&text[..700]), pack(&text[700..]));
        let note = skippable(b"anything");
        assert_unpacks(&[&note[..], &a, &note, &skippable(b""), &b, &note].concat(), &text, name);
        let cut = [&a[..], &note[..12]].concat();
        let (keeper, outcome) = read_stream(&cut[..], &small(100));
        assert_eq!((keeper.text == text[..700], reasons(&outcome)), (true, vec![SkipReason::DecodeError]));
    }
}

/// An lz4 frame of the old tools has no mark of its end.
#[test]
fn old_lz4_frames_are_read() {
    let text = numbered(5000);
    let block = lz4_flex::block::compress(&text);
    let packed = [&[0x02, 0x21, 0x4c, 0x18][..], &(block.len() as u32).to_le_bytes(), &block].concat();
    assert_unpacks(&packed, &text, "old lz4");
}

/// A copy that broke off keeps what it has, and however it is cut no text is made up and the loss is named.
#[test]
fn truncation_keeps_what_came_before() {
    let text = numbered(1500);
    for (name, pack) in CODECS {
        let first = pack(&text[..900]);
        let packed = [&first[..], &pack(&text[900..])].concat();
        for length in 0..packed.len() {
            let (keeper, outcome) = read_stream(&packed[..length], &small(300));
            if outcome.skipped.is_empty() {
                // The end of the first part, or too little to know that there is another.
                let behind = &packed[first.len().min(length)..length];
                let known = [&text[..900], behind].concat();
                assert!(
                    behind.len() < 14 && (keeper.text == known || keeper.text == packed[..length]),
                    "{name} {length}"
                );
            } else {
                assert_eq!(reasons(&outcome), [SkipReason::DecodeError], "{name} cut at {length}");
                let garbage =
                    length > first.len() && keeper.text == [&text[..900], &packed[first.len()..length]].concat();
                assert!(garbage || text.starts_with(&keeper.text), "{name} cut at {length}");
                assert!(length < first.len() || keeper.text.len() >= 900, "{name} cut at {length}");
            }
        }
    }
}

/// Damage anywhere: no panic, and whatever text changed is named.
#[test]
fn flipped_bits_are_named_or_harmless() {
    let text = numbered(300);
    for (name, pack) in CODECS {
        let packed = pack(&text);
        let mut named = 0;
        for bit in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (keeper, outcome) = read_stream(&damaged[..], &small(64));
            let harmless = keeper.text.starts_with(&text) || keeper.text == damaged;
            assert!(harmless || !outcome.skipped.is_empty(), "{name} bit {bit}");
            named += usize::from(!outcome.skipped.is_empty());
        }
        assert!(named > packed.len() * 6, "{name}: {named} of {} bytes", packed.len());
    }
}

/// A few bytes that unpack without end must not keep the scan busy for ever, alone or together.
#[test]
fn bombs_are_stopped_and_named() {
    let text = numbered(1000);
    for (name, pack) in CODECS {
        let packed = pack(&pack(&text));
        for limited in [Options { unpacked: 999, ..small(100) }, Options { unpacked_in_all: 1000, ..small(100) }] {
            let (keeper, outcome) = read_stream(&packed[..], &limited);
            assert!(text.starts_with(&keeper.text), "{name}");
            assert_eq!(reasons(&outcome), [SkipReason::BombLimit], "{name}");
        }
        let enough = Options { unpacked: 1000, unpacked_in_all: 3000, ..small(100) };
        assert_eq!(read_stream(&packed[..], &enough).1.skipped, [], "{name}");
    }
}

/// A header may ask for more memory than there is: no allocation follows it.
#[test]
fn decoders_that_want_too_much_memory_are_named() {
    let text = numbered(5000);
    let big = pack::xz_blocks(&text, usize::MAX, 6);
    for (name, packed, needs) in [("xz", big, 8u64 << 20), ("zstd", zstd(&text), 5000), ("lz4", lz4(&text), 3 << 16)] {
        let limited = |decoder_memory| Options { decoder_memory, ..small(1000) };
        let (keeper, outcome) = read_stream(&packed[..], &limited(needs - 1));
        assert_eq!(reasons(&outcome), [SkipReason::TooLarge], "{name}");
        assert_eq!(keeper.text, b"", "{name}");
        let (_, outcome) = read_stream(&packed[..], &limited(needs + (1 << 20)));
        assert_eq!(outcome.skipped, [], "{name}");
    }
    // A window of 2 GiB, declared by twelve bytes.
    let huge = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 1, 0, 0];
    let (_, outcome) = read_stream(&huge[..], &small(100));
    assert_eq!(reasons(&outcome), [SkipReason::TooLarge]);
}

/// An input that fails below a decoder is not the decoder's fault, and is named once.
#[test]
fn a_failing_input_is_not_taken_for_damage() {
    let text = numbered(2000);
    for (name, pack) in CODECS {
        let packed = pack(&text);
        for length in (14..packed.len()).step_by(3) {
            let mut input = Dribble::new(&packed[..length], 7);
            input.fails = true;
            let (keeper, outcome) = read_stream(input, &small(300));
            assert!(text.starts_with(&keeper.text), "{name} cut at {length}");
            assert_eq!(reasons(&outcome), [SkipReason::IoError], "{name} cut at {length}");
        }
    }
}

/// What is known and not read is named, and its bytes are scanned: text that is stored in it is found.
#[test]
fn foreign_formats_are_named_and_scanned_as_bytes() {
    for magic in [&b"7z\xbc\xaf\x27\x1c\0\x04"[..], b"Rar!\x1a\x07\x01\0", b"\x1f\x9d\x90", b"LZIP\x01\x14"] {
        let bytes = [magic, &numbered(900)].concat();
        let (found, outcome) = members_of(&bytes, &small(100));
        assert_eq!(reasons(&outcome), [SkipReason::Unsupported]);
        assert!(found.rest() == bytes);
    }
    for garbage in [&[0x1f, 0x8b][..], &[1; 300]] {
        let (keeper, outcome) = read_stream(&[&xz(b"a"), garbage].concat()[..], &small(100));
        assert_eq!(reasons(&outcome), [SkipReason::DecodeError], "garbage behind a packed text");
        assert!(keeper.text[1..] == *garbage);
    }
    let (keeper, outcome) = read_stream(&[&xz(b"a"), &tar(&[("b", b"c")])[..]].concat()[..], &small(100));
    assert_eq!(reasons(&outcome), [SkipReason::Unsupported], "an archive behind a packed text");
    assert!(keeper.text.starts_with(b"ab\0"));
}

/// Brotli has no mark of its own, so that its name is all there is.
#[test]
fn brotli_is_known_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, named) in [("a.log.br", &b"\x8b\x01\x80\0\xff"[..], true), ("b.br", b"text\n", false)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (keeper, outcome) = read_path(&path, &small(100));
        assert_eq!((keeper.text == bytes, !outcome.skipped.is_empty()), (true, named), "{name}");
    }
}

/// Logs that happen to begin like an archive are logs.
#[test]
fn text_that_looks_like_an_archive_is_text() {
    for head in
        [&b"PK\x03\x04 is how a zip begins"[..], b"BZh9 is bzip2", b"\x04\x22\x4d\x18 is lz4", b"PK", b"\x1f\x8b"]
    {
        let text = [head, b"\n", &numbered(700)].concat();
        let (keeper, outcome) = read_stream(&text[..], &small(100));
        assert_eq!((keeper.text == text, outcome.skipped), (true, vec![]));
    }
}

/// In any order, to the depth that is still peeled.
#[test]
fn nesting_is_peeled_in_any_order() {
    let text = numbered(800);
    let packed = zip(&[("in.tar.xz", &xz(&tar(&[("var/a.log.zst", &zstd(&text))])))]);
    let (found, outcome) = members_of(&pack::gzip(&packed), &small(100));
    assert_eq!(outcome.skipped, []);
    assert!(found.text("in.tar.xz!/var/a.log.zst") == text);
    let mut deep = text;
    for _ in 0..9 {
        deep = tar(&[("t", &deep)]);
    }
    let (found, outcome) = members_of(&deep, &small(100));
    assert_eq!(reasons(&outcome), [SkipReason::DepthLimit]);
    assert_eq!(found.names(), [] as [&str; 0]);
}
