//! What needs nothing more is left out and counted; what CI fails on; where everything is to be purged.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

fn line(minute: u32, user: &str, password: &str) -> String {
    format!("2026-11-03T10:{minute:02}:12Z GET /login?email={user}@example.com&pwd={password} HTTP/1.1\n")
}

fn logs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..4).map(|i| line(i, ["ann", "bob"][i as usize % 2], "Tr0ub4dor")).collect();
    fs::write(folder.path().join("app.log"), text).unwrap();
    folder
}

fn append(folder: &Path, text: &str) {
    let path = folder.join("app.log");
    fs::write(&path, fs::read_to_string(&path).unwrap() + text).unwrap();
}

fn logleak(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logleak")).current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The report of a scan that ends with `code`.
fn scan(folder: &Path, code: i32, args: &[&str]) -> Value {
    let output = logleak(folder, &[&["scan", "app.log"], args].concat());
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn counts(report: &Value) -> (u64, u64) {
    let of = |name: &str| report["summary"][name].as_u64().unwrap();
    (of("exposures"), of("suppressed_exposures"))
}

/// A job that runs every day is red on the day that something leaks, and not on the days after.
#[test]
fn a_baseline_leaves_what_is_new() {
    let logs = logs();
    let folder = logs.path();
    let old = scan(folder, 1, &[]);
    fs::write(folder.join("old.json"), old.to_string()).unwrap();
    let again = scan(folder, 0, &["--baseline", "old.json"]);
    assert_eq!(counts(&again), (0, 4));
    assert_eq!(again["summary"]["suppressed_by"], json!({"baseline": 4}));
    // The log is rotated, and grows: by an account, by a record that equals an old one, and by what nobody is named for.
    fs::rename(folder.join("app.log"), folder.join("app.log.1")).unwrap();
    let new = line(30, "cid", "Tr0ub4dor") + &line(0, "ann", "Tr0ub4dor") + "2026-11-03 12:00:00 password=Lost4and\n";
    fs::write(folder.join("app.log"), new).unwrap();
    let report = scan(folder, 1, &["app.log.1", "--baseline", "old.json"]);
    assert_eq!(counts(&report), (3, 4));
    let names: Vec<&str> =
        report["accounts"].as_array().unwrap().iter().map(|a| a["account"].as_str().unwrap()).collect();
    assert_eq!(names, ["ann@example.com", "cid@example.com"]);
    // Under another key nothing would be recognised, and all would look new.
    fs::write(folder.join("key"), [1; 32]).unwrap();
    #[cfg(unix)]
    fs::set_permissions(folder.join("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let output = logleak(folder, &["scan", "app.log", "--baseline", "old.json", "--key-file", "key"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no key") && said(&output).contains("--key-file"), "{}", said(&output));
}

/// Resets and suppressions close what they may, and the report says how many and why.
#[test]
fn resets_and_suppressions_are_counted() {
    let logs = logs();
    let folder = logs.path();
    append(folder, &line(50, "ann", "Tr0ub4dor"));
    fs::write(folder.join("ledger"), "{\"email\": \"ann@example.com\", \"reset_at\": \"2026-11-03T10:30:00Z\"}\n")
        .unwrap();
    let entry = |name: &str, expires: &str| {
        format!("[[suppress]]\naccount = '{name}@*'\nreason = 'load test'\nexpires = {expires}\n")
    };
    fs::write(folder.join("accepted.toml"), entry("bob", "9999-12-31") + &entry("ann", "2026-01-01")).unwrap();
    let report = scan(folder, 1, &["--resets", "ledger"]);
    assert_eq!((counts(&report), &report["summary"]["suppressed_by"]), ((3, 2), &json!({"reset": 2})));
    let report = scan(folder, 1, &["--resets", "ledger", "--suppress", "accepted.toml"]);
    assert_eq!(counts(&report), (1, 4));
    assert_eq!(report["summary"]["suppressed_by"], json!({"reset": 2, "suppression": 2}));
    let says = json!([{"reason": "load test", "expires": "9999-12-31", "exposures": 2}]);
    assert_eq!(report["summary"]["suppressions"], says);
    assert_eq!(report["accounts"][0]["exposure_count"], 1);
    // Parts keep the counts.
    let part = logleak(
        folder,
        &["scan", "app.log", "-q", "--partial", "-o", "p", "--resets", "ledger", "--suppress", "accepted.toml"],
    );
    assert_eq!(part.status.code(), Some(1));
    let merged: Value = serde_json::from_slice(&logleak(folder, &["merge", "p"]).stdout).unwrap();
    assert_eq!(merged["summary"], report["summary"]);
    let output = logleak(folder, &["scan", "app.log", "--suppress", "accepted.toml"]);
    assert!(said(&output).contains("expired on 2026-01-01"), "{}", said(&output));
    for (option, text, word) in
        [("--resets", "ann\n", "line 1"), ("--suppress", "x = 1", "line 1"), ("--baseline", "x", "not a report")]
    {
        fs::write(folder.join("bad"), text).unwrap();
        let output = logleak(folder, &["scan", "app.log", option, "bad"]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(said(&output).contains(option) && said(&output).contains(word), "{}", said(&output));
    }
}

/// What a job fails on is its own choice; what was not scanned still ends with 3.
#[test]
fn a_job_fails_on_what_it_asks_for() {
    let logs = logs();
    let folder = logs.path();
    let old = scan(folder, 1, &[]);
    fs::write(folder.join("old.json"), old.to_string()).unwrap();
    for (args, code) in [
        (&["--fail-on", "force_reset"][..], 1),
        (&["--fail-on", "review"], 1),
        (&["--fail-on", "high"], 1),
        (&["--fail-on", "medium,critical"], 1),
        (&["--fail-on", "critical"], 0),
        (&["--fail-on", "critical", "none.log"], 3),
        (&["--fail-on", "new_site", "--baseline", "old.json"], 0),
        (&["--fail-on", "low", "--exit-zero"], 0),
    ] {
        scan(folder, code, args);
    }
    for args in [&["--fail-on", "new_site"][..], &["--fail-on", "often"]] {
        let output = logleak(folder, &[&["scan", "app.log"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
    // More of an old statement is no new site, also once it recurs often enough to be shown with its words.
    let more: String = (10..30).map(|i| line(i, &format!("u{i}"), "Tr0ub4dor")).collect();
    append(folder, &more);
    let report = scan(folder, 0, &["--fail-on", "new_site", "--baseline", "old.json"]);
    assert_eq!(counts(&report), (20, 4));
    scan(folder, 1, &["--fail-on", "new_site,high", "--baseline", "old.json"]);
    append(folder, "2026-11-03T11:00:00Z psql: ALTER USER dora PASSWORD 'Tr0ub4dor'\n");
    scan(folder, 1, &["--fail-on", "new_site", "--baseline", "old.json"]);
    scan(folder, 1, &["--fail-on", "force_reset", "--baseline", "old.json"]);
}

/// Everything that holds a password is listed for whoever purges, whatever the report leaves out or caps; the same for
/// any number of threads, and no password in it.
#[test]
fn every_record_is_listed_for_the_purge() {
    let logs = logs();
    let folder = logs.path();
    append(folder, &line(59, "ann", "Tr0ub4dor").repeat(500));
    fs::write(folder.join("more.log"), "first\n    second\n  password=Hidden12 user=eve\n").unwrap();
    fs::write(folder.join("ledger"), "{\"email\": \"ann@example.com\", \"reset_at\": \"2026-11-10T10:30:00Z\"}\n")
        .unwrap();
    let run = |args: &[&str]| {
        let args =
            [&["scan", "app.log", "more.log", "-q", "--max-exposures", "1", "--locations", "purge.ndjson"], args]
                .concat();
        assert_eq!(logleak(folder, &args).status.code(), Some(1));
        fs::read_to_string(folder.join("purge.ndjson")).unwrap()
    };
    let one = run(&["-j", "1"]);
    for args in [&["-j", "3", "--chunk-size", "4096"][..], &["--resets", "ledger"], &["--partial", "-o", "p"]] {
        assert_eq!(run(args), one, "{args:?}");
    }
    let lines: Vec<Value> = one.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 505);
    let length = line(0, "ann", "Tr0ub4dor").len();
    for (index, found) in lines[..504].iter().enumerate() {
        assert_eq!(*found, json!({"uri": "app.log", "line": index + 1, "record_offset": index * length}));
    }
    assert_eq!(lines[504]["uri"], "more.log");
    assert_eq!(lines[504]["line"], 3, "of the secret");
    assert_eq!(lines[504]["record_offset"], 0, "of the record");
    assert!(!one.contains("Tr0ub4dor") && !one.contains("Hidden12"));
    // It is no log, and it is written whole or not at all.
    assert_eq!(logleak(folder, &["scan", ".", "-q", "--locations", "purge.ndjson"]).status.code(), Some(1));
    let output = logleak(folder, &["scan", "app.log", "--locations", "none/x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--locations"), "{}", said(&output));
}
