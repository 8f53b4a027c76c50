//! Where the scanner reads: a window of a member, and how far its newlines are counted.

use std::cell::Cell;

use super::Member;
use crate::exposure::Position;
use crate::input::Window;
use crate::limits::RECORD_BYTES;
use crate::prefilter::Newlines;
use crate::record::Text;

/// The window that is read.
pub(super) struct Here<'a> {
    pub(super) member: &'a Member,
    pub(super) window: &'a Window<'a>,
    pub(super) text: Text<'a>,
    lines: Lines,
}

impl<'a> Here<'a> {
    pub(super) fn new(member: &'a Member, window: &'a Window<'a>, text: Text<'a>) -> Self {
        Self { member, window, text, lines: Lines::of(window) }
    }

    /// With the newlines of the window's own part, as the search has counted them.
    pub(super) fn counted(self, newlines: Newlines) -> Self {
        Self { lines: Lines { marks: Some(newlines), ..self.lines }, ..self }
    }

    /// The position of byte `at` of the window.
    pub(super) fn position(&self, at: usize, exact: bool) -> Position {
        self.lines.position(self.window, at, exact)
    }
}

/// Counts newlines on from where it last stood, or from a mark of the search where that is nearer: what leaks in a
/// window is much, and comes nearly in order.
pub(super) struct Lines {
    marks: Option<Newlines>,
    at: Cell<usize>,
    newlines: Cell<usize>,
}

impl Lines {
    pub(super) fn of(window: &Window<'_>) -> Self {
        Self { marks: None, at: Cell::new(window.own.start), newlines: Cell::new(0) }
    }

    /// The position of byte `at` of the window. The time it takes grows with the distance from the last one, or
    /// from the last mark.
    pub(super) fn position(&self, window: &Window<'_>, at: usize, exact: bool) -> Position {
        let bytes = window.bytes;
        let at = at.min(bytes.len());
        let line_start = line_start(window, at);
        Position {
            offset: window.offset + at as u64,
            window: window.offset + window.own.start as u64,
            line: self.newlines(window, at),
            column: line_start.map(|start| (at - start + 1) as u32),
            exact,
        }
    }

    /// Newlines between the window's beginning and `at`.
    fn newlines(&self, window: &Window<'_>, at: usize) -> u32 {
        let at = at.max(window.own.start);
        let mark = self.marks.as_ref().map(|marks| marks.mark(at));
        if let Some((mark, newlines)) = mark.filter(|&(mark, _)| at - mark < at.abs_diff(self.at.get())) {
            self.at.set(mark);
            self.newlines.set(newlines);
        }
        let last = self.at.get();
        let between = memchr::memchr_iter(b'\n', &window.bytes[at.min(last)..at.max(last)]).count();
        let newlines = if at < last { self.newlines.get() - between } else { self.newlines.get() + between };
        self.at.set(at);
        self.newlines.set(newlines);
        newlines as u32
    }
}

/// Where the line of `at` begins; none where that is too far away.
fn line_start(window: &Window<'_>, at: usize) -> Option<usize> {
    let low = at.saturating_sub(RECORD_BYTES);
    match memchr::memrchr(b'\n', &window.bytes[low..at]) {
        Some(newline) => Some(low + newline + 1),
        None => (low == 0 && window.offset == 0).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prefilter::Prefilter;

    /// Dialogues are exposed out of order: a step back counts back, and nothing is counted twice.
    #[test]
    fn lines_are_counted_in_any_order() {
        let bytes = b"a\nb\nc\nd\n\ne";
        let window = Window { bytes, own: 2..bytes.len(), offset: 100, last: true };
        let marks = Prefilter::new(&[]).find(bytes, window.own.clone(), |_| ());
        let counted = Lines { marks: Some(marks), ..Lines::of(&window) };
        let places = [9, 2, 4, 4, 8, 3, 0, 10, 99, 5];
        for (lines, at) in [Lines::of(&window), counted].iter().flat_map(|lines| places.map(|at| (lines, at))) {
            let shown = at.min(bytes.len());
            let counted = bytes[2.min(shown)..shown].iter().filter(|&&b| b == b'\n').count();
            let want = if shown < 2 { 0 } else { counted };
            assert_eq!(lines.position(&window, at, true).line as usize, want, "{at}");
        }
    }
}
