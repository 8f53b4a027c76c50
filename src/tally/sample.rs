//! Exposures for tests: from a plain one that tests change, to any number of arbitrary ones.

use std::sync::Arc;

use proptest::prelude::*;

use crate::account::{Account, AccountKey, Identifiers};
use crate::exposure::{Exposure, Masked, Place, Position, StatementDigest};
use crate::rule::RuleIndex;
use crate::secret::Fingerprint;
use crate::terms::{
    AccountType, Attribution, Channel, Confidence, CredentialType, Dismissal, Evidence, IdentityKind, Mode, Outcome,
    Protection, Severity, Side, TimeBasis,
};

use super::Tally;

/// 2026-11-03T10:11:12Z.
pub(crate) const MORNING: i64 = 1_793_700_672;

/// The account of an e-mail address.
pub(crate) fn account(email: &str) -> Account {
    Account {
        key: AccountKey { realm: None, kind: IdentityKind::Email, identity: email.to_owned() },
        identifiers: Identifiers { email: Some(email.to_owned()), ..Identifiers::default() },
        account_type: AccountType::User,
    }
}

/// A password in the query of a URL, of jane@example.com, at the beginning of access.log.
pub(crate) fn exposure() -> Exposure {
    Exposure {
        account: Some(account("jane@example.com")),
        candidates: Vec::new(),
        known: None,
        superseded: false,
        rule: RuleIndex(0),
        mode: Mode::Transmitted,
        channel: Channel::UrlQuery,
        protection: Protection::Plaintext,
        layers: Vec::new(),
        cwe: vec![532, 598],
        credential_type: CredentialType::Password,
        severity: Severity::High,
        confidence: Confidence::High,
        side: Side::Server,
        outcome: Outcome::Unknown,
        client: None,
        evidence: Evidence::Claimed,
        logged_at: Some(MORNING),
        time_basis: TimeBasis::LogTimestamp,
        field: Some("pwd".into()),
        attribution: Some(Attribution::SameRecord),
        place: Arc::new(Place::new(None, "access.log", None)),
        position: Position { offset: 0, window: 0, line: 0, column: Some(1), exact: true },
        record_offset: 0,
        occurrences: 1,
        fingerprints: vec![fingerprint(0)],
        record: [0; 16],
        template: "GET /login?pwd=…".into(),
        statement: None,
    }
}

pub(crate) fn fingerprint(digest: u64) -> Fingerprint {
    Fingerprint { digest, mac: None }
}

/// Small numbers that make one exposure each: few enough that accounts, files and records meet.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    /// 0 is nobody.
    pub(crate) account: u8,
    pub(crate) place: u8,
    pub(crate) offset: u64,
    pub(crate) record: u8,
    pub(crate) digest: u64,
    pub(crate) time: i64,
    pub(crate) kind: u8,
}

/// Up to `most` seeds, each at an offset of its own in its file.
pub(crate) fn seeds(most: usize) -> impl Strategy<Value = Vec<Seed>> {
    let seed = (0u8..5, 0u8..3, 0u64..200, 0u8..3, 0u64..30, -1i64..3, any::<u8>()).prop_map(
        |(account, place, offset, record, digest, time, kind)| Seed {
            account,
            place,
            offset,
            record,
            digest,
            time,
            kind,
        },
    );
    proptest::collection::vec(seed, 0..most).prop_map(|mut seeds| {
        let mut taken = std::collections::HashSet::new();
        seeds.retain(|seed| taken.insert((seed.place, seed.offset)));
        seeds
    })
}

/// The files of the seeds, 200 bytes each with a newline at every seventh.
pub(crate) const BYTES: u64 = 200;

pub(crate) fn newlines(from: u64, to: u64) -> u64 {
    (from..to.min(BYTES)).filter(|at| at % 7 == 3).count() as u64
}

pub(crate) fn place(number: u8) -> Arc<Place> {
    let (path, member) =
        [("app.log", None), ("app.log.1", None), ("old.tar", Some("var/app.log.2"))][usize::from(number)];
    Arc::new(Place::new(None, path, member.map(str::to_owned)))
}

impl Seed {
    /// The exposure as a scan in windows of `chunk` bytes sees it.
    pub(crate) fn exposure(&self, chunk: u64) -> Exposure {
        let pick = |bit: u8| self.kind >> bit & 1 == 1;
        let window = self.offset / chunk * chunk;
        let line = newlines(window, self.offset);
        let names = ["", "a@example.com", "b@example.com", "c@example.com", "d@example.com"];
        let owner = (self.account > 0).then(|| {
            let mut owner = account(names[usize::from(self.account)]);
            owner.identifiers.username = pick(0).then(|| format!("user{}", self.record));
            owner.identifiers.domain = pick(1).then(|| "CORP".to_owned());
            owner.account_type = if pick(2) { AccountType::User } else { AccountType::Unknown };
            owner
        });
        Exposure {
            account: owner,
            rule: RuleIndex(u16::from(pick(3))),
            mode: if pick(4) { Mode::Stored } else { Mode::Transmitted },
            protection: if pick(5) { Protection::WeakHash } else { Protection::Plaintext },
            outcome: if pick(6) { Outcome::Failure } else { Outcome::Unknown },
            severity: Severity::ALL[usize::from(self.record)],
            confidence: if pick(7) { Confidence::High } else { Confidence::Medium },
            logged_at: (self.time >= 0).then_some(MORNING + self.time),
            place: place(self.place),
            position: Position {
                offset: self.offset,
                window,
                line: u32::try_from(line).unwrap(),
                column: None,
                exact: true,
            },
            fingerprints: vec![fingerprint(self.digest)],
            record: [self.record; 16],
            template: if pick(3) { "a".into() } else { "b".into() },
            statement: pick(4).then(|| if pick(5) { "GET pwd=…".into() } else { "POST pwd=…".into() }),
            ..exposure()
        }
    }
}

/// What a scan of the seeds in windows of `chunk` bytes counts; every window is recorded by the tally whose number it
/// has, modulo the number of tallies, and every exposure by that of its seed.
pub(crate) fn tallies(seeds: &[Seed], chunk: u64, cap: usize, number: usize) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = (0..number).map(|_| Tally::new(cap)).collect();
    for (index, seed) in seeds.iter().enumerate() {
        let tally = &mut tallies[(index * 7 + usize::from(seed.kind)) % number];
        tally.add(seed.exposure(chunk));
        let exposure = seed.exposure(chunk);
        if let (2.., Some(statement)) = (seed.record, &exposure.statement) {
            let logged_at = MORNING + seed.digest as i64 % 5;
            tally.masked(Masked { place: &exposure.place, statement: StatementDigest::of(statement), logged_at });
        }
        tally.dismiss(Dismissal::ALL[usize::from(seed.record)]);
    }
    for file in 0..3 {
        for (index, from) in (0..BYTES).step_by(usize::try_from(chunk).unwrap()).enumerate() {
            let tally = &mut tallies[index % number];
            tally.window(&place(file), from, newlines(from, from + chunk));
            tally.counts.bytes_scanned += chunk.min(BYTES - from);
        }
        tallies[usize::from(file) % number].counts.files_scanned += 1;
    }
    tallies
}
