//! The lines around a hit, as far as a judgement may look: the same ones however the input is cut.

use std::ops::Range;

use crate::limits::{BEHIND, CONTEXT_LINES, RECORD_BYTES};
use crate::record::Text;

/// Whole lines before and behind a record, as ranges of the text that it stands in.
pub struct Around<'a> {
    bytes: &'a [u8],
    low: usize,
    high: usize,
}

impl<'a> Around<'a> {
    /// What may be looked at for the record that begins at `start`.
    pub fn new(text: Text<'a>, start: usize) -> Self {
        // A part of what every window shows, so that the line before the first can always be told to be cut.
        let floor = start.saturating_sub(BEHIND / 4);
        let low = if floor == 0 && text.offset == 0 {
            0
        } else {
            memchr::memchr(b'\n', &text.bytes[floor..start]).map_or(start, |i| floor + i + 1)
        };
        Self { bytes: text.bytes, low, high: text.bytes.len().min(start + RECORD_BYTES) }
    }

    /// The bytes of a line.
    pub fn line(&self, range: &Range<usize>) -> &'a [u8] {
        &self.bytes[range.clone()]
    }

    /// The line of `at`, without its line feed.
    pub fn line_of(&self, at: usize) -> Range<usize> {
        let at = at.clamp(self.low, self.high);
        let start = memchr::memrchr(b'\n', &self.bytes[self.low..at]).map_or(self.low, |i| self.low + i + 1);
        start..self.end(at)
    }

    /// The lines before `line`, nearest first.
    pub fn before(&self, line: &Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut end = line.start;
        std::iter::from_fn(move || {
            let newline = end.checked_sub(1).filter(|&newline| newline >= self.low)?;
            let start = memchr::memrchr(b'\n', &self.bytes[self.low..newline]).map_or(self.low, |i| self.low + i + 1);
            end = start;
            Some(start..self.unterminated(start, newline))
        })
        .take(CONTEXT_LINES)
    }

    /// The lines behind `line`, nearest first.
    pub fn after(&self, line: &Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut start = memchr::memchr(b'\n', &self.bytes[line.end.min(self.high)..self.high])
            .map_or(self.high, |i| line.end + i + 1);
        std::iter::from_fn(move || {
            let next = (start < self.high).then(|| start..self.end(start))?;
            start = memchr::memchr(b'\n', &self.bytes[next.end..self.high]).map_or(self.high, |i| next.end + i + 1);
            Some(next)
        })
        .take(CONTEXT_LINES)
    }

    fn end(&self, at: usize) -> usize {
        let end = memchr::memchr(b'\n', &self.bytes[at..self.high]).map_or(self.high, |i| at + i);
        self.unterminated(at.min(end), end)
    }

    /// Without the carriage return of a line's end.
    fn unterminated(&self, start: usize, end: usize) -> usize {
        if end > start && self.bytes[end - 1] == b'\r' { end - 1 } else { end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_and_end_with_the_text() {
        let bytes = b"one\r\ntwo\nthree\n\nlast";
        let around = Around::new(Text::new(bytes, 0), 5);
        let shown = |ranges: Vec<Range<usize>>| {
            ranges.iter().map(|r| String::from_utf8_lossy(around.line(r)).into_owned()).collect::<Vec<_>>()
        };
        let line = around.line_of(6);
        assert_eq!(&bytes[line.clone()], b"two");
        assert_eq!(shown(around.before(&line).collect()), ["one"]);
        assert_eq!(shown(around.after(&line).collect()), ["three", "", "last"]);
    }

    #[test]
    fn a_line_that_a_window_cuts_is_left_out() {
        let mut bytes = b"cut off before here\n".to_vec();
        bytes.extend(b"whole\nhit\n");
        let around = Around::new(Text::new(&bytes, 77), 26);
        let line = around.line_of(26);
        let before: Vec<_> = around.before(&line).collect();
        assert_eq!(before.len(), 1);
        assert_eq!(around.line(&before[0]), b"whole");
    }
}
