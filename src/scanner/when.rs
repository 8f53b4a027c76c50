//! When a record was logged: what it says itself, else the nearest line before it that says.

use std::ops::Range;

use super::{Member, Scanner};
use crate::record::Text;
use crate::record::time::{self, Clock};
use crate::terms::TimeBasis;

/// How many lines before a record are asked for a time that it does not tell.
const LINES: usize = 16;

impl Scanner {
    /// When the record was logged, in seconds since 1970 UTC, and where that comes from.
    pub(super) fn time_of(&self, member: &Member, text: Text<'_>, record: &Range<usize>) -> Option<(i64, TimeBasis)> {
        Times::default().of(self, member, text, record)
    }

    fn time_in(&self, member: &Member, line: &[u8]) -> Option<(i64, TimeBasis)> {
        let stamp = time::find(line)?;
        let year_hint = member.year_hint.or_else(|| stamp.year_until(member.modified?));
        time::resolve(&stamp, &Clock { zone: self.zone.clone(), year_hint })
    }
}

/// The times of records of one text that are asked for in their order: in a log without times, no line is read for each
/// of the records behind it.
#[derive(Default)]
pub(super) struct Times {
    /// Where the last record began that no line before it gave a time.
    silent: Option<usize>,
}

impl Times {
    /// What [`Scanner::time_of`] says, whatever was asked before.
    pub(super) fn of(
        &mut self,
        scanner: &Scanner,
        member: &Member,
        text: Text<'_>,
        record: &Range<usize>,
    ) -> Option<(i64, TimeBasis)> {
        if let Some(own) = scanner.time_in(member, &text.bytes[record.clone()]) {
            return Some(own);
        }
        for line in text.lines_before(record.start, LINES) {
            let start = line.start;
            if let Some(time) = scanner.time_in(member, &text.bytes[line]) {
                return Some(time);
            }
            // The lines before this one are those that were read then, or fewer.
            if self.silent == Some(start) {
                break;
            }
        }
        self.silent = Some(record.start);
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::exposure::Place;
    use crate::rule::RuleSet;

    /// What was asked before does not show: lines with and without times, and more of the latter than are read.
    #[test]
    fn times_are_those_of_each_record_alone() {
        let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
        let member = Member { place: Arc::new(Place::new(None, "log", None)), year_hint: None, modified: None };
        let mut log = "no time\n".repeat(20);
        log.push_str("2026-11-03T10:11:12Z begun\n");
        log.push_str(&"  no time\nnone\n".repeat(20));
        log.push_str("2026-11-04T10:11:12Z again\nnone\n");
        let text = Text::new(log.as_bytes(), 0);
        let lines: Vec<Range<usize>> = text.lines_after(0, usize::MAX).collect();
        for step in [1, 2, 3, 16, 17, 40] {
            let (mut times, mut dated) = (Times::default(), 0);
            for line in lines.iter().step_by(step) {
                let alone = scanner.time_of(&member, text, line);
                assert_eq!(times.of(&scanner, &member, text, line), alone, "{line:?}, every {step}");
                dated += usize::from(alone.is_some());
            }
            assert!(step > 1 || dated == 19, "{dated}");
        }
    }
}
