//! How many lines end where: counted while the search has the bytes at hand, looked up where something was found.

use std::ops::Range;

/// The newlines of a range, counted up to marks some KiB apart.
#[derive(Debug)]
pub struct Newlines {
    /// Offsets, ascending, and the newlines between the beginning of the range and there. Never empty.
    marks: Vec<(usize, usize)>,
    total: usize,
}

impl Newlines {
    /// None yet.
    pub(super) fn from(start: usize) -> Self {
        Self { marks: vec![(start, 0)], total: 0 }
    }

    /// That many stand between the last mark and `end`.
    #[inline]
    pub(super) fn add(&mut self, end: usize, newlines: usize) {
        self.total += newlines;
        self.marks.push((end, self.total));
    }

    /// What was counted reaches to `counted`, the range to `end`.
    pub(super) fn end(&mut self, bytes: &[u8], counted: usize, end: usize) {
        self.total += count(bytes, counted..end);
        self.total -= count(bytes, end..counted);
    }

    /// In the whole range.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The last mark at or before `at`, or the beginning of the range: its offset, and the newlines from the beginning
    /// up to there.
    pub fn mark(&self, at: usize) -> (usize, usize) {
        let next = self.marks.partition_point(|&(offset, _)| offset <= at);
        self.marks[next.saturating_sub(1)]
    }
}

/// Newlines of a range; none where it ends before it begins.
pub(super) fn count(bytes: &[u8], range: Range<usize>) -> usize {
    bytes.get(range).map_or(0, |bytes| memchr::memchr_iter(b'\n', bytes).count())
}
