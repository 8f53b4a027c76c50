//! Where bytes come from: paths become sources, sources become windows of text. Knows limits, never content.
//!
//! [`walk`] finds the sources, [`plan`] cuts them into units of work, and [`read`] hands the text of one unit to a
//! [`Sink`], window by window. Whatever cannot be read is a [`Skipped`], never an error that ends the scan.
//!
//! How bytes arrive makes no difference: settled files are mapped (`map`), other files are read at a position (`file`),
//! pipes and decoders are read as streams (`stream`); for the same unit all of them yield the same windows. Packed files
//! are unpacked on the way (`archive`).

mod archive;
mod budget;
mod buffer;
mod content;
mod fault;
mod file;
mod glob;
mod hole;
mod map;
mod pipe;
mod plan;
mod records;
mod seam;
mod source;
mod state;
mod stop;
mod stream;
mod system;
#[cfg(test)]
mod tests;
mod walk;

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use self::budget::Allowance;
use crate::limits;
use crate::terms::SkipReason;

pub use archive::{Directory, Frames};
pub use budget::Budget;
pub use buffer::Buffer;
pub use glob::Globs;
pub use hole::{Holes, holes};
pub use plan::{Piece, Unit, kind, plan, rest};
pub use source::{Kind, Source, identity_at};
pub use stop::Stop;
pub use stream::Lent;
pub use system::most_threads;
pub use walk::{Selection, Walked, walk};

/// A piece of a member's text, with the context that its judgement may need.
///
/// Windows of one member do not overlap in `own`, and together their `own` parts are the whole member. Every window
/// shows [`crate::limits::BEHIND`] bytes before its own part and [`crate::limits::AHEAD`] after it, or all that there
/// is. `own` is never empty: a member without text has no window.
#[derive(Clone)]
pub struct Window<'a> {
    /// The visible text.
    pub bytes: &'a [u8],
    /// The part of `bytes` whose records this window answers for.
    pub own: Range<usize>,
    /// Offset in the member of `bytes[0]`.
    pub offset: u64,
    /// Whether `bytes` ends where the member ends.
    pub last: bool,
}

/// One text: a plain file, a stream, or an entry of an archive.
///
/// What packs a single text (gzip) adds no name: offsets are those of the unpacked text, and all parts of a
/// concatenated file are one member.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its name inside the archive, where it has one.
    pub name: Option<&'a str>,
    /// When it was last written, as far as the packing or the file tells.
    pub modified: Option<SystemTime>,
}

/// Takes the text of members, in order within a unit.
pub trait Sink {
    /// Takes the next window.
    fn window(&mut self, member: &Member<'_>, window: Window<'_>);

    /// Takes the next window in a buffer that it may keep, if it gives another.
    fn lent(&mut self, member: &Member<'_>, mut lent: Lent<'_>) {
        self.window(member, lent.window());
    }

    /// What was handed over ends at `at`, where the text goes on in another unit. What is open there may be followed
    /// from there with [`rest`].
    fn pause(&mut self, _at: u64) {}

    /// Whether the next windows are of use.
    fn wants_more(&self) -> bool {
        true
    }
}

/// A part of the input that was not scanned, or not to its end. `detail` never holds content.
///
/// Several units of one file may name the same fault: equal entries are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Skipped {
    /// The source as [`Source::shown`].
    pub path: String,
    /// The member, where it has a name.
    pub member: Option<String>,
    /// Why.
    pub reason: SkipReason,
    /// What a person needs besides.
    pub detail: String,
}

/// How files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Io {
    /// Map every regular file.
    Map,
    /// Map nothing.
    Read,
    /// Map settled files: regular, local, at least 1 MiB, not written to for 10 seconds. Read the others.
    #[default]
    Auto,
}

/// How the input is cut and read. None of it changes the report, except `unpacked`.
#[derive(Clone, Debug)]
pub struct Options {
    /// How files are read.
    pub io: Io,
    /// Own bytes of one window, 1 B to 16 MiB. Small enough to stay in a core's cache.
    pub chunk: usize,
    /// Bytes of a large plain file in one unit, and of one mapping: 1 B to 1 GiB.
    pub segment: u64,
    /// The most bytes that one packed stream or member may unpack to.
    pub unpacked: u64,
    /// The most bytes that everything together may unpack to.
    pub unpacked_in_all: u64,
    /// The most entries of one archive.
    pub members: u64,
    /// The most memory that decoders keep text in, of all threads together.
    pub decoder_memory: u64,
    /// When to end early.
    pub stop: Stop,
    /// Context before a window. Only tests change it.
    pub(crate) behind: usize,
    /// Context after a window. Only tests change it.
    pub(crate) ahead: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            io: Io::Auto,
            chunk: 1 << 20,
            segment: 8 << 20,
            unpacked: archive::UNPACKED_BYTES,
            unpacked_in_all: archive::UNPACKED_IN_ALL,
            members: archive::MEMBERS,
            decoder_memory: archive::DECODER_MEMORY,
            stop: Stop::default(),
            behind: limits::BEHIND,
            ahead: limits::AHEAD,
        }
    }
}

impl Options {
    /// Own bytes of one window. Bounded, since a buffer of this size is allocated.
    fn chunk(&self) -> usize {
        self.chunk.clamp(1, 16 << 20)
    }

    /// Bytes of one unit and of one mapping. Bounded, since that much of the address space is used.
    fn segment(&self) -> u64 {
        self.segment.clamp(1, 1 << 30)
    }
}

/// The memory that one worker reads into, kept from unit to unit.
#[derive(Default)]
pub struct Buffers {
    window: Buffer,
}

/// What became of a unit.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Bytes of text handed to the sink, after unpacking.
    pub bytes: u64,
    /// Members begun. A file in several units counts in the first of them.
    pub members: u64,
    /// What could not be scanned.
    pub skipped: Vec<Skipped>,
    /// Bytes of the file itself, packed or not, that the unit answers for: read, and scanned or named.
    pub covered: u64,
    /// The file changed while it was read, so that what was found may be of two states of it: [`again`] reads it once
    /// more. Always named in `skipped` as well.
    pub torn: bool,
}

/// Hands the text of `unit`, which is of `source`, to `sink`. `budget` is that of the whole scan.
pub fn read(
    source: &Source,
    unit: &Unit,
    options: &Options,
    budget: &Arc<Budget>,
    buffers: &mut Buffers,
    sink: &mut dyn Sink,
) -> Outcome {
    let allowance = Allowance::new(budget);
    let mut job = Job { source, options, allowance, buffers, sink, outcome: Outcome::default() };
    match source.kind {
        // Nothing is opened any more: there may be millions.
        _ if options.stop.is_asked() => job.interrupted(None),
        Kind::File => file::read(unit, &mut job),
        Kind::Stream => match pipe::Pipe::open(&source.path, &options.stop) {
            Ok(stream) => job.stream(stream),
            Err(error) => job.skip_io(&error),
        },
        Kind::Stdin => match stdin() {
            Ok(stream) => job.stream(pipe::Pipe::of(stream, &options.stop)),
            Err(error) => job.skip_io(&error),
        },
    }
    let outcome = job.outcome;
    buffers.window.wipe();
    outcome
}

/// Reads a unit once more after `first`, which is [`Outcome::torn`] and whose findings are to be dropped: the file as it
/// is now, and without a map. The change stays named.
pub fn again(
    source: &Source,
    unit: &Unit,
    options: &Options,
    budget: &Arc<Budget>,
    buffers: &mut Buffers,
    sink: &mut dyn Sink,
    first: Outcome,
) -> Outcome {
    let now = match file::open(source) {
        Ok((_, now)) => source.renewed(&now),
        Err(_) => return Outcome { skipped: first.skipped, ..Outcome::default() },
    };
    let mut second = read(&now, unit, &Options { io: Io::Read, ..options.clone() }, budget, buffers, sink);
    for mut change in first.skipped.into_iter().filter(|skipped| skipped.reason == SkipReason::ChangedDuringScan) {
        if second.torn {
            second.skipped.retain(|skipped| skipped.reason != SkipReason::ChangedDuringScan);
            change.detail.push_str(", and again while it was read once more");
        } else {
            change.detail.push_str("; it was read once more");
        }
        second.skipped.push(change);
    }
    second
}

/// Standard input without the buffer that a program has of it: whoever waits for it must see all there is.
#[cfg(unix)]
fn stdin() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn stdin() -> io::Result<std::fs::File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Faults that one unit lists: an archive may hold millions.
const NAMED: usize = 1000;

/// One call of [`read`]: what every stage of it needs.
struct Job<'a> {
    source: &'a Source,
    options: &'a Options,
    allowance: Allowance,
    buffers: &'a mut Buffers,
    sink: &'a mut dyn Sink,
    outcome: Outcome,
}

impl Job<'_> {
    /// Unpacks and scans `input` from its beginning to its end.
    fn stream(&mut self, input: impl Read) {
        let mut input = stream::Input::new(input, &self.options.stop);
        archive::unpack(&mut input, &Member { name: None, modified: self.source.modified }, 0, self);
        self.outcome.covered += input.taken();
        if let Some(error) = input.failed() {
            self.skip_io(error);
        }
    }

    /// The source itself as a member.
    fn whole(&self) -> Member<'static> {
        Member { name: None, modified: self.source.modified }
    }

    /// Scans the text of one whole member.
    fn text(&mut self, input: &mut dyn Read, member: &Member<'_>) {
        self.outcome.members += 1;
        self.slide(input, 0, 0..u64::MAX, member);
    }

    /// Scans bytes of an archive that belong to no entry, from offset `from` of the archive on.
    fn piece(&mut self, input: &mut dyn Read, from: u64, archive: &Member<'_>) {
        self.slide(input, from, from..u64::MAX, archive);
    }

    /// Scans the part `own` of a member, whose text `input` delivers from offset `from` on.
    fn slide(&mut self, input: &mut dyn Read, from: u64, own: Range<u64>, member: &Member<'_>) {
        let Self { options, buffers, sink, outcome, .. } = self;
        stream::windows(input, from, own, &[], options, &mut buffers.window, &mut |lent| {
            outcome.bytes += lent.own.len() as u64;
            sink.lent(member, lent);
            !options.stop.is_asked()
        });
        self.end_of(member);
    }

    /// The same for a part of a text of `end` bytes, from an input that may end before. Windows end at `cuts`, and when
    /// the sink wants no more.
    fn slide_between(
        &mut self,
        input: &mut dyn Read,
        from: u64,
        own: Range<u64>,
        cuts: &[u64],
        end: u64,
        member: &Member<'_>,
    ) {
        let Self { options, buffers, sink, outcome, .. } = self;
        stream::windows(input, from, own, cuts, options, &mut buffers.window, &mut |mut lent| {
            outcome.bytes += lent.own.len() as u64;
            lent.last = lent.offset + lent.shown().len() as u64 == end;
            sink.lent(member, lent);
            sink.wants_more() && !options.stop.is_asked()
        });
        self.end_of(member);
    }

    /// Names a member that may not have been read to its end.
    fn end_of(&mut self, member: &Member<'_>) {
        if self.options.stop.is_asked() {
            self.interrupted(member.name);
        }
    }

    fn interrupted(&mut self, member: Option<&str>) {
        let skipped = Skipped::interrupted(self.source.shown.clone(), member.map(str::to_owned));
        if self.outcome.skipped.last() != Some(&skipped) && self.outcome.skipped.len() < NAMED {
            self.outcome.skipped.push(skipped);
        }
    }

    fn skip(&mut self, member: &Member<'_>, reason: SkipReason, detail: impl Into<String>) {
        let (path, member) = (self.source.shown.clone(), member.name.map(str::to_owned));
        let skipped = Skipped { path, member, reason, detail: detail.into() };
        let list = &mut self.outcome.skipped;
        match list.len() {
            _ if list.last() == Some(&skipped) => {}
            0..NAMED => list.push(skipped),
            NAMED => {
                let detail = format!("after {NAMED} faults in this file no more are listed");
                list.push(Skipped { member: None, detail, ..skipped });
            }
            _ => {}
        }
    }

    fn skip_io(&mut self, error: &io::Error) {
        if stop::is_stop(error) {
            return self.interrupted(None);
        }
        self.outcome.skipped.push(Skipped::io(self.source.shown.clone(), error));
    }
}

impl Skipped {
    /// A source on which the system failed. Only the kind of the error is shown: its text may quote anything.
    fn io(path: String, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => SkipReason::NotFound,
            io::ErrorKind::PermissionDenied => SkipReason::PermissionDenied,
            _ => SkipReason::IoError,
        };
        let detail = match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code).to_string(),
            None => error.kind().to_string(),
        };
        Self { path, member: None, reason, detail }
    }
}
