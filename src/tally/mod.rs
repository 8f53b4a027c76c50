//! Counts exposures by account, file and site, in memory that grows with their number only and never with the log.
//!
//! Each thread fills a [`Tally`] of its own; [`Tally::merge`] joins them. Merging is associative and commutative, and
//! an empty tally is its identity, so the report is the same whatever the threads, the chunks and the order of files.
//! Three things make it so: sums, least and greatest values, and bounded sets that keep the *least* of their elements.

mod account;
mod index;
mod listed;
mod masked;
mod overlap;
pub mod partial;
mod place;
mod progress;
#[cfg(test)]
pub(crate) mod sample;
mod settle;
mod site;
mod stuffing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::account::{Account, AccountKey};
use crate::exposure::{Exposure, Findings, GivenUp, Masked, Place};
use crate::input::Skipped;
use crate::terms::{Dismissal, Mode, Outcome, Protection, Severity, SkipReason, SuppressedBy, TimeBasis};

use self::account::Seen;
use self::index::{Index, note};
use self::listed::Shapes;
use self::masked::Masks;
use self::place::PlaceTally;
use self::site::Sites;
use self::stuffing::Attempts;

pub(crate) use self::account::{AccountTally, NameKind};
pub use self::progress::Progress;

pub(crate) use self::listed::Listed;
pub(crate) use self::place::{Lines, family};
pub(crate) use self::settle::{Entry, Settled};
pub(crate) use self::site::Site;

/// How many files, members and bytes a scan met. A scanner adds to the fields; [`Tally::merge`] sums them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files scanned to their end, archives included.
    pub files_scanned: u64,
    /// Files of which a part was not scanned.
    pub files_partial: u64,
    /// Files without log bytes, and files left out on request.
    pub files_excluded: u64,
    /// Members of archives that were scanned.
    pub members_scanned: u64,
    /// Bytes scanned, after decompression.
    pub bytes_scanned: u64,
}

/// What is counted over all exposures, whether they are listed or not.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) exposures: u64,
    pub(crate) by_mode: BTreeMap<Mode, u64>,
    pub(crate) by_protection: BTreeMap<Protection, u64>,
    pub(crate) by_cwe: BTreeMap<u16, u64>,
    pub(crate) dismissed: BTreeMap<Dismissal, u64>,
    pub(crate) seen: Seen,
    /// The worst of the exposures of nobody.
    pub(crate) unattributed_severity: Option<Severity>,
}

/// On whose word exposures that were found are left out of the lists: they are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppressed {
    /// What speaks.
    pub by: SuppressedBy,
    /// The entry of the file of suppressions.
    pub entry: Option<Arc<Suppression>>,
}

/// What an entry of a file of suppressions says for itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppression {
    /// Why, in the words of whoever wrote it.
    pub reason: String,
    /// The last day on which it holds, as RFC 3339 writes a date.
    pub expires: String,
}

/// The sum of what was found: exposures by account, file and site, and what was not scanned.
#[derive(Debug)]
pub struct Tally {
    /// How much was scanned.
    pub counts: Counts,
    cap: usize,
    totals: Totals,
    skipped: Vec<Skipped>,
    given_up: BTreeMap<Arc<Place>, GivenUp>,
    accounts: Index<AccountKey, AccountTally>,
    places: Index<Arc<Place>, PlaceTally>,
    sites: Sites,
    masks: Masks,
    shapes: Shapes,
    attempts: Attempts,
    suppressed: BTreeMap<Suppressed, u64>,
    /// The place of the last exposure: nearly always that of the next one.
    current: Option<(Arc<Place>, usize)>,
    /// Who is told of new accounts.
    watch: Option<Arc<Progress>>,
}

impl Tally {
    /// An empty tally that lists up to `cap` exposures of each account, and as many of each file that belong to nobody
    /// who can be named. Counts stay exact beyond it.
    pub fn new(cap: usize) -> Self {
        Self {
            counts: Counts::default(),
            cap,
            totals: Totals::default(),
            skipped: Vec::new(),
            given_up: BTreeMap::new(),
            accounts: Index::default(),
            places: Index::default(),
            sites: Sites::default(),
            masks: Masks::default(),
            shapes: Shapes::default(),
            attempts: Attempts::default(),
            suppressed: BTreeMap::new(),
            current: None,
            watch: None,
        }
    }

    /// The same, which counts into `progress` besides.
    #[must_use]
    pub fn watched(self, progress: Option<Arc<Progress>>) -> Self {
        Self { watch: progress, ..self }
    }

    /// Counts one exposure. Each is to be added once.
    pub fn add(&mut self, mut exposure: Exposure) {
        date(&mut exposure);
        self.totals.add(&exposure);
        let place = self.place(&exposure.place);
        let site = self.site(&exposure, place);
        note(&mut self.places.at(place).sites, site);

        let least = if let Some(Account { key, identifiers, account_type }) = exposure.account.take() {
            let kind = key.kind;
            if let Some(client) = exposure.client {
                self.attempts.add(client, &key, exposure.outcome == Outcome::Failure);
            }
            let watch = self.watch.as_deref();
            let number = self.accounts.number(key, |key| {
                if let Some(progress) = watch {
                    progress.account(key);
                }
                AccountTally::default()
            });
            let account = self.accounts.at(number);
            account.add(&exposure, account_type, site);
            account.names.add(kind, identifiers);
            &mut account.least
        } else {
            let place = self.places.at(place);
            place.unattributed += 1;
            &mut place.least
        };
        // Most exposures of a busy log end here, and nothing of them is copied.
        if least.admits(self.cap, &exposure.place, exposure.position.offset) {
            least.push(self.cap, self.shapes.list(exposure));
        }
    }

    /// Counts an exposure that is not to be listed. Its attempt still counts: whether a client tries many accounts is
    /// not for a list to decide.
    pub fn suppress(&mut self, exposure: &Exposure, why: Suppressed) {
        if let Some((client, account)) = exposure.client.zip(exposure.account.as_ref()) {
            self.attempts.add(client, &account.key, exposure.outcome == Outcome::Failure);
        }
        *self.suppressed.entry(why).or_default() += 1;
    }

    /// How many exposures were left out, by whose word.
    pub fn suppressed(&self) -> &BTreeMap<Suppressed, u64> {
        &self.suppressed
    }

    /// Counts one value under a password key that is no exposure.
    pub fn dismiss(&mut self, why: Dismissal) {
        *self.totals.dismissed.entry(why).or_default() += 1;
    }

    /// Notes when a statement logged a mask: the sign of a fix where it leaked before. It is dismissed apart from this.
    pub fn masked(&mut self, masked: Masked<'_>) {
        self.masks.add(masked);
    }

    /// Names a part of the input that was not scanned.
    pub fn skip(&mut self, skipped: Skipped) {
        self.skipped.push(skipped);
    }

    /// Counts what was given up of the records of `place`.
    pub fn give_up(&mut self, place: &Arc<Place>, what: GivenUp) {
        let given = self.given_up.entry(Arc::clone(place)).or_default();
        given.records += what.records;
        given.hits += what.hits;
    }

    /// Names what was given up, once for each member: when all of it was scanned. Returns the paths of the files.
    pub(crate) fn name_given_up(&mut self) -> BTreeSet<String> {
        let given_up = std::mem::take(&mut self.given_up);
        let named = |(place, GivenUp { records, hits }): (Arc<Place>, GivenUp)| {
            let holding = if records == 1 { "1 record holds".to_owned() } else { format!("{records} records hold") };
            let detail = format!("{holding} more places where a password may stand than are followed: {hits} given up");
            let (path, member) = (place.path.clone(), place.member.clone());
            self.skipped.push(Skipped { path: path.clone(), member, reason: SkipReason::Budget, detail });
            path
        };
        given_up.into_iter().map(named).collect()
    }

    /// Records how many newlines the window of `place` that begins at `offset` answers for: those of its own part, from
    /// `offset` to where the next window begins. The line of an exposure is counted from the beginning of its window
    /// ([`crate::exposure::Position`]); the sum over the windows before it makes it the line of the member. The last
    /// window of a member, often the only one, need not be recorded, since none comes after it.
    pub fn window(&mut self, place: &Arc<Place>, offset: u64, newlines: u64) {
        let number = self.place(place);
        self.places.at(number).windows.push((offset, newlines));
    }

    /// Newlines before the windows of each place.
    pub(crate) fn lines(&self) -> HashMap<Arc<Place>, Lines> {
        let counted = self.places.pairs().filter(|(_, tally)| !tally.windows.is_empty());
        counted.map(|(place, tally)| (Arc::clone(place), Lines::new(tally.windows.clone()))).collect()
    }

    /// How many exposures were added, listed or not.
    pub fn exposures(&self) -> u64 {
        self.totals.exposures
    }

    /// What was not scanned, in no particular order.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Adds what `other` counted. Both are to be of one scan: of one rule set, one key, one cap, and of windows and
    /// exposures that the other has not seen.
    pub fn merge(&mut self, mut other: Self) {
        // The larger one stays where it is.
        if other.accounts.len() > self.accounts.len() {
            std::mem::swap(self, &mut other);
        }
        self.cap = self.cap.min(other.cap);
        self.counts.absorb(other.counts);
        self.totals.absorb(other.totals);
        self.skipped.extend(other.skipped);
        self.masks.absorb(other.masks);
        other.given_up.iter().for_each(|(place, what)| self.give_up(place, *what));
        self.shapes.absorb(other.shapes);
        self.attempts.absorb(other.attempts);
        sum(&mut self.suppressed, other.suppressed);

        let sites = self.sites.absorb(other.sites);
        for (key, place) in other.places.into_pairs() {
            let number = self.places.number(key, |key| PlaceTally::new(key));
            self.places.at(number).absorb(self.cap, place, &sites);
        }
        for (key, account) in other.accounts.into_pairs() {
            let number = self.accounts.number(key, |_| AccountTally::default());
            self.accounts.at(number).absorb(self.cap, account, &sites);
        }
    }

    fn place(&mut self, place: &Arc<Place>) -> usize {
        if let Some((current, number)) = &self.current
            && Arc::ptr_eq(current, place)
        {
            return *number;
        }
        let number = self.places.number(Arc::clone(place), |place| PlaceTally::new(place));
        self.current = Some((Arc::clone(place), number));
        number
    }

    fn site(&mut self, exposure: &Exposure, place: usize) -> usize {
        let family = Arc::clone(&self.places.at(place).family);
        self.sites.add(exposure, family)
    }
}

impl Findings for Tally {
    fn expose(&mut self, exposure: Exposure) {
        self.add(exposure);
    }

    fn dismiss(&mut self, why: Dismissal) {
        Self::dismiss(self, why);
    }

    fn masked(&mut self, masked: Masked<'_>) {
        Self::masked(self, masked);
    }

    fn window(&mut self, place: &Arc<Place>, offset: u64, newlines: u64) {
        Self::window(self, place, offset, newlines);
    }

    fn give_up(&mut self, place: &Arc<Place>, what: GivenUp) {
        Self::give_up(self, place, what);
    }
}

/// What RFC 3339 can write, in seconds since 1970 UTC. The upper end is the last second that is in the year 9999 in every
/// time zone, which is where `jiff` ends.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_207_200;

/// A time that RFC 3339 cannot write, before the year 0 or after 9999, is no time.
fn date(exposure: &mut Exposure) {
    exposure.logged_at = exposure.logged_at.filter(|at| WRITABLE.contains(at));
    if exposure.logged_at.is_none() {
        exposure.time_basis = TimeBasis::None;
    }
}

impl Totals {
    fn add(&mut self, exposure: &Exposure) {
        self.exposures += 1;
        *self.by_mode.entry(exposure.mode).or_default() += 1;
        *self.by_protection.entry(exposure.protection).or_default() += 1;
        for cwe in &exposure.cwe {
            *self.by_cwe.entry(*cwe).or_default() += 1;
        }
        self.seen.add(exposure.logged_at, exposure.time_basis);
        if exposure.account.is_none() {
            self.unattributed_severity = self.unattributed_severity.max(Some(exposure.severity));
        }
    }

    fn absorb(&mut self, other: Self) {
        self.unattributed_severity = self.unattributed_severity.max(other.unattributed_severity);
        self.exposures += other.exposures;
        sum(&mut self.by_mode, other.by_mode);
        sum(&mut self.by_protection, other.by_protection);
        sum(&mut self.by_cwe, other.by_cwe);
        sum(&mut self.dismissed, other.dismissed);
        self.seen.absorb(other.seen);
    }
}

fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

impl Counts {
    fn absorb(&mut self, other: Self) {
        let Self { files_scanned, files_partial, files_excluded, members_scanned, bytes_scanned } = other;
        self.files_scanned = self.files_scanned.saturating_add(files_scanned);
        self.files_partial = self.files_partial.saturating_add(files_partial);
        self.files_excluded = self.files_excluded.saturating_add(files_excluded);
        self.members_scanned = self.members_scanned.saturating_add(members_scanned);
        self.bytes_scanned = self.bytes_scanned.saturating_add(bytes_scanned);
    }
}
