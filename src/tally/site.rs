//! A site: one statement of one program that logs passwords. Mending it ends many exposures.
//!
//! What a statement says beside its keys is text of the log, and shown only where it recurs over several records of
//! several accounts; everything seen less goes to the site of its keys. How many statements are told apart is bounded:
//! those whose digests are least, so that the choice is the same in every order, and each is counted from its first
//! exposure on or not at all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use sha2::{Digest, Sha256};

use crate::exposure::Exposure;
use crate::rule::RuleIndex;
use crate::terms::TimeBasis;

use super::account::Seen;
use super::index::Index;
use super::masked::{Masks, Span};

/// How many statements are told apart.
const STATEMENTS: usize = if cfg!(test) { 8 } else { 4096 };

/// What is shown of a statement recurs over so many records, and over so many accounts.
const RECORDS: usize = 5;
const ACCOUNTS: usize = 3;

/// What exposures of one site have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SiteKey {
    pub(crate) rule: RuleIndex,
    /// The statement, everything but its constant words `…`.
    pub(crate) template: Arc<str>,
    /// The name of the file without what rotation and packing add.
    pub(crate) family: Arc<str>,
}

/// A site before it is known whether its statement recurs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cause {
    pub(super) keys: SiteKey,
    pub(super) statement: Option<Arc<str>>,
}

impl Cause {
    fn digest(&self) -> u64 {
        let mut digest = Sha256::new();
        digest.update(self.keys.rule.0.to_be_bytes());
        let statement = self.statement.as_deref().unwrap_or_default();
        for part in [&*self.keys.template, &*self.keys.family, statement] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&digest.finalize()[..8]);
        u64::from_be_bytes(first)
    }
}

/// Counts of one site. Its files and accounts know their sites, so that these are counted exactly in the end.
#[derive(Debug, Default)]
pub(super) struct SiteTally {
    pub(super) exposures: u64,
    pub(super) seen: Seen,
    /// The least digests of its records, [`RECORDS`] at most.
    pub(super) records: Vec<[u8; 16]>,
    /// Where its exposures went when there were too many statements.
    pub(super) moved: Option<usize>,
}

impl SiteTally {
    pub(super) fn absorb(&mut self, other: Self) {
        self.exposures += other.exposures;
        self.seen.absorb(other.seen);
        other.records.into_iter().for_each(|record| self.note(record));
    }

    fn note(&mut self, record: [u8; 16]) {
        if let Err(place) = self.records.binary_search(&record)
            && place < RECORDS
        {
            self.records.insert(place, record);
            self.records.truncate(RECORDS);
        }
    }
}

/// Every site of one tally, by number.
#[derive(Debug, Default)]
pub(super) struct Sites {
    pub(super) index: Index<Cause, SiteTally>,
    /// Digests of the statements that are told apart, with their numbers.
    statements: BTreeMap<u64, usize>,
}

impl Sites {
    /// Counts an exposure, and gives the number of its site.
    pub(super) fn add(&mut self, exposure: &Exposure, family: Arc<str>) -> usize {
        let keys = SiteKey { rule: exposure.rule, template: Arc::clone(&exposure.template), family };
        let number = self.number(Cause { keys, statement: exposure.statement.clone() });
        let site = self.index.at(number);
        site.exposures += 1;
        site.seen.add(exposure.logged_at, exposure.time_basis);
        site.note(exposure.record);
        number
    }

    /// Adds the sites of another tally, and gives the number here of each number there.
    pub(super) fn absorb(&mut self, other: Self) -> Vec<usize> {
        let pairs = other.index.into_pairs();
        let mut numbers = Vec::with_capacity(pairs.len());
        for (cause, site) in pairs {
            let number = self.number(cause);
            self.index.at(number).absorb(site);
            numbers.push(number);
        }
        numbers
    }

    /// The number of a cause, which is given one where it has none.
    pub(super) fn number(&mut self, cause: Cause) -> usize {
        if let Some(known) = self.index.get(&cause) {
            return self.resolve(known);
        }
        let plain = Cause { keys: cause.keys.clone(), statement: None };
        let mut digest = None;
        if cause.statement.is_some() {
            let own = cause.digest();
            let full = self.statements.len() >= STATEMENTS;
            if full && self.statements.last_key_value().is_some_and(|(last, _)| *last < own) {
                return self.index.number(plain, |_| SiteTally::default());
            }
            digest = Some(own);
        }
        let number = self.index.number(cause, |_| SiteTally::default());
        if let Some(digest) = digest {
            self.statements.insert(digest, number);
            if self.statements.len() > STATEMENTS
                && let Some((_, last)) = self.statements.pop_last()
            {
                self.give_up(last);
            }
        }
        self.resolve(number)
    }

    /// Counts what a statement had to the site of its keys from now on.
    fn give_up(&mut self, number: usize) {
        let Some(keys) = self.index.key(number).map(|cause| cause.keys.clone()) else { return };
        let plain = self.index.number(Cause { keys, statement: None }, |_| SiteTally::default());
        let site = std::mem::take(self.index.at(number));
        self.index.at(number).moved = Some(plain);
        self.index.at(plain).absorb(site);
    }

    fn resolve(&mut self, number: usize) -> usize {
        self.index.at(number).moved.unwrap_or(number)
    }
}

/// One site, counted.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) key: SiteKey,
    pub(crate) files: u64,
    pub(crate) exposures: u64,
    pub(crate) accounts: u64,
    pub(crate) seen: Seen,
    /// When its statement was seen masked. Where it stands for several, none unless each of them was.
    pub(crate) masked: Option<Span>,
    /// The template of its keys.
    pub(crate) keys: Arc<str>,
    /// Every statement that it stands for, the keys themselves where exposures have none; ascending.
    pub(crate) causes: Vec<Arc<str>>,
}

/// When the statement of a cause was seen masked. Of one that leaked at times that nobody knows none of them could be said
/// to be later.
fn masked(masks: &Masks, cause: &Cause, site: &SiteTally) -> Option<Span> {
    let statement = cause.statement.as_ref().filter(|_| site.seen.basis() != TimeBasis::None)?;
    masks.of(statement, &cause.keys.family)
}

/// Sites with statements where these recur. `names` are those of accounts, no word of which is shown; `accounts` and
/// `files` are the numbers of the sites of each.
pub(super) fn settled<'a>(
    sites: Sites,
    masks: &Masks,
    names: impl Iterator<Item = &'a str>,
    accounts: &[Vec<usize>],
    files: &[Vec<usize>],
) -> Vec<Site> {
    let pairs = sites.index.into_pairs();
    let count = |of: &[Vec<usize>], final_number: &dyn Fn(usize) -> usize| {
        let mut counts = vec![0u64; pairs.len()];
        let mut own: Vec<usize> = Vec::new();
        for numbers in of {
            own.clear();
            own.extend(numbers.iter().map(|&number| final_number(number)));
            own.sort_unstable();
            own.dedup();
            own.iter().for_each(|&number| counts[number] += 1);
        }
        counts
    };
    let here = |number: usize| pairs[number].1.moved.unwrap_or(number);
    let of_accounts = count(accounts, &here);
    let recurs = |number: usize| pairs[number].1.records.len() >= RECORDS && of_accounts[number] >= ACCOUNTS as u64;
    let named = words_of_names(&pairs, names);
    let shown: Vec<bool> = (0..pairs.len())
        .map(|number| {
            let statement = pairs[number].0.statement.as_deref();
            statement.is_none_or(|text| recurs(number) && !words(text).any(|word| named.contains(&*word)))
        })
        .collect();
    // The site of the keys of each statement that is not shown; the first of them stands for it where it has none.
    let mut plain: HashMap<&SiteKey, usize> = HashMap::new();
    for (number, (cause, _)) in pairs.iter().enumerate() {
        if cause.statement.is_none() {
            plain.insert(&cause.keys, number);
        }
    }
    for (number, (cause, _)) in pairs.iter().enumerate() {
        if !shown[number] {
            plain.entry(&cause.keys).or_insert(number);
        }
    }
    let final_number = |number: usize| {
        let number = here(number);
        if shown[number] { number } else { plain.get(&pairs[number].0.keys).copied().unwrap_or(number) }
    };
    let (of_accounts, of_files) = (count(accounts, &final_number), count(files, &final_number));
    let targets: Vec<usize> = (0..pairs.len()).map(&final_number).collect();

    let mut found: BTreeMap<(usize, bool), Site> = BTreeMap::new();
    for (number, (cause, site)) in pairs.iter().enumerate() {
        if site.exposures == 0 {
            continue;
        }
        let target = targets[number];
        let spoken = cause.statement.as_ref().filter(|_| shown[number]);
        let template = spoken.unwrap_or(&cause.keys.template);
        let masked = masked(masks, cause, site);
        let entry = found.entry((target, spoken.is_some())).or_insert_with(|| Site {
            key: SiteKey { template: Arc::clone(template), ..cause.keys.clone() },
            files: of_files[target],
            exposures: 0,
            accounts: of_accounts[target],
            seen: Seen::default(),
            masked,
            keys: Arc::clone(&cause.keys.template),
            causes: Vec::new(),
        });
        entry.exposures += site.exposures;
        entry.seen.absorb(site.seen);
        entry.masked = entry.masked.zip(masked).map(|(one, other)| one.and(other));
        entry.causes.push(Arc::clone(cause.statement.as_ref().unwrap_or(&cause.keys.template)));
    }
    found.values_mut().for_each(|site| site.causes.sort_unstable());
    found.into_values().collect()
}

/// The words of statements that are a name of an account, or a part of one.
fn words_of_names<'a>(
    pairs: &[(Cause, SiteTally)],
    names: impl Iterator<Item = &'a str>,
) -> HashSet<String, RandomState> {
    let spoken: HashSet<String, RandomState> =
        pairs.iter().filter_map(|(cause, _)| cause.statement.as_deref()).flat_map(words).collect();
    let (mut named, mut lower) = (HashSet::default(), String::new());
    for name in names {
        let local = name.split('@').next().unwrap_or(name);
        for part in [name, local].into_iter().chain(local.split('.')) {
            lower.clear();
            lower.push_str(part);
            lower.make_ascii_lowercase();
            if spoken.contains(&lower) {
                named.insert(lower.clone());
            }
        }
    }
    named
}

/// The words of a statement, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let sign = |c: char| !c.is_ascii_alphabetic() && c != '_' && c != '-';
    text.split(sign).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}
