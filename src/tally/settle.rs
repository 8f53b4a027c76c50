//! The end of counting: a tally in the order of the report, with everything exact that only the whole can tell.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::account::AccountKey;
use crate::exposure::Place;
use crate::input::Skipped;

use super::account::AccountTally;
use super::listed::Listed;
use super::place::Lines;
use super::site::{self, Site};
use super::{Counts, Suppressed, Tally, Totals};

/// One account with its listed exposures.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: AccountKey,
    pub(crate) account: AccountTally,
    /// By place and offset.
    pub(crate) listed: Vec<Listed>,
}

impl Entry {
    /// Every name of the account.
    fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.account.names.identities().map(|(_, name)| name);
        std::iter::once(self.key.identity.as_str()).chain(others)
    }
}

/// A tally that nothing is added to any more. Listed exposures are in the order of
/// the report, everything else is in none.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) counts: Counts,
    pub(crate) totals: Totals,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) accounts: Vec<Entry>,
    /// How many exposures belong to nobody who can be named, listed or not.
    pub(crate) unattributed: u64,
    /// Those of them that are listed, by place and offset.
    pub(crate) nameless: Vec<Listed>,
    pub(crate) sites: Vec<Site>,
    pub(crate) suppressed: BTreeMap<Suppressed, u64>,
    lines: HashMap<Arc<Place>, Lines, RandomState>,
}

impl Tally {
    /// Ends the counting.
    pub(crate) fn settle(self) -> Settled {
        let cap = self.cap;
        let suspects = self.attempts.suspects();
        let (mut of_accounts, mut of_files) = (Vec::new(), Vec::new());
        let accounts: Vec<Entry> = self
            .accounts
            .into_pairs()
            .into_iter()
            .map(|(key, mut account)| {
                of_accounts.push(std::mem::take(&mut account.sites));
                let mut listed = std::mem::take(&mut account.least).into_sorted(cap);
                if !suspects.is_empty() {
                    account.suspect(&suspects);
                    listed.iter_mut().for_each(|listed| listed.suspect(&suspects));
                }
                Entry { key, account, listed }
            })
            .collect();

        let mut unattributed = 0;
        let mut lines = HashMap::default();
        let mut by_place = Vec::new();
        for (key, place) in self.places.into_pairs() {
            of_files.push(place.sites);
            unattributed += place.unattributed;
            if !place.windows.is_empty() {
                lines.insert(Arc::clone(&key), Lines::new(place.windows));
            }
            by_place.push((key, place.least.into_sorted(cap)));
        }
        by_place.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let nameless = by_place.into_iter().flat_map(|(_, listed)| listed).collect();

        let names = accounts.iter().flat_map(Entry::names);
        let sites = site::settled(self.sites, &self.masks, names, &of_accounts, &of_files);
        let Self { counts, totals, skipped, suppressed, .. } = self;
        Settled { suppressed, counts, totals, skipped, accounts, unattributed, nameless, sites, lines }
    }
}

impl Settled {
    /// The line of the member that a listed exposure stands in, from 1.
    pub(crate) fn line(&self, listed: &Listed) -> u64 {
        let before = self.lines.get(&listed.place).map_or(0, |lines| lines.before(listed.window));
        before.saturating_add(listed.line).saturating_add(1)
    }
}
