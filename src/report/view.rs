//! From what was counted to what is written, one entry at a time.

use std::borrow::Cow;

use super::Report;
use super::identity::{Ordinals, sub_id};
use super::schema::{Account, Candidate, Cwe, Exposure, Location, Site, SubId, Time};
use crate::account::AccountKey;
use crate::identity::{Ids, Seen};
use crate::secret::hex;
use crate::tally::{self, Entry, Listed, NameKind};
use crate::terms::{Action, ActionReason, IdentityKind, Mode};

/// An account as it is written.
pub(super) fn account<'a>(
    report: &'a Report<'_>,
    entry: &'a Entry,
    action: Action,
    action_reasons: &'a [ActionReason],
) -> Account<'a> {
    let Entry { key, account, listed } = entry;
    let flat = |kind| match kind == key.kind {
        true => Some(key.identity.as_str().into()),
        false => account.names.first(NameKind::Identity(kind)).map(Cow::from),
    };
    let mut ordinals = Ordinals::default();
    Account {
        account: key.identity.as_str().into(),
        account_id: report.ids().account(key),
        sub_id: subject(entry),
        username: flat(IdentityKind::Username),
        email: flat(IdentityKind::Email),
        phone_number: flat(IdentityKind::PhoneNumber),
        user_id: flat(IdentityKind::UserId),
        dn: flat(IdentityKind::Dn),
        domain: account.names.first(NameKind::Domain).map(Cow::from),
        realm: key.realm.as_deref().map(Cow::from),
        account_type: account.account_type,
        credential_type: account.credential_type,
        known: account.known,
        action,
        action_reasons: action_reasons.into(),
        evidence: account.evidence,
        severity: account.severity,
        confidence: account.confidence,
        modes: modes(account.stored, account.transmitted),
        first_seen: account.seen.first.and_then(Time::from_seconds),
        last_seen: account.seen.last.and_then(Time::from_seconds),
        time_basis: account.seen.basis(),
        exposure_count: account.exposures,
        distinct_passwords: account.passwords.count(),
        distinct_passwords_capped: account.passwords.capped,
        distinct_passwords_lower_bound: account.passwords.is_lower_bound(),
        exposures_truncated: (listed.len() as u64) < account.exposures,
        exposures: listed.iter().map(|one| exposure(report, Some(key), one, ordinals.next(one))).collect(),
    }
}

/// The identity that names the account; with the other identifiers of its records, `aliases`.
fn subject(Entry { key, account, .. }: &Entry) -> SubId<'_> {
    let realm = key.realm.as_deref();
    let own = sub_id(key.kind, &key.identity, realm);
    let mut identifiers: Vec<_> = account.names.identities().map(|(kind, name)| sub_id(kind, name, realm)).collect();
    if identifiers.is_empty() {
        return own;
    }
    identifiers.insert(0, own);
    SubId::Aliases { identifiers }
}

fn modes(stored: bool, transmitted: bool) -> Vec<Mode> {
    [(stored, Mode::Stored), (transmitted, Mode::Transmitted)].into_iter().filter(|m| m.0).map(|m| m.1).collect()
}

/// An exposure as it is written.
pub(super) fn exposure<'a>(
    report: &'a Report<'_>,
    account: Option<&AccountKey>,
    listed: &'a Listed,
    ordinal: u32,
) -> Exposure<'a> {
    let shape = &*listed.shape;
    let seen = Seen { place: &listed.place, logged_at: listed.logged_at, record: listed.record };
    Exposure {
        exposure_id: report.ids().exposure(account, seen, ordinal),
        rule_id: report.rule_id(shape.rule).into(),
        mode: shape.mode,
        channel: shape.channel,
        protection: shape.protection,
        layers: shape.layers.as_slice().into(),
        cwe: shape.cwe.iter().copied().map(Cwe).collect(),
        severity: shape.severity,
        confidence: shape.confidence,
        side: shape.side,
        outcome: shape.outcome,
        logged_at: listed.logged_at.and_then(Time::from_seconds),
        time_basis: shape.time_basis,
        field: shape.field.as_deref().map(Cow::from),
        attribution: shape.attribution,
        candidates: listed.candidates.iter().map(|key| candidate(report, key)).collect(),
        location: location(report, listed),
        occurrences: listed.occurrences,
        secret_fingerprint: listed.mac.as_ref().map(|mac| format!("hmac-sha256:{}", hex(&mac[..]))),
    }
}

fn candidate<'a>(report: &Report<'_>, key: &'a AccountKey) -> Candidate<'a> {
    let account_id = report.ids().account(key);
    Candidate { account_id, sub_id: sub_id(key.kind, &key.identity, key.realm.as_deref()) }
}

/// A secret inside a decoded layer has no column or offset of its own; the line of the layer still leads there.
fn location<'a>(report: &Report<'_>, listed: &'a Listed) -> Location<'a> {
    Location {
        path: listed.place.path.as_str().into(),
        member: listed.place.member.as_deref().map(Cow::from),
        uri: listed.place.uri.as_str().into(),
        line: report.line(listed),
        column: listed.column.filter(|_| listed.exact),
        byte_offset: Some(listed.offset).filter(|_| listed.exact),
    }
}

/// A site as it is written.
pub(super) fn site<'a>(report: &'a Report<'_>, site: &'a tally::Site) -> Site<'a> {
    let rule_id = report.rule_id(site.key.rule);
    Site {
        site_id: Ids::site(rule_id, &site.key.template, &site.key.family),
        rule_id: rule_id.into(),
        template: (&*site.key.template).into(),
        files: site.files,
        exposures: site.exposures,
        accounts: site.accounts,
        first_seen: site.seen.first.and_then(Time::from_seconds),
        last_seen: site.seen.last.and_then(Time::from_seconds),
        masked_first_seen: site.masked.and_then(|masked| Time::from_seconds(masked.first)),
        masked_last_seen: site.masked.and_then(|masked| Time::from_seconds(masked.last)),
    }
}
