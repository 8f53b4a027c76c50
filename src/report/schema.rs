//! The report as other programs read it: member by member, in the order in which it is written.
//!
//! These types are apart from those that the scan works with. Nothing here can hold a password: the only traces of one
//! are `secret_fingerprint`, which is keyed, and counts. Unknown is `null`, never `""`; the two flags that say that a cap
//! was reached are written only where it was.
//!
//! A scan lends its names to them, a file that is read gives them away ([`super::read`]); members that a later version
//! added are passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::action::Policy;
use crate::terms::{
    AccountType, Action, ActionReason, Attribution, Channel, Confidence, CredentialType, Dismissal, Evidence, Layer,
    Mode, Outcome, Protection, Severity, Side, SkipReason, SuppressedBy, TimeBasis,
};

/// The JSON Schema (draft 2020-12) of the report, made from the types of this file.
pub const JSON_SCHEMA: &str = include_str!("../../docs/report.schema.json");

/// `MAJOR.MINOR` of the format: a minor adds members, a major breaks.
pub const FORMAT_VERSION: &str = "1.0";

/// What wrote the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool {
    /// `logleak`.
    pub name: Cow<'static, str>,
    /// Version of the program.
    pub version: Cow<'static, str>,
    /// Digest of the rules.
    pub rules_version: String,
    /// Names the key file, without which two reports' ids and fingerprints cannot be compared.
    pub key_id: Option<String>,
}

/// What a report leaves out on purpose, since it travels: such a report is complete in its counts only. The member
/// `omitted` is written where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Omitted {
    /// Accounts have numbers, or their keyed ids, in place of names.
    Names,
    /// No account is listed.
    Accounts,
    /// No exposure is listed.
    Exposures,
    /// No site is listed.
    Sites,
    /// Neither inputs nor what was skipped are named.
    Inputs,
}

/// What was scanned, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Scan {
    /// Whether everything was scanned.
    pub status: Status,
    /// When the scan began.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Time,
    /// The paths as given.
    pub inputs: Vec<String>,
    /// The name that `--source` gave them.
    pub source: Option<String>,
    /// The account secrets that were looked for.
    pub scope: Vec<CredentialType>,
    /// What decided the actions.
    pub policy: Policy,
    /// How far the process gave up its own rights.
    pub sandbox: Cow<'static, str>,
    /// The scans that were merged; written where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Members that are at least what is written, since the parts of a merge cannot tell; written where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lower_bounds: Vec<String>,
    /// Members that are at most what is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upper_bounds: Vec<String>,
}

/// One of the scans that were merged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Part {
    /// Its `report_id`, or the name of the partial result.
    pub id: String,
    /// As in [`Scan`].
    pub source: Option<String>,
    /// As in [`Scan`].
    pub inputs: Vec<String>,
    /// When the scan began.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
}

/// Whether every byte of every input was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every byte was.
    Complete,
    /// Some were not: see `skipped`.
    Partial,
    /// The scan was ended early.
    Interrupted,
}

/// Counts that agree with the lists.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// Accounts exposed.
    pub accounts: u64,
    /// By what is to be done.
    pub accounts_by_action: ByAction,
    /// By how bad it is.
    pub accounts_by_severity: BySeverity,
    /// Every exposure, those of nobody who can be named included.
    pub exposures: u64,
    /// Exposures of nobody who can be named.
    pub unattributed_exposures: u64,
    /// Exposures that were found and are in no other count: known from a baseline, reset since, or suppressed.
    pub suppressed_exposures: u64,
    /// The same by what left them out; written where there are any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed_by: BTreeMap<SuppressedBy, u64>,
    /// Those of them that a person suppressed, by entry; written where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressions: Vec<Suppression>,
    /// Modes that occur.
    pub exposures_by_mode: BTreeMap<Mode, u64>,
    /// Protections that occur.
    pub exposures_by_protection: BTreeMap<Protection, u64>,
    /// Weaknesses that occur.
    pub exposures_by_cwe: BTreeMap<Cwe, u64>,
    /// Values under a password key that are no exposures, by why not.
    pub dismissed: BTreeMap<Dismissal, u64>,
    /// Earliest time of an exposure.
    pub first_seen: Option<Time>,
    /// Latest time of an exposure.
    pub last_seen: Option<Time>,
    /// Files scanned.
    pub files_scanned: u64,
    /// Files of which a part was not scanned.
    pub files_partial: u64,
    /// Entries of `skipped`.
    pub files_skipped: u64,
    /// Files without log bytes, or left out on request.
    pub files_excluded: u64,
    /// Members of archives scanned.
    pub members_scanned: u64,
    /// Bytes scanned, after decompression.
    pub bytes_scanned: u64,
}

/// Exposures that somebody suppressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Suppression {
    /// Why, in the words of the file.
    pub reason: String,
    /// The last day on which the entry holds.
    pub expires: String,
    /// How many there were.
    pub exposures: u64,
}

/// Accounts by action.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct ByAction {
    pub force_reset: u64,
    pub review: u64,
}

/// Accounts by severity.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct BySeverity {
    pub critical: u64,
    pub high: u64,
    pub medium: u64,
    pub low: u64,
}

/// One account whose password was exposed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Account<'a> {
    /// The identity as a person would read it: equal to the flat field that is the key.
    pub account: Cow<'a, str>,
    /// `acc_` and 16 hexadecimal digits.
    pub account_id: String,
    /// The identity as RFC 9493 writes it.
    pub sub_id: SubId<'a>,
    /// User name.
    pub username: Option<Cow<'a, str>>,
    /// E-mail address.
    pub email: Option<Cow<'a, str>>,
    /// Phone number in E.164.
    pub phone_number: Option<Cow<'a, str>>,
    /// Number or opaque id.
    pub user_id: Option<Cow<'a, str>>,
    /// LDAP distinguished name.
    pub dn: Option<Cow<'a, str>>,
    /// Windows or directory domain.
    pub domain: Option<Cow<'a, str>>,
    /// The system that the name belongs to.
    pub realm: Option<Cow<'a, str>>,
    /// A person's or a program's.
    pub account_type: AccountType,
    /// The secret to be reset; of several the first of the enumeration.
    pub credential_type: CredentialType,
    /// Whether the identity is among the known accounts; null where none were given.
    pub known: Option<bool>,
    /// What to do.
    pub action: Action,
    /// Why not to reset.
    pub action_reasons: Cow<'a, [ActionReason]>,
    /// The best of all exposures.
    pub evidence: Evidence,
    /// The worst of all exposures.
    pub severity: Severity,
    /// The surest of all exposures.
    pub confidence: Confidence,
    /// Modes that occur.
    pub modes: Vec<Mode>,
    /// Earliest time of an exposure.
    pub first_seen: Option<Time>,
    /// Latest time of an exposure.
    pub last_seen: Option<Time>,
    /// The weakest basis of all exposures, undated ones included.
    pub time_basis: TimeBasis,
    /// All exposures, listed or not.
    pub exposure_count: u64,
    /// Different passwords, 16 at most.
    pub distinct_passwords: usize,
    /// Written where there are more than 16.
    #[serde(default, skip_serializing_if = "is_false")]
    pub distinct_passwords_capped: bool,
    /// Written where there may be more: in a merge without a key file nobody can tell whether two parts saw the same one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub distinct_passwords_lower_bound: bool,
    /// Written where not all exposures are listed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exposures_truncated: bool,
    /// The least by `uri` and `byte_offset`.
    pub exposures: Vec<Exposure<'a>>,
}

/// One exposure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exposure<'a> {
    /// `exp_` and 20 hexadecimal digits.
    pub exposure_id: String,
    /// The most specific rule that saw it.
    pub rule_id: Cow<'a, str>,
    /// At rest or on its way.
    pub mode: Mode,
    /// What carried it.
    pub channel: Channel,
    /// How it was protected.
    pub protection: Protection,
    /// What was peeled off to read it, outermost first.
    pub layers: Cow<'a, [Layer]>,
    /// Weaknesses.
    pub cwe: Vec<Cwe>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Who wrote the log.
    pub side: Side,
    /// What the authenticator said.
    pub outcome: Outcome,
    /// When it was logged.
    pub logged_at: Option<Time>,
    /// Where that time comes from.
    pub time_basis: TimeBasis,
    /// The key that the secret stood under.
    pub field: Option<Cow<'a, str>>,
    /// How the account was found.
    pub attribution: Option<Attribution>,
    /// The accounts that fit where several do.
    pub candidates: Vec<Candidate<'a>>,
    /// Where the secret begins.
    pub location: Location<'a>,
    /// How often the record says it.
    pub occurrences: u32,
    /// `hmac-sha256:` and 64 hexadecimal digits, with a key file only.
    pub secret_fingerprint: Option<String>,
}

/// One of several accounts that fit an exposure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Candidate<'a> {
    /// As in [`Account`].
    pub account_id: String,
    /// As in [`Account`], of the one identifier that names it.
    pub sub_id: SubId<'a>,
}

/// Where a secret begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Location<'a> {
    /// As given or walked.
    pub path: Cow<'a, str>,
    /// Inside the archive.
    pub member: Option<Cow<'a, str>>,
    /// Both, behind `--source`.
    pub uri: Cow<'a, str>,
    /// From 1. Of a secret inside a decoded layer, where the layer begins.
    pub line: u64,
    /// Bytes from 1; null where the secret has no place of its own in the text.
    pub column: Option<u32>,
    /// From 0, in the member after decompression; null as `column`.
    pub byte_offset: Option<u64>,
}

/// One statement of one program that logs passwords.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Site<'a> {
    /// `site_` and 16 hexadecimal digits.
    pub site_id: String,
    /// The rule that sees it.
    pub rule_id: Cow<'a, str>,
    /// Constant text, everything else `…`.
    pub template: Cow<'a, str>,
    /// Files and members that it wrote to.
    pub files: u64,
    /// Exposures, those of nobody who can be named included.
    pub exposures: u64,
    /// Accounts that it exposed.
    pub accounts: u64,
    /// Earliest time of an exposure.
    pub first_seen: Option<Time>,
    /// Latest time of an exposure.
    pub last_seen: Option<Time>,
    /// Earliest time at which its statement was seen masked. Written where each of the statements that it stands for was,
    /// and every exposure has a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_first_seen: Option<Time>,
    /// Latest time at which it was seen masked. Later than `last_seen` it is the sign of a fix, a sure one where
    /// `masked_first_seen` is later as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_last_seen: Option<Time>,
}

/// A part of the input that was not scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Skipped {
    /// The file or member.
    pub uri: String,
    /// Why.
    pub reason: SkipReason,
    /// In words.
    pub detail: String,
}

/// A subject identifier of RFC 9493.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "format", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SubId<'a> {
    Email { email: Cow<'a, str> },
    PhoneNumber { phone_number: Cow<'a, str> },
    IssSub { iss: Cow<'a, str>, sub: Cow<'a, str> },
    Opaque { id: Cow<'a, str> },
    Aliases { identifiers: Vec<SubId<'a>> },
}

/// A weakness, written `CWE-532`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cwe(pub u16);

impl fmt::Display for Cwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CWE-{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Cwe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let number = text.strip_prefix("CWE-").and_then(|digits| digits.parse().ok());
        number.map(Self).ok_or_else(|| D::Error::custom("no weakness"))
    }
}

impl Serialize for Cwe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A second of UTC, written as RFC 3339 does, with `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(jiff::Timestamp);

impl Time {
    /// From seconds since 1970; none where a four-digit year cannot write it.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        const YEAR_0: i64 = -62_167_219_200;
        jiff::Timestamp::from_second(seconds).ok().filter(|_| seconds >= YEAR_0).map(Self)
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    /// The second that holds `at`, or the epoch for a clock before the year 0.
    pub(super) fn of(at: jiff::Timestamp) -> Self {
        Self::from_seconds(at.as_second()).unwrap_or(Self(jiff::Timestamp::UNIX_EPOCH))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let at: Option<jiff::Timestamp> = text.parse().ok();
        at.and_then(|at| Self::from_seconds(at.as_second())).ok_or_else(|| D::Error::custom("no time"))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}
