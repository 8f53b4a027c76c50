//! `--accounts` and `--realm` from the command line to the report: who is ours, under which name, and what is done.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Logs of five people, in different spellings: `ingrid` in two of them, `olav` before and after his password changed,
/// `vera` in a time without its zone, one whom nobody knows, and a program.
const LOG: &str = r#"2026-11-03T10:00:00Z 192.0.2.7 "POST /login?user=ingrid&pwd=Hagl-og-snø-1 HTTP/1.1" 302
2026-11-03T10:00:01Z 192.0.2.8 "POST /login?email=I.Holm%40Example.com&pwd=Hagl-og-snø-1 HTTP/1.1" 302
2026-11-03T10:00:02Z 192.0.2.9 "POST /login?user=HARBOUR%5Colav&pwd=Torsk4middag HTTP/1.1" 302
2026-11-03 10:00:03 192.0.2.9 "POST /login?user=vera&pwd=Makrell-77 HTTP/1.1" 302
2026-11-03T10:00:04Z 192.0.2.10 "POST /login?user=stranger&pwd=Ukjent-mann HTTP/1.1" 302
2026-11-03T10:00:05Z 192.0.2.11 "POST /login?user=ledger&pwd=Maskin-9 HTTP/1.1" 302
"#;

const ACCOUNTS: &str = r#"{"username": "ingrid", "email": "i.holm@example.com", "user_id": 7, "plan": "gold"}
{"username": "olav", "email": "olav@example.com", "changed_at": "2026-11-03T12:00:00+01:00"}
{"username": "vera", "email": "vera@example.com", "changed_at": "2026-11-04T11:00:00Z"}
{"username": "ledger", "account_type": "service"}
"#;

fn folder(accounts: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("web.log"), LOG).unwrap();
    fs::write(folder.path().join("customers"), accounts).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(["scan", "web.log", "-q"]).args(args).stdin(Stdio::null()).output().unwrap()
}

fn report(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, args);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn account<'r>(report: &'r Value, name: &str) -> &'r Value {
    let accounts = report["accounts"].as_array().unwrap();
    accounts.iter().find(|account| account["account"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

/// `force_reset`, or `review` with its reasons.
fn action(report: &Value, name: &str) -> String {
    let account = account(report, name);
    let reasons: Vec<&str> =
        account["action_reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect();
    [&[account["action"].as_str().unwrap()], reasons.as_slice()].concat().join(" ")
}

/// The file alone ties names together, and tells ours from others.
#[test]
fn known_accounts_are_named_as_the_file_names_them() {
    let folder = folder(ACCOUNTS);
    let report = report(folder.path(), &["--accounts", "customers"]);
    let ingrid = account(&report, "i.holm@example.com");
    assert_eq!((&ingrid["exposure_count"], &ingrid["known"]), (&2.into(), &true.into()));
    assert_eq!((&ingrid["username"], &ingrid["distinct_passwords"]), (&"ingrid".into(), &1.into()));
    assert!(
        ingrid["exposures"].as_array().unwrap().iter().all(|one| one["attribution"] == "same_record"),
        "{ingrid:#}"
    );
    assert_eq!(account(&report, "olav@example.com")["domain"], "HARBOUR");
    assert_eq!(account(&report, "stranger")["known"], false);
    assert_eq!(account(&report, "ledger")["account_type"], "service");
    assert_eq!(report["summary"]["accounts"], 5);

    let without = self::report(folder.path(), &[]);
    assert_eq!(without["summary"]["accounts"], 6);
    assert!(without["accounts"].as_array().unwrap().iter().all(|account| account["known"].is_null()));
}

/// What the file changes about the action, under both policies.
#[test]
fn the_file_keeps_strangers_and_changed_passwords_from_a_reset() {
    let folder = folder(ACCOUNTS);
    let table = [
        ("i.holm@example.com", "force_reset", "review unauthenticated_claim"),
        ("olav@example.com", "review superseded", "review superseded unauthenticated_claim"),
        // Changed a day later, but the log does not say in which zone its clock was.
        ("vera@example.com", "force_reset", "review unauthenticated_claim"),
        ("stranger", "review not_ours", "review not_ours unauthenticated_claim"),
        ("ledger", "review service_account", "review service_account unauthenticated_claim"),
    ];
    let caution = report(folder.path(), &["--accounts", "customers"]);
    let evidence = report(folder.path(), &["--accounts", "customers", "--policy", "evidence"]);
    for (name, under_caution, under_evidence) in table {
        assert_eq!(action(&caution, name), under_caution, "{name}");
        assert_eq!(action(&evidence, name), under_evidence, "{name}");
    }
}

/// The table is hashed under a key of the run: the report must not show it.
#[test]
fn the_same_file_gives_the_same_report() {
    let folder = folder(ACCOUNTS);
    let accounts =
        |args: &[&str]| report(folder.path(), &[&["--accounts", "customers"], args].concat())["accounts"].clone();
    let first = accounts(&[]);
    for args in [&[][..], &["--chunk-size", "64"], &["-j", "3"]] {
        assert_eq!(accounts(args), first, "{args:?}");
    }
}

/// A name that is two people's resets neither.
#[test]
fn a_name_of_several_people_gives_candidates() {
    let folder = folder(
        "{\"username\":\"ingrid\",\"email\":\"a@example.com\"}\n{\"username\":\"ingrid\",\"email\":\"b@example.com\"}",
    );
    let report = report(folder.path(), &["--accounts", "customers"]);
    assert_eq!(report["summary"]["unattributed_exposures"], 1);
    let emails = |one: &Value| one["sub_id"]["email"].as_str().unwrap().to_owned();
    let candidates = report["unattributed"][0]["candidates"].as_array().unwrap();
    // Candidates come in the order of their identities.
    assert_eq!(candidates.iter().map(emails).collect::<Vec<_>>(), ["a@example.com", "b@example.com"]);
}

/// A bad file is found before the scan, and what it says stays in it.
#[test]
fn a_bad_file_is_named_with_its_line() {
    let folder = folder("ingrid\n{\"username\": \"Hemmelig-kunde\"");
    for (file, words) in [("customers", &["--accounts", "customers", "line 2"][..]), ("none", &["--accounts", "none"])]
    {
        let output = run(folder.path(), &["--accounts", file]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(words.iter().all(|word| said.contains(word)) && !said.contains("Hemmelig"), "{said}");
    }
}

/// A user name says whose it is only together with the system that knows it.
#[test]
fn a_realm_makes_user_names_subjects_of_it() {
    let folder = folder(ACCOUNTS);
    let realm = "https://id.example.com";
    let (with, without) = (report(folder.path(), &["--realm", realm]), report(folder.path(), &[]));
    let of = |report: &Value| account(report, "stranger").clone();
    assert_eq!(of(&with)["sub_id"], serde_json::json!({"format": "iss_sub", "iss": realm, "sub": "stranger"}));
    assert_eq!((&of(&with)["realm"], &of(&without)["realm"]), (&realm.into(), &Value::Null));
    assert_ne!(of(&with)["account_id"], of(&without)["account_id"]);
    assert_eq!(run(folder.path(), &["--realm", "shop"]).status.code(), Some(2));
}

/// Being known makes a match surer by a step: an account of the lines around it is otherwise for a person to look at.
#[test]
fn a_known_account_gains_confidence() {
    let folder = folder(ACCOUNTS);
    fs::write(folder.path().join("web.log"), "Username: ingrid\nPassword: Hagl-og-snø-1\n").unwrap();
    let of = |args: &[&str]| {
        let report = report(folder.path(), args);
        let account = report["accounts"][0].clone();
        (account["account"].clone(), account["exposures"][0]["attribution"].clone(), account["confidence"].clone())
    };
    assert_eq!(of(&[]), ("ingrid".into(), "same_block".into(), "medium".into()));
    assert_eq!(of(&["--accounts", "customers"]), ("i.holm@example.com".into(), "same_block".into(), "high".into()));
}
