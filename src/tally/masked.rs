//! When statements were seen masked: beside when they leaked it tells what they log since.
//!
//! Whether a statement leaks as well is known only in the end, so all of them are kept, up to a bound: those whose
//! digests are least, so that the choice is the same in every order. Of each the first and the last time are exact.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::exposure::{Masked, Place, StatementDigest};

use super::WRITABLE;
use super::place::family;

/// How many statements are told apart.
const STATEMENTS: usize = if cfg!(test) { 8 } else { 16_384 };

/// From when to when something was masked, in seconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Span {
    /// From the first of either to the last of either.
    pub(super) fn and(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// When each statement was seen masked, by the digest of its text and its family of files.
#[derive(Debug, Default)]
pub(super) struct Masks {
    seen: BTreeMap<u64, Span>,
    /// The file of the last mask with the name of its family: nearly always that of the next one.
    current: Option<(Arc<Place>, String)>,
}

impl Masks {
    /// Notes one mask. A time that a report cannot write is no time.
    pub(super) fn add(&mut self, Masked { place, statement, logged_at: at }: Masked<'_>) {
        if !WRITABLE.contains(&at) {
            return;
        }
        let statement = match &self.current {
            Some((current, family)) if Arc::ptr_eq(current, place) => statement.within(family),
            _ => statement.within(&self.current.insert((Arc::clone(place), family(place))).1),
        };
        self.insert(statement, Span { first: at, last: at });
    }

    /// Notes when a statement was masked. What gives way here gives way in every order: as many lesser ones are there.
    pub(super) fn insert(&mut self, statement: u64, span: Span) {
        let full = self.seen.len() >= STATEMENTS;
        if full && self.seen.last_key_value().is_some_and(|(greatest, _)| *greatest < statement) {
            return;
        }
        self.seen.entry(statement).and_modify(|seen| *seen = seen.and(span)).or_insert(span);
        if self.seen.len() > STATEMENTS {
            self.seen.pop_last();
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        other.seen.into_iter().for_each(|(statement, span)| self.insert(statement, span));
    }

    /// When the statement was seen masked in files of this family.
    pub(super) fn of(&self, statement: &str, family: &str) -> Option<Span> {
        self.seen.get(&StatementDigest::of(statement).within(family)).copied()
    }

    /// Every statement that is told apart, in the order of the digests.
    pub(super) fn into_spans(self) -> impl Iterator<Item = (u64, Span)> {
        self.seen.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(masks: Masks) -> Vec<(u64, Span)> {
        masks.into_spans().collect()
    }

    proptest! {
        /// More statements than are told apart: which ones are, and their times, are the same for every order and split.
        #[test]
        fn masks_are_the_same_in_every_order(
            seen in proptest::collection::vec((0u64..24, 0i64..9), 1..200), parts in 1usize..5, turned in 0usize..200,
        ) {
            let note = |masks: &mut Masks, (statement, at): (u64, i64)| masks.insert(statement, Span { first: at, last: at });
            let mut one = Masks::default();
            seen.iter().for_each(|mask| note(&mut one, *mask));
            let mut order = seen.clone();
            order.rotate_left(turned % seen.len());
            order.reverse();
            let mut split: Vec<Masks> = (0..parts).map(|_| Masks::default()).collect();
            order.into_iter().enumerate().for_each(|(i, mask)| note(&mut split[i % parts], mask));
            let joined = split.into_iter().reduce(|mut all, part| { all.absorb(part); all }).unwrap_or_default();
            let (one, joined) = (said(one), said(joined));
            prop_assert!(one.len() <= STATEMENTS);
            for (statement, span) in &one {
                let times = || seen.iter().filter(|mask| mask.0 == *statement).map(|mask| mask.1);
                prop_assert_eq!((Some(span.first), Some(span.last)), (times().min(), times().max()));
            }
            prop_assert_eq!(one, joined);
        }
    }
}
