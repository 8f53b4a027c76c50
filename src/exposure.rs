//! What a scan finds: one password of one account, seen in one record, and what else is told of its records. Owned: it holds
//! no log bytes and no secret.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::rule::RuleIndex;
use crate::secret::Fingerprint;
use crate::terms::{
    Attribution, Channel, Confidence, CredentialType, Dismissal, Evidence, Layer, Mode, Outcome, Protection, Severity,
    Side, TimeBasis,
};

/// The file, or the member of an archive, that an exposure stands in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Both together, with `!/` between them, behind `--source`.
    pub uri: String,
    /// As given or walked.
    pub path: String,
    /// Inside the archive.
    pub member: Option<String>,
}

impl Place {
    /// The place of `member` in the file at `path`, or of the file itself. `source` is what `--source` names; it stands
    /// before the path with a colon, as a host name does elsewhere.
    pub fn new(source: Option<&str>, path: impl Into<String>, member: Option<String>) -> Self {
        let path = path.into();
        let mut uri = source.map_or_else(String::new, |source| format!("{source}:"));
        uri.push_str(&path);
        if let Some(member) = &member {
            uri.push_str("!/");
            uri.push_str(member);
        }
        Self { uri, path, member }
    }

    /// What `--source` names.
    pub fn source(&self) -> Option<&str> {
        let named = self.path.len() + self.member.as_ref().map_or(0, |member| "!/".len() + member.len());
        self.uri.get(..self.uri.len().checked_sub(named + 1)?)
    }
}

/// Where the secret begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Byte offset in the member after decompression, from 0.
    pub offset: u64,
    /// Where the window began whose newlines `line` counts. `Tally` knows how many newlines came before it.
    pub window: u64,
    /// Newlines between the window's beginning and the secret.
    pub line: u32,
    /// Bytes from 1; none where the line's beginning is too far away.
    pub column: Option<u32>,
    /// False where the secret was read from a decoded layer: the position is then that of the layer.
    pub exact: bool,
}

/// One exposure.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Whose password it is; none where nobody can be named.
    pub account: Option<Account>,
    /// The accounts that fit where more than one does. `account` is then none.
    pub candidates: Vec<Account>,
    /// Whether the account is among the known ones; none without them.
    pub known: Option<bool>,
    /// The account's password was changed after this was logged.
    pub superseded: bool,
    /// The most specific rule that saw it.
    pub rule: RuleIndex,
    /// At rest or on its way.
    pub mode: Mode,
    /// What carried it.
    pub channel: Channel,
    /// How it was protected.
    pub protection: Protection,
    /// What was peeled off to read it, outermost first.
    pub layers: Vec<Layer>,
    /// Weaknesses, ascending.
    pub cwe: Vec<u16>,
    /// What kind of secret.
    pub credential_type: CredentialType,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Who wrote the log.
    pub side: Side,
    /// What the authenticator said.
    pub outcome: Outcome,
    /// The address that it was sent from, where the record tells. No report shows it.
    pub client: Option<IpAddr>,
    /// What shows that the password is the account's.
    pub evidence: Evidence,
    /// When it was logged, in seconds since 1970 UTC.
    pub logged_at: Option<i64>,
    /// Where that time comes from.
    pub time_basis: TimeBasis,
    /// The key that the secret stood under, where the vocabulary knows it; never text that only the log knows.
    pub field: Option<Arc<str>>,
    /// How the account was found.
    pub attribution: Option<Attribution>,
    /// The file.
    pub place: Arc<Place>,
    /// Where in the file.
    pub position: Position,
    /// Where the record begins: byte offset in the member after decompression.
    pub record_offset: u64,
    /// How many times the record says it.
    pub occurrences: u32,
    /// The passwords, the live one first. Never empty.
    pub fingerprints: Vec<Fingerprint>,
    /// SHA-256 over the record with every secret cut out, its first 16 bytes: equal for equal records.
    pub record: [u8; 16],
    /// The statement that logged it: keys that the vocabulary knows, everything else `…`.
    pub template: Arc<str>,
    /// More of it: keys and words of log statements, everything else `…`. Shown only where it recurs.
    pub statement: Option<Arc<str>>,
}

/// The digest of the text of a statement: equal for equal texts, in every scan.
///
/// What stands beside a mask was never judged, so of such a statement nothing but this is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementDigest(u64);

impl StatementDigest {
    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        Self(first(Sha256::digest(text).into()))
    }

    /// The digest of the statement in a file of this family.
    pub(crate) fn within(self, family: &str) -> u64 {
        first(Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(family).finalize().into())
    }
}

/// The first eight bytes of a digest.
fn first([a, b, c, d, e, f, g, h, ..]: [u8; 32]) -> u64 {
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// A record in which a statement logged a mask where a password could stand.
#[derive(Clone, Copy, Debug)]
pub struct Masked<'a> {
    /// The file.
    pub place: &'a Arc<Place>,
    /// What [`Exposure::statement`] would be if this were a password.
    pub statement: StatementDigest,
    /// When it was logged, in seconds since 1970 UTC.
    pub logged_at: i64,
}

/// What was given up of a member: records that hold more hits than are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenUp {
    /// How many records.
    pub records: u64,
    /// How many hits of theirs: places where a password may stand.
    pub hits: u64,
}

/// Takes what a scan finds: [`crate::Tally`] counts it, a test or a feed may keep it.
pub trait Findings {
    /// Takes one exposure.
    fn expose(&mut self, exposure: Exposure);

    /// Takes one value under a password key that is no exposure.
    fn dismiss(&mut self, why: Dismissal);

    /// Takes a mask, which was dismissed like others, with the statement that logged it. Only where it has both a
    /// statement and a time.
    fn masked(&mut self, _masked: Masked<'_>) {}

    /// Takes the number of newlines of the window of `place` that begins at `offset`.
    fn window(&mut self, place: &Arc<Place>, offset: u64, newlines: u64);

    /// Takes what was given up of the records of `place`.
    fn give_up(&mut self, _place: &Arc<Place>, _what: GivenUp) {}

    /// Takes where a secret stands in the text that is scanned. For who shows a text without its secrets.
    fn cut(&mut self, _place: Range<usize>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Partial results hold these digests: they must not change between versions that read the same form.
    #[test]
    fn digests_tell_texts_and_families_apart() {
        let texts = ["", "a", "b", "a\0", "GET pwd=…", "GET pwd=… ", "GET pwd=…&x", "POST pwd=…"];
        let mut all: Vec<u64> = Vec::new();
        for family in ["", "a", "app.log", "access.log"] {
            all.extend(texts.map(|text| StatementDigest::of(text).within(family)));
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4 * texts.len());
        assert_eq!(StatementDigest::of("GET pwd=…").within("access.log"), 0x9d121827fadc3222);
    }
}
