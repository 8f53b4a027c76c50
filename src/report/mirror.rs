//! The report as a consumer would declare it. It refuses members that it does not know, so whatever is added to the
//! report, taken from it or renamed is seen here first.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::terms::{
    AccountType, Action, ActionReason, Attribution, Channel, Confidence, CredentialType, Dismissal, Evidence, Layer,
    Mode, Outcome, Protection, Severity, Side, SkipReason, SuppressedBy, TimeBasis,
};

/// Declares types of a consumer.
macro_rules! consumer {
    ($($name:ident { $($(#[$meta:meta])* $member:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        pub(super) struct $name { $($(#[$meta])* pub(super) $member: $type),+ }
    )+};
}

consumer! {
    Report {
        format_version: String, report_id: String, tool: Tool, scan: Scan, summary: Summary, accounts: Vec<Account>,
        unattributed: Vec<Exposure>, sites: Vec<Site>, skipped: Vec<Skipped>,
    }
    Tool { name: String, version: String, rules_version: String, key_id: Option<String> }
    Scan {
        status: String, started_at: String, finished_at: String, inputs: Vec<String>, source: Option<String>,
        scope: Vec<CredentialType>, policy: String, sandbox: String,
        #[serde(default)] parts: Vec<Part>,
        #[serde(default)] lower_bounds: Vec<String>,
        #[serde(default)] upper_bounds: Vec<String>,
    }
    Part {
        id: String, source: Option<String>, inputs: Vec<String>, started_at: Option<String>, finished_at: Option<String>,
    }
    Suppression { reason: String, expires: String, exposures: u64 }
    Summary {
        accounts: u64, accounts_by_action: BTreeMap<Action, u64>, accounts_by_severity: BTreeMap<Severity, u64>,
        exposures: u64, unattributed_exposures: u64, suppressed_exposures: u64,
        #[serde(default)] suppressed_by: BTreeMap<SuppressedBy, u64>,
        #[serde(default)] suppressions: Vec<Suppression>,
        exposures_by_mode: BTreeMap<Mode, u64>, exposures_by_protection: BTreeMap<Protection, u64>,
        exposures_by_cwe: BTreeMap<String, u64>, dismissed: BTreeMap<Dismissal, u64>,
        first_seen: Option<String>, last_seen: Option<String>,
        files_scanned: u64, files_partial: u64, files_skipped: u64, files_excluded: u64, members_scanned: u64,
        bytes_scanned: u64,
    }
    Account {
        account: String, account_id: String, sub_id: SubId,
        username: Option<String>, email: Option<String>, phone_number: Option<String>, user_id: Option<String>,
        dn: Option<String>, domain: Option<String>, realm: Option<String>,
        account_type: AccountType, credential_type: CredentialType, known: Option<bool>,
        action: Action, action_reasons: Vec<ActionReason>, evidence: Evidence, severity: Severity,
        confidence: Confidence, modes: Vec<Mode>, first_seen: Option<String>, last_seen: Option<String>,
        time_basis: TimeBasis, exposure_count: u64, distinct_passwords: u64,
        #[serde(default)] distinct_passwords_capped: bool,
        #[serde(default)] distinct_passwords_lower_bound: bool,
        #[serde(default)] exposures_truncated: bool,
        exposures: Vec<Exposure>,
    }
    Exposure {
        exposure_id: String, rule_id: String, mode: Mode, channel: Channel, protection: Protection,
        layers: Vec<Layer>, cwe: Vec<String>, severity: Severity, confidence: Confidence, side: Side,
        outcome: Outcome, logged_at: Option<String>, time_basis: TimeBasis, field: Option<String>,
        attribution: Option<Attribution>, candidates: Vec<Candidate>, location: Location, occurrences: u32,
        secret_fingerprint: Option<String>,
    }
    Candidate { account_id: String, sub_id: SubId }
    Location {
        path: String, member: Option<String>, uri: String, line: u64, column: Option<u64>, byte_offset: Option<u64>,
    }
    Site {
        site_id: String, rule_id: String, template: String, files: u64, exposures: u64, accounts: u64,
        first_seen: Option<String>, last_seen: Option<String>,
        #[serde(default)] masked_first_seen: Option<String>,
        #[serde(default)] masked_last_seen: Option<String>,
    }
    Skipped { uri: String, reason: SkipReason, detail: String }
}

/// RFC 9493, as far as the report uses it.
#[derive(Debug, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
pub(super) enum SubId {
    Email { email: String },
    PhoneNumber { phone_number: String },
    IssSub { iss: String, sub: String },
    Opaque { id: String },
    Aliases { identifiers: Vec<SubId> },
}
