//! One text packed in frames that can be found without unpacking: cut into groups, which are unpacked side by side.
//!
//! The index of xz, the block sizes of bgzip and the headers of zstd say where frames begin and how much text each
//! holds. Only where they say so for the whole file, and the text is no archive itself, is it cut; otherwise the file is
//! read from end to end. What they say is held against what is really unpacked.

mod bgzip;
mod xz;
mod zstd;

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Mutex;

use super::parts::Unpacked;
use super::{Codec, Fault, HEAD, sniff};
use crate::input::budget::Allowance;
use crate::input::seam::Seam;
use crate::input::stream::{Input, Peek};
use crate::input::{Job, Options, Stop};
use crate::terms::SkipReason;

/// The text of one group, at least: what a thread does before it takes the next.
const GROUP: u64 = 4 << 20;

/// The most frames of a file that is cut: bounds the memory that the list takes.
const MOST: usize = 1 << 20;

/// One frame: where its bytes and its text are.
#[derive(Clone, Copy, Debug)]
struct Frame {
    packed: u64,
    text: u64,
    /// What an xz stream says of itself: where it begins.
    stream: u64,
    /// Bytes without the padding behind them, as an xz index counts them.
    unpadded: u64,
}

/// A text packed in frames.
#[derive(Debug)]
pub struct Frames {
    codec: Codec,
    frames: Vec<Frame>,
    /// Where the last frame ends: bytes and text.
    end: (u64, u64),
    /// The first frame of each group.
    groups: Vec<usize>,
    /// Between each group and the next.
    pub(in crate::input) seams: Vec<Mutex<Seam>>,
}

/// Equal where it is the same: only tests compare units of work.
impl PartialEq for Frames {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Frames {}

impl Frames {
    /// Finds the frames of a file of `size` bytes, if there are enough for several groups. `at` reads a part of it.
    pub(in crate::input) fn find<R: Read>(
        codec: Codec,
        size: u64,
        options: &Options,
        allowance: &Allowance,
        at: impl Fn(Range<u64>) -> R,
    ) -> Option<Self> {
        let (frames, end) = match codec {
            Codec::Gzip => bgzip::frames(size, &at)?,
            Codec::Zstd | Codec::Skippable => zstd::frames(size, &at)?,
            Codec::Xz => xz::frames(size, &at)?,
            Codec::Bzip2 | Codec::Lz4 => return None,
        };
        let codec = if codec == Codec::Skippable { Codec::Zstd } else { codec };
        if end > options.unpacked || frames.is_empty() {
            return None;
        }
        let least = (options.behind + options.ahead) as u64;
        let least = least.max(GROUP.min(options.segment()));
        let mut found = Self { codec, frames, end: (size, end), groups: vec![0], seams: Vec::new() };
        for (index, frame) in found.frames.iter().enumerate() {
            let begun = found.groups.last().map_or(0, |&first| found.frames[first].text);
            if frame.text - begun >= least && end - frame.text >= least {
                found.groups.push(index);
            }
        }
        if found.groups.len() < 2 {
            return None;
        }
        found.seams = (1..found.groups.len()).map(|_| Mutex::default()).collect();
        found.is_text(allowance, &at).then_some(found)
    }

    /// Whether the text is none of an archive's.
    fn is_text<R: Read>(&self, allowance: &Allowance, at: impl Fn(Range<u64>) -> R) -> bool {
        let mut head = Vec::new();
        let mut input = Input::new(self.packed(0..1, at), &Stop::default());
        let peek = Peek::new(&mut input as &mut dyn Read);
        let text = Unpacked::new(peek, self.codec, u64::MAX, allowance);
        text.take(HEAD as u64).read_to_end(&mut head).is_ok() && sniff(&head).is_none()
    }

    /// How many groups there are.
    pub(in crate::input) fn count(&self) -> usize {
        self.groups.len()
    }

    /// How long the text is.
    pub(in crate::input) fn length(&self) -> u64 {
        self.end.1
    }

    /// The bytes of a group in the file, as a measure of the work.
    pub(in crate::input) fn weight(&self, group: usize) -> u64 {
        self.begin(group + 1).packed - self.begin(group).packed
    }

    /// Where the text of a group begins and ends.
    pub(in crate::input) fn text(&self, group: usize) -> Range<u64> {
        self.begin(group).text..self.begin(group + 1).text
    }

    /// The group whose text holds `offset`.
    pub(in crate::input) fn group_of(&self, offset: u64) -> usize {
        self.groups.partition_point(|&first| self.frames[first].text <= offset).saturating_sub(1)
    }

    fn begin(&self, group: usize) -> Frame {
        let end = Frame { packed: self.end.0, text: self.end.1, stream: self.end.0, unpadded: 0 };
        self.groups.get(group).map_or(end, |&first| self.frames[first])
    }

    /// The packed bytes of some groups, which are whole files of their own.
    fn packed<R: Read>(
        &self,
        groups: Range<usize>,
        at: impl Fn(Range<u64>) -> R,
    ) -> Packed<'_, R, impl Fn(Range<u64>) -> R> {
        Packed { frames: self, at, groups, parts: Vec::new() }
    }

    /// Hands the text of some groups to `each`, and names what is wrong with it. Returns where it ended.
    pub(in crate::input) fn unpack<R: Read>(
        &self,
        groups: Range<usize>,
        at: impl Fn(Range<u64>) -> R,
        job: &mut Job<'_>,
        each: impl FnOnce(&mut dyn Read, &mut Job<'_>),
    ) -> u64 {
        let (begin, end) = (self.begin(groups.start).text, self.begin(groups.end).text);
        let mut input = Input::new(self.packed(groups, at), &job.options.stop);
        let (ended, fault) = {
            let peek = Peek::new(&mut input as &mut dyn Read);
            let text = Unpacked::new(peek, self.codec, job.options.unpacked, &job.allowance);
            let mut text = Counted { text, bytes: 0 };
            each(&mut text, job);
            let _ = io::copy(&mut text, &mut io::sink());
            (begin + text.bytes, text.text.into_fault())
        };
        let member = job.whole();
        if let Some(error) = input.failed() {
            job.skip_io(error);
        } else if let Some(Fault { reason, detail }) = fault {
            job.skip(&member, reason, detail);
        } else if ended != end {
            let detail = format!("{} data unpacks to another length than it says", self.codec.name());
            job.skip(&member, SkipReason::DecodeError, detail);
        }
        ended.min(end)
    }
}

struct Counted<'a> {
    text: Unpacked<'a>,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

/// The packed bytes of groups, one after the other.
struct Packed<'a, R, F> {
    frames: &'a Frames,
    at: F,
    groups: Range<usize>,
    /// What is still to be read, last first.
    parts: Vec<Piece<R>>,
}

enum Piece<R> {
    File(R),
    Made(io::Cursor<Vec<u8>>),
}

impl<R: Read, F: Fn(Range<u64>) -> R> Packed<'_, R, F> {
    /// The frames of one group as a file of their own.
    fn parts(&self, group: usize) -> Vec<Piece<R>> {
        let (frames, at) = (self.frames, &self.at);
        let next = frames.groups.get(group + 1).copied().unwrap_or(frames.frames.len());
        let own = &frames.frames[frames.groups[group]..next];
        let mut end = frames.begin(group + 1);
        if frames.codec != Codec::Xz {
            return own.first().map(|first| Piece::File(at(first.packed..end.packed))).into_iter().collect();
        }
        let mut parts = Vec::new();
        for blocks in own.chunk_by(|a, b| a.stream == b.stream).rev() {
            let (header, packed, footer) = xz::stream(blocks, end, at);
            parts.push(Piece::Made(io::Cursor::new(footer)));
            parts.push(Piece::File(at(packed)));
            parts.push(Piece::Made(io::Cursor::new(header)));
            end = blocks[0];
        }
        parts
    }
}

impl<R: Read, F: Fn(Range<u64>) -> R> Read for Packed<'_, R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self.parts.last_mut() {
                Some(Piece::File(file)) => file.read(buffer)?,
                Some(Piece::Made(made)) => made.read(buffer)?,
                None => {
                    let Some(group) = self.groups.next() else { return Ok(0) };
                    self.parts = self.parts(group);
                    continue;
                }
            };
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.parts.pop();
        }
    }
}

/// The bytes of `range`, all of them or none.
fn bytes<R: Read>(range: Range<u64>, at: impl Fn(Range<u64>) -> R) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    at(range.clone()).read_to_end(&mut read).ok()?;
    (read.len() as u64 == range.end - range.start).then_some(read)
}
