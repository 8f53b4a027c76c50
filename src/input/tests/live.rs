//! Files that change while they are read: nobody dies of it, and none of it goes unnoticed.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::*;

const SIZE: usize = 1 << 20;

/// A log of [`SIZE`] bytes, and what it says.
struct Log {
    _folder: TempDir,
    path: PathBuf,
    content: Vec<u8>,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, content) = (folder.path().join("a.log"), numbered(SIZE));
        fs::write(&path, &content).unwrap();
        // Times advance with the clock tick of the kernel.
        std::thread::sleep(Duration::from_millis(30));
        Self { _folder: folder, path, content }
    }

    fn open(&self) -> File {
        OpenOptions::new().write(true).open(&self.path).unwrap()
    }
}

/// A sink that does something to the log as soon as it has seen the first window.
struct Meddler<'a> {
    keeper: Keeper,
    act: Option<&'a dyn Fn()>,
}

impl Sink for Meddler<'_> {
    fn window(&mut self, member: &Member<'_>, window: Window<'_>) {
        self.keeper.window(member, window);
        if let Some(act) = self.act.take() {
            act();
        }
    }
}

/// Reads a log to which somebody does `act` in the middle, and then once more where it is torn. Returns what was first
/// seen, the text of the second reading, and the faults that are named in the end.
fn read_while(log: &Log, io: Io, act: &dyn Fn()) -> (Vec<u8>, Option<Vec<u8>>, Vec<Skipped>) {
    let options = Options { io, ..small(64 << 10) };
    let source = &walk(std::slice::from_ref(&log.path)).sources[0];
    let unit = Unit { source: 0, piece: Piece::Whole };
    let (budget, mut buffers) = (Budget::new(&options), Buffers::default());
    let mut sink = Meddler { keeper: Keeper::new(&options), act: Some(act) };
    let first = read(source, &unit, &options, &budget, &mut buffers, &mut sink);
    let (text, mut second) = (sink.keeper.text, Keeper::new(&options));
    if !first.torn {
        return (text, None, first.skipped);
    }
    let outcome = again(source, &unit, &options, &budget, &mut buffers, &mut second, first);
    assert!(!outcome.torn, "nobody meddles any more");
    (text, Some(second.text), outcome.skipped)
}

#[track_caller]
fn assert_changed(skipped: &[Skipped], detail: &str) {
    let [skipped] = skipped else { panic!("{skipped:?}") };
    assert_eq!(skipped.reason, SkipReason::ChangedDuringScan);
    assert_eq!(skipped.detail, format!("{detail}; it was read once more"));
}

/// To nothing, within a page, at the end of one, and within the last page, which raises no signal and shows zeros.
#[test]
fn a_log_that_is_cut_off_is_read_once_more_and_named() {
    for io in [Io::Map, Io::Read] {
        for left in [0, 100_001, 131_072, SIZE - 100] {
            let log = Log::new();
            let (first, second, skipped) = read_while(&log, io, &|| log.open().set_len(left as u64).unwrap());
            assert_eq!(first[..64 << 10], log.content[..64 << 10], "what was seen before");
            assert!(second.unwrap() == log.content[..left], "{io:?}: all that is left, and nothing else");
            assert_changed(&skipped, "the file became shorter");
        }
    }
}

/// What `copytruncate` does: the same file begins anew. Its length says nothing, and no page of it is missing.
#[test]
fn a_log_that_begins_anew_is_read_once_more_and_named() {
    for io in [Io::Map, Io::Read] {
        for (grown, detail) in [
            (SIZE - 5, "the file became shorter"),
            (SIZE, "the file was written to"),
            (SIZE + 5000, "the file was cut off and grew again"),
        ] {
            let (log, new) = (Log::new(), [b"anew\n", &*numbered(grown - 5)].concat());
            let (_, second, skipped) = read_while(&log, io, &|| {
                let file = log.open();
                file.set_len(0).unwrap();
                file.write_all_at(&new, 0).unwrap();
            });
            assert!(second.unwrap() == new, "{io:?}: all of the new one");
            assert_changed(&skipped, detail);
        }
    }
}

/// Same length, same time of modification: only the time of the last status change tells.
#[test]
fn a_log_that_is_rewritten_is_read_once_more_and_named() {
    for io in [Io::Map, Io::Read] {
        for set_back in [false, true] {
            let log = Log::new();
            let (_, second, skipped) = read_while(&log, io, &|| {
                let (file, time) = (log.open(), fs::metadata(&log.path).unwrap().modified().unwrap());
                file.write_all_at(b"another beginning", 300_000).unwrap();
                if set_back {
                    file.set_modified(time).unwrap();
                }
            });
            assert!(second.unwrap()[300_000..].starts_with(b"another beginning"));
            assert_changed(&skipped, "the file was written to");
        }
    }
}

/// A hole that is punched raises no signal and changes no length.
#[cfg(target_os = "linux")]
#[test]
fn a_log_with_a_new_hole_is_named() {
    use rustix::fs::{FallocateFlags, fallocate};
    let log = Log::new();
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let probe = log.path.with_file_name("probe");
    if fallocate(File::create(probe).unwrap(), punch, 0, 4096).is_err() {
        return; // this file system has no holes
    }
    let (_, second, skipped) = read_while(&log, Io::Map, &|| fallocate(log.open(), punch, 200_000, 300_000).unwrap());
    assert!(second.unwrap()[200_000..500_000].iter().all(|&byte| byte == 0));
    assert_changed(&skipped, "the file was written to");
}

/// Growth is seen, and told from a new beginning by the ends of what was there. What was there was read.
#[test]
fn a_log_that_grows_is_whole() {
    for io in [Io::Map, Io::Read] {
        let log = Log::new();
        let (first, second, skipped) =
            read_while(&log, io, &|| log.open().write_all_at(b"more\n", SIZE as u64).unwrap());
        assert!(first == log.content);
        assert_eq!((second, skipped), (None, vec![]));
    }
}

/// A second change in the second reading is not the end either.
#[test]
fn a_log_that_never_holds_still_is_named() {
    let log = Log::new();
    let options = Options { io: Io::Map, ..small(64 << 10) };
    let source = &walk(std::slice::from_ref(&log.path)).sources[0];
    let unit = Unit { source: 0, piece: Piece::Part(0..SIZE as u64) };
    let (budget, mut buffers) = (Budget::new(&options), Buffers::default());
    let cut = || log.open().set_len(700_000).unwrap();
    let mut sink = Meddler { keeper: Keeper::new(&options), act: Some(&cut) };
    let first = read(source, &unit, &options, &budget, &mut buffers, &mut sink);
    let cut = || log.open().set_len(300_000).unwrap();
    let mut sink = Meddler { keeper: Keeper::new(&options), act: Some(&cut) };
    let second = again(source, &unit, &options, &budget, &mut buffers, &mut sink, first);
    assert!(second.torn);
    let details: Vec<_> = second.skipped.iter().map(|skipped| &*skipped.detail).collect();
    assert_eq!(details, ["the file became shorter, and again while it was read once more"]);
}

/// A hundred times during scans in several threads. Whoever dies of the signal takes the whole test with him; whatever
/// is not named is the beginning of the log.
#[test]
fn a_hundred_truncations_are_survived() {
    let (log, times) = (Log::new(), AtomicUsize::new(0));
    let done = || times.load(Ordering::Relaxed) >= 100;
    let (mut named, mut whole) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done() {
                let mut file = log.open();
                file.set_len([0, 4096, 500_000, SIZE as u64 - 7][times.fetch_add(1, Ordering::Relaxed) % 4]).unwrap();
                std::thread::sleep(Duration::from_millis(2));
                file.write_all(&log.content).unwrap();
                std::thread::sleep(Duration::from_millis(18));
            }
        });
        for _ in 0..3 {
            scope.spawn(|| {
                let options = Options { io: Io::Map, segment: 300_000, ..small(4096) };
                while !done() {
                    let sources = walk(std::slice::from_ref(&log.path)).sources;
                    let (keeper, outcome) = read_sources(&sources, &options);
                    if outcome.skipped.is_empty() {
                        whole.fetch_add(1, Ordering::Relaxed);
                        assert!(log.content.starts_with(&keeper.text) || sources[0].size == 0);
                    } else {
                        named.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert!(*named.get_mut() > 0 && *whole.get_mut() > 0, "both were met: {named:?} and {whole:?}");
}

/// What is written into a hole after the file was cut around it was not read.
#[cfg(target_os = "linux")]
#[test]
fn a_hole_that_is_filled_is_named() {
    let log = Log::new();
    log.open().set_len(1 << 30).unwrap();
    let sources = walk(std::slice::from_ref(&log.path)).sources;
    let units = plan(&sources, &Options::default());
    let before = holes(&sources, &units);
    assert!(before.bytes[&0] > 900 << 20 && before.filled.is_empty());
    log.open().write_all_at(b"late\n", 700 << 20).unwrap();
    let after = holes(&sources, &units);
    assert_eq!(after.bytes, before.bytes);
    assert_eq!(after.filled.len(), 1);
    assert_eq!(after.filled[0].1.reason, SkipReason::ChangedDuringScan);
}

/// Every unit says how much of its file it answers for, and together that is the file, however it is packed.
#[test]
fn what_units_answer_for_is_the_file() {
    let text = numbered(9 << 20);
    let folder = tempfile::tempdir().unwrap();
    let long = pack::zip(&[("a", &text), ("b", b""), ("c", &text[..99])]);
    for (name, bytes) in [
        ("plain", text.clone()),
        ("empty", vec![]),
        ("gzip", pack::gzip(&text)),
        ("tar", pack::tar(&[("a", &text), ("b", b"b")])),
        ("zip", long.clone()),
        ("text before a zip", [&text[..5000], &long].concat()),
        ("zstd", text.chunks(1 << 20).flat_map(pack::zstd).collect()),
        ("bgzip", pack::bgzip(&text, 0xff00)),
        ("xz", pack::xz_blocks(&text, 1 << 20, 0)),
        ("zip in gzip", pack::gzip(&long)),
        ("export", b"__CURSOR=s=1\nMESSAGE=hello\n\n".to_vec()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        for segment in [1 << 20, 1 << 30] {
            let options = Options { segment, ..Options::default() };
            let sources = walk(std::slice::from_ref(&path)).sources;
            let (mut sink, mut covered, mut buffers) = (Members::default(), 0, Buffers::default());
            for unit in plan(&sources, &options) {
                let outcome = read(&sources[0], &unit, &options, &Budget::new(&options), &mut buffers, &mut sink);
                assert_eq!(outcome.skipped, [], "{name}");
                covered += outcome.covered;
            }
            assert_eq!(covered, bytes.len() as u64, "{name}");
        }
    }
}

/// Files that the kernel makes up are read and never mapped, and are as long as they turn out to be.
#[cfg(target_os = "linux")]
#[test]
fn made_up_files_are_read() {
    for path in ["/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/uevent_seqnum", "/proc/cpuinfo"] {
        let Ok(content) = fs::read(path) else { continue };
        let sources = walk(&[path.into()]).sources;
        for io in [Io::Map, Io::Read, Io::Auto] {
            let (keeper, outcome) = read_sources(&sources, &Options { io, ..Options::default() });
            assert_eq!((keeper.text.len(), outcome.skipped), (content.len(), vec![]), "{path}");
            assert!(outcome.covered >= sources[0].size, "{path}");
        }
    }
}
