//! Scans the windows of one unit of work, member by member, apart from what other units found.
//!
//! What a unit finds counts when the unit is done, so that a file which changed while it was read can be read once more
//! and counts once. A fault of our own in one window or one decoder is named, and everything else goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::kept::Kept;
use super::{Member, Regions, Scanner};
use crate::exposure::Place;
use crate::input::{self, Outcome, Sink, Skipped, Source, Window};
use crate::record::time;
use crate::tally::Tally;
use crate::terms::SkipReason;

/// The most exposures of a unit that are kept apart. To count them twice over is then next to nothing beside what it
/// took to find them; a file that holds more is not read again when it changes.
const APART: u64 = 10_000;

/// Takes the windows of a unit.
pub(super) struct Windows<'a, 'l> {
    scanner: &'a Scanner,
    source: &'a Source,
    /// What other units found.
    total: Kept<'a, 'l>,
    /// What this unit found, as long as it is little.
    own: Option<Tally>,
    member: Option<Member>,
    /// Those of the member that are open where the last window ended.
    regions: Regions,
    /// Where the next window of the member begins, if it goes on.
    next: u64,
    /// The regions that were open where the unit paused.
    paused: Vec<(u64, Regions)>,
    /// Only rows: everything else was scanned before.
    rows: bool,
    /// Windows in which our own code failed.
    failed: Vec<Skipped>,
}

impl<'a, 'l> Windows<'a, 'l> {
    pub(super) fn new(scanner: &'a Scanner, source: &'a Source, total: Kept<'a, 'l>) -> Self {
        let own = total.may_forget().then(|| scanner.tally());
        Self {
            scanner,
            source,
            total,
            own,
            member: None,
            regions: Regions::default(),
            next: 0,
            paused: Vec::new(),
            rows: false,
            failed: Vec::new(),
        }
    }

    /// For a second look from `next` on, at the rows of regions that are open there.
    pub(super) fn following(
        scanner: &'a Scanner,
        source: &'a Source,
        next: u64,
        regions: Regions,
        total: Kept<'a, 'l>,
    ) -> Self {
        Self { next, regions, rows: true, ..Self::new(scanner, source, total) }
    }

    /// Where the next window of the member begins, if it goes on.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Reads with `read`. Whatever fails in it is named in the outcome, and what was found before counts.
    pub(super) fn guarded(&mut self, read: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let read = catch_unwind(AssertUnwindSafe(|| read(self)));
        let mut outcome = read.unwrap_or_else(|_| {
            let member = self.member.as_ref().and_then(|member| member.place.member.clone());
            let what = format!("an error in the program itself, behind byte {} of the text", self.next);
            Outcome { skipped: vec![self.fault(member, what)], ..Outcome::default() }
        });
        outcome.skipped.append(&mut self.failed);
        outcome
    }

    /// Drops what the unit found. False where that is not apart any more.
    pub(super) fn forget(&mut self) -> bool {
        let Some(own) = &mut self.own else { return false };
        *own = self.scanner.tally();
        (self.member, self.regions, self.next) = (None, Regions::default(), 0);
        self.paused.clear();
        true
    }

    /// Names what failed. Whether there was anything.
    pub(super) fn name(&mut self, failed: impl Iterator<Item = Skipped>) -> bool {
        let tally = self.total.tally();
        failed.map(|skipped| tally.skip(skipped)).count() > 0
    }

    /// Counts what the unit found. Returns the regions that are open where it paused.
    pub(super) fn finish(mut self) -> Vec<(u64, Regions)> {
        self.join();
        self.paused
    }

    fn join(&mut self) {
        if let Some(own) = self.own.take() {
            self.total.tally().merge(own);
        }
    }

    fn fault(&self, member: Option<String>, detail: String) -> Skipped {
        Skipped { path: self.source.shown.clone(), member, reason: SkipReason::InternalError, detail }
    }

    /// Scans a window of the member that is known by now.
    fn scan(&mut self, window: &Window<'_>) {
        #[cfg(test)]
        super::tests::do_as_asked(window);
        let Self { scanner, member: Some(member), regions, rows, own, total, .. } = self else { return };
        let mut into = total.instead(own.as_mut());
        if *rows {
            scanner.scan_rows(member, window, regions, &mut into);
        } else {
            scanner.scan_window(member, window, regions, &mut into);
        }
        if into.tally().exposures() > APART && self.own.is_some() {
            self.join();
        }
    }
}

impl Sink for Windows<'_, '_> {
    fn window(&mut self, member: &input::Member<'_>, window: Window<'_>) {
        let known = self.member.as_ref().filter(|m| m.place.member.as_deref() == member.name);
        if known.is_none() {
            let place =
                Place::new(self.scanner.source.as_deref(), self.source.shown.clone(), member.name.map(str::to_owned));
            let modified =
                member.modified.and_then(|at| jiff::Timestamp::try_from(at).ok()).map(jiff::Timestamp::as_second);
            self.member = Some(Member { year_hint: time::year_in_name(&place.uri), modified, place: Arc::new(place) });
        }
        // No region reaches from one member into the next, or over a gap.
        let begin = window.offset + window.own.start as u64;
        if begin != self.next || begin == 0 {
            self.regions = Regions::default();
        }
        self.next = begin + window.own.len() as u64;
        if catch_unwind(AssertUnwindSafe(|| self.scan(&window))).is_err() {
            self.regions = Regions::default();
            let what = format!("an error in the program itself, within bytes {begin} to {} of the text", self.next);
            let fault = self.fault(member.name.map(str::to_owned), what);
            self.failed.push(fault);
        }
    }

    fn pause(&mut self, at: u64) {
        // What is followed goes on in the next unit.
        if !self.rows && !self.regions.is_empty() && at == self.next {
            self.paused.push((at, std::mem::take(&mut self.regions)));
        }
    }

    fn wants_more(&self) -> bool {
        !self.rows || !self.regions.is_empty()
    }
}
