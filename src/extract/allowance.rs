//! How many hits of one record are followed inside of what hides them: its layers, its tokens, the rest of its message.
//!
//! A token of 64 KiB may unpack to a mebibyte, and hold a hit in every few bytes of it. What is given up is counted.

use std::cell::Cell;

use regex_automata::meta;

use super::Extraction;
use crate::limits::{RECORD_HITS, RECORD_MATCHES, RECORD_SEARCHES};
use crate::rule::{Expression, Finder};

/// What is left of the hits that are followed, and what was given up.
pub struct Allowance {
    hits: usize,
    searches: usize,
    /// Matches that were passed over.
    passed: Cell<usize>,
    given_up: u64,
    /// Where the first of those stands that were given up.
    first: usize,
    /// Hits behind which was searched, those of the record's own text included.
    searched: usize,
}

/// How text is searched. It changes nothing but the time that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Fast where few triggers stand, as nearly everywhere.
    Fast,
    /// The same for any text.
    Even,
}

/// So many searches in one record are a crowd.
pub const CROWD: usize = 64;

impl Pace {
    /// The pace behind so many searches in one record.
    fn behind(searches: usize) -> Self {
        if searches < CROWD { Self::Fast } else { Self::Even }
    }

    /// What of an expression searches at an even pace, where that is wanted.
    pub(super) fn even(self, regex: &Expression) -> Option<&meta::Regex> {
        if self == Self::Even { regex.even() } else { None }
    }
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            hits: RECORD_HITS,
            searches: RECORD_SEARCHES,
            passed: Cell::new(0),
            given_up: 0,
            first: usize::MAX,
            searched: 0,
        }
    }
}

impl Allowance {
    /// Counts a hit of the record's own text.
    pub(super) fn sees(&mut self, finder: Finder) {
        self.searched += usize::from(finder.searches());
    }

    /// Takes one hit. False where none is left.
    fn take(&mut self, finder: Finder) -> bool {
        let searches = usize::from(finder.searches());
        if self.hits == 0 || self.searches < searches {
            return false;
        }
        self.hits -= 1;
        self.searches -= searches;
        self.sees(finder);
        true
    }
}

impl Extraction<'_> {
    /// Whether the hit at `at` of a view is followed. Otherwise it is counted.
    pub(super) fn allows(&mut self, view: usize, at: usize, finder: Finder) -> bool {
        let allowed = self.allowance.take(finder);
        if !allowed {
            self.give_up(view, at);
        }
        allowed
    }

    /// Whether matches may still be passed over on the way to that of the hit at `at` of a view. Otherwise it is counted.
    pub(super) fn allows_matches(&mut self, view: usize, at: usize) -> bool {
        let allowed = self.allowance.passed.get() < RECORD_MATCHES;
        if !allowed {
            self.give_up(view, at);
        }
        allowed
    }

    /// Counts one match that is passed over.
    pub(super) fn pass(&self) {
        self.allowance.passed.update(|passed| passed + 1);
    }

    fn give_up(&mut self, view: usize, at: usize) {
        let view = &self.views[view];
        let at = view.token().map_or_else(|| view.origin(at), |token| token.start);
        self.allowance.given_up += 1;
        self.allowance.first = self.allowance.first.min(at);
    }

    /// How what it holds is searched.
    pub(super) fn pace(&self) -> Pace {
        Pace::behind(self.allowance.searched)
    }

    /// How many hits were given up, and where the first of them stands in the record; none where all were followed.
    pub fn given_up(&self) -> Option<(usize, u64)> {
        (self.allowance.given_up > 0).then_some((self.allowance.first, self.allowance.given_up))
    }
}
