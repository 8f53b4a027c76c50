//! A scan that is ended reads no more, and names what it did not read to its end.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;

/// Asks for the end at the third window.
struct Asking {
    asked: Arc<AtomicUsize>,
    windows: usize,
    bytes: u64,
}

impl Sink for Asking {
    fn window(&mut self, _: &Member<'_>, window: Window<'_>) {
        self.windows += 1;
        self.bytes += window.own.len() as u64;
        if self.windows == 3 {
            self.asked.store(15, Ordering::Relaxed);
        }
    }
}

/// However the bytes arrive, no window follows the request, and the file is named.
#[test]
fn nothing_follows_the_request() {
    let text = b"GET /index.html HTTP/1.1\n".repeat(40_000);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&text).unwrap();
    let packed = packed.finish().unwrap();
    for (io, content) in [(Io::Map, &text), (Io::Read, &text), (Io::Read, &packed)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        std::fs::write(&path, content).unwrap();
        let sources = walk(&[path]).sources;
        let asked = Arc::new(AtomicUsize::new(0));
        let mut sink = Asking { asked: Arc::clone(&asked), windows: 0, bytes: 0 };
        let options = Options { io, chunk: 10_000, stop: Stop::new(asked, None), ..Options::default() };
        for unit in plan(&sources, &options) {
            let outcome =
                read(&sources[0], &unit, &options, &Budget::new(&options), &mut Buffers::default(), &mut sink);
            assert_eq!(reasons(&outcome), [SkipReason::Interrupted], "{io:?}");
            assert_eq!((sink.windows, outcome.bytes), (3, sink.bytes), "{io:?}");
        }
    }
}

/// The clock asks as well as a signal does.
#[test]
fn a_deadline_asks() {
    assert!(!Stop::default().is_asked());
    assert!(Stop::new(Arc::default(), Some(Instant::now())).is_asked());
    assert!(Stop::new(Arc::new(AtomicUsize::new(2)), None).is_asked());
}
