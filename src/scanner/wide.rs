//! UTF-16 in a window: its lines are records like any others, once they are decoded.
//!
//! A stretch of UTF-16 is decoded as far as the window shows it, scanned as a text of its own, and what is found there
//! is put back to where it stands. Which records a window answers for is told by their places in the log, and the byte
//! order by the bytes near a hit, so that every split gives the same report.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::here::Lines;
use super::{Member, Scanner};
use crate::exposure::{Exposure, Findings, Place};
use crate::input::Window;
use crate::limits::RECORD_BYTES;
use crate::record::Text;
use crate::record::utf16::{Reading, Wide};
use crate::terms::{Dismissal, Layer};

/// How far a record of decoded text may reach, in bytes: its UTF-16 is up to twice as long.
const REACH: usize = RECORD_BYTES / 2;

/// Lines longer than this are cut, in bytes of UTF-16: up to twice as many, and 3 bytes of UTF-8 for 2, stay in reach.
const LINE: usize = 10 << 10;

/// Text in which no character of ASCII stands for so many bytes is none.
const DENSE: usize = 1 << 10;

/// Looks for records of UTF-16 that begin in the window. `seeds` are hits of its triggers.
pub(super) fn scan(scanner: &Scanner, member: &Member, window: &Window<'_>, seeds: &[usize], into: &mut impl Findings) {
    // Every trigger of UTF-16 has a low byte here or on the next place.
    let mut letters: Vec<usize> = seeds.iter().rev().map(|&seed| seed + usize::from(window.bytes[seed] == 0)).collect();
    // Where what was decoded begins, by its reading, and where it ends.
    let mut done: BTreeMap<(Reading, usize), usize> = BTreeMap::new();
    while let Some(letter) = letters.pop() {
        let reading = Reading::around(window.bytes, letter, window.offset);
        let at = reading.unit(letter, window.offset);
        let known = done.range(..=(reading, at)).next_back();
        if known.is_some_and(|(&(known, _), &end)| known == reading && at < end) {
            continue;
        }
        if reading.is_likely(window.bytes, at) {
            let span = reading.run(window.bytes, at);
            done.insert((reading, span.start), span.end);
            let wide = reading.decode(window.bytes, span, window.offset, LINE);
            letters.extend(scan_run(scanner, member, window, reading, &wide, into));
        }
    }
}

/// Scans decoded text. Returns the low bytes of hits that the bytes near them say are of another reading.
fn scan_run(
    scanner: &Scanner,
    member: &Member,
    window: &Window<'_>,
    reading: Reading,
    wide: &Wide,
    into: &mut impl Findings,
) -> Vec<usize> {
    let index = |raw: usize| wide.places.partition_point(|&place| (place as usize) < raw);
    let own = index(window.own.start)..index(window.own.end);
    if own.is_empty() {
        return Vec::new();
    }
    let others = RefCell::new(Vec::new());
    let is_ours = |at: usize| {
        let letter = wide.places[at] as usize + usize::from(reading.big);
        let ours = Reading::around(window.bytes, letter, window.offset) == reading;
        if !ours {
            others.borrow_mut().push(letter);
        }
        ours
    };
    let shown = Window { bytes: &wide.text, own, offset: 0, last: window.last };
    let text = Text { reach: REACH, ..Text::new(&wide.text, 0) };
    scanner.scan_text(
        member,
        &shown,
        text,
        is_ours,
        None,
        &mut Places { window, lines: Lines::of(window), wide, into },
    );
    others.into_inner()
}

/// Where a window's UTF-16 is looked for: past its own part as far as a record of its may reach, but only where
/// something there may be UTF-16.
pub(super) fn region(window: &Window<'_>, reach: usize) -> Range<usize> {
    let Range { start, end } = window.own;
    let visible = window.bytes.len();
    let nul = |range: Range<usize>| memchr::memchr(0, &window.bytes[range]).is_some();
    let low = if nul(start.saturating_sub(DENSE)..start) { start.saturating_sub(2 * LINE) } else { start };
    let high = if nul(end..visible.min(end + DENSE)) { visible.min(end + 2 * RECORD_BYTES) } else { reach };
    low..high.max(reach)
}

/// Puts what was found in decoded text back to where it stands.
struct Places<'a, 'w, F> {
    window: &'a Window<'w>,
    lines: Lines,
    wide: &'a Wide,
    into: &'a mut F,
}

impl<F: Findings> Findings for Places<'_, '_, F> {
    fn expose(&mut self, mut exposure: Exposure) {
        let at = usize::try_from(exposure.position.offset).unwrap_or(usize::MAX);
        let place = self.wide.places.get(at).or(self.wide.places.last()).map_or(0, |&place| place as usize);
        exposure.position = self.lines.position(self.window, place, exposure.position.exact);
        exposure.layers.insert(0, Layer::Utf16);
        self.into.expose(exposure);
    }

    fn dismiss(&mut self, why: Dismissal) {
        self.into.dismiss(why);
    }

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}
