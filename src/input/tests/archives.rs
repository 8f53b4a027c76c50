//! Gzip in every state that logs are found in.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use flate2::{Compression, GzBuilder};

use super::*;

fn gzip(text: &[u8]) -> Vec<u8> {
    gzip_at(text, 0)
}

fn gzip_at(text: &[u8], seconds: u32) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(seconds).write(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// One text, whatever its packing: `packed` shows `text` from a stream of any step, and from a file.
#[track_caller]
fn assert_unpacks(packed: &[u8], text: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no extension");
    std::fs::write(&path, packed).unwrap();
    // Far smaller than the file: packed files must not be cut.
    let cut = Options { segment: 16, ..small(100) };
    let ways = [
        read_path(&path, &cut),
        read_path(&path, &Options { io: Io::Map, ..small(1 << 20) }),
        read_stream(Dribble::new(packed, 1), &small(333)),
        read_stream(Dribble::new(packed, 1000), &small(1)),
    ];
    for (keeper, outcome) in ways {
        keeper.check(text);
        assert_eq!((outcome.bytes, outcome.members), (text.len() as u64, 1));
        assert_eq!(outcome.skipped, []);
    }
}

/// Decoders that stop after the first part say that all is well: a leak in the third part is silently missed.
#[test]
fn all_parts_of_a_concatenated_file_are_one_text() {
    let text = numbered(3000);
    let (a, b, c) = (gzip(&text[..1000]), gzip(&text[1000..1001]), gzip(&text[1001..]));
    assert_unpacks(&gzip(&text), &text);
    assert_unpacks(&join(&[&a, &b, &c]), &text);
    assert_unpacks(&join(&[&a, &gzip(b""), &b, &c, &gzip(b"")]), &text);
    assert_unpacks(&gzip(b""), b"");
}

/// Tapes and disks pad with zeros; that is no text and no fault.
#[test]
fn padding_is_skipped() {
    let text = numbered(2000);
    let (a, b, zeros) = (gzip(&text[..700]), gzip(&text[700..]), vec![0; 70_000]);
    assert_unpacks(&join(&[&a, &b, &zeros]), &text);
    assert_unpacks(&join(&[&a, &[0], &b, &[0, 0]]), &text);
    assert_unpacks(&join(&[&a, &zeros, &b]), &text);
}

/// What was appended to a packed log by mistake is text all the same.
#[test]
fn trailing_bytes_continue_the_text() {
    let text = numbered(2000);
    let packed = gzip(&text[..1500]);
    assert_unpacks(&join(&[&packed, &text[1500..]]), &text);
    assert_unpacks(&join(&[&packed, &[0, 0], &text[1500..]]), &text);
}

/// Packed twice, and to the depth that is still peeled; one deeper is named, not scanned as noise.
#[test]
fn packing_is_peeled_to_a_depth() {
    let text = numbered(1000);
    let mut packed = text.clone();
    for _ in 0..8 {
        packed = gzip(&packed);
        assert_unpacks(&packed, &text);
    }
    let (keeper, outcome) = read_stream(&gzip(&packed)[..], &small(100));
    assert_eq!((keeper.windows.len(), outcome.members), (0, 0));
    assert_eq!(reasons(&outcome), [SkipReason::DepthLimit]);
}

/// A copy that broke off keeps what it has. However it is cut, no text is made up and the loss is named.
#[test]
fn truncation_keeps_what_came_before() {
    let text = numbered(4000);
    let packed = join(&[&gzip(&text[..2500]), &gzip(&text[2500..])]);
    let first = gzip(&text[..2500]).len();
    let mut most = 0;
    for length in 0..packed.len() {
        let (keeper, outcome) = read_stream(&packed[..length], &small(300));
        let got = &keeper.text;
        if length < 3 {
            assert_eq!(got, &packed[..length], "too short to know");
            continue;
        }
        let behind = length.saturating_sub(first);
        if (0..3).contains(&behind) && length >= first {
            assert_eq!(got, &join(&[&text[..2500], &packed[first..length]]));
            assert_eq!(outcome.skipped.is_empty(), behind == 0, "bytes that are no text are named");
            continue;
        }
        keeper.check(&text[..got.len()]);
        assert!(got.len() >= most, "a longer file shows no less");
        most = got.len();
        assert_eq!(reasons(&outcome), [SkipReason::DecodeError]);
        let detail = format!("gzip data ends early, after {} bytes of text", got.len());
        assert_eq!(outcome.skipped[0].detail, detail, "cut at {length}");
    }
    assert_eq!(most, text.len(), "without the checksum all text is there");
}

/// Damage anywhere: no panic, and whatever text changed is named.
#[test]
fn flipped_bits_are_named_or_harmless() {
    let text = numbered(300);
    let packed = gzip(&text);
    let mut named = 0;
    for bit in 0..packed.len() * 8 {
        let mut damaged = packed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (keeper, outcome) = read_stream(&damaged[..], &small(64));
        if bit < 24 {
            assert_eq!(keeper.text, damaged, "no magic, so it is text");
        } else if outcome.skipped.is_empty() {
            assert_eq!(keeper.text, text, "bit {bit}");
        } else {
            assert_eq!(reasons(&outcome), [SkipReason::DecodeError]);
            named += 1;
        }
    }
    assert!(named > packed.len() * 6, "{named} of {} bytes", packed.len());
}

/// A few bytes that unpack without end must not keep the scan busy for ever. Only what is really produced counts.
#[test]
fn a_bomb_is_stopped_and_named() {
    let text = numbered(1000);
    for packed in [gzip(&text), join(&[&gzip(&text[..999]), &text[999..]]), gzip(&gzip(&text))] {
        let limited = |unpacked| Options { unpacked, ..small(100) };
        let (keeper, outcome) = read_stream(&packed[..], &limited(1000));
        keeper.check(&text);
        assert_eq!(outcome.skipped, [], "exactly at the limit");
        let (keeper, outcome) = read_stream(&packed[..], &limited(999));
        keeper.check(&text[..999]);
        assert_eq!(reasons(&outcome), [SkipReason::BombLimit]);
    }
}

/// An input that fails below a decoder is not the decoder's fault, and is named once.
#[test]
fn a_failing_input_is_not_taken_for_damage() {
    let text = numbered(4000);
    let packed = gzip(&text);
    for length in 3..packed.len() {
        let mut input = Dribble::new(&packed[..length], 7);
        input.fails = true;
        let (keeper, outcome) = read_stream(input, &small(300));
        let got = &keeper.text;
        assert_eq!(got, &text[..got.len()]);
        assert_eq!(reasons(&outcome), [SkipReason::IoError], "cut at {length}");
    }
}

/// Where a log says no year, the time of its packing helps; without one, that of the file.
#[test]
fn the_time_is_that_of_the_first_part() {
    let packed = join(&[&gzip_at(b"a", 1_000_000), &gzip_at(b"b", 2_000_000)]);
    let time = |packed: &[u8]| read_stream(packed, &small(9)).0.modified;
    assert_eq!(time(&packed), Some(UNIX_EPOCH + Duration::from_secs(1_000_000)));
    assert_eq!(time(&gzip(&packed)), Some(UNIX_EPOCH + Duration::from_secs(1_000_000)));
    assert_eq!(time(&gzip(b"a")), None);
}
