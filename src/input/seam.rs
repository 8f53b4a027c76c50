//! Where two groups of a packed text meet, which different threads unpack.
//!
//! A record near the border needs context from both sides. So each group is scanned up to there only, and leaves the
//! text near its ends at the seam; whoever comes second finds both sides and scans what lies between. Nothing is
//! unpacked twice.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::PoisonError;

use super::archive::Frames;
use super::buffer::wipe;
use super::{Job, Options};

/// The text that both neighbours left.
#[derive(Debug, Default)]
pub struct Seam {
    left: Option<Side>,
    right: Option<Side>,
}

/// One side's text near the seam.
#[derive(Debug)]
struct Side {
    text: Vec<u8>,
    /// Where it begins in the whole text.
    begin: u64,
    /// Whether it is all that belongs there.
    whole: bool,
}

impl Drop for Side {
    fn drop(&mut self) {
        wipe(&mut self.text);
    }
}

impl Side {
    fn end(&self) -> u64 {
        self.begin + self.text.len() as u64
    }
}

/// How much text a side leaves.
fn reach(options: &Options) -> u64 {
    (options.behind + options.ahead) as u64
}

/// Where windows begin that the chunks alone would not make: before and behind each seam.
pub(super) fn cuts(frames: &Frames, options: &Options) -> Vec<u64> {
    let border = |group| frames.text(group).start;
    (1..frames.count()).flat_map(|g| [border(g) - options.ahead as u64, border(g) + options.behind as u64]).collect()
}

/// Scans one group, and the seams at its ends that it is the second to reach.
pub(super) fn group<R: Read>(frames: &Frames, group: usize, at: impl Fn(Range<u64>) -> R, job: &mut Job<'_>) {
    let (text, options) = (frames.text(group), job.options);
    let (first, last) = (group == 0, group + 1 == frames.count());
    let begin = if first { 0 } else { text.start + options.behind as u64 };
    let end = if last { text.end } else { text.end - options.ahead as u64 };
    // Room for all that they will hold, so that no copy is left behind where they grow.
    let room = reach(options) as usize;
    let mut head = Side { text: Vec::with_capacity(room), begin: text.start, whole: false };
    let mut tail = Side { text: Vec::with_capacity(2 * room), begin: text.end - reach(options), whole: false };
    if first {
        job.outcome.members += 1;
    }
    let member = job.whole();
    let reached = frames.unpack(group..group + 1, at, job, |unpacked, job| {
        let mut kept = Kept { text: unpacked, at: text.start, reach: reach(options), head: &mut head, tail: &mut tail };
        job.slide_between(&mut kept, text.start, begin..end, &[], frames.length(), &member);
        // Small groups have no window of their own.
        let _ = io::copy(&mut kept, &mut io::sink());
    });
    head.whole = head.text.len() as u64 == reach(options);
    tail.whole = reached == text.end;
    if !last {
        job.sink.pause(end);
        leave(frames, group, job, |seam| seam.left = Some(tail));
    }
    if !first {
        leave(frames, group - 1, job, |seam| seam.right = Some(head));
    }
}

/// Scans the rest of the text from `from` on, for rows only.
pub(super) fn rest<R: Read>(frames: &Frames, from: u64, at: impl Fn(Range<u64>) -> R, job: &mut Job<'_>) {
    let shown = from.saturating_sub(job.options.behind as u64);
    let first = frames.group_of(shown);
    let (begin, cuts, member) = (frames.text(first).start, cuts(frames, job.options), job.whole());
    frames.unpack(first..frames.count(), at, job, |text, job| {
        let _ = io::copy(&mut text.take(shown - begin), &mut io::sink());
        job.slide_between(text, shown, from..u64::MAX, &cuts, frames.length(), &member);
    });
}

/// Leaves a side at a seam, and scans it if the other is there.
fn leave(frames: &Frames, number: usize, job: &mut Job<'_>, put: impl FnOnce(&mut Seam)) {
    let both = {
        let mut seam = frames.seams[number].lock().unwrap_or_else(PoisonError::into_inner);
        put(&mut seam);
        if seam.left.is_none() || seam.right.is_none() { None } else { seam.left.take().zip(seam.right.take()) }
    };
    let Some((mut left, right)) = both else { return };
    let (border, member) = (right.begin, job.whole());
    let own = border - job.options.ahead as u64..border + job.options.behind as u64;
    if left.whole {
        let from = left.begin;
        left.text.extend_from_slice(&right.text);
        job.slide_between(&mut &left.text[..], from, own.clone(), &[], frames.length(), &member);
    } else {
        // The text before is lost: what there is on either side stands alone.
        job.slide_between(
            &mut &left.text[..],
            left.begin,
            own.start..left.end().max(own.start),
            &[],
            left.end(),
            &member,
        );
        job.slide_between(&mut &right.text[..], border, border..own.end, &[], frames.length(), &member);
    }
    if right.whole {
        job.sink.pause(own.end);
    }
}

/// Reads a group's text, and keeps what lies near its ends.
struct Kept<'a> {
    text: &'a mut dyn Read,
    at: u64,
    /// Bytes that each side keeps.
    reach: u64,
    head: &'a mut Side,
    tail: &'a mut Side,
}

impl Read for Kept<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        let new = &buffer[..read];
        let missing = (self.reach - self.head.text.len() as u64).min(read as u64) as usize;
        self.head.text.extend_from_slice(&new[..missing]);
        let before = self.tail.begin.saturating_sub(self.at).min(read as u64) as usize;
        let room = (self.reach - self.tail.text.len() as u64).min((read - before) as u64) as usize;
        self.tail.text.extend_from_slice(&new[before..before + room]);
        self.at += read as u64;
        Ok(read)
    }
}
