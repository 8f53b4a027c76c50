//! The budget of a record: so many of its hits are followed, and those behind them are given up and counted.
//!
//! Whether a hit is given up depends on how many others stand between the beginning of its record and it, so on the text
//! and on nothing else: no clock, no sum over a file that threads would share in an order of their own. A window sees all
//! hits of the records that it answers for, so every split gives up the same ones.

use std::collections::BTreeMap;

use crate::exposure::GivenUp;
use crate::extract::{CROWD, Pace};
use crate::limits::{RECORD_HITS, RECORD_SEARCHES};
use crate::rule::Finder;

/// So many bytes with a crowd of searches in them are crowded.
const NEAR: usize = 16 << 10;

/// The hits of a text, in their order, and the records that hold too many.
pub(super) struct Crowds {
    hits: Last,
    searches: Last,
    /// What was given up, by the beginning of its record: where the first hit of it stands, and how many there are.
    given_up: BTreeMap<usize, (usize, u64)>,
}

impl Crowds {
    pub(super) fn new() -> Self {
        Self { hits: Last::new(RECORD_HITS), searches: Last::new(RECORD_SEARCHES), given_up: BTreeMap::new() }
    }

    /// Takes the next hit. Where too many stand before it in its record, the beginning of that: `record_start` tells it,
    /// and is asked only where so many stand within `reach`, which no record is longer than.
    #[inline]
    pub(super) fn is_crowded(
        &mut self,
        at: usize,
        finder: Finder,
        reach: usize,
        record_start: impl FnOnce() -> usize,
    ) -> Option<usize> {
        let mut before = self.hits.push(at);
        if finder.searches() {
            before = before.max(self.searches.push(at));
        }
        let before = before.filter(|before| at - before <= reach)?;
        Some(record_start()).filter(|start| before >= *start)
    }

    /// How the text around the hit that came last is searched: many searches in the last few kilobytes are a crowd.
    pub(super) fn pace(&self, at: usize) -> Pace {
        let before = self.searches.before(CROWD);
        if before.is_some_and(|before| at - before <= NEAR) { Pace::Even } else { Pace::Fast }
    }

    /// Counts `hits` of the record at `record` that were given up, the first of them at `at`.
    pub(super) fn give_up(&mut self, record: usize, at: usize, hits: u64) {
        let (first, count) = self.given_up.entry(record).or_insert((at, 0));
        *first = at.min(*first);
        *count += hits;
    }

    /// Where the first hit of a record stands that was given up; behind every text where none was.
    pub(super) fn end(&self, record: usize) -> usize {
        self.given_up.get(&record).map_or(usize::MAX, |(first, _)| *first)
    }

    /// All that was given up; none where everything was followed.
    pub(super) fn total(&self) -> Option<GivenUp> {
        let total =
            GivenUp { records: self.given_up.len() as u64, hits: self.given_up.values().map(|(_, hits)| hits).sum() };
        (total.records > 0).then_some(total)
    }
}

/// The places of so many hits, the last ones.
struct Last {
    most: usize,
    places: Vec<usize>,
    oldest: usize,
}

impl Last {
    /// It grows with what is put into it: most texts hold few hits.
    fn new(most: usize) -> Self {
        Self { most, places: Vec::new(), oldest: 0 }
    }

    /// The one that was put in so many before the last one.
    fn before(&self, count: usize) -> Option<usize> {
        let newest = self.places.len().checked_sub(count + 1)?;
        self.places.get((self.oldest + newest) % self.places.len()).copied()
    }

    /// Puts one in. The one that stands `most` before it falls out.
    #[inline]
    fn push(&mut self, at: usize) -> Option<usize> {
        if self.places.len() < self.most {
            self.places.push(at);
            return None;
        }
        let before = std::mem::replace(&mut self.places[self.oldest], at);
        self.oldest = if self.oldest + 1 == self.most { 0 } else { self.oldest + 1 };
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hit behind as many as are followed is the first that is given up, in each record anew.
    #[test]
    fn a_record_is_crowded_behind_so_many_hits() {
        let mut crowds = Crowds::new();
        for record in [0, 50_000] {
            for n in 0..RECORD_HITS + 3 {
                let crowded = crowds.is_crowded(record + n, Finder::Field, 60_000, || record);
                assert_eq!(crowded, (n >= RECORD_HITS).then_some(record), "{n}");
                if let Some(record) = crowded {
                    crowds.give_up(record, record + n, 1);
                }
            }
        }
        assert_eq!((crowds.hits.before(0), crowds.hits.before(5)), (Some(54_098), Some(54_093)));
        assert_eq!(crowds.end(50_000), 50_000 + RECORD_HITS);
        assert_eq!(crowds.total(), Some(GivenUp { records: 2, hits: 6 }));
    }
}
