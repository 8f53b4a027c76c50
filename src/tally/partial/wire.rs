//! The lines of a partial result, member by member. A change to any of them is a new `FORMAT`.
//!
//! Every line is an object of one member, whose name says what the line is. Places, shapes and sites are numbered from 0
//! in the order of their lines, and everything behind them names them by number. Digests are hexadecimal.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::Header;
use crate::terms::{
    AccountType, Attribution, Channel, Confidence, CredentialType, Dismissal, Evidence, IdentityKind, Layer, Mode,
    Outcome, Protection, Severity, Side, SkipReason, SuppressedBy, TimeBasis,
};

/// Declares the objects of lines.
macro_rules! lines {
    ($($(#[$doc:meta])* $name:ident { $($member:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name { $(pub(super) $member: $type),+ }
    )+};
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The first: what was scanned, and how.
    LogleakPartial(Box<Header>),
    Place(Place),
    Shape(Shape),
    Site(Site),
    Account(Box<Account>),
    /// Of the account before it.
    Exposure(Exposure),
    /// An exposure of nobody.
    Nameless(Exposure),
    Attempts(Attempts),
    /// The largest pair of attempts that is kept.
    AttemptsLimit(Pair),
    Masked(Masked),
    Skipped(Skipped),
    Suppressed(Suppressed),
    Totals(Box<Totals>),
    /// The last: how many lines stand before it.
    End(u64),
}

lines! {
    /// A file or member that exposures stand in.
    Place { source: Option<String>, path: String, member: Option<String>, unattributed: u64, sites: Vec<u32> }
    /// What many exposures have in common.
    Shape {
        rule: u16, mode: Mode, channel: Channel, protection: Protection, layers: Vec<Layer>, cwe: Vec<u16>,
        severity: Severity, confidence: Confidence, side: Side, outcome: Outcome, time_basis: TimeBasis,
        field: Option<String>, attribution: Option<Attribution>,
    }
    Site {
        rule: u16, template: String, family: String, statement: Option<String>, exposures: u64, seen: Seen,
        records: Vec<String>,
    }
    Seen { first: Option<i64>, last: Option<i64>, basis: Option<TimeBasis> }
    /// What names an account.
    Key { realm: Option<String>, kind: IdentityKind, identity: String }
    Account {
        key: Key, account_type: AccountType, credential_type: CredentialType, evidence: Evidence, severity: Severity,
        confidence: Confidence, stored: bool, transmitted: bool, exposures: u64, failures: u64, superseded: u64,
        open: u64, open_evidence: Evidence, known: Option<bool>, weak_hashes: u64, ambiguous: u64, seen: Seen,
        passwords: Passwords, names: Vec<Name>, clients: Clients, sites: Vec<u32>,
    }
    /// With a key file the digests are the first eight bytes of the keyed fingerprints. Without one there are none.
    Passwords { digests: Vec<String>, counted: u8, counted_apart: bool, capped: bool }
    /// A name without a kind is a domain.
    Name { kind: Option<IdentityKind>, name: String }
    Clients { known: Vec<Client>, elsewhere: u8, capped: bool }
    Client { address: Ipv6Addr, was: u8 }
    Exposure {
        place: u32, shape: u32, offset: u64, line: u64, column: Option<u32>, exact: bool, logged_at: Option<i64>,
        record: String, occurrences: u32, superseded: bool, mac: Option<String>, candidates: Vec<Key>, accepted_from: Option<IpAddr>,
    }
    /// A hash of a network and an account, and the address.
    Pair { hash: String, address: Ipv6Addr }
    Attempts { pair: Pair, attempts: u64, rejected: u64 }
    /// When a statement was seen masked: the digest of its text and its family, nothing of what it says.
    Masked { statement: String, first: i64, last: i64 }
    Skipped { uri: String, reason: SkipReason, detail: String }
    /// Exposures that were found and left out, and on whose word.
    Suppressed { by: SuppressedBy, reason: Option<String>, expires: Option<String>, exposures: u64 }
    Totals {
        exposures: u64, by_mode: Vec<(Mode, u64)>, by_protection: Vec<(Protection, u64)>, by_cwe: Vec<(u16, u64)>,
        dismissed: Vec<(Dismissal, u64)>, seen: Seen, unattributed_severity: Option<Severity>, files_scanned: u64,
        files_partial: u64, files_excluded: u64, members_scanned: u64, bytes_scanned: u64,
    }
}
