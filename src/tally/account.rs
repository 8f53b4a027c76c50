//! What is known of one account over all its exposures, in bounded memory.

use crate::account::Identifiers;
use crate::exposure::Exposure;
use crate::secret::Fingerprint;
use crate::terms::{
    AccountType, Confidence, CredentialType, Evidence, IdentityKind, Mode, Outcome, Protection, Severity, TimeBasis,
};

use super::index::note;
use super::listed::Least;
use super::stuffing::{Clients, Suspects};

/// How many different passwords of one account are told apart.
const PASSWORDS: usize = 16;

/// How many further identifiers of one account are kept, the least of them. A forged log could otherwise give one
/// account names without end.
const NAMES: usize = 64;

/// Everything about one account that the report needs, except the key that names it.
#[derive(Debug)]
pub(crate) struct AccountTally {
    pub(crate) account_type: AccountType,
    pub(crate) credential_type: CredentialType,
    pub(crate) evidence: Evidence,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) stored: bool,
    pub(crate) transmitted: bool,
    pub(crate) exposures: u64,
    /// Exposures whose outcome is a failure.
    pub(crate) failures: u64,
    /// Exposures logged before the password was changed.
    pub(crate) superseded: u64,
    /// Exposures that are neither: what a reset can be based on.
    pub(crate) open: u64,
    /// The best evidence among those.
    pub(crate) open_evidence: Evidence,
    /// Whether the account is known, where that was asked.
    pub(crate) known: Option<bool>,
    /// Exposures of a weak hash.
    pub(crate) weak_hashes: u64,
    /// Exposures that other accounts fit as well.
    pub(crate) ambiguous: u64,
    pub(crate) seen: Seen,
    pub(crate) passwords: Passwords,
    pub(crate) names: Names,
    /// Everything that a reset could be based on was typed by a client that tried many accounts, mostly rejected.
    pub(crate) suspected: bool,
    pub(super) clients: Clients,
    pub(super) least: Least,
    /// Numbers of the sites that exposed this account, ascending.
    pub(super) sites: Vec<usize>,
}

impl Default for AccountTally {
    /// The account of no exposure: the least of every scale, so that the first exposure decides.
    fn default() -> Self {
        Self {
            account_type: AccountType::Unknown,
            credential_type: CredentialType::RecoveryCode,
            evidence: Evidence::Claimed,
            severity: Severity::Low,
            confidence: Confidence::Low,
            stored: false,
            transmitted: false,
            exposures: 0,
            failures: 0,
            superseded: 0,
            open: 0,
            open_evidence: Evidence::Claimed,
            known: None,
            weak_hashes: 0,
            ambiguous: 0,
            seen: Seen::default(),
            passwords: Passwords::default(),
            names: Names::default(),
            suspected: false,
            clients: Clients::default(),
            least: Least::default(),
            sites: Vec::new(),
        }
    }
}

impl AccountTally {
    /// Counts one exposure of this account; `account_type` is what its record says of the account.
    pub(super) fn add(&mut self, exposure: &Exposure, account_type: AccountType, site: usize) {
        self.account_type = surer(self.account_type, account_type);
        self.credential_type = self.credential_type.min(exposure.credential_type);
        self.evidence = self.evidence.max(exposure.evidence);
        self.severity = self.severity.max(exposure.severity);
        self.confidence = self.confidence.max(exposure.confidence);
        self.stored |= exposure.mode == Mode::Stored;
        self.transmitted |= exposure.mode == Mode::Transmitted;
        self.exposures += 1;
        self.failures += u64::from(exposure.outcome == Outcome::Failure);
        self.superseded += u64::from(exposure.superseded);
        let open = exposure.outcome != Outcome::Failure && !exposure.superseded;
        self.clients.add(exposure, open);
        if open {
            self.open += 1;
            self.open_evidence = self.open_evidence.max(exposure.evidence);
        }
        self.known = self.known.max(exposure.known);
        self.weak_hashes += u64::from(exposure.protection == Protection::WeakHash);
        self.ambiguous += u64::from(!exposure.candidates.is_empty());
        self.seen.add(exposure.logged_at, exposure.time_basis);
        self.passwords.add(&exposure.fingerprints);
        note(&mut self.sites, site);
    }

    /// Adds what another tally knows of the same account. `sites` translates the other tally's numbers.
    pub(super) fn absorb(&mut self, cap: usize, other: Self, sites: &[usize]) {
        self.account_type = surer(self.account_type, other.account_type);
        self.credential_type = self.credential_type.min(other.credential_type);
        self.evidence = self.evidence.max(other.evidence);
        self.severity = self.severity.max(other.severity);
        self.confidence = self.confidence.max(other.confidence);
        self.stored |= other.stored;
        self.transmitted |= other.transmitted;
        self.exposures += other.exposures;
        self.failures += other.failures;
        self.superseded += other.superseded;
        self.open += other.open;
        self.open_evidence = self.open_evidence.max(other.open_evidence);
        self.known = self.known.max(other.known);
        self.weak_hashes += other.weak_hashes;
        self.ambiguous += other.ambiguous;
        self.clients.absorb(other.clients);
        self.seen.absorb(other.seen);
        self.passwords.absorb(other.passwords);
        self.names.absorb(other.names);
        self.least.absorb(cap, other.least);
        for site in other.sites {
            note(&mut self.sites, sites[site]);
        }
    }

    /// Judges the clients of the account, now that all of them are known.
    pub(super) fn suspect(&mut self, suspects: &Suspects) {
        self.suspected = self.clients.are_suspected(suspects, self.open > 0);
        if self.clients.took_over(suspects) {
            self.severity = Severity::Critical;
        }
    }
}

/// One record that shows a program's account is enough; a person must then look.
fn surer(one: AccountType, other: AccountType) -> AccountType {
    let rank = |kind| match kind {
        AccountType::Unknown => 0,
        AccountType::User => 1,
        AccountType::Service => 2,
    };
    if rank(one) < rank(other) { other } else { one }
}

/// First and last time, in seconds since 1970 UTC, and how far they can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(super) basis: Option<TimeBasis>,
}

impl Seen {
    pub(super) fn add(&mut self, logged_at: Option<i64>, basis: TimeBasis) {
        self.absorb(Self { first: logged_at, last: logged_at, basis: Some(basis) });
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.basis = self.basis.max(other.basis);
    }

    /// The weakest basis of all exposures, of undated ones as well: whoever skips an account because its password
    /// changed after `last` must know that an exposure could be younger than that.
    pub(crate) fn basis(&self) -> TimeBasis {
        self.basis.unwrap_or(TimeBasis::None)
    }
}

/// Different passwords, exactly up to [`PASSWORDS`].
#[derive(Debug, Default)]
pub(crate) struct Passwords {
    /// The least digests, ascending. Which ones they are depends on the run's key, how many does not.
    pub(super) digests: Vec<u64>,
    pub(crate) capped: bool,
    /// The most that a part of a merge counted, whose digests are of a key that nobody has any more.
    pub(super) counted: u8,
    /// More than one part counted so: nobody knows which of their passwords are the same.
    pub(super) counted_apart: bool,
}

impl Passwords {
    fn add(&mut self, fingerprints: &[Fingerprint]) {
        fingerprints.iter().for_each(|fingerprint| self.insert(fingerprint.digest));
    }

    fn insert(&mut self, digest: u64) {
        if let Err(place) = self.digests.binary_search(&digest) {
            self.digests.insert(place, digest);
            self.capped |= self.digests.len() > PASSWORDS;
            self.digests.truncate(PASSWORDS);
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.capped |= other.capped;
        self.counted_apart |= other.counted_apart || (self.counted > 0 && other.counted > 0);
        self.counted = self.counted.max(other.counted);
        other.digests.into_iter().for_each(|digest| self.insert(digest));
    }

    pub(crate) fn count(&self) -> usize {
        self.digests.len().max(usize::from(self.counted))
    }

    /// There may be more than were counted. What is capped says so itself.
    pub(crate) fn is_lower_bound(&self) -> bool {
        self.counted_apart && !self.capped
    }
}

/// What a name of an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameKind {
    Identity(IdentityKind),
    Domain,
}

/// The identifiers that records give besides the one that names the account: sorted, each once, [`NAMES`] at most.
#[derive(Debug, Default)]
pub(crate) struct Names(pub(super) Vec<(NameKind, String)>);

impl Names {
    /// Adds what one record says, except of the kind that names the account: there the canonical key speaks. Strings
    /// are moved in where they are new, and nothing is copied.
    pub(super) fn add(&mut self, key: IdentityKind, identifiers: Identifiers) {
        let Identifiers { username, email, phone_number, user_id, dn, domain } = identifiers;
        let named = [
            (IdentityKind::Email, email),
            (IdentityKind::PhoneNumber, phone_number),
            (IdentityKind::Dn, dn),
            (IdentityKind::Username, username),
            (IdentityKind::UserId, user_id),
        ];
        for (kind, name) in named {
            if let Some(name) = name.filter(|_| kind != key) {
                self.insert(NameKind::Identity(kind), name);
            }
        }
        if let Some(domain) = domain {
            self.insert(NameKind::Domain, domain);
        }
    }

    fn insert(&mut self, kind: NameKind, name: String) {
        let found = self.0.binary_search_by(|(k, n)| k.cmp(&kind).then_with(|| n.as_str().cmp(&name)));
        if let Err(place) = found
            && place < NAMES
        {
            self.0.insert(place, (kind, name));
            self.0.truncate(NAMES);
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        other.0.into_iter().for_each(|(kind, name)| self.insert(kind, name));
    }

    /// The least name of that kind.
    pub(crate) fn first(&self, kind: NameKind) -> Option<&str> {
        self.0.iter().find(|(k, _)| *k == kind).map(|(_, name)| name.as_str())
    }

    /// Every name that is an identity, best kind first.
    pub(crate) fn identities(&self) -> impl Iterator<Item = (IdentityKind, &str)> {
        self.0.iter().filter_map(|(kind, name)| match kind {
            NameKind::Identity(kind) => Some((*kind, name.as_str())),
            NameKind::Domain => None,
        })
    }
}
