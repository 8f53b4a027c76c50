//! Who closes what: each way by a table, and the baseline by counting.

use std::collections::HashMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::account::AccountKey;
use crate::exposure::Place;
use crate::identity::Seen;
use crate::tally::partial::{FORMAT, Header, write};
use crate::tally::sample::{MORNING, account, exposure, seeds};
use crate::terms::TimeBasis;

const IDS: Ids<'static> = Ids { key: None };

fn resets(text: &str) -> Result<Resets, String> {
    Resets::read(Path::new("ledger"), text.as_bytes(), None, MORNING + 100 * 3600).map_err(|error| error.to_string())
}

/// An exposure is closed where its account was reset safely after it, by whatever names the account.
#[test]
fn a_reset_closes_what_was_logged_safely_before_it() {
    let id = IDS.account(&account("jane@example.com").key);
    let day = "2026-11-04T12:11:13Z"; // 26 hours and a second after the exposure.
    for (line, basis, want) in [
        (
            format!(r#"{{"email": "jane@EXAMPLE.com", "reset_at": "{day}", "by": "ops"}}"#),
            TimeBasis::LogTimestamp,
            true,
        ),
        (format!(r#"{{"account_id": "{id}", "reset_at": "2026-11-03T10:11:13Z"}}"#), TimeBasis::LogTimestamp, true),
        (format!(r#"{{"account_id": "{id}", "reset_at": "2026-11-03T10:11:12Z"}}"#), TimeBasis::LogTimestamp, false),
        (
            format!(r#"{{"account_id": "{id}", "reset_at": "2026-11-03T11:11:13+01:00"}}"#),
            TimeBasis::LogTimestamp,
            true,
        ),
        (format!(r#"{{"account_id": "{id}", "reset_at": "{day}"}}"#), TimeBasis::ZoneAssumed, true),
        (format!(r#"{{"account_id": "{id}", "reset_at": "{day}"}}"#), TimeBasis::YearInferred, true),
        (format!(r#"{{"account_id": "{id}", "reset_at": "2026-11-04T12:11:12Z"}}"#), TimeBasis::ZoneAssumed, false),
        (format!(r#"{{"email": "joe@example.com", "reset_at": "{day}"}}"#), TimeBasis::LogTimestamp, false),
        // Another name of the same record is a claim, and a name of another system is another's.
        (format!(r#"{{"username": "jane", "reset_at": "{day}"}}"#), TimeBasis::LogTimestamp, false),
        (
            format!(r#"{{"email": "jane@example.com", "realm": "x", "reset_at": "{day}"}}"#),
            TimeBasis::LogTimestamp,
            false,
        ),
    ] {
        let resets = resets(&format!("\n{line}\n")).unwrap();
        let mut one = Exposure { time_basis: basis, ..exposure() };
        one.account.as_mut().unwrap().identifiers.username = Some("jane".to_owned());
        assert_eq!(resets.close(&one, IDS), want, "{line} {basis:?}");
        assert!(!resets.close(&Exposure { logged_at: None, time_basis: TimeBasis::None, ..one.clone() }, IDS));
        assert!(!resets.close(&Exposure { account: None, ..one }, IDS));
    }
    // The last reset counts, in whatever order they stand.
    let both = resets(&format!(
        "{{\"account_id\":\"{id}\",\"reset_at\":\"{day}\"}}\n{{\"account_id\":\"{id}\",\"reset_at\":\"2020-01-01T00:00:00Z\"}}"
    ));
    assert!(both.unwrap().close(&exposure(), IDS));
}

/// A ledger that is misread leaves passwords open or closes too many: it is refused, by line, and not quoted.
#[test]
fn what_is_no_reset_is_refused() {
    for (line, why) in [
        (r#"{"email": "jane@example.com", "reset_at": "2027-01-01T00:00:00Z"}"#, "ahead"),
        (r#"{"email": "jane@example.com", "reset_at": "2026-11-03"}"#, "RFC 3339"),
        (r#"{"email": "jane@example.com"}"#, "reset_at"),
        (r#"{"reset_at": "2026-11-01T00:00:00Z"}"#, "names no account"),
        (r#"{"account_id": "jane@example.com", "reset_at": "2026-11-01T00:00:00Z"}"#, "acc_"),
        ("jane@example.com,2026-11-01", "JSON object"),
    ] {
        let error =
            resets(&format!("{{\"email\":\"a@b.net\",\"reset_at\":\"2026-11-01T00:00:00Z\"}}\n{line}\n")).unwrap_err();
        assert!(error.starts_with("ledger, line 2") && error.contains(why) && !error.contains("jane"), "{error}");
    }
}

fn suppressions(text: &str) -> Result<Suppressions, String> {
    let today = "2026-11-23".parse().unwrap();
    Suppressions::read(Path::new("accepted.toml"), text, today).map_err(|error| error.to_string())
}

/// All that an entry names must fit, and it holds to the end of its last day.
#[test]
fn an_entry_suppresses_what_fits_all_of_it() {
    let one = |path: &str| Exposure {
        place: Arc::new(Place::new(Some("web01"), path, None)),
        statement: Some("GET /login pwd=…".into()),
        ..exposure()
    };
    let (site, recurring) =
        (Ids::site("r", "GET /login?pwd=…", "access.log"), Ids::site("r", "GET /login pwd=…", "access.log"));
    let id = IDS.account(&account("jane@example.com").key);
    for (entry, want) in [
        (format!("site = '{site}'"), true),
        (format!("site = '{recurring}'"), true),
        ("site = 'site_0000000000000000'".to_owned(), false),
        ("account = 'jane@example.com'".to_owned(), true),
        ("account = '*@example.com'".to_owned(), true),
        ("account = 'jane'".to_owned(), false),
        (format!("account = '{id}'"), true),
        ("path = 'access.log'".to_owned(), true),
        ("path = '*.log'".to_owned(), true),
        ("path = 'tests/**'".to_owned(), true),
        ("path = './tests/*/access.log'".to_owned(), true),
        ("path = 'web01:tests/**'".to_owned(), true),
        ("path = 'tests'".to_owned(), false),
        ("path = 'tests/*'".to_owned(), false),
        (format!("site = '{site}'\naccount = '*@example.com'\npath = 'tests/**'"), true),
        (format!("site = '{site}'\naccount = '*@example.org'"), false),
    ] {
        for (expires, holds) in [("2026-11-23", true), ("'2027-01-31'", true), ("2026-11-22", false)] {
            let text = format!("[[suppress]]\n{entry}\nreason = 'test data'\nexpires = {expires}\n");
            let list = suppressions(&text).unwrap();
            let says = list.of(&one("tests/a/access.log"), "r", IDS);
            assert_eq!(says.is_some(), want && holds, "{text}");
            assert_eq!(list.expired().len(), usize::from(!holds), "{text}");
        }
    }
    let list = suppressions("[[suppress]]\naccount = '*'\nreason = 'x'\nexpires = 2027-01-01").unwrap();
    assert_eq!(list.of(&Exposure { account: None, ..exposure() }, "r", IDS), None, "nobody is nobody's");
}

/// Whoever suppresses says what, why and until when.
#[test]
fn half_an_entry_is_refused() {
    for (entry, why) in [
        ("reason = 'x'\nexpires = 2027-01-31", "says nothing of what"),
        ("path = '*'\nexpires = 2027-01-31", "reason"),
        ("path = '*'\nreason = ' '\nexpires = 2027-01-31", "reason is empty"),
        ("path = '*'\nreason = 'x'", "expires"),
        ("path = '*'\nreason = 'x'\nexpires = 'soon'", "no date"),
        ("path = 'a['\nreason = 'x'\nexpires = 2027-01-31", "no glob"),
        ("site = 'login'\nreason = 'x'\nexpires = 2027-01-31", "site_id"),
        ("pth = '*'\nreason = 'x'\nexpires = 2027-01-31", "pth"),
        ("path = *", "accepted.toml, line 4"),
    ] {
        let error = suppressions(&format!("# accepted\n\n[[suppress]]\n{entry}\n")).map(|_| ()).unwrap_err();
        assert!(
            error.starts_with("accepted.toml") && error.contains("line") && error.contains(why),
            "{entry}: {error}"
        );
    }
    assert!(suppressions("").unwrap().entries().next().is_none());
}

/// A report as a baseline reads it: the exposures in the order of place and offset, `cap` of each account.
fn baseline(old: &[Exposure], cap: usize) -> Baseline {
    let mut accounts: HashMap<Option<AccountKey>, Vec<&Exposure>> = HashMap::new();
    for one in old {
        accounts.entry(one.account.as_ref().map(|account| account.key.clone())).or_default().push(one);
    }
    let (mut listed, mut nobody) = (Vec::new(), Vec::new());
    for (key, mut of) in accounts {
        of.sort_by_key(|one| (one.place.uri.clone(), one.position.offset));
        let mut ordinals: HashMap<(Option<i64>, [u8; 16]), u32> = HashMap::new();
        let ids: Vec<serde_json::Value> = of
            .iter()
            .map(|one| {
                let ordinal = ordinals.entry((one.logged_at, one.record)).or_default();
                let seen = Seen { place: &one.place, logged_at: one.logged_at, record: one.record };
                *ordinal += 1;
                serde_json::json!({"exposure_id": IDS.exposure(key.as_ref(), seen, *ordinal - 1)})
            })
            .collect();
        let last = of.iter().filter_map(|one| one.logged_at).max();
        let last = last.map(|at| jiff::Timestamp::from_second(at).unwrap().to_string());
        match key {
            None => nobody = ids,
            Some(key) => listed.push(serde_json::json!({
                "account_id": IDS.account(&key), "last_seen": last, "exposure_count": of.len(),
                "exposures": ids.into_iter().take(cap).collect::<Vec<_>>(),
            })),
        }
    }
    let report = serde_json::json!({
        "format_version": "1.3", "tool": {"key_id": null}, "accounts": listed, "unattributed": nobody,
        "sites": [{"site_id": "site_1"}],
    });
    Baseline::read(Path::new("old.json"), report.to_string().as_bytes()).unwrap()
}

/// What a tally holds, in one order.
fn said(tally: Tally) -> String {
    let header = Header {
        format: FORMAT.to_owned(),
        version: String::new(),
        rules_version: String::new(),
        rules: vec!["one".to_owned(), "two".to_owned()],
        key_id: Some("00".to_owned()),
        max_exposures: 0,
        policy: String::new(),
        sandbox: String::new(),
        scope: Vec::new(),
        interrupted: false,
        lower_bounds: Vec::new(),
        upper_bounds: Vec::new(),
        parts: Vec::new(),
    };
    let mut text = Vec::new();
    write(header, None, tally, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Of equal exposures as many are old as the baseline has; which ones does not depend on the order in which the
    /// threads find them, and nothing is lost.
    #[test]
    fn as_many_are_old_as_there_were(seeds in seeds(60), old in 0usize..60, turn in 0usize..60) {
        let all: Vec<Exposure> = seeds.iter().map(|seed| seed.exposure(200)).collect();
        let old = &all[..old.min(all.len())];
        let counted = |order: &[Exposure]| {
            let baseline = baseline(old, usize::MAX);
            let mut tallies = [Tally::new(100), Tally::new(100)];
            for (index, one) in order.iter().enumerate() {
                baseline.count(one.clone(), IDS, &mut tallies[index % 2]);
            }
            let [mut one, other] = tallies;
            one.merge(other);
            one
        };
        let mut turned = all.clone();
        turned.rotate_left(turn % all.len().max(1));
        turned.reverse();
        let (one, other) = (counted(&all), counted(&turned));
        prop_assert_eq!(one.exposures(), (all.len() - old.len()) as u64);
        prop_assert_eq!(one.suppressed().values().sum::<u64>(), old.len() as u64);
        prop_assert_eq!(said(one), said(other));
    }

    /// Where the baseline lists an account in part, what is new of it is what came later.
    #[test]
    fn of_accounts_in_part_what_came_later_is_new(seeds in seeds(40)) {
        let dated: Vec<Exposure> = seeds.iter().map(|seed| seed.exposure(200)).filter(|one| one.logged_at.is_some()).collect();
        let old: Vec<Exposure> = dated.iter().filter(|one| one.account.is_some()).cloned().collect();
        let baseline = baseline(&old, 0);
        let mut tally = Tally::new(9);
        for one in &old {
            baseline.count(one.clone(), IDS, &mut tally);
        }
        prop_assert_eq!(tally.exposures(), 0);
        for one in &old {
            baseline.count(Exposure { logged_at: Some(MORNING + 1000), ..one.clone() }, IDS, &mut tally);
        }
        prop_assert_eq!(tally.exposures(), old.len() as u64);
    }
}

/// What is no report is not an empty one: everything would be new without a word.
#[test]
fn what_is_no_baseline_is_refused() {
    for (text, why) in [
        ("", "not a report"),
        ("{}", "not a report"),
        ("{\"type\":\"header\"}\n{}\n", "not a report"),
        (
            r#"{"format_version":"2.0","tool":{"key_id":null},"accounts":[],"unattributed":[],"sites":[]}"#,
            "another format",
        ),
        (
            r#"{"format_version":"1.0","tool":{"key_id":null},"accounts":[],"unattributed":[{"exposure_id":"exp_secret"}],"sites":[]}"#,
            "exposure_id",
        ),
        (
            r#"{"format_version":"1.0","omitted":["accounts"],"tool":{"key_id":null},"accounts":[],"unattributed":[],"sites":[]}"#,
            "whole report",
        ),
    ] {
        let error = Baseline::read(Path::new("old.json"), text.as_bytes()).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("old.json") && error.contains(why) && !error.contains("secret"), "{error}");
    }
}
