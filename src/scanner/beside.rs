//! Scans what one thread unpacks on another, where a processor has nothing else to do.
//!
//! A packed file whose format cannot be cut is one unit. With a thread to spare its windows are handed on in the buffers
//! that they were unpacked into, and scanned while the next ones are unpacked. They come in order, so nothing that is
//! found depends on it.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::SystemTime;

use crate::input::{Buffer, Kind, Lent, Member, Outcome, Piece, Sink, Source, Unit, Window};

/// Windows that wait to be scanned, each in a buffer of more than a megabyte.
const WAITING: usize = 2;

/// A smaller file is done before another thread has begun, in bytes.
const LARGE: u64 = 1 << 20;

/// Threads that have no unit of their own.
pub(super) struct Spare(AtomicUsize);

impl Spare {
    pub(super) fn new(threads: usize) -> Self {
        Self(AtomicUsize::new(threads))
    }

    /// A thread has no more units.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one for a unit that may have to be unpacked, if there is one and it is worth it. It is given back when the
    /// value is dropped.
    pub(super) fn take(&self, source: &Source, unit: &Unit) -> Option<Taken<'_>> {
        let packed = !matches!(unit.piece, Piece::Part(_));
        let large = source.kind != Kind::File || source.size >= LARGE;
        let taken = packed
            && large
            && self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spare| spare.checked_sub(1)).is_ok();
        taken.then_some(Taken(self))
    }
}

/// A thread that was spare.
pub(super) struct Taken<'a>(&'a Spare);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// Calls `read` with a sink that hands on to `sink` on another thread, or with `sink` itself where none can be had.
pub(super) fn beside<S: Sink + Send>(sink: &mut S, read: impl FnOnce(&mut dyn Sink) -> Outcome) -> Outcome {
    std::thread::scope(move |scope| {
        let (send, receive) = sync_channel(WAITING);
        let (give_back, used) = channel();
        // Lent once there is a thread to lend it to.
        let (lend, lent) = channel::<&mut S>();
        let work = move || {
            if let Ok(sink) = lent.recv() {
                scan(sink, &receive, &give_back);
            }
        };
        let Ok(thread) = std::thread::Builder::new().spawn_scoped(scope, work) else { return read(sink) };
        let mut handing = Handing { send, used };
        // It waits for this.
        let _ = lend.send(sink);
        let outcome = read(&mut handing);
        drop(handing);
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
        outcome
    })
}

/// Hands on what comes, until no more can come.
fn scan(sink: &mut dyn Sink, receive: &Receiver<Step>, give_back: &Sender<Buffer>) {
    for step in receive {
        match step {
            Step::Pause(at) => sink.pause(at),
            Step::Window { member, modified, mut buffer, shown, own, offset, last } => {
                let member = Member { name: member.as_deref(), modified };
                sink.window(&member, Window { bytes: &buffer.sized(shown.end)[shown], own, offset, last });
                // Where nobody wants it any more, it is dropped.
                let _ = give_back.send(buffer);
            }
        }
    }
}

/// What a sink is told.
enum Step {
    Window {
        member: Option<String>,
        modified: Option<SystemTime>,
        buffer: Buffer,
        /// The part of the buffer that is the window.
        shown: Range<usize>,
        own: Range<usize>,
        offset: u64,
        last: bool,
    },
    Pause(u64),
}

/// Hands windows to the other thread.
struct Handing {
    send: SyncSender<Step>,
    /// Buffers whose windows were scanned.
    used: Receiver<Buffer>,
}

impl Handing {
    fn spare(&self) -> Buffer {
        self.used.try_recv().unwrap_or_default()
    }
}

impl Sink for Handing {
    fn window(&mut self, member: &Member<'_>, window: Window<'_>) {
        let (mut buffer, length) = (self.spare(), window.bytes.len());
        buffer.sized(length)[..length].copy_from_slice(window.bytes);
        buffer.used(length);
        let (member, modified) = (member.name.map(str::to_owned), member.modified);
        let Window { own, offset, last, .. } = window;
        // It fails where the other thread panicked, which is told when that is joined.
        let _ = self.send.send(Step::Window { member, modified, buffer, shown: 0..length, own, offset, last });
    }

    fn lent(&mut self, member: &Member<'_>, lent: Lent<'_>) {
        let (member, modified) = (member.name.map(str::to_owned), member.modified);
        let (shown, own, offset, last) = (lent.shown(), lent.own.clone(), lent.offset, lent.last);
        let buffer = lent.exchange(self.spare());
        let _ = self.send.send(Step::Window { member, modified, buffer, shown, own, offset, last });
    }

    fn pause(&mut self, at: u64) {
        let _ = self.send.send(Step::Pause(at));
    }
}
