//! The accounts that are ours: a table that millions of lines fit into, asked for every account that a log names.
//!
//! Of a name the table keeps 64 bits of a hash under a key of this run and the number of its account, 12 bytes; of an
//! account 16 bytes. The text of a name is kept only where the table must give it: for an account of several names, or
//! of one that is not in lower case. A name that is not in the table is taken for one of `n` in it once in 2^64 / n
//! look-ups, and nobody who writes logs can bring it about, since the key is made anew for every run.

mod read;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, Hasher, RandomState};

use super::Identifiers;
use crate::terms::{AccountType, IdentityKind};

/// The most accounts that one name is said to fit.
const FITTING: usize = 16;

/// A name in the table, and the number of its account: eight bytes and four, so that their order is that of the bytes.
type Entry = [u8; 12];

/// Marks, while the table is made, the name that an account is known by.
const BEST: u32 = 1 << 31;

/// In [`Record::has`]: the account is in a domain; the record was united with another, whose number is in `text`.
const DOMAIN: u8 = 1 << 5;
const UNITED: u8 = 1 << 6;

/// No text is kept: the name is the one by which the account was found.
const AS_FOUND: u32 = u32::MAX;

/// The identities of a file of accounts: [`KnownAccounts::from_file`].
pub struct KnownAccounts {
    /// Ascending.
    entries: Vec<Entry>,
    /// Where the entries begin whose hashes have the same leading bits; one more for the end.
    starts: Vec<u32>,
    /// How many bits follow those leading ones.
    shift: u32,
    records: Vec<Record>,
    texts: Vec<u8>,
    key: RandomState,
}

/// What is known of one account.
#[derive(Clone, Copy)]
struct Record {
    /// Seconds since 1970 UTC; the least number where nothing is known.
    changed_at: i64,
    /// Where in `texts` the name stands that the account is known by, behind its length in two bytes.
    text: u32,
    best: IdentityKind,
    account_type: Option<AccountType>,
    /// A bit for each kind of name that the account has, and the two above.
    has: u8,
}

/// What the table says of one account that a log names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    /// The identity that the account is known by.
    pub(super) kind: IdentityKind,
    pub(super) identity: String,
    /// What the file says of its owner.
    pub(super) account_type: Option<AccountType>,
    /// When its password was last changed, in seconds since 1970 UTC.
    pub(super) changed_at: Option<i64>,
}

/// The accounts that fit the identifiers of one record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fitting {
    /// By identity; more than one where a name is several people's.
    pub(super) accounts: Vec<Known>,
    /// No identifier of the record is another account's.
    pub(super) agreed: bool,
}

/// What a name is looked up as.
#[derive(Clone, Copy)]
enum Namespace {
    Exact(IdentityKind),
    /// In lower case, where the name is not.
    Folded(IdentityKind),
    /// `domain\user` in lower case.
    InDomain,
}

impl KnownAccounts {
    /// How many accounts there are.
    pub fn len(&self) -> usize {
        self.records.iter().filter(|record| record.has & UNITED == 0).count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The accounts that fit. The best identifier that the table knows decides, and the others choose between several;
    /// but a record that names a better identifier of a kind that the account has, and another one, is not of it.
    pub(super) fn fitting(&self, identifiers: &Identifiers) -> Fitting {
        let mut unknown = 0;
        let mut fitting: Vec<u32> = Vec::new();
        let (mut found_by, mut agreed) = (String::new(), true);
        for (kind, name) in identifiers.ranked() {
            let domain = identifiers.domain.as_deref().filter(|_| kind == IdentityKind::Username);
            let numbers = self.named(kind, name, domain);
            if numbers.is_empty() {
                unknown |= bit(kind);
            } else if fitting.is_empty() {
                fitting = numbers.into_iter().filter(|n| self.records[*n as usize].has & unknown == 0).collect();
                found_by = name.to_lowercase();
            } else {
                let both: Vec<u32> = fitting.iter().copied().filter(|number| numbers.contains(number)).collect();
                agreed &= !both.is_empty();
                if !both.is_empty() {
                    fitting = both;
                } else if fitting.len() >= FITTING && numbers.len() < FITTING {
                    // Of a name that very many have only some are at hand.
                    (fitting, found_by) = (numbers, name.to_lowercase());
                }
            }
        }
        let mut accounts: Vec<Known> = fitting.into_iter().map(|number| self.known(number, &found_by)).collect();
        accounts.sort_unstable();
        accounts.dedup_by(|later, first| {
            let same = (later.kind, &later.identity) == (first.kind, &first.identity);
            if same {
                // One name, several owners who cannot be told apart: only what holds for all of them is said.
                first.changed_at = first.changed_at.min(later.changed_at);
                first.account_type = first.account_type.filter(|kind| later.account_type == Some(*kind));
            }
            same
        });
        Fitting { accounts, agreed }
    }

    fn known(&self, number: u32, found_by: &str) -> Known {
        let record = &self.records[number as usize];
        Known {
            kind: record.best,
            identity: self.text(record).unwrap_or(found_by).to_owned(),
            account_type: record.account_type,
            changed_at: Some(record.changed_at).filter(|at| *at != i64::MIN),
        }
    }

    fn text(&self, record: &Record) -> Option<&str> {
        let (length, rest) = self.texts.get(record.text as usize..)?.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_le_bytes(*length))).and_then(|text| std::str::from_utf8(text).ok())
    }

    /// The accounts of that name: as it is spelled, else in whatever case, else under the other kind that programs
    /// write names and ids under.
    fn named(&self, kind: IdentityKind, name: &str, domain: Option<&str>) -> Vec<u32> {
        if let Some(domain) = domain {
            let numbers = self.find(Namespace::InDomain, &in_domain(domain, name));
            if !numbers.is_empty() {
                return numbers;
            }
        }
        let mut numbers = self.find(Namespace::Exact(kind), name);
        if numbers.is_empty() && kind != IdentityKind::UserId {
            let folded = name.to_lowercase();
            numbers = self.find(Namespace::Exact(kind), &folded);
            numbers.extend(self.find(Namespace::Folded(kind), &folded));
        }
        if numbers.is_empty() {
            match kind {
                IdentityKind::Username => numbers = self.find(Namespace::Exact(IdentityKind::UserId), name),
                IdentityKind::UserId => numbers = self.find(Namespace::Exact(IdentityKind::Username), name),
                IdentityKind::Email | IdentityKind::PhoneNumber | IdentityKind::Dn => {}
            }
        }
        if domain.is_some() {
            // The same name in another domain is another account.
            numbers.retain(|number| self.records[*number as usize].has & DOMAIN == 0);
        }
        numbers
    }

    fn find(&self, namespace: Namespace, name: &str) -> Vec<u32> {
        let hash = hash(&self.key, namespace, name);
        let bucket = hash.checked_shr(self.shift).unwrap_or(0) as usize;
        let range = self.starts.get(bucket).zip(self.starts.get(bucket + 1));
        let Some(entries) = range.and_then(|(low, high)| self.entries.get(*low as usize..*high as usize)) else {
            return Vec::new();
        };
        let first = entries.partition_point(|entry| hash_of(entry) < hash);
        entries[first..].iter().take_while(|entry| hash_of(entry) == hash).take(FITTING).map(number_of).collect()
    }
}

/// Makes the table, a line at a time.
pub(super) struct Builder {
    entries: Vec<Entry>,
    records: Vec<Record>,
    texts: Vec<u8>,
    key: RandomState,
}

/// What one line of the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Canonical, at least one; the best of them names the account.
    pub(super) names: Vec<(IdentityKind, String)>,
    pub(super) domain: Option<String>,
    pub(super) account_type: Option<AccountType>,
    pub(super) changed_at: Option<i64>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), records: Vec::new(), texts: Vec::new(), key: RandomState::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Adds one account. The error is the reason why the table cannot hold it.
    pub(super) fn add(&mut self, mut line: Line) -> Result<(), &'static str> {
        // Stable: of one kind, the first stays first.
        line.names.sort_by_key(|(kind, _)| *kind);
        line.names.dedup();
        let Some((best, identity)) = line.names.first() else { return Err("names no account") };
        let number = u32::try_from(self.records.len()).ok().filter(|number| *number < BEST);
        let number = number.ok_or("the file has more than 2,147,483,648 accounts")?;
        let mut record = Record {
            changed_at: line.changed_at.unwrap_or(i64::MIN),
            text: AS_FOUND,
            best: *best,
            account_type: line.account_type,
            has: line.names.iter().fold(0, |has, (kind, _)| has | bit(*kind)),
        };
        if line.names.len() > 1 || *identity != identity.to_lowercase() {
            record.text = self.keep(identity)?;
        }
        // A user name says whose it is only together with its domain.
        let qualified = *best == IdentityKind::Username && line.domain.is_some();
        for (i, (kind, name)) in line.names.iter().enumerate() {
            self.enter(Namespace::Exact(*kind), name, number | if i == 0 && !qualified { BEST } else { 0 });
            let folded = name.to_lowercase();
            if folded != *name {
                self.enter(Namespace::Folded(*kind), &folded, number);
            }
            if let (IdentityKind::Username, Some(domain)) = (kind, &line.domain) {
                record.has |= DOMAIN;
                let marked = number | if i == 0 { BEST } else { 0 };
                self.enter(Namespace::InDomain, &in_domain(domain, name), marked);
            }
        }
        self.records.push(record);
        Ok(())
    }

    fn keep(&mut self, text: &str) -> Result<u32, &'static str> {
        const FULL: &str = "the file has more than 4 GiB of names";
        let at = u32::try_from(self.texts.len()).ok().filter(|at| *at != AS_FOUND).ok_or(FULL)?;
        let length = u16::try_from(text.len()).map_err(|_| "a name is longer than 65,535 bytes")?;
        self.texts.extend(length.to_le_bytes());
        self.texts.extend(text.as_bytes());
        Ok(at)
    }

    fn enter(&mut self, namespace: Namespace, name: &str, number: u32) {
        let mut entry = [0; 12];
        entry[..8].copy_from_slice(&hash(&self.key, namespace, name).to_be_bytes());
        entry[8..].copy_from_slice(&number.to_be_bytes());
        self.entries.push(entry);
    }

    /// The table. Lines of one account become one.
    pub(super) fn build(mut self) -> Result<KnownAccounts, &'static str> {
        self.entries.sort_unstable();
        self.unite();
        self.entries.shrink_to_fit();
        self.records.shrink_to_fit();
        self.texts.shrink_to_fit();
        let count = u32::try_from(self.entries.len()).map_err(|_| "the file has more than 4,294,967,295 names")?;
        // About eight entries begin with the same bits.
        let bits = (count / 8).checked_ilog2().unwrap_or(0);
        let shift = 64 - bits;
        let mut starts = vec![0; (1 << bits) + 1];
        for entry in &self.entries {
            let bucket = hash_of(entry).checked_shr(shift).unwrap_or(0) as usize;
            starts[bucket + 1] += 1;
        }
        let mut total = 0u32;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let Self { entries, records, texts, key } = self;
        Ok(KnownAccounts { entries, starts, shift, records, texts, key })
    }

    /// Makes one record of those that are known by the same name, and sends every other name there.
    fn unite(&mut self) {
        let mut previous: Option<(u64, u32)> = None;
        for entry in &self.entries {
            let (hash, marked) = (hash_of(entry), number_of(entry));
            if marked & BEST == 0 {
                continue;
            }
            let number = marked & !BEST;
            match previous {
                Some((same, first)) if same == hash => {
                    let other = self.records[number as usize];
                    self.records[number as usize] = Record { text: first, has: UNITED, ..other };
                    self.records[first as usize].absorb(&other);
                }
                _ => previous = Some((hash, number)),
            }
        }
        for entry in &mut self.entries {
            let number = number_of(entry) & !BEST;
            let record = &self.records[number as usize];
            let target = if record.has & UNITED == 0 { number } else { record.text };
            entry[8..].copy_from_slice(&target.to_be_bytes());
        }
        self.entries.sort_unstable();
        self.entries.dedup();
    }
}

impl Record {
    /// Adds what another line says of the same account: the latest change, and that it is a program's.
    fn absorb(&mut self, other: &Self) {
        self.changed_at = self.changed_at.max(other.changed_at);
        self.account_type = match (self.account_type, other.account_type) {
            (Some(AccountType::Service), _) | (_, Some(AccountType::Service)) => Some(AccountType::Service),
            (own, other) => own.or(other),
        };
        self.has |= other.has;
        if self.text == AS_FOUND {
            self.text = other.text;
        }
    }
}

fn bit(kind: IdentityKind) -> u8 {
    match kind {
        IdentityKind::Email => 1,
        IdentityKind::PhoneNumber => 1 << 1,
        IdentityKind::Dn => 1 << 2,
        IdentityKind::Username => 1 << 3,
        IdentityKind::UserId => 1 << 4,
    }
}

fn in_domain(domain: &str, name: &str) -> String {
    format!("{}\\{}", domain.to_lowercase(), name.to_lowercase())
}

fn hash(key: &RandomState, namespace: Namespace, name: &str) -> u64 {
    let mut hasher = key.build_hasher();
    hasher.write_u8(match namespace {
        Namespace::Exact(kind) => bit(kind),
        Namespace::Folded(kind) => bit(kind) | 1 << 7,
        Namespace::InDomain => 0,
    });
    hasher.write(name.as_bytes());
    hasher.finish()
}

fn hash_of(entry: &Entry) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *entry;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn number_of(entry: &Entry) -> u32 {
    let [.., a, b, c, d] = *entry;
    u32::from_be_bytes([a, b, c, d])
}
