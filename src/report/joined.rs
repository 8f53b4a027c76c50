//! Reports, added up: for reports whose partial results nobody kept.
//!
//! What both list falls together by `exposure_id`. A report has lost what only the sum can tell, so the result says in
//! `scan.lower_bounds` and `scan.upper_bounds` which members it cannot give exactly, and an account that both would only
//! review stays with that, although together they might show enough for a reset.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::Stored;
use super::schema::{Account, ByAction, BySeverity, Exposure, Part, Scan, Site, Status, SubId, Summary, Suppression};
use crate::tally::partial::{Join, Overlap};
use crate::terms::{AccountType, Action, Mode, Severity};

impl Stored {
    /// The order in which reports are joined so that the order in which they are given does not matter: whatever holds
    /// others comes before them.
    pub fn rank(&self) -> (Reverse<usize>, Vec<Part>) {
        let parts = self.parts();
        (Reverse(parts.len()), parts)
    }

    /// The scans that the report adds up: its own, unless it was merged.
    fn parts(&self) -> Vec<Part> {
        let Scan { source, inputs, started_at, finished_at, parts, .. } = &self.scan;
        if !parts.is_empty() {
            return parts.clone();
        }
        let (started_at, finished_at) = (Some(*started_at), Some(*finished_at));
        let (id, source, inputs) = (self.report_id.clone(), source.clone(), inputs.clone());
        vec![Part { id, source, inputs, started_at, finished_at }]
    }

    /// Adds another report.
    ///
    /// # Errors
    /// Where the two do not add up: why, in words that follow the name of the file. Nothing was added then.
    pub fn join(&mut self, other: Self, overlap: Overlap) -> Result<Join, String> {
        let (mut parts, theirs) = (self.parts(), other.parts());
        let join = joins(self, &other, (&parts, &theirs), overlap)?;
        if join == Join::Known {
            return Ok(join);
        }
        let overlapping = join == Join::Overlapping;
        parts.extend(theirs);
        parts.sort_unstable();
        if self.tool.rules_version != other.tool.rules_version {
            self.tool.rules_version = "mixed".to_owned();
        }
        self.tool.version = env!("CARGO_PKG_VERSION").into();
        self.report_id = Uuid::now_v7().to_string();
        add_scan(&mut self.scan, other.scan, parts);
        let mut partly = false;
        let mut same = add_accounts(&mut self.accounts, other.accounts, &mut partly);
        let nobody = unite(&mut self.unattributed, other.unattributed);
        let found = nobody.len() as u64;
        same.extend(nobody);
        add_sites(&mut self.sites, other.sites, overlapping);
        self.skipped.extend(other.skipped);
        self.skipped.sort_unstable();
        self.skipped.dedup();
        add_counts(&mut self.summary, &other.summary, (&same, found));
        self.recount();
        let mut lower = vec!["distinct_passwords", "sites"];
        let mut upper = Vec::new();
        if partly {
            // Of what is not listed nobody can tell whether both saw it.
            upper.push("exposures");
        }
        if overlapping {
            upper.extend(["bytes_scanned", "dismissed", "exposures", "files_scanned", "members_scanned"]);
        }
        if self.accounts.iter().any(|account| account.action == Action::Review) {
            lower.push("accounts_by_action.force_reset");
        }
        note(&mut self.scan.lower_bounds, &lower);
        note(&mut self.scan.upper_bounds, &upper);
        Ok(join)
    }

    /// Makes the summary agree with the lists.
    fn recount(&mut self) {
        let (mut actions, mut severities) = (ByAction::default(), BySeverity::default());
        for account in &self.accounts {
            *match account.action {
                Action::ForceReset => &mut actions.force_reset,
                Action::Review => &mut actions.review,
            } += 1;
            *match account.severity {
                Severity::Critical => &mut severities.critical,
                Severity::High => &mut severities.high,
                Severity::Medium => &mut severities.medium,
                Severity::Low => &mut severities.low,
            } += 1;
        }
        self.summary.accounts = self.accounts.len() as u64;
        self.summary.files_skipped = self.skipped.len() as u64;
        (self.summary.accounts_by_action, self.summary.accounts_by_severity) = (actions, severities);
    }

    /// Lists no more exposures of an account than that: the first.
    pub fn list_at_most(&mut self, most: usize) {
        for account in &mut self.accounts {
            account.exposures.truncate(most);
            account.exposures_truncated = (account.exposures.len() as u64) < account.exposure_count;
        }
    }

    /// The worst severity of any exposure that is listed.
    pub fn worst(&self) -> Option<Severity> {
        let of_accounts = self.accounts.iter().map(|account| account.severity);
        of_accounts.chain(self.unattributed.iter().map(|one| one.severity)).max()
    }
}

fn joins(one: &Stored, other: &Stored, (ours, theirs): (&[Part], &[Part]), overlap: Overlap) -> Result<Join, String> {
    if !other.omitted.is_empty() || !one.omitted.is_empty() {
        return Err("leaves something out, and does not add up: merge whole reports".to_owned());
    }
    let known = |part: &Part| ours.iter().any(|own| own.id == part.id);
    if theirs.iter().all(known) {
        return Ok(Join::Known);
    }
    if theirs.iter().any(known) {
        return Err("holds a scan that another file holds too, besides others: merge the scans themselves".to_owned());
    }
    if one.tool.key_id != other.tool.key_id {
        return Err("was made with another key, or the others with one: its ids are not theirs; scan again with one \
                    --key-file"
            .to_owned());
    }
    if one.scan.policy != other.scan.policy {
        return Err("was made with another --policy: scan again with the same".to_owned());
    }
    let claimed =
        theirs.iter().any(|part| ours.iter().any(|own| (&own.source, &own.inputs) == (&part.source, &part.inputs)));
    match (claimed, overlap) {
        (false, _) => Ok(Join::New),
        (true, Overlap::Allow) => Ok(Join::Overlapping),
        (true, Overlap::Refuse) => {
            Err("claims the same logs as another file: leave one of them out; logs of different \
                                        machines are told apart by scan --source; --allow-overlap takes both, and what \
                                        both list counts once"
                .to_owned())
        }
    }
}

fn add_scan(scan: &mut Scan, other: Scan, parts: Vec<Part>) {
    let worse = |status| match status {
        Status::Complete => 0,
        Status::Partial => 1,
        Status::Interrupted => 2,
    };
    if worse(other.status) > worse(scan.status) {
        scan.status = other.status;
    }
    scan.started_at = scan.started_at.min(other.started_at);
    scan.finished_at = scan.finished_at.max(other.finished_at);
    note(&mut scan.inputs, &other.inputs.iter().map(String::as_str).collect::<Vec<_>>());
    if scan.source != other.source {
        scan.source = None;
    }
    scan.scope.retain(|kind| other.scope.contains(kind));
    if scan.sandbox != other.sandbox {
        scan.sandbox = "none".into();
    }
    scan.parts = parts;
    for (own, theirs) in [(&mut scan.lower_bounds, other.lower_bounds), (&mut scan.upper_bounds, other.upper_bounds)] {
        note(own, &theirs.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

fn note(list: &mut Vec<String>, more: &[&str]) {
    list.extend(more.iter().map(|text| (*text).to_owned()));
    list.sort_unstable();
    list.dedup();
}

/// Adds accounts by their ids. Returns the exposures that both listed; `partly` where one listed not all of them.
fn add_accounts(
    accounts: &mut Vec<Account<'static>>,
    others: Vec<Account<'static>>,
    partly: &mut bool,
) -> Vec<Exposure<'static>> {
    let mut all: BTreeMap<String, Account<'static>> =
        accounts.drain(..).map(|account| (account.account_id.clone(), account)).collect();
    let mut same = Vec::new();
    for other in others {
        match all.get_mut(&other.account_id) {
            Some(account) => {
                *partly |= account.exposures_truncated || other.exposures_truncated;
                same.extend(add_account(account, other));
            }
            None => {
                all.insert(other.account_id.clone(), other);
            }
        }
    }
    accounts.extend(all.into_values());
    accounts.sort_by(|one, other| {
        let worst = other.severity.cmp(&one.severity);
        worst.then_with(|| one.account.cmp(&other.account)).then_with(|| one.account_id.cmp(&other.account_id))
    });
    same
}

fn add_account(account: &mut Account<'static>, other: Account<'static>) -> Vec<Exposure<'static>> {
    let same = unite(&mut account.exposures, other.exposures);
    account.exposure_count =
        account.exposure_count.saturating_add(other.exposure_count).saturating_sub(same.len() as u64);
    account.exposures_truncated = (account.exposures.len() as u64) < account.exposure_count;
    for (own, theirs) in [
        (&mut account.username, other.username),
        (&mut account.email, other.email),
        (&mut account.phone_number, other.phone_number),
        (&mut account.user_id, other.user_id),
        (&mut account.dn, other.dn),
        (&mut account.domain, other.domain),
    ] {
        *own = own.take().into_iter().chain(theirs).min();
    }
    add_names(&mut account.sub_id, other.sub_id);
    let surer = |kind| match kind {
        AccountType::Unknown => 0,
        AccountType::User => 1,
        AccountType::Service => 2,
    };
    if surer(other.account_type) > surer(account.account_type) {
        account.account_type = other.account_type;
    }
    account.credential_type = account.credential_type.min(other.credential_type);
    account.known = account.known.max(other.known);
    account.evidence = account.evidence.max(other.evidence);
    account.severity = account.severity.max(other.severity);
    account.confidence = account.confidence.max(other.confidence);
    account.modes =
        Mode::ALL.iter().copied().filter(|m| account.modes.contains(m) || other.modes.contains(m)).collect();
    account.first_seen = account.first_seen.into_iter().chain(other.first_seen).min();
    account.last_seen = account.last_seen.max(other.last_seen);
    account.time_basis = account.time_basis.max(other.time_basis);
    account.distinct_passwords = account.distinct_passwords.max(other.distinct_passwords);
    account.distinct_passwords_capped |= other.distinct_passwords_capped;
    account.distinct_passwords_lower_bound = !account.distinct_passwords_capped;
    if account.action == Action::ForceReset || other.action == Action::ForceReset {
        // What is enough for one is enough: the other exposures do not make that password safe.
        account.action = Action::ForceReset;
        account.action_reasons = Vec::new().into();
    } else {
        let reasons = account.action_reasons.to_mut();
        reasons.extend(other.action_reasons.iter());
        reasons.sort_unstable();
        reasons.dedup();
    }
    same
}

/// The identity that names the account stays first; the others follow in the order of their text.
fn add_names(own: &mut SubId<'static>, other: SubId<'static>) {
    let list = |id: SubId<'static>| match id {
        SubId::Aliases { identifiers } => identifiers,
        one => vec![one],
    };
    let mut all = list(own.clone());
    all.extend(list(other));
    let Some(first) = all.first().cloned() else { return };
    all.retain(|id| *id != first);
    let text = |id: &SubId<'static>| serde_json::to_string(id).unwrap_or_default();
    all.sort_by_cached_key(text);
    all.dedup();
    if !all.is_empty() {
        all.insert(0, first);
        *own = SubId::Aliases { identifiers: all };
    }
}

/// Adds exposures, each id once: of two the one that stands first. Returns the other ones.
fn unite(own: &mut Vec<Exposure<'static>>, others: Vec<Exposure<'static>>) -> Vec<Exposure<'static>> {
    type Order = (String, Option<u64>, u64, String);
    let order = |one: &Exposure<'_>| -> Order {
        (
            one.location.uri.clone().into_owned(),
            one.location.byte_offset,
            one.location.line,
            one.rule_id.clone().into_owned(),
        )
    };
    let mut all: Vec<(Order, Exposure<'static>)> = own.drain(..).chain(others).map(|one| (order(&one), one)).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.exposure_id.cmp(&other.1.exposure_id)));
    let mut known = std::collections::HashSet::new();
    let (kept, same): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, one)| known.insert(one.exposure_id.clone()));
    own.extend(kept.into_iter().map(|(_, one)| one));
    same.into_iter().map(|(_, one)| one).collect()
}

/// Adds sites by their ids. Which accounts both saw is not told: as many as the one that saw more.
fn add_sites(sites: &mut Vec<Site<'static>>, others: Vec<Site<'static>>, overlapping: bool) {
    let mut all: BTreeMap<String, Site<'static>> = sites.drain(..).map(|site| (site.site_id.clone(), site)).collect();
    let sum = |one: u64, other: u64| if overlapping { one.max(other) } else { one.saturating_add(other) };
    for other in others {
        let site = all.entry(other.site_id.clone()).or_insert_with(|| Site { files: 0, exposures: 0, ..other.clone() });
        site.files = sum(site.files, other.files);
        site.exposures = sum(site.exposures, other.exposures);
        site.accounts = site.accounts.max(other.accounts);
        site.first_seen = site.first_seen.into_iter().chain(other.first_seen).min();
        site.last_seen = site.last_seen.max(other.last_seen);
        site.masked_first_seen = site.masked_first_seen.into_iter().chain(other.masked_first_seen).min();
        site.masked_last_seen = site.masked_last_seen.max(other.masked_last_seen);
    }
    sites.extend(all.into_values());
    sites.sort_by(|one, other| {
        let most = |site: &Site<'_>| Reverse((site.accounts, site.exposures, site.files));
        let name = |site: &Site<'static>| (site.rule_id.clone(), site.template.clone(), site.site_id.clone());
        most(one).cmp(&most(other)).then_with(|| name(one).cmp(&name(other)))
    });
}

/// Adds counts, and takes back what both counted; `nobody` of them belong to nobody.
fn add_counts(own: &mut Summary, other: &Summary, (same, nobody): (&[Exposure<'_>], u64)) {
    for (own, other, back) in [
        (&mut own.exposures, other.exposures, same.len() as u64),
        (&mut own.unattributed_exposures, other.unattributed_exposures, nobody),
        (&mut own.suppressed_exposures, other.suppressed_exposures, 0),
        (&mut own.files_scanned, other.files_scanned, 0),
        (&mut own.files_partial, other.files_partial, 0),
        (&mut own.files_excluded, other.files_excluded, 0),
        (&mut own.members_scanned, other.members_scanned, 0),
        (&mut own.bytes_scanned, other.bytes_scanned, 0),
    ] {
        *own = own.saturating_add(other).saturating_sub(back);
    }
    add_map(&mut own.exposures_by_mode, &other.exposures_by_mode, same.iter().map(|one| one.mode));
    add_map(&mut own.exposures_by_protection, &other.exposures_by_protection, same.iter().map(|one| one.protection));
    add_map(&mut own.exposures_by_cwe, &other.exposures_by_cwe, same.iter().flat_map(|one| one.cwe.iter().copied()));
    add_map(&mut own.dismissed, &other.dismissed, std::iter::empty());
    add_map(&mut own.suppressed_by, &other.suppressed_by, std::iter::empty());
    let said = |list: &[Suppression]| -> BTreeMap<(String, String), u64> {
        list.iter().map(|one| ((one.reason.clone(), one.expires.clone()), one.exposures)).collect()
    };
    let mut suppressions = said(&own.suppressions);
    add_map(&mut suppressions, &said(&other.suppressions), std::iter::empty());
    let written = suppressions.into_iter();
    own.suppressions =
        written.map(|((reason, expires), exposures)| Suppression { reason, expires, exposures }).collect();
    own.first_seen = own.first_seen.into_iter().chain(other.first_seen).min();
    own.last_seen = own.last_seen.max(other.last_seen);
}

fn add_map<K: Ord + Clone>(own: &mut BTreeMap<K, u64>, other: &BTreeMap<K, u64>, same: impl Iterator<Item = K>) {
    for (key, count) in other {
        let own = own.entry(key.clone()).or_default();
        *own = own.saturating_add(*count);
    }
    for key in same {
        own.entry(key).and_modify(|count| *count = count.saturating_sub(1));
    }
    own.retain(|_, count| *count > 0);
}
