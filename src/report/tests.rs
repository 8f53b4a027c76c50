//! The document as others read it: its text, its promises about order, counts and ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::account::{Account, AccountKey, Identifiers};
use crate::exposure::{Exposure, Position};
use crate::tally::sample::{MORNING, account, exposure, fingerprint, newlines, seeds, tallies};
use crate::terms::{AccountType, Dismissal, IdentityKind, Layer, Outcome, Protection};

fn facts() -> ScanFacts<'static> {
    ScanFacts {
        started: "2026-11-22T22:35:06.25Z".parse().unwrap(),
        finished: "2026-11-22T22:35:09Z".parse().unwrap(),
        inputs: vec!["logs/".to_owned()],
        source: None,
        scope: vec![CredentialType::Password, CredentialType::Pin],
        policy: Policy::Caution,
        sandbox: "none",
        interrupted: false,
        rules_version: "sha256:00".to_owned(),
        key: None,
        merged: None,
    }
}

fn report(tally: Tally) -> Report<'static> {
    let ids = ["url-query-password", "b-rule"];
    let report = Report::new(tally, facts(), move |rule| ids[usize::from(rule.0)]);
    // What differs from run to run and from version to version.
    Report { id: Uuid::nil(), tool: Tool { version: "0.0.0".into(), ..report.tool.clone() }, ..report }
}

fn text(report: &Report<'_>) -> String {
    let mut text = Vec::new();
    json::write(report, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn read(report: &Report<'_>) -> mirror::Report {
    serde_json::from_str(&text(report)).unwrap()
}

fn merged(parts: Vec<Tally>, cap: usize) -> Tally {
    parts.into_iter().fold(Tally::new(cap), |mut all, part| {
        all.merge(part);
        all
    })
}

/// A small scan that shows each kind of entry once.
fn small() -> Tally {
    let mut tally = Tally::new(1);
    let place = Arc::new(Place::new(None, "logs/2026-11.tar.gz", Some("var/log/access.log.3.gz".to_owned())));
    let mut jane = account("jane@example.com");
    jane.identifiers.username = Some("jane".to_owned());
    let position = Position { offset: 120, window: 100, line: 2, column: Some(9), exact: true };
    tally.window(&place, 0, 40);
    tally.add(Exposure { account: Some(jane), place: Arc::clone(&place), position, ..exposure() });
    let (position, fingerprints) = (Position { offset: 300, ..position }, vec![fingerprint(1)]);
    tally.add(Exposure {
        place: Arc::clone(&place),
        position,
        fingerprints,
        logged_at: Some(MORNING + 60),
        ..exposure()
    });

    let position = Position { offset: 20, window: 0, line: 1, column: Some(5), exact: false };
    let candidates = vec![account("b@example.com"), account("a@example.com")];
    let layers = vec![Layer::Percent, Layer::Base64];
    let protection = Protection::Encoded;
    tally.add(Exposure { account: None, candidates, layers, protection, place, position, ..exposure() });
    tally.dismiss(Dismissal::Masked);
    let (path, reason) = ("logs/2026-11.tar.gz".to_owned(), SkipReason::Encrypted);
    let detail = "member needs a password".to_owned();
    tally.skip(crate::input::Skipped { path, member: Some("old.7z".to_owned()), reason, detail });
    (tally.counts.files_scanned, tally.counts.members_scanned, tally.counts.bytes_scanned) = (1, 1, 400);
    tally
}

/// The document of a small scan, character by character. A change here is a change for every consumer.
#[test]
fn the_document_is_as_promised() {
    let report = report(small());
    assert_eq!(text(&report), include_str!("../../tests/golden/report.json"));
    read(&report);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Same input, same report: whatever the windows and the threads.
    #[test]
    fn threads_and_windows_do_not_show(seeds in seeds(60), chunk in 1u64..250, threads in 1usize..6) {
        let whole = text(&report(merged(tallies(&seeds, 200, 3, 1), 3)));
        let split = text(&report(merged(tallies(&seeds, chunk, 3, threads), 3)));
        prop_assert_eq!(whole, split);
    }

    /// The line is that of the secret in its file, counted without windows.
    #[test]
    fn lines_count_from_the_beginning_of_the_file(seeds in seeds(40), chunk in 1u64..250) {
        let report = read(&report(merged(tallies(&seeds, chunk, 1000, 3), 1000)));
        for one in report.accounts.iter().flat_map(|a| &a.exposures).chain(&report.unattributed) {
            prop_assert_eq!(one.location.line, newlines(0, one.location.byte_offset.unwrap()) + 1);
        }
    }

    /// Promise 4: the summary agrees with the lists, and the lists with their caps.
    #[test]
    fn the_summary_agrees_with_the_lists(seeds in seeds(120), cap in 0usize..8) {
        let mirror::Report { summary, accounts, unattributed, sites, .. } =
            read(&report(merged(tallies(&seeds, 50, cap, 3), cap)));
        prop_assert_eq!(summary.accounts, accounts.len() as u64);
        let exposures: u64 = accounts.iter().map(|a| a.exposure_count).sum();
        prop_assert_eq!(summary.exposures, exposures + summary.unattributed_exposures);
        prop_assert_eq!(summary.exposures, sites.iter().map(|s| s.exposures).sum::<u64>());
        prop_assert_eq!(summary.exposures, summary.exposures_by_mode.values().sum::<u64>());
        prop_assert_eq!(summary.exposures, summary.exposures_by_protection.values().sum::<u64>());
        for action in Action::ALL {
            let of = accounts.iter().filter(|a| a.action == *action).count();
            prop_assert_eq!(summary.accounts_by_action[action], of as u64);
        }
        for severity in Severity::ALL {
            let of = accounts.iter().filter(|a| a.severity == *severity).count();
            prop_assert_eq!(summary.accounts_by_severity[severity], of as u64);
        }
        for account in &accounts {
            prop_assert_eq!(account.exposures.len() as u64, account.exposure_count.min(cap as u64));
            prop_assert_eq!(account.exposures_truncated, account.exposure_count > cap as u64);
        }
        let mut by_file: BTreeMap<&str, usize> = BTreeMap::new();
        unattributed.iter().for_each(|e| *by_file.entry(&e.location.uri).or_default() += 1);
        prop_assert!(by_file.values().all(|listed| *listed <= cap));
    }

    /// Promise 6: accounts by severity, then name; exposures by `uri` and offset; sites by accounts.
    #[test]
    fn lists_are_sorted(seeds in seeds(100)) {
        let report = read(&report(merged(tallies(&seeds, 50, 20, 3), 20)));
        prop_assert!(report.accounts.is_sorted_by(|a, b| (b.severity, &a.account) <= (a.severity, &b.account)));
        prop_assert!(report.sites.is_sorted_by(|a, b| a.accounts >= b.accounts));
        let lists = report.accounts.iter().map(|a| &a.exposures).chain([&report.unattributed]);
        for list in lists {
            prop_assert!(list.is_sorted_by_key(|e| (e.location.uri.clone(), e.location.byte_offset)));
        }
    }

    /// Ids are unique, and those of an account's exposures do not depend on how many are listed: bounded memory gives the
    /// ordinals that unbounded memory gives.
    #[test]
    fn ids_are_unique_and_do_not_depend_on_the_cap(seeds in seeds(100), cap in 1usize..6) {
        let all = read(&report(merged(tallies(&seeds, 50, 1000, 2), 1000)));
        let few = read(&report(merged(tallies(&seeds, 50, cap, 2), cap)));
        let ids: Vec<&String> =
            all.accounts.iter().flat_map(|a| &a.exposures).chain(&all.unattributed).map(|e| &e.exposure_id).collect();
        prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        for (few, all) in few.accounts.iter().zip(&all.accounts) {
            for (few, all) in few.exposures.iter().zip(&all.exposures) {
                prop_assert_eq!(&few.exposure_id, &all.exposure_id);
            }
        }
    }
}

/// The text is the same on any number of threads, for lists that end in the middle of a share and at its end.
#[test]
fn threads_write_one_document() {
    for accounts in [0, 1, 640, 1000] {
        let mut tally = Tally::new(2);
        for number in 0..accounts {
            tally.add(Exposure { account: Some(account(&format!("{number}@example.com"))), ..exposure() });
        }
        let report = report(tally);
        let alone = text(&report);
        assert_eq!(serde_json::from_str::<mirror::Report>(&alone).unwrap().accounts.len(), accounts);
        for threads in [2, 3, 16] {
            let mut shared = Vec::new();
            json::write_on(&report, threads, &mut shared).unwrap();
            assert!(shared == alone.as_bytes(), "{accounts} accounts on {threads} threads");
        }
    }
}

/// Whoever reads no more ends every thread: nothing waits for a place that nobody makes.
#[test]
fn a_full_disk_ends_every_thread() {
    let mut tally = Tally::new(2);
    for number in 0..4000 {
        tally.add(Exposure { account: Some(account(&format!("{number}@example.com"))), ..exposure() });
    }
    let mut room = [0; 100_000];
    assert!(json::write_on(&report(tally), 3, &mut room[..]).is_err());
}

fn ids(exposures: impl IntoIterator<Item = Exposure>) -> Vec<String> {
    let mut tally = Tally::new(20);
    exposures.into_iter().for_each(|exposure| tally.add(exposure));
    let report = report(tally);
    report.accounts().flat_map(|a| a.exposures).chain(report.unattributed()).map(|e| e.exposure_id).collect()
}

/// A baseline stays good when rules are renamed and logs rotate; whatever makes it another exposure makes another id.
#[test]
fn an_exposure_id_is_of_the_event() {
    let plain = ids([exposure()]);
    let place = Arc::new(Place::new(None, "access.log.1.gz", None));
    let position = Position { offset: 99, ..exposure().position };
    let same = Exposure { rule: RuleIndex(1), place, position, severity: Severity::Low, ..exposure() };
    assert_eq!(plain, ids([same]));
    for other in [
        Exposure { account: None, ..exposure() },
        Exposure { account: Some(account("j@example.com")), ..exposure() },
        Exposure { logged_at: Some(0), ..exposure() },
        Exposure { record: [1; 16], ..exposure() },
    ] {
        assert_ne!(plain, ids([other]));
    }
}

/// Every identifier of an account is shown, the one that names it first, and its own field shows the key.
#[test]
fn identifiers_are_united() {
    let named = |user_id: &str| {
        let key = AccountKey { realm: None, kind: IdentityKind::Username, identity: "corp\\jane".to_owned() };
        let (username, user_id, domain) = (Some("jane".to_owned()), Some(user_id.to_owned()), Some("CORP".to_owned()));
        let identifiers = Identifiers { username, user_id, domain, ..Identifiers::default() };
        Exposure { account: Some(Account { key, identifiers, account_type: AccountType::User }), ..exposure() }
    };
    let mut tally = Tally::new(20);
    ["8", "7", "8"].into_iter().for_each(|id| tally.add(named(id)));
    let report = report(tally);
    let account = report.accounts().next().unwrap();
    assert_eq!((&*account.account, account.username.as_deref()), ("corp\\jane", Some("corp\\jane")));
    let (user_id, domain) = (account.user_id.as_deref(), account.domain.as_deref());
    assert_eq!((user_id, domain, account.email.as_deref()), (Some("7"), Some("CORP"), None));
    let ids: Value = serde_json::to_value(&account.sub_id).unwrap();
    let opaque = |id: &str| serde_json::json!({"format": "opaque", "id": id});
    let want = [opaque("corp\\jane"), opaque("7"), opaque("8")];
    assert_eq!(ids, serde_json::json!({"format": "aliases", "identifiers": want}));
}

/// With a key file ids and fingerprints are keyed, and the report says by which key.
#[test]
fn a_key_shows_in_ids_and_fingerprints() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), [7; 32]).unwrap();
    let key = FingerprintKey::from_file(file.path()).unwrap();
    let mut print = fingerprint(1);
    print.mac = Some([0xab; 32]);
    let mut tally = Tally::new(20);
    tally.add(Exposure { fingerprints: vec![print], ..exposure() });
    let keyed = Report::new(tally, ScanFacts { key: Some(&key), ..facts() }, |_| "rule");
    let one = keyed.accounts().next().unwrap();
    assert_eq!(one.exposures[0].secret_fingerprint, Some(format!("hmac-sha256:{}", "ab".repeat(32))));
    assert_ne!(one.exposures[0].exposure_id, ids([exposure()])[0]);
    assert_eq!(keyed.tool.key_id.as_deref(), Some(key.id()));
}

/// Nobody may take a partial scan for a clean one.
#[test]
fn the_status_is_complete_only_if_nothing_was_skipped() {
    let skip = |reason| {
        let mut tally = Tally::new(20);
        let (path, detail) = ("a".to_owned(), String::new());
        tally.skip(crate::input::Skipped { path, member: None, reason, detail });
        tally
    };
    assert_eq!(report(Tally::new(20)).scan().status, Status::Complete);
    assert_eq!(report(skip(SkipReason::IoError)).scan().status, Status::Partial);
    assert_eq!(report(skip(SkipReason::Interrupted)).scan().status, Status::Interrupted);
    let interrupted = ScanFacts { interrupted: true, ..facts() };
    assert_eq!(Report::new(Tally::new(20), interrupted, |_| "rule").scan().status, Status::Interrupted);
}

/// Two parts of one file that meet the same fault name it twice; the report names it once.
#[test]
fn a_fault_is_named_once() {
    let (path, reason, detail) = ("a".to_owned(), SkipReason::IoError, String::new());
    let fault = crate::input::Skipped { path, member: None, reason, detail };
    let other = crate::input::Skipped { reason: SkipReason::DecodeError, ..fault.clone() };
    let mut tally = Tally::new(20);
    [&fault, &other, &fault].into_iter().for_each(|fault| tally.skip(fault.clone()));
    let report = report(tally);
    assert_eq!((report.skipped().len(), report.summary().files_skipped), (2, 2));
}

/// The source stands before every uri, that of skipped inputs included, and makes its exposures its own.
#[test]
fn the_source_is_in_uris_and_ids() {
    let facts = ScanFacts { source: Some("web".to_owned()), ..facts() };
    let report = Report::new(small(), facts, |_| "rule");
    assert_eq!(report.skipped()[0].uri, "web:logs/2026-11.tar.gz!/old.7z");
    let of = |source: Option<&str>| {
        let mut tally = Tally::new(1);
        tally.add(Exposure { place: Arc::new(Place::new(source, "access.log", None)), ..exposure() });
        self::report(tally).accounts().next().unwrap().exposures[0].exposure_id.clone()
    };
    assert_ne!(of(Some("web")), of(None));
}

/// A failed login among others does not keep an account from its reset; the reason is taken over all, not the listed.
#[test]
fn actions_are_over_all_exposures() {
    let mut tally = Tally::new(1);
    tally.add(Exposure { outcome: Outcome::Failure, ..exposure() });
    let later = Position { offset: 500, ..exposure().position };
    tally.add(Exposure { position: later, ..exposure() });
    assert_eq!(report(tally).accounts().next().unwrap().action, Action::ForceReset);
}
