//! The engine: wires the stages, owns no global state, does no I/O of its own in [`Scanner::scan_bytes`].

mod beside;
mod builder;
mod coverage;
mod crowd;
mod dialogues;
mod facts;
mod group;
mod here;
mod judge;
mod kept;
mod label;
mod labels;
mod masked;
mod paths;
mod period;
mod redact;
mod region;
mod statement;
#[cfg(test)]
mod tests;
mod watch;
mod when;
mod wide;
mod windows;

use std::sync::Arc;

use crate::account::Directory;
use crate::classify::{Facts, Verdict, classify};
use crate::exposure::{Findings, Place};
use crate::extract::{Extraction, Found, Probe, Search, ahead, behind, probe, typed};
use crate::input::Window;
use crate::prefilter::{Hit, Prefilter};
use crate::record::{Starts, Text, part, time};
use crate::rule::{Encoding, Finder, RuleSet};
use crate::secret::{Fingerprint, FingerprintKey, Fingerprinter, Secret};
use crate::tally::{Progress, Tally};
use crate::terms::Dismissal;

pub use builder::ScannerBuilder;
use crowd::Crowds;
use here::Here;
use masked::Mask;
pub use paths::ScanOptions;
pub use period::Period;
pub use region::Regions;

/// Scans bytes for exposed passwords. Built once; `Send + Sync`.
pub struct Scanner {
    rules: RuleSet,
    prefilter: Prefilter,
    finders: Vec<Finder>,
    fingerprinter: Fingerprinter,
    zone: jiff::tz::TimeZone,
    cap: usize,
    source: Option<String>,
    period: Period,
    directory: Directory,
    progress: Option<Arc<Progress>>,
}

/// A member of a source, as the scanner needs to know it.
pub struct Member {
    /// Where it is.
    pub place: Arc<Place>,
    /// The year that its name tells, for times that are written without one.
    pub year_hint: Option<i16>,
    /// When it was last written, in seconds since 1970 UTC: the next best hint.
    pub modified: Option<i64>,
}

/// A hit whose surroundings look like a password.
struct Survivor {
    record: usize,
    found: Found,
}

impl Scanner {
    /// The rules that it scans with.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The key of fingerprints that may leave, where there is one.
    pub fn key(&self) -> Option<&FingerprintKey> {
        self.fingerprinter.key()
    }

    fn search(&self) -> Search<'_> {
        Search { rules: &self.rules, prefilter: &self.prefilter, finders: &self.finders }
    }

    /// An empty tally that lists as many exposures as this scanner was told.
    pub fn tally(&self) -> Tally {
        Tally::new(self.cap).watched(self.progress.clone())
    }

    /// The fingerprint that `secret` has in this scanner's exposures.
    pub fn fingerprint(&self, secret: &[u8]) -> Fingerprint {
        self.fingerprinter.fingerprint(&Secret::new(secret.into()))
    }

    /// Whether the search that suits this processor finds in `bytes` exactly what the portable one finds.
    pub fn finds_the_same(&self, bytes: &[u8]) -> bool {
        let hits = |prefilter: &Prefilter| {
            let mut hits = Vec::new();
            let newlines = prefilter.find(bytes, 0..bytes.len(), |hit| hits.push(hit));
            (hits, newlines.total())
        };
        hits(&self.prefilter) == hits(&Prefilter::portable(&builder::triggers(&self.rules)))
    }

    /// Scans a whole text on the current thread.
    pub fn scan_bytes(&self, name: &str, bytes: &[u8]) -> Tally {
        let mut tally = self.tally();
        self.scan_into(name, bytes, &mut tally);
        tally.name_given_up();
        tally
    }

    /// Scans a whole text on the current thread, handing over what it finds.
    pub fn scan_into(&self, name: &str, bytes: &[u8], into: &mut impl Findings) {
        let place = Arc::new(Place::new(self.source.as_deref(), name.to_owned(), None));
        let member = Member { year_hint: time::year_in_name(name), modified: None, place };
        let window = Window { bytes, own: 0..bytes.len(), offset: 0, last: true };
        self.scan_window(&member, &window, &mut Regions::default(), into);
    }

    /// Scans the records and rows that begin in a window. `regions` are those that are open where it begins, and
    /// afterwards those that are open where it ends.
    pub fn scan_window(&self, member: &Member, window: &Window<'_>, regions: &mut Regions, into: &mut impl Findings) {
        if let Some(progress) = &self.progress {
            progress.window(window.own.len());
        }
        let text = Text::new(window.bytes, window.offset);
        let wide = self.scan_text(member, window, text, |_| true, regions, into);
        if !wide.is_empty() {
            wide::scan(self, member, window, &wide, regions, into);
        }
    }

    /// Scans the records that begin in a window, which shows `text`, for hits that are `wanted`. Returns where a
    /// trigger of UTF-16 stands.
    fn scan_text(
        &self,
        member: &Member,
        window: &Window<'_>,
        text: Text<'_>,
        wanted: impl Fn(usize) -> bool,
        regions: &mut Regions,
        into: &mut impl Findings,
    ) -> Vec<usize> {
        // Records that begin here may reach past the window's end, up to the first line that cannot continue them.
        let reach =
            if window.own.end >= window.bytes.len() { window.bytes.len() } else { text.next_head(window.own.end) };
        let mut wide = Vec::new();
        let mut pending: Vec<Survivor> = Vec::new();
        let mut masks: Vec<Mask> = Vec::new();
        let mut heads: Vec<usize> = Vec::new();
        let mut crowds = Crowds::new();
        let mut starts = Starts::default();
        let around = wide::region(window, reach);
        let mut look = |hit: Hit| {
            let finder = self.finders[usize::from(hit.trigger)];
            if finder == Finder::Encoded(Encoding::Utf16) {
                return wide.push(hit.offset);
            }
            if !(window.own.start..reach).contains(&hit.offset) || !wanted(hit.offset) {
                return;
            }
            let mut start = || starts.of(text, hit.offset);
            if let Some(record) = crowds.is_crowded(hit.offset, finder, text.reach, &mut start) {
                if window.own.contains(&record) {
                    crowds.give_up(record, hit.offset, 1);
                }
                return;
            }
            if finder == Finder::Field && region::may_begin(window.bytes, hit.offset) {
                heads.push(hit.offset);
            }
            let cut_off = || part::is_cut_off(text, hit.offset).then_some(Probe::CutOff);
            let pace = crowds.pace(hit.offset);
            let probe = probe(&self.rules, window.bytes, hit.offset, finder, pace).or_else(cut_off);
            let Some(probe) = probe else { return };
            let why = self.dismissed(window.bytes, &probe);
            let record = start();
            if !window.own.contains(&record) {
                return;
            }
            match why {
                Some(why) => {
                    if let (Dismissal::Masked, Probe::Field(_, field)) = (why, &probe) {
                        masks.push(Mask::of(window.bytes, record, &field.value));
                    }
                    into.dismiss(why);
                }
                None => pending.push(Survivor { record, found: Found { at: hit.offset, finder, probe } }),
            }
        };
        self.prefilter.find(window.bytes, around.start..window.own.start, &mut look);
        let newlines = self.prefilter.find(window.bytes, window.own.clone(), &mut look);
        self.prefilter.find(window.bytes, window.own.end..around.end, &mut look);
        // Nothing follows the last window, so that nobody counts on from it: members of one window leave no trace.
        if !window.last || window.own.end < window.bytes.len() {
            into.window(&member.place, window.offset + window.own.start as u64, newlines.total() as u64);
        }
        pending.sort_by_key(|s| s.record);
        let here = Here::new(member, window, text).counted(newlines);
        let mut survivors = pending.into_iter().peekable();
        while let Some(Survivor { record, found }) = survivors.next() {
            let mut hits = vec![found.from(record)];
            while let Some(next) = survivors.next_if(|s| s.record == record) {
                hits.push(next.found.from(record));
            }
            self.scan_record(&here, record, hits, &mut crowds, into);
        }
        if let Some(given_up) = crowds.total() {
            into.give_up(&member.place, given_up);
        }
        self.tell_masks(&here, masks, into);
        self.scan_rows(member, window, regions, into);
        self.open_regions(member, window, &heads, regions, into);
        wide
    }

    /// Why a field holds no password, where that is plain without its record.
    fn dismissed(&self, text: &[u8], probe: &Probe) -> Option<Dismissal> {
        let Probe::Field(name, field) = probe else { return None };
        let (name, secret) = typed(text, *name, field, false);
        let facts = Facts {
            key: &text[field.key.clone()],
            name,
            syntax: Some(field.syntax),
            quote: field.value.quote,
            wrapper: field.value.wrapper,
            before: ahead(text, field.key.start),
            rest: behind(text, &field.value.span),
            words: self.rules.vocabulary(),
            account: None,
        };
        match classify(Secret::new(secret), &facts) {
            Verdict::Dismissed(why) => Some(why),
            Verdict::Exposed { .. } => None,
        }
    }

    /// Extracts, judges and attributes what one record holds.
    fn scan_record(
        &self,
        here: &Here<'_>,
        start: usize,
        hits: Vec<Found>,
        crowds: &mut Crowds,
        into: &mut impl Findings,
    ) {
        let text = here.text;
        let spoken = dialogues::begun(&hits);
        let message = part::message(text, start);
        let own = message.as_ref().map_or(0..0, |message| message.own.start - start..message.own.end - start);
        let hits = hits.into_iter().filter(|hit| !own.contains(&hit.at));
        let mut found = Extraction::new(self.search(), dialogues::root(text, start), hits);
        if let Some(message) = message {
            found.join(self.search(), message);
        }
        let elsewhere = dialogues::follow(self.search(), text, start, &spoken, &mut found);
        if let Some((first, hits)) = found.given_up() {
            crowds.give_up(start, start + first, hits);
        }
        self.judge_record(here, start, &found, crowds.end(start), into);
        for (start, found) in &elsewhere {
            self.judge_record(here, *start, found, usize::MAX, into);
        }
    }
}
