//! What statements log masked. Together with what they leaked it tells since when they are mended.
//!
//! A record of a mask is told by its time and by the text of its statement, made as for a leak and kept as a digest. In
//! a usual log masks are many and leaks few, so nothing here may take long, or take memory for each beyond its window.

use std::ops::Range;

use super::Scanner;
use super::here::Here;
use super::statement::Statements;
use super::when::Times;
use crate::exposure::{Findings, Masked, StatementDigest};
use crate::extract::{Candidate, Extraction};
use crate::record::value::{Value, Wrapper};

/// A mask in a window.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mask {
    /// Where its record begins.
    record: usize,
    /// Where it stands.
    start: usize,
    end: usize,
}

impl Mask {
    /// The mask that is the value of a field. The brackets of `[FILTERED]` are a part of it, those of `[***]` of the
    /// statement.
    pub(super) fn of(text: &[u8], record: usize, value: &Value) -> Self {
        let Range { start, end } = value.span;
        let brackets = match value.wrapper {
            Wrapper::Brackets => text[start..end].iter().any(u8::is_ascii_alphabetic),
            wrapper => wrapper == Wrapper::Angles,
        };
        let closed = matches!(text.get(end), Some(b']' | b'>'));
        match start.checked_sub(1).filter(|before| brackets && closed && matches!(text[*before], b'[' | b'<')) {
            Some(before) => Self { record, start: before, end: end + 1 },
            None => Self { record, start, end },
        }
    }
}

impl Scanner {
    /// Tells of the masks of a window, in whatever order they were found.
    pub(super) fn tell_masks(&self, here: &Here<'_>, mut masks: Vec<Mask>, into: &mut impl Findings) {
        // Several triggers hit one key.
        masks.sort_unstable();
        masks.dedup();
        let (text, mut times, mut draft) = (here.text, Times::default(), String::new());
        for masks in masks.chunk_by(|one, next| one.record == next.record) {
            let Some(Mask { record: start, .. }) = masks.first() else { continue };
            let record = *start..text.record_end(*start);
            let Some(logged_at) = self.period_of(times.of(self, here.member, text, &record)) else { continue };
            // What follows the end of an overlong record is no part of its statement.
            let masks = masks.iter().map(|mask| mask.start..mask.end).filter(|mask| mask.start < record.end);
            let statements = Statements::of_masks(text, &record, masks.clone());
            for mask in masks {
                tell(here, &statements, mask.start, logged_at, &mut draft, into);
            }
        }
    }

    /// Tells of the masks among the candidates of a record: those that were found behind a layer, or by a pattern.
    pub(super) fn tell_masked_candidates<'c>(
        &self,
        here: &Here<'_>,
        record: &Range<usize>,
        found: &Extraction<'_>,
        masked: impl Iterator<Item = &'c Candidate>,
        into: &mut impl Findings,
    ) {
        let time = self.time_of(here.member, here.text, record);
        let Some(logged_at) = self.period_of(time) else { return };
        let (statements, mut draft) = (Statements::of(here.text, found, record), String::new());
        for candidate in masked {
            tell(here, &statements, found.origin(candidate).start, logged_at, &mut draft, into);
        }
    }

    /// The time of a record that the report is about; none where nobody knows it.
    fn period_of<T>(&self, time: Option<(i64, T)>) -> Option<i64> {
        time.map(|(at, _)| at).filter(|at| self.period.holds(*at))
    }
}

fn tell<'t>(
    here: &Here<'_>,
    statements: &Statements<'t>,
    at: usize,
    logged_at: i64,
    draft: &mut String,
    into: &mut impl Findings,
) {
    if let Some(text) = statements.draft(at, draft) {
        into.masked(Masked { place: &here.member.place, statement: StatementDigest::of(text), logged_at });
    }
}
