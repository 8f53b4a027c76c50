//! The end of the pipeline: a [`Tally`] and the facts of the scan become a [`Report`], and a report becomes bytes.
//!
//! One file a format. A format asks [`Content`] for accounts, exposures, sites and skipped inputs one after the other, in
//! the order that every format shares, so that no format needs the whole report in memory once more. A report that a
//! file holds is [`Content`] as well ([`read`]): whatever can be written of a scan can be written of its report.

mod action;
pub mod content;
pub mod csv;
#[cfg(test)]
mod described;
pub mod escape;
mod identity;
mod joined;
pub mod html;
pub mod json;
pub mod legal;
#[cfg(test)]
mod mirror;
pub mod ndjson;
mod projection;
pub mod read;
pub mod sarif;
pub mod schema;
pub mod set;
mod share;
#[cfg(test)]
mod tests;
pub mod text;
mod view;
pub mod words;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use self::identity::Ordinals;
use self::schema::{ByAction, BySeverity, Cwe, Part, Scan, Skipped, Status, Summary, Suppression, Time, Tool};
use crate::exposure::Place;
use crate::identity::Ids;
use crate::rule::RuleIndex;
use crate::scanner::Scanner;
use crate::secret::FingerprintKey;
use crate::tally::{self, Entry, Listed, Settled, Site, Suppressed, Tally};
use crate::terms::{Action, ActionReason, CredentialType, Severity, SkipReason, SuppressedBy};

pub use self::action::Policy;
pub use self::content::Content;
pub use self::projection::Projection;
pub use self::read::Stored;

/// What the report says of the scan besides what was counted.
pub struct ScanFacts<'a> {
    /// When the scan began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// The paths as given.
    pub inputs: Vec<String>,
    /// The name given to the inputs, which is part of their `uri` and of every `exposure_id`.
    pub source: Option<String>,
    /// The account secrets that were looked for.
    pub scope: Vec<CredentialType>,
    /// What decides the actions.
    pub policy: Policy,
    /// How far the process gave up its own rights: `full`, `partial` or `none`.
    pub sandbox: &'static str,
    /// Whether the scan was ended early.
    pub interrupted: bool,
    /// Digest of the rules.
    pub rules_version: String,
    /// The key that fingerprints and ids are made with.
    pub key: Option<&'a FingerprintKey>,
    /// The scans that were merged; none for one scan. The skipped inputs of the tally then hold their sources already.
    pub merged: Option<Merged>,
}

/// What a merge knows besides what was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The scans.
    pub parts: Vec<Part>,
    /// Counts that are at least what is written.
    pub lower_bounds: Vec<String>,
    /// Counts that are at most what is written.
    pub upper_bounds: Vec<String>,
}

impl<'a> ScanFacts<'a> {
    /// Those of a scan of nameless inputs that ended just now, under the default policy.
    pub fn of(scanner: &'a Scanner) -> Self {
        let now = Timestamp::now();
        Self {
            started: now,
            finished: now,
            inputs: Vec::new(),
            source: None,
            scope: CredentialType::ALL.to_vec(),
            policy: Policy::default(),
            sandbox: "none",
            interrupted: false,
            rules_version: scanner.rules().version().to_owned(),
            key: scanner.key(),
            merged: None,
        }
    }
}

/// Everything that is written, in the order in which it is written.
pub struct Report<'a> {
    id: Uuid,
    tool: Tool,
    scan: Scan,
    summary: Summary,
    /// By severity, worst first, then by name.
    accounts: Vec<Decided>,
    /// What else was counted. Its accounts and skipped inputs are taken out, its sites are in the order of the report.
    settled: Settled,
    skipped: Vec<Skipped>,
    key: Option<&'a FingerprintKey>,
    rule_id: Box<dyn Fn(RuleIndex) -> &'a str + Send + Sync + 'a>,
}

/// An account with what is to be done about it.
struct Decided {
    entry: Entry,
    action: Action,
    reasons: Vec<ActionReason>,
}

/// An account in one line.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Headline<'a> {
    pub account: &'a str,
    pub action: Action,
    pub reasons: &'a [ActionReason],
    pub severity: Severity,
    pub exposures: u64,
    pub last_seen: Option<Time>,
}

impl<'a> Report<'a> {
    /// The report on what `tally` counted. `rule_id` gives the name of each rule of the scan's rule set.
    pub fn new(tally: Tally, facts: ScanFacts<'a>, rule_id: impl Fn(RuleIndex) -> &'a str + Send + Sync + 'a) -> Self {
        let mut settled = tally.settle();
        let accounts = decided(std::mem::take(&mut settled.accounts), facts.policy);
        settled.sites.sort_unstable_by(|one, other| {
            let most = |site: &Site| Reverse((site.accounts, site.exposures, site.files));
            let name = rule_id(one.key.rule).cmp(rule_id(other.key.rule));
            most(one).cmp(&most(other)).then(name).then_with(|| one.key.cmp(&other.key))
        });
        let source = facts.source.as_deref().filter(|_| facts.merged.is_none());
        let skipped = skipped(std::mem::take(&mut settled.skipped), source);
        let Merged { parts, lower_bounds, upper_bounds } = facts.merged.unwrap_or_default();
        let status = status(&skipped, facts.interrupted);
        Self {
            id: Uuid::now_v7(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").into(),
                version: env!("CARGO_PKG_VERSION").into(),
                rules_version: facts.rules_version,
                key_id: facts.key.map(|key| key.id().to_owned()),
            },
            scan: Scan {
                status,
                started_at: Time::of(facts.started),
                finished_at: Time::of(facts.finished),
                inputs: facts.inputs,
                source: facts.source,
                scope: facts.scope,
                policy: facts.policy,
                sandbox: facts.sandbox.into(),
                parts,
                lower_bounds,
                upper_bounds,
            },
            summary: summary(&settled, &accounts, &skipped),
            accounts,
            settled,
            skipped,
            key: facts.key,
            rule_id: Box::new(rule_id),
        }
    }

    /// What was scanned, and how.
    pub fn scan(&self) -> &Scan {
        &self.scan
    }

    /// Counts that agree with the lists.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The accounts, worst first, then by name.
    pub fn accounts(&self) -> impl Iterator<Item = schema::Account<'_>> {
        self.accounts.iter().map(|decided| self.account(decided))
    }

    fn account<'r>(&'r self, Decided { entry, action, reasons }: &'r Decided) -> schema::Account<'r> {
        view::account(self, entry, *action, reasons)
    }

    /// The accounts in the same order, in one line each.
    pub fn headlines(&self) -> impl Iterator<Item = Headline<'_>> {
        self.accounts.iter().map(|Decided { entry, action, reasons }| Headline {
            account: &entry.key.identity,
            action: *action,
            reasons,
            severity: entry.account.severity,
            exposures: entry.account.exposures,
            last_seen: entry.account.seen.last.and_then(Time::from_seconds),
        })
    }

    /// The listed exposures of nobody who can be named, by `uri` and offset.
    pub fn unattributed(&self) -> impl Iterator<Item = schema::Exposure<'_>> {
        let mut ordinals = Ordinals::default();
        self.settled.nameless.iter().map(move |one| view::exposure(self, None, one, ordinals.next(one)))
    }

    /// The sites, those of most accounts first.
    pub fn sites(&self) -> impl Iterator<Item = schema::Site<'_>> {
        self.settled.sites.iter().map(|site| view::site(self, site))
    }

    /// How many sites are not among those whose ids are `known`. A statement is shown as such only where it recurs, and
    /// else as its keys: it is known where either is.
    pub fn new_sites(&self, known: impl Fn(&str) -> bool) -> usize {
        let is_new = |site: &&Site| {
            let has = |text: &str| known(&Ids::site(self.rule_id(site.key.rule), text, &site.key.family));
            !has(&site.keys) && site.causes.iter().any(|text| !has(text))
        };
        self.settled.sites.iter().filter(is_new).count()
    }

    /// The worst severity of any exposure, of those of nobody too.
    pub fn worst(&self) -> Option<Severity> {
        // The accounts are sorted by it.
        let of_accounts = self.accounts.first().map(|decided| decided.entry.account.severity);
        of_accounts.max(self.settled.totals.unattributed_severity)
    }

    /// What was not scanned, by `uri`.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn ids(&self) -> Ids<'_> {
        Ids { key: self.key }
    }

    fn rule_id(&self, rule: RuleIndex) -> &str {
        (self.rule_id)(rule)
    }

    fn line(&self, listed: &Listed) -> u64 {
        self.settled.line(listed)
    }
}

fn decided(entries: Vec<Entry>, policy: Policy) -> Vec<Decided> {
    let decide = |entry: Entry| {
        let (action, reasons) = action::decide(&entry.account, policy);
        Decided { entry, action, reasons }
    };
    let mut accounts: Vec<Decided> = entries.into_iter().map(decide).collect();
    accounts.sort_unstable_by(|Decided { entry: one, .. }, Decided { entry: other, .. }| {
        let worst = other.account.severity.cmp(&one.account.severity);
        worst.then_with(|| one.key.identity.cmp(&other.key.identity)).then_with(|| one.key.cmp(&other.key))
    });
    accounts
}

fn skipped(skipped: Vec<crate::input::Skipped>, source: Option<&str>) -> Vec<Skipped> {
    let written = |one: crate::input::Skipped| Skipped {
        uri: Place::new(source, one.path, one.member).uri,
        reason: one.reason,
        detail: one.detail,
    };
    let mut skipped: Vec<Skipped> = skipped.into_iter().map(written).collect();
    skipped.sort_unstable();
    // Several threads may have met the same fault.
    skipped.dedup();
    skipped
}

fn status(skipped: &[Skipped], interrupted: bool) -> Status {
    if interrupted || skipped.iter().any(|one| one.reason == SkipReason::Interrupted) {
        Status::Interrupted
    } else if skipped.is_empty() {
        Status::Complete
    } else {
        Status::Partial
    }
}

fn summary(settled: &Settled, accounts: &[Decided], skipped: &[Skipped]) -> Summary {
    let mut accounts_by_action = ByAction::default();
    let mut accounts_by_severity = BySeverity::default();
    for Decided { entry, action, .. } in accounts {
        *match action {
            Action::ForceReset => &mut accounts_by_action.force_reset,
            Action::Review => &mut accounts_by_action.review,
        } += 1;
        *match entry.account.severity {
            Severity::Critical => &mut accounts_by_severity.critical,
            Severity::High => &mut accounts_by_severity.high,
            Severity::Medium => &mut accounts_by_severity.medium,
            Severity::Low => &mut accounts_by_severity.low,
        } += 1;
    }
    let totals = &settled.totals;
    Summary {
        accounts: accounts.len() as u64,
        accounts_by_action,
        accounts_by_severity,
        exposures: totals.exposures,
        unattributed_exposures: settled.unattributed,
        suppressed_exposures: settled.suppressed.values().sum(),
        suppressed_by: suppressed_by(&settled.suppressed),
        suppressions: suppressions(&settled.suppressed),
        exposures_by_mode: totals.by_mode.clone(),
        exposures_by_protection: totals.by_protection.clone(),
        exposures_by_cwe: totals.by_cwe.iter().map(|(cwe, count)| (Cwe(*cwe), *count)).collect(),
        dismissed: totals.dismissed.clone(),
        first_seen: totals.seen.first.and_then(Time::from_seconds),
        last_seen: totals.seen.last.and_then(Time::from_seconds),
        files_scanned: settled.counts.files_scanned,
        files_partial: settled.counts.files_partial,
        files_skipped: skipped.len() as u64,
        files_excluded: settled.counts.files_excluded,
        members_scanned: settled.counts.members_scanned,
        bytes_scanned: settled.counts.bytes_scanned,
    }
}

fn suppressed_by(suppressed: &BTreeMap<Suppressed, u64>) -> BTreeMap<SuppressedBy, u64> {
    let mut sums = BTreeMap::new();
    for (why, count) in suppressed {
        *sums.entry(why.by).or_default() += count;
    }
    sums
}

fn suppressions(suppressed: &BTreeMap<Suppressed, u64>) -> Vec<Suppression> {
    let written = |(why, exposures): (&Suppressed, &u64)| {
        let tally::Suppression { reason, expires } = why.entry.as_deref()?.clone();
        Some(Suppression { reason, expires, exposures: *exposures })
    };
    suppressed.iter().filter_map(written).collect()
}
