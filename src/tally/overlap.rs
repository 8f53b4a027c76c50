//! Tallies of scans that saw some of the same logs: what both list is counted once.

use crate::terms::{Outcome, Protection};

use super::account::AccountTally;
use super::index::Index;
use super::listed::{Least, Listed};
use super::{Tally, Totals};

impl Tally {
    /// Adds what `other` counted, except for exposures that both list. Returns whether that is all they share: false
    /// where one of them lists not all exposures of an account, or of a file, that both saw.
    pub fn merge_overlapping(&mut self, mut other: Self) -> bool {
        let mut complete = true;
        let mut accounts = Index::default();
        for (key, mut account) in std::mem::take(&mut other.accounts).into_pairs() {
            if let Some(number) = self.accounts.get(&key) {
                let own = self.accounts.at(number);
                let all = |account: &AccountTally| account.least.0.len() as u64 == account.exposures;
                complete &= all(own) && all(&account);
                for listed in shared(&own.least, &mut account.least) {
                    account.take_back(&listed);
                    other.totals.take_back(&listed);
                }
            }
            accounts.number(key, |_| account);
        }
        other.accounts = accounts;
        let mut places = Index::default();
        for (key, mut place) in std::mem::take(&mut other.places).into_pairs() {
            if let Some(number) = self.places.get(&key) {
                let own = self.places.at(number);
                complete &= own.least.0.len() as u64 == own.unattributed;
                complete &= place.least.0.len() as u64 == place.unattributed;
                for listed in shared(&own.least, &mut place.least) {
                    place.unattributed = place.unattributed.saturating_sub(1);
                    other.totals.take_back(&listed);
                }
            }
            places.number(key, |_| place);
        }
        other.places = places;
        other.current = None;
        self.merge(other);
        complete
    }
}

/// Takes out of `other` what `own` lists as well.
fn shared(own: &Least, other: &mut Least) -> Vec<Listed> {
    let mut known: Vec<&Listed> = own.0.iter().collect();
    known.sort_unstable();
    let (shared, rest) = std::mem::take(&mut other.0).into_iter().partition(|one| known.binary_search(&one).is_ok());
    let shared: Vec<Listed> = shared;
    let rest: Vec<Listed> = rest;
    other.0 = rest.into();
    shared
}

impl AccountTally {
    /// Counts one listed exposure less. What is greatest or least stays: the exposure is still there.
    fn take_back(&mut self, listed: &Listed) {
        let failed = listed.shape.outcome == Outcome::Failure;
        for (count, counted) in [
            (&mut self.exposures, true),
            (&mut self.failures, failed),
            (&mut self.superseded, listed.superseded),
            (&mut self.open, !failed && !listed.superseded),
            (&mut self.weak_hashes, listed.shape.protection == Protection::WeakHash),
            (&mut self.ambiguous, !listed.candidates.is_empty()),
        ] {
            *count = count.saturating_sub(u64::from(counted));
        }
    }
}

impl Totals {
    fn take_back(&mut self, listed: &Listed) {
        let less = |count: &mut u64| *count = count.saturating_sub(1);
        less(&mut self.exposures);
        self.by_mode.entry(listed.shape.mode).and_modify(less);
        self.by_protection.entry(listed.shape.protection).and_modify(less);
        for cwe in &listed.shape.cwe {
            self.by_cwe.entry(*cwe).and_modify(less);
        }
        self.by_mode.retain(|_, count| *count > 0);
        self.by_protection.retain(|_, count| *count > 0);
        self.by_cwe.retain(|_, count| *count > 0);
    }
}
