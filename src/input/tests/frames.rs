//! Texts that are cut between their frames: the windows of all units together are those of one text.

use super::pack::{bgzip, gzip, skippable, xz_blocks, zstd};
use super::*;

/// Packs of one text in many frames, each of which tells where it is.
fn packed(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let frames: Vec<u8> = text.chunks(90).flat_map(|piece| [zstd(piece), skippable(b"note")].concat()).collect();
    let streams = [xz_blocks(&text[..1000], 70, 0), vec![0; 8], xz_blocks(&text[1000..], 120, 0)].concat();
    vec![
        ("zstd", frames),
        ("xz", xz_blocks(text, 100, 0)),
        ("xz in two streams", streams),
        ("bgzip", bgzip(text, 80)),
        ("large frames", text.chunks(1300).flat_map(zstd).collect()),
    ]
}

/// Reads the units of a file in the order that `order` gives them.
fn read_units(bytes: &[u8], options: &Options, order: impl Fn(&mut Vec<Unit>)) -> (Keeper, Outcome, usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    std::fs::write(&path, bytes).unwrap();
    let sources = walk(&[path]).sources;
    let mut units = plan(&sources, options);
    let cut = units.iter().filter(|unit| matches!(unit.piece, Piece::Frames(..))).count();
    order(&mut units);
    let (mut keeper, mut all, mut buffers) = (Keeper::new(options), Outcome::default(), Buffers::default());
    for unit in units {
        let outcome = read(&sources[0], &unit, options, &Budget::new(options), &mut buffers, &mut keeper);
        all.bytes += outcome.bytes;
        all.members += outcome.members;
        all.skipped.extend(outcome.skipped);
    }
    // Windows come in the order of the units.
    keeper.sort();
    (keeper, all, cut)
}

/// Every byte is in one window, and every window shows its context over the borders of frames, whoever comes first.
#[test]
fn groups_of_frames_and_their_seams_are_one_text() {
    let text = numbered(3000);
    for (name, bytes) in packed(&text) {
        for chunk in [10, 100, 1 << 20] {
            let orders: [fn(&mut Vec<Unit>); 3] = [|_| (), |units| units.reverse(), |units| units.rotate_left(1)];
            for order in orders {
                let options = Options { segment: 200, ..small(chunk) };
                let (keeper, outcome, cut) = read_units(&bytes, &options, order);
                assert!(cut > 1, "{name} is cut");
                assert_eq!((outcome.skipped, outcome.members), (vec![], 1), "{name}");
                assert_eq!(outcome.bytes, 3000, "{name}");
                keeper.check(&text);
            }
        }
    }
}

/// A second look from anywhere shows the same windows again.
#[test]
fn the_rest_of_a_text_has_the_same_windows() {
    let text = numbered(3000);
    for (name, bytes) in packed(&text) {
        let options = Options { segment: 200, ..small(50) };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, &bytes).unwrap();
        let sources = walk(std::slice::from_ref(&path)).sources;
        let units = plan(&sources, &options);
        let (all, ..) = read_units(&bytes, &options, |_| ());
        for window in all.windows.iter().step_by(7) {
            let from = (window.offset + window.own.start) as u64;
            let unit = rest(&sources[0], 0, &units[0].piece, from, &options).unwrap();
            let mut keeper = Keeper::new(&options);
            let outcome =
                read(&sources[0], &unit, &options, &Budget::new(&options), &mut Buffers::default(), &mut keeper);
            assert_eq!(outcome.skipped, [], "{name}");
            let same = all.windows.iter().filter(|w| (w.offset + w.own.start) as u64 >= from);
            assert!(same.eq(&keeper.windows), "{name} from {from}");
        }
    }
}

/// Where frames do not tell, where they lie, and where the text is an archive, the file is read from end to end.
#[test]
fn what_cannot_be_cut_is_read_whole() {
    let text = numbered(3000);
    let mut lying = bgzip(&text, 80);
    let last = lying.len() - 32;
    lying[last..last + 4].copy_from_slice(&81u32.to_le_bytes());
    let tar = pack::tar(&[("a", &text)]);
    for (name, bytes, skipped) in [
        ("gzip", text.chunks(80).flat_map(gzip).collect::<Vec<_>>(), 0),
        ("trailing text", [bgzip(&text, 80), b"more".to_vec()].concat(), 0),
        ("tar", tar.chunks(80).flat_map(zstd).collect(), 0),
    ] {
        let options = Options { segment: 200, ..small(100) };
        let sources_read = members_of_file(&bytes, &options);
        assert_eq!(sources_read.1.skipped.len(), skipped, "{name}");
        assert_eq!(sources_read.1.members, 1, "{name}");
    }
    let (_, outcome) = members_of_file(&lying, &Options { segment: 200, ..small(100) });
    assert_eq!(reasons(&outcome), [SkipReason::DecodeError], "a part that lies about its text");
}

/// Damage in one group is named and costs that group's rest; what the others hold is found.
#[test]
fn damage_in_one_group_leaves_the_others() {
    let text = numbered(3000);
    for (name, bytes) in packed(&text) {
        let options = Options { segment: 200, ..small(100) };
        let mut most = 0;
        for at in (22..bytes.len()).step_by(11) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            let (found, outcome) = members_of_file(&damaged, &options);
            let bytes = found.rest().len();
            most = most.max(if outcome.skipped.is_empty() { 0 } else { bytes });
            let harmless = outcome.bytes >= 3000 || !outcome.skipped.is_empty();
            assert!(harmless, "{name}: {bytes} bytes, damage at {at} is silent");
        }
        assert!(most > 1500, "{name}: {most}");
    }
}
