//! One log event: the line, or the block of lines, that belongs together, and the fields in it.
//!
//! A record belongs to the window that it begins in. Where it begins is decided by the lines around a hit and nothing
//! else, within [`RECORD_BYTES`] and [`RECORD_LINES`], so that every split of a member gives the same records.

pub mod audit;
pub mod client;
mod dump;
pub mod field;
pub mod outcome;
pub mod part;
pub mod table;
pub mod time;
pub mod token;
pub mod utf16;
pub mod value;
pub mod view;

use std::collections::VecDeque;
use std::ops::Range;

use crate::limits::{RECORD_BYTES, RECORD_LINES};

/// Visible text of a member, and where in the member it stands.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Offset of the first of them in the member.
    pub offset: u64,
    /// How far a line or a record may reach, in bytes.
    pub reach: usize,
}

/// A line without line feeds is cut into pieces at multiples of this many bytes of its member.
const PIECE: usize = RECORD_BYTES / 2;

impl<'a> Text<'a> {
    /// The text of a log that begins at `offset` of its member.
    pub fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self { bytes, offset, reach: RECORD_BYTES }
    }

    /// Where the line of `at` begins; of an overlong line, where its piece begins.
    pub fn line_start(&self, at: usize) -> usize {
        let low = at.saturating_sub(self.reach);
        let newline = memchr::memrchr(b'\n', &self.bytes[low..at]);
        newline.map_or_else(|| self.piece_start(at), |newline| low + newline + 1)
    }

    /// Where the piece of `at` begins, of a line that is as long as a record may reach or the first of its text.
    fn piece_start(&self, at: usize) -> usize {
        if at <= self.reach && self.offset == 0 {
            return 0;
        }
        let past = ((self.offset + at as u64) % PIECE as u64) as usize;
        at.saturating_sub(past)
    }

    /// Where the line of `at` ends, its line feed left out; of an overlong line, as far as a record may reach.
    pub fn line_end(&self, at: usize) -> usize {
        let at = at.min(self.bytes.len());
        let high = self.bytes.len().min(at + self.reach);
        memchr::memchr(b'\n', &self.bytes[at..high]).map_or(high, |i| at + i)
    }

    /// Where the record of a hit begins.
    pub fn record_start(&self, hit: usize) -> usize {
        let mut start = self.line_start(hit);
        for _ in 0..RECORD_LINES {
            if start == 0 || !continues(&self.bytes[start..]) {
                break;
            }
            let before = self.line_start(start - 1);
            if hit - before > self.reach {
                break;
            }
            start = before;
        }
        start
    }

    /// Where the record that begins at `start` ends.
    pub fn record_end(&self, start: usize) -> usize {
        let mut end = self.line_end(start);
        for _ in 0..RECORD_LINES {
            let next = end + 1;
            if next >= self.bytes.len() || next - start > self.reach || !continues(&self.bytes[next..]) {
                break;
            }
            end = self.line_end(next);
        }
        end
    }

    /// The first place at or behind `at` where a record can begin: no record of an earlier line reaches past it.
    pub fn next_head(&self, at: usize) -> usize {
        let high = self.bytes.len().min(at + self.reach);
        let mut line =
            if at == 0 { 0 } else { memchr::memchr(b'\n', &self.bytes[at - 1..high]).map_or(high, |i| at + i) };
        while line < high && continues(&self.bytes[line..]) {
            line = memchr::memchr(b'\n', &self.bytes[line..high]).map_or(high, |i| line + i + 1);
        }
        line
    }

    /// The lines before `at`, nearest first, at most `lines` of them.
    pub fn lines_before(&self, at: usize, lines: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut end = at;
        (0..lines).map_while(move |_| {
            let newline = end.checked_sub(1)?;
            let start = self.line_start(newline);
            end = start;
            Some(start..newline)
        })
    }

    /// The lines behind `at`, nearest first, at most `lines` of them.
    pub fn lines_after(&self, at: usize, lines: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut start = at;
        (0..lines).map_while(move |_| {
            if start >= self.bytes.len() {
                return None;
            }
            let end = self.line_end(start);
            let line = start..end;
            start = end + 1;
            Some(line)
        })
    }
}

/// Where the records of hits begin that come in order: what stands between two of them is looked at once.
#[derive(Default)]
pub struct Starts {
    /// The last hit, and the last line feed before it.
    hit: usize,
    newline: Option<usize>,
    /// The lines of the record of the last hit, up to the one that it stands in.
    lines: VecDeque<usize>,
}

impl Starts {
    /// Where the record of the next hit begins, see [`Text::record_start`].
    pub fn of(&mut self, text: Text<'_>, hit: usize) -> usize {
        let line = self.line_start(text, hit);
        if self.lines.back() != Some(&line) {
            self.go_on(text, hit, line);
        }
        while self.lines.len() > RECORD_LINES + 1
            || self.lines.len() > 1 && self.lines.front().is_some_and(|first| hit - first > text.reach)
        {
            self.lines.pop_front();
        }
        self.lines.front().copied().unwrap_or(line)
    }

    /// See [`Text::line_start`].
    fn line_start(&mut self, text: Text<'_>, hit: usize) -> usize {
        let low = hit.saturating_sub(text.reach);
        let seen = if hit < self.hit { low } else { self.hit.max(low) };
        let newline = memchr::memrchr(b'\n', &text.bytes[seen..hit]).map(|newline| seen + newline);
        self.newline = newline.or(self.newline).filter(|newline| (low..hit).contains(newline));
        self.hit = hit;
        self.newline.map_or_else(|| text.piece_start(hit), |newline| newline + 1)
    }

    /// Adds the lines behind the last hit's, as far as they belong to the record of `hit`, which stands in `line`.
    fn go_on(&mut self, text: Text<'_>, hit: usize, line: usize) {
        let mut way = vec![line];
        let mut start = line;
        let goes_on = loop {
            if way.len() > RECORD_LINES || start == 0 || !continues(&text.bytes[start..]) {
                break false;
            }
            start = text.line_start(start - 1);
            if self.lines.back() == Some(&start) {
                break true;
            }
            if hit - start > text.reach {
                break false;
            }
            way.push(start);
        };
        if !goes_on {
            self.lines.clear();
        }
        self.lines.extend(way.into_iter().rev());
    }
}

/// Whether a line goes on with the record of the line before it. Decided by the line alone.
fn continues(line: &[u8]) -> bool {
    if let Some(continues) = dump::continues(line) {
        return continues;
    }
    match line.first() {
        Some(b' ' | b'\t') => {
            let text = line.iter().take(256).find(|b| !matches!(b, b' ' | b'\t'));
            text.is_some_and(|b| !matches!(b, b'\n' | b'\r'))
        }
        Some(b'}' | b')' | b']') => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_head_and_the_lines_that_continue_it() {
        let bytes = b"one\nhead {\n  a: 1\n  b: 2\n}\nnext\n\n  tail\n";
        let text = Text::new(bytes, 0);
        let hit = memchr::memmem::find(bytes, b"b: 2").unwrap();
        let start = text.record_start(hit);
        assert_eq!(&bytes[start..text.record_end(start)], b"head {\n  a: 1\n  b: 2\n}");
        let head = text.next_head(start + 1);
        assert_eq!(&bytes[head..head + 4], b"next");
    }

    proptest::proptest! {
        /// Hits in order and hits alone stand in the same records, however long those are.
        #[test]
        fn hits_in_order_stand_in_the_same_records(
            lines in proptest::collection::vec(
                ("[ x}]{0,3}", proptest::prop_oneof![20 => 0usize..60, 1 => 0usize..9000]),
                0..700,
            ),
            hits in proptest::collection::vec(0usize..20_000, 1..60),
            reach in 200usize..5000,
        ) {
            let bytes: Vec<u8> = lines
                .iter()
                .flat_map(|(head, more)| [head.as_bytes(), &vec![b'x'; *more][..], b"\n"].concat())
                .collect();
            for offset in [0, 17] {
                let text = Text { bytes: &bytes, offset, reach };
                let mut hits: Vec<usize> = hits.iter().copied().filter(|hit| *hit < bytes.len()).collect();
                hits.sort_unstable();
                let mut starts = Starts::default();
                for hit in hits {
                    proptest::prop_assert_eq!(starts.of(text, hit), text.record_start(hit));
                }
            }
        }
    }

    #[test]
    fn an_overlong_line_is_cut_at_the_same_places_however_it_is_shown() {
        let bytes = vec![b'x'; 10 * PIECE];
        let whole = Text::new(&bytes, 0);
        let part = Text::new(&bytes[3 * PIECE + 17..], 3 * PIECE as u64 + 17);
        for at in [7 * PIECE + 5, 8 * PIECE, 9 * PIECE - 1] {
            assert_eq!(whole.line_start(at), part.line_start(at - 3 * PIECE - 17) + 3 * PIECE + 17);
        }
    }
}
