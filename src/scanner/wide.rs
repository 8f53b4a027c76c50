//! UTF-16 in a window: its lines are records like any others, once they are decoded.
//!
//! A stretch of UTF-16 is decoded as far as the window shows it, scanned as a text of its own, and what is found there
//! is put back to where it stands. Which records a window answers for is told by their places in the log, and the byte
//! order by the bytes near a hit, so that every split gives the same report.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::here::{Here, Lines};
use super::region::{Open, Regions};
use super::{Member, Scanner};
use crate::exposure::{Exposure, Findings, GivenUp, Masked, Place};
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
pub(super) fn scan(
    scanner: &Scanner,
    member: &Member,
    window: &Window<'_>,
    seeds: &[usize],
    regions: &mut Regions,
    into: &mut impl Findings,
) {
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
            letters.extend(scan_run(scanner, member, window, (reading, &wide), regions, into));
        }
    }
}

/// Scans decoded text. Returns the low bytes of hits that the bytes near them say are of another reading.
fn scan_run(
    scanner: &Scanner,
    member: &Member,
    window: &Window<'_>,
    (reading, wide): (Reading, &Wide),
    regions: &mut Regions,
    into: &mut impl Findings,
) -> Vec<usize> {
    let own = index(wide, window.own.start)..index(wide, window.own.end);
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
    let mut opened = Regions::default();
    let mut places = Places { window, lines: Lines::of(window), wide, into };
    scanner.scan_text(member, &shown, text, is_ours, &mut opened, &mut places);
    for open in opened.into_open() {
        keep(regions, window, reading, wide, open);
    }
    others.into_inner()
}

/// The first byte of decoded text that stands at or behind `raw`.
fn index(wide: &Wide, raw: usize) -> usize {
    wide.places.partition_point(|&place| (place as usize) < raw)
}

/// Keeps a region of decoded text, its next row told by its place in the log.
fn keep(regions: &mut Regions, window: &Window<'_>, reading: Reading, wide: &Wide, mut open: Open) {
    let at = usize::try_from(open.region.at).unwrap_or(usize::MAX);
    let raw = wide.places.get(at).map_or(wide.span.end, |&place| place as usize);
    open.region.at = window.offset + raw as u64;
    regions.keep_wide(reading, open);
}

/// Scans the rows of open regions of UTF-16 that begin in a window, and closes those that end there.
pub(super) fn read_rows(
    scanner: &Scanner,
    member: &Member,
    window: &Window<'_>,
    regions: &mut Regions,
    into: &mut impl Findings,
) {
    for (reading, mut open) in regions.take_wide() {
        let Some(raw) = open.region.at.checked_sub(window.offset).and_then(|at| usize::try_from(at).ok()) else {
            continue;
        };
        if raw >= window.own.end {
            regions.keep_wide(reading, open);
            continue;
        }
        // From where the text begins, not from the row: overlong lines are cut where they are for the records.
        let span = reading.run(window.bytes, raw);
        let wide = reading.decode(window.bytes, span, window.offset, LINE);
        open.region.at = index(&wide, raw) as u64;
        let own = index(&wide, window.own.start)..index(&wide, window.own.end);
        let shown = Window { bytes: &wide.text, own, offset: 0, last: window.last };
        let here = Here::new(member, &shown, Text::new(&wide.text, 0));
        let mut places = Places { window, lines: Lines::of(window), wide: &wide, into };
        if scanner.read_on(&here, &mut open, &mut places) {
            keep(regions, window, reading, &wide, open);
        }
    }
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
        let stands = |offset: u64| {
            let at = usize::try_from(offset).unwrap_or(usize::MAX);
            self.wide.places.get(at).or(self.wide.places.last()).map_or(0, |&place| place as usize)
        };
        exposure.record_offset = self.window.offset + stands(exposure.record_offset) as u64;
        let place = stands(exposure.position.offset);
        exposure.position = self.lines.position(self.window, place, exposure.position.exact);
        exposure.layers.insert(0, Layer::Utf16);
        self.into.expose(exposure);
    }

    fn dismiss(&mut self, why: Dismissal) {
        self.into.dismiss(why);
    }

    fn masked(&mut self, masked: Masked<'_>) {
        self.into.masked(masked);
    }

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}

    fn give_up(&mut self, place: &Arc<Place>, what: GivenUp) {
        self.into.give_up(place, what);
    }
}
