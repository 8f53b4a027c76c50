//! Rows without any keyword, under a head that was found by its own: carried from window to window until they end.

use std::sync::Arc;

use super::facts::RecordFacts;
use super::group::{Judged, one_exposure_each, places};
use super::here::Here;
use super::statement::Statements;
use super::{Member, Scanner, wide};
use crate::account::{Account, Identifiers, Owner};
use crate::exposure::Findings;
use crate::extract::statement::{Said, Statement, Tuple, may_compare};
use crate::extract::{Candidate, Extraction};
use crate::input::Window;
use crate::record::field::key_around;
use crate::record::table::head::{self, Found};
use crate::record::table::{Next, Region};
use crate::record::utf16::Reading;
use crate::record::value::Wrapper;
use crate::record::view::View;
use crate::record::{Starts, Text};
use crate::rule::{RuleIndex, Syntax};
use crate::terms::{Attribution, IdentityKind, TimeBasis};

/// The most regions that are open at once: one in the rows of another is rare, and more are nobody's table.
const OPEN: usize = 16;

/// The regions of one member that are open at one place of it.
#[derive(Default)]
pub struct Regions {
    open: Vec<Open>,
    /// Those of UTF-16, and how it is read. Their rows begin at places of the log, too.
    wide: Vec<(Reading, Open)>,
}

/// A region with what its head's record says of the time.
pub(super) struct Open {
    pub(super) region: Region,
    logged_at: Option<(i64, TimeBasis)>,
}

impl Regions {
    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.wide.is_empty()
    }

    /// Those of UTF-16, taken out.
    pub(super) fn take_wide(&mut self) -> Vec<(Reading, Open)> {
        std::mem::take(&mut self.wide)
    }

    /// Keeps a region of UTF-16.
    pub(super) fn keep_wide(&mut self, reading: Reading, open: Open) {
        if self.wide.len() < OPEN {
            self.wide.push((reading, open));
        }
    }

    /// Those that are open, of a text that was decoded.
    pub(super) fn into_open(self) -> Vec<Open> {
        self.open
    }
}

/// Whether a table or a bound parameter may be named around a hit. Looks at a few bytes only.
pub(super) fn may_begin(text: &[u8], hit: usize) -> bool {
    let key = key_around(text, hit);
    head::may_stand(text, &key) || may_compare(text, &key)
}

impl Scanner {
    /// Opens the regions whose heads stand around `hits`, and judges what was bound to the statements there.
    pub(super) fn open_regions(
        &self,
        member: &Member,
        window: &Window<'_>,
        hits: &[usize],
        regions: &mut Regions,
        into: &mut impl Findings,
    ) {
        let text = Text::new(window.bytes, window.offset);
        let words = self.rules.vocabulary();
        let (mut last, here, mut starts) = (None, Here::new(member, window, text), Starts::default());
        for &hit in hits {
            // Several triggers hit one key.
            let key = key_around(text.bytes, hit);
            let start = starts.of(text, hit);
            if last == Some(key.start) || !window.own.contains(&start) {
                continue;
            }
            last = Some(key.start);
            let record = start..text.record_end(start).max(hit);
            let statement = match head::find(text, hit, words) {
                Some(Found::Rows(head, rows)) => {
                    let timed = head.format.syntax() == Syntax::Rows;
                    let logged_at = timed.then(|| self.time_of(member, text, &record)).flatten();
                    let region = Region::new(head, text.offset + rows as u64);
                    let mut open = Open { region, logged_at };
                    // Most regions end soon: only those that do not are kept.
                    if self.read_on(&here, &mut open, into) && regions.open.len() < OPEN {
                        regions.open.push(open);
                    }
                    continue;
                }
                Some(Found::Bound(columns, values)) => Statement::insert(text.bytes, columns, values),
                None if may_compare(text.bytes, &key) => Statement::condition(text.bytes, record.clone(), hit, words),
                None => None,
            };
            for tuple in statement.map_or_else(Vec::new, |statement| statement.values(text, &record)) {
                self.expose_tuple(&here, tuple, Syntax::Bound, None, into);
            }
        }
    }

    /// Scans the rows of open regions that begin in a window, and closes those that end there.
    pub(super) fn scan_rows(
        &self,
        member: &Member,
        window: &Window<'_>,
        regions: &mut Regions,
        into: &mut impl Findings,
    ) {
        let here = Here::new(member, window, Text::new(window.bytes, window.offset));
        regions.open.retain_mut(|open| self.read_on(&here, open, into));
        wide::read_rows(self, member, window, regions, into);
    }

    /// Scans the rows of one region that begin in a window. False where it ends there.
    pub(super) fn read_on(&self, here: &Here<'_>, open: &mut Open, into: &mut impl Findings) -> bool {
        let window = here.window;
        let text = Text::new(window.bytes, window.offset);
        let end = window.offset + window.own.end as u64;
        let head = Arc::clone(&open.region.head);
        let syntax = head.format.syntax();
        let logged_at = (syntax == Syntax::Rows).then_some(open.logged_at);
        while open.region.at < end {
            match open.region.next(text, self.rules.vocabulary()) {
                Next::Row(row) => {
                    let tuple = Tuple::of_row(&head, text.bytes, &row);
                    self.expose_tuple(here, tuple, syntax, logged_at, into);
                }
                Next::Nothing => {}
                Next::End => return false,
            }
        }
        true
    }

    /// Judges the passwords of one row or call. `logged_at` where the row itself does not tell.
    fn expose_tuple(
        &self,
        here: &Here<'_>,
        tuple: Tuple,
        syntax: Syntax,
        logged_at: Option<Option<(i64, TimeBasis)>>,
        into: &mut impl Findings,
    ) {
        let (member, window) = (here.member, here.window);
        let Some(rule) = self.rules.for_field(syntax, &[]) else { return };
        let owner =
            account_of(&tuple.accounts).map_or(Owner::Nobody, |account| Owner::Known(account, Attribution::SameBlock));
        let (account, fitting, standing) = self.resolve(owner);
        let start = tuple.span.start;
        // All that follows sees the row alone: what stands around it is no part of it.
        let text = Text::new(&window.bytes[tuple.span.clone()], window.offset + start as u64);
        let mut found = Extraction::new(self.search(), View::root(text.bytes, 0), []);
        let shown: Vec<Option<Arc<str>>> = tuple.secrets.iter().map(|said| said.shown.clone()).collect();
        found.candidates = candidates(rule, syntax, tuple);
        let mut judged = Vec::new();
        for (index, candidate) in found.candidates.iter().enumerate() {
            match self.judge(&found, candidate) {
                Err(why) => into.dismiss(why),
                Ok((protection, layers, fingerprint)) => judged.push(Judged {
                    candidate: index,
                    origin: candidate.span.clone(),
                    protection,
                    layers,
                    fingerprint,
                    account: account.clone(),
                    candidates: fitting.clone(),
                    told: None,
                    standing,
                }),
            }
        }
        if judged.is_empty() {
            return;
        }
        let row = Window { bytes: text.bytes, own: 0..text.bytes.len(), offset: text.offset, last: true };
        let whole = 0..text.bytes.len();
        let facts = RecordFacts::of(self, member, text, &whole, (&places(text, &whole, &found, &judged), usize::MAX));
        let alone = Here::new(member, &row, text);
        let statements = Statements::of(text, &found, &whole);
        for group in one_exposure_each(&found, judged) {
            let (at, column) = (start + group.lead.origin.start, group.lead.candidate);
            let mut exposure = self.exposure(&alone, &found, &facts, &statements, group);
            exposure.position = here.position(at, true);
            exposure.field = shown.get(column).cloned().flatten();
            exposure.statement = None;
            exposure.template = match &exposure.field {
                Some(field) => Arc::from(format!("…{field}…")),
                None => exposure.template,
            };
            // A column of the row is as sure as a field of the record.
            exposure.confidence = self.rules.get(rule).confidence;
            if let Some(logged_at) = logged_at {
                (exposure.logged_at, exposure.time_basis) =
                    logged_at.map_or((None, TimeBasis::None), |(at, basis)| (Some(at), basis));
            }
            self.period.report(exposure, into);
        }
    }
}

/// The passwords of a row, as candidates in the text of that row.
fn candidates(rule: RuleIndex, syntax: Syntax, tuple: Tuple) -> Vec<Candidate> {
    let start = tuple.span.start;
    let claimed = tuple.accounts.iter().find(|(_, weak, _)| !weak).or(tuple.accounts.first());
    let candidate = |said: Said| Candidate {
        rule,
        secret: said.secret,
        decoded: Vec::new(),
        view: 0,
        span: said.span.start - start..said.span.end - start,
        key: 0..0,
        name: said.name,
        syntax: Some(syntax),
        quote: said.quote,
        wrapper: Wrapper::None,
        account: claimed.map(|(_, _, name)| name.clone()),
        cut: false,
    };
    tuple.secrets.into_iter().map(candidate).collect()
}

/// Whose row it is: what its columns name for certain, and what they may name where that is nobody or a number.
fn account_of(named: &[(IdentityKind, bool, Vec<u8>)]) -> Option<Account> {
    let mut identifiers = Identifiers::default();
    for wanted in [false, true] {
        for (kind, _, name) in named.iter().filter(|(_, weak, _)| *weak == wanted) {
            let number = name.iter().all(u8::is_ascii_digit);
            if number && *kind == IdentityKind::Username {
                identifiers.add(IdentityKind::UserId, name);
            } else if !wanted || identifiers == Identifiers::default() || !name.contains(&b' ') {
                identifiers.add(*kind, name);
            }
        }
        if identifiers.ranked().any(|(kind, _)| kind != IdentityKind::UserId) {
            break;
        }
    }
    identifiers.account()
}

#[cfg(test)]
mod tests;
