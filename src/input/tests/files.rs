//! Plain files and streams: the same windows however they are read.

use std::fs;
use std::io::Write;

use proptest::prelude::*;
use tempfile::{NamedTempFile, tempdir};

use super::*;

fn file_of(content: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The report must not depend on how bytes arrive or where they are cut.
    #[test]
    fn every_way_of_reading_shows_the_same(
        content in proptest::collection::vec(any::<u8>(), 0..600),
        chunk in 1_usize..700,
        segment in 1_u64..700,
        behind in 0_usize..90,
        ahead in 0_usize..90,
        step in 1_usize..300,
    ) {
        let file = file_of(&content);
        let whole = Options { chunk, segment: 1 << 20, behind, ahead, ..Options::default() };
        let mapped = read_path(file.path(), &Options { io: Io::Map, ..whole.clone() });
        let read = read_path(file.path(), &Options { io: Io::Read, ..whole.clone() });
        let streamed = read_stream(Dribble::new(&content, step), &whole);
        for (keeper, outcome) in [&mapped, &read, &streamed] {
            keeper.check(&content);
            prop_assert_eq!(&keeper.windows, &mapped.0.windows);
            prop_assert_eq!(outcome.bytes, content.len() as u64);
            prop_assert_eq!(outcome.members, 1);
            prop_assert_eq!(&outcome.skipped, &[]);
        }
        for io in [Io::Map, Io::Read] {
            let cut = Options { io, segment, ..whole.clone() };
            let (keeper, outcome) = read_path(file.path(), &cut);
            keeper.check(&content);
            prop_assert_eq!(outcome.members, 1);
            // In one unit the length of a mapping shows nowhere.
            let mut keeper = Keeper::new(&cut);
            let source = &walk(&[file.path().to_owned()]).sources[0];
            super::read(source, &Unit { source: 0, piece: Piece::Whole }, &cut, &Budget::new(&cut), &mut Buffers::default(), &mut keeper);
            prop_assert_eq!(&keeper.windows, &mapped.0.windows);
        }
    }
}

/// The sizes that users get, over a file that needs several windows, segments and mappings.
#[test]
fn real_sizes_keep_the_contract() {
    let content = numbered(5_300_001);
    let file = file_of(&content);
    for segment in [1 << 20, 32 << 20] {
        for io in [Io::Map, Io::Read] {
            read_path(file.path(), &Options { io, segment, ..Options::default() }).0.check(&content);
        }
    }
    read_stream(&content[..], &Options::default()).0.check(&content);
    // A window larger than any file must not allocate as much.
    read_path(file.path(), &Options { chunk: usize::MAX, ..Options::default() }).0.check(&content);
}

/// An empty file is scanned, and has nothing to show.
#[test]
fn an_empty_file_has_no_window() {
    let file = file_of(b"");
    for io in [Io::Map, Io::Read] {
        let (keeper, outcome) = read_path(file.path(), &Options { io, ..Options::default() });
        assert_eq!((keeper.windows.len(), outcome.members, outcome.skipped.len()), (0, 1, 0));
    }
}

/// Files of the kernel say that they are empty.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_claims_to_be_empty_is_read() {
    let (keeper, outcome) = read_path(Path::new("/proc/version"), &Options::default());
    assert!(keeper.text.starts_with(b"Linux"));
    assert_eq!(outcome.skipped, []);
}

/// What an input said before it failed counts, and the failure is named.
#[test]
fn a_failing_stream_keeps_what_came_before() {
    let content = numbered(1000);
    let mut input = Dribble::new(&content, 64);
    input.fails = true;
    let (keeper, outcome) = read_stream(input, &small(100));
    keeper.check(&content);
    assert_eq!(reasons(&outcome), [SkipReason::IoError]);
}

/// A file cut off between walk and read: what is left is scanned, the loss is named, and nothing is mapped past its end.
#[test]
fn a_shorter_file_is_named() {
    let content = numbered(5000);
    for (io, segment) in [(Io::Map, 1 << 20), (Io::Read, 1 << 20), (Io::Map, 1000), (Io::Read, 1000)] {
        let file = file_of(&content);
        let walked = walk(&[file.path().to_owned()]);
        file.as_file().set_len(1700).unwrap();
        let (keeper, mut outcome) = read_sources(&walked.sources, &Options { io, segment, ..small(100) });
        assert_eq!(keeper.text, &content[..1700]);
        outcome.skipped.dedup();
        assert_eq!(reasons(&outcome), [SkipReason::ChangedDuringScan]);
    }
}

/// Logs grow while they are read. That is no fault, and the scan ends where the file ended when it was found.
#[test]
fn a_growing_file_is_read_to_its_former_end() {
    let content = numbered(5000);
    let mut file = file_of(&content);
    let walked = walk(&[file.path().to_owned()]);
    file.write_all(b"more\n").unwrap();
    for io in [Io::Map, Io::Read] {
        let (keeper, outcome) = read_sources(&walked.sources, &Options { io, ..small(100) });
        keeper.check(&content);
        assert_eq!(outcome.skipped, []);
    }
}

/// Rewritten at the same size: nothing is missing, and yet it is not what was found.
#[cfg(unix)]
#[test]
fn a_rewritten_file_is_named_even_if_its_times_were_set_back() {
    let content = numbered(500);
    for set_back in [false, true] {
        let file = file_of(&content);
        let walked = walk(&[file.path().to_owned()]);
        // Times advance with the clock tick of the kernel.
        std::thread::sleep(std::time::Duration::from_millis(30));
        fs::write(file.path(), vec![b'x'; 500]).unwrap();
        if set_back {
            file.as_file().set_modified(walked.sources[0].modified.unwrap()).unwrap();
        }
        let (_, outcome) = read_sources(&walked.sources, &small(100));
        assert_eq!(reasons(&outcome), [SkipReason::ChangedDuringScan], "set back: {set_back}");
    }
}

/// Rotation gives a file another name or one more, or takes its last one. Its content is whole.
#[cfg(unix)]
#[test]
fn a_renamed_file_is_unchanged() {
    let folder = tempdir().unwrap();
    let (path, rotated) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
    fs::write(&path, numbered(500)).unwrap();
    let source = &walk(std::slice::from_ref(&path)).sources[0];
    std::thread::sleep(std::time::Duration::from_millis(30));
    let file = fs::File::open(&path).unwrap();
    fs::hard_link(&path, &rotated).unwrap();
    assert_eq!(source.change(&file), None);
    fs::remove_file(&rotated).unwrap();
    fs::rename(&path, &rotated).unwrap();
    assert_eq!(source.change(&file), None);
    fs::write(&path, numbered(500)).unwrap();
    assert_eq!(source.change(&file), None);
    fs::remove_file(&rotated).unwrap();
    assert_eq!(source.change(&file), None);
}

/// Another file, a link or a pipe in the place of the one that was found is not read, and a pipe is not waited for.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn what_takes_the_place_of_a_file_is_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.log");
    let other = folder.path().join("other");
    fs::write(&other, "other").unwrap();
    let places: [&dyn Fn(); 3] =
        [&|| fs::write(&path, "first").unwrap(), &|| std::os::unix::fs::symlink(&other, &path).unwrap(), &|| {
            make_pipe(&path)
        }];
    for (n, replace) in places.iter().enumerate() {
        fs::write(&path, "first").unwrap();
        // Kept, so that its inode is not given to the next file.
        let kept = folder.path().join(format!("kept {n}"));
        let walked = walk(&[folder.path().to_owned()]);
        let source = walked.sources.iter().find(|source| source.path == path).unwrap();
        fs::rename(&path, &kept).unwrap();
        replace();
        let (keeper, outcome) = read_sources(std::slice::from_ref(source), &small(100));
        assert_eq!((keeper.windows.len(), reasons(&outcome)), (0, vec![SkipReason::ChangedDuringScan]));
        fs::remove_file(&path).unwrap();
    }
}

/// A file that is gone is an entry of the report, not an end of the scan.
#[test]
fn a_missing_file_is_named() {
    let file = file_of(b"x");
    let walked = walk(&[file.path().to_owned()]);
    file.close().unwrap();
    let (_, outcome) = read_sources(&walked.sources, &Options::default());
    assert_eq!((reasons(&outcome), outcome.members), (vec![SkipReason::NotFound], 0));
}

/// A pipe that was named is read to its end.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_named_pipe_is_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("pipe");
    make_pipe(&path);
    let content = numbered(300_000);
    std::thread::scope(|scope| {
        scope.spawn(|| fs::write(&path, &content).unwrap());
        let (keeper, outcome) = read_path(&path, &small(1000));
        keeper.check(&content);
        assert_eq!(outcome.skipped, []);
    });
}

/// A pipe that nobody writes to yet is opened without waiting, and read when somebody does.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_opened_before_it_has_a_writer() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("pipe");
    make_pipe(&path);
    let mut pipe = super::super::pipe::Pipe::open(&path, &super::super::Stop::default()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            let mut writer = fs::OpenOptions::new().write(true).open(&path).unwrap();
            writer.write_all(b"first ").unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
            writer.write_all(b"second").unwrap();
        });
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        assert_eq!(text, "first second");
    });
}

/// What is mapped may become resident: it must be a segment at a time, and nothing afterwards.
#[cfg(target_os = "linux")]
#[test]
fn little_of_a_file_is_mapped_at_a_time() {
    struct Mapped<'a>(&'a Path, u64);
    impl Mapped<'_> {
        fn bytes(&self) -> u64 {
            let maps = fs::read_to_string("/proc/self/maps").unwrap();
            let ours = maps.lines().filter(|line| line.ends_with(self.0.to_str().unwrap()));
            let length = |line: &str| {
                let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
                u64::from_str_radix(to, 16).unwrap() - u64::from_str_radix(from, 16).unwrap()
            };
            ours.map(length).sum()
        }
    }
    impl Sink for Mapped<'_> {
        fn window(&mut self, _: &Member<'_>, _: Window<'_>) {
            self.1 = self.1.max(self.bytes());
        }
    }
    let file = NamedTempFile::new().unwrap();
    file.as_file().set_len(64 << 20).unwrap();
    let source = &walk(&[file.path().to_owned()]).sources[0];
    let options = Options { io: Io::Map, segment: 2 << 20, ..Options::default() };
    let mut sink = Mapped(file.path(), 0);
    let outcome = read(
        source,
        &Unit { source: 0, piece: Piece::Whole },
        &options,
        &Budget::new(&options),
        &mut Buffers::default(),
        &mut sink,
    );
    assert_eq!(outcome.bytes, 64 << 20);
    assert!((2 << 20..3 << 20).contains(&sink.1), "{} bytes mapped", sink.1);
    assert_eq!(sink.bytes(), 0);
}

/// The longest first, segments of one file together, and every byte in exactly one unit.
#[test]
fn plans_are_in_order_of_size() {
    let folder = tempdir().unwrap();
    for (name, size) in [("a", 10), ("b", 250), ("c", 99), ("d", 300), ("e", 0)] {
        fs::write(folder.path().join(name), numbered(size)).unwrap();
    }
    let mut walked = walk(&[folder.path().to_owned(), "-".into()]);
    walked.sources.sort_by_key(|source| source.path.clone());
    let name = |unit: &Unit| walked.sources[unit.source].path.file_name().unwrap().to_str().unwrap().to_owned();
    let part = |unit: &Unit| match &unit.piece {
        Piece::Part(part) => Some(part.clone()),
        _ => None,
    };
    let options = Options { segment: 100, ..Options::default() };
    let planned: Vec<_> = plan(&walked.sources, &options).iter().map(|unit| (name(unit), part(unit))).collect();
    let expected = [
        ("-", None),
        ("d", Some(0..100)),
        ("d", Some(100..200)),
        ("d", Some(200..300)),
        ("b", Some(0..100)),
        ("b", Some(100..200)),
        ("b", Some(200..250)),
        ("c", None),
        ("a", None),
        ("e", None),
    ];
    assert_eq!(planned, expected.map(|(name, part)| (name.to_owned(), part)));
}

#[cfg(all(unix, not(target_vendor = "apple")))]
pub(super) fn make_pipe(path: &Path) {
    use rustix::fs::{CWD, Mode, mkfifoat};
    mkfifoat(CWD, path, Mode::from_raw_mode(0o600)).unwrap();
}

/// Zeros that were never written take no time, and nothing beside them is lost or moved.
#[cfg(target_os = "linux")]
#[test]
fn holes_are_passed_over() {
    use std::os::unix::fs::FileExt;
    const GIB: u64 = 1 << 30;
    let file = NamedTempFile::new().unwrap();
    file.as_file().set_len(4096 * GIB + 7).unwrap();
    let texts = [(0, "first\n"), (GIB - 3, "across\n"), (2000 * GIB + 99, "alone\n"), (4096 * GIB, "the end")];
    for (at, text) in texts {
        file.as_file().write_all_at(text.as_bytes(), at).unwrap();
    }
    struct Texts(Vec<(u64, String)>, u64);
    impl Sink for Texts {
        fn window(&mut self, _: &Member<'_>, window: Window<'_>) {
            self.1 += window.own.len() as u64;
            let own = &window.bytes[window.own.clone()];
            let Some(start) = own.iter().position(|&byte| byte != 0) else { return };
            let text = own[start..].iter().take_while(|&&byte| byte != 0).map(|&byte| char::from(byte)).collect();
            self.0.push((window.offset + (window.own.start + start) as u64, text));
        }
    }
    for io in [Io::Map, Io::Read] {
        let options = Options { io, ..Options::default() };
        let sources = walk(&[file.path().to_owned()]).sources;
        let units = plan(&sources, &options);
        assert!(units.len() < 8, "{} units", units.len());
        let (mut sink, mut bytes, mut buffers) = (Texts(Vec::new(), 0), 0, Buffers::default());
        for unit in &units {
            let outcome = read(&sources[0], unit, &options, &Budget::new(&options), &mut buffers, &mut sink);
            assert_eq!(outcome.skipped, []);
            bytes += outcome.bytes;
        }
        let parts = [(0, "first\n"), (GIB - 3, "acr"), (GIB, "oss\n"), texts[2], texts[3]];
        assert_eq!(sink.0, parts.map(|(at, text)| (at, text.to_owned())));
        assert_eq!(bytes, sink.1);
        assert_eq!(bytes + holes(&sources, &units).bytes[&0], sources[0].size, "read and holes are the whole file");
    }
}
