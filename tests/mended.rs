//! What a statement logs since its last leak: masks are the sign of a fix, if they are its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A login that leaks until the 18th and is masked from the 20th on.
const LOGIN: &str = "\
2026-11-03T10:11:12Z INFO login attempt user=ines password=Kelp9x ip=10.0.0.7
2026-11-18T10:11:12Z INFO login attempt user=bruno password=Tang-7w ip=10.0.0.8
2026-11-20T10:11:12Z INFO login attempt user=ines password=*** ip=10.0.0.7
2026-11-21T10:11:12Z INFO login attempt user=bruno password=[FILTERED] ip=10.0.0.8
";

/// Another statement of the same key in the same file, which leaks no password.
const UPDATE: &str = "\
2026-11-02T10:11:12Z INFO updating profile settings for ines password=***
2026-11-22T10:11:12Z INFO updating profile settings for bruno password=***
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn logleak(folder: &Path, args: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    let output = command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The sites of a report, each with when it last leaked and from when to when it was masked, by the day.
fn sites(report: &[u8]) -> Vec<[Option<String>; 3]> {
    let report: Value = serde_json::from_slice(report).unwrap();
    let day = |site: &Value, member: &str| site[member].as_str().map(|time| time[5..10].to_owned());
    let of = |site: &Value| ["last_seen", "masked_first_seen", "masked_last_seen"].map(|member| day(site, member));
    report["sites"].as_array().unwrap().iter().map(of).collect()
}

/// The sites of one log.
fn scanned(log: &str, args: &[&str]) -> Vec<[Option<String>; 3]> {
    let folder = folder(&[("app.log", log)]);
    sites(&logleak(folder.path(), &[&["scan", "app.log", "-q"], args].concat()))
}

fn site(last: &str, masked: Option<(&str, &str)>) -> [Option<String>; 3] {
    let (from, to) = masked.unzip();
    [Some(last), from, to].map(|day| day.map(str::to_owned))
}

/// Every format that a person reads says it, and the JSON has both ends.
#[test]
fn a_statement_that_is_masked_from_a_day_on_looks_mended() {
    let folder = folder(&[("app.log", LOGIN)]);
    let report = logleak(folder.path(), &["scan", "app.log", "-q"]);
    let parsed: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(parsed["sites"][0]["last_seen"], json!("2026-11-18T10:11:12Z"));
    assert_eq!(parsed["sites"][0]["masked_first_seen"], json!("2026-11-20T10:11:12Z"));
    assert_eq!(parsed["sites"][0]["masked_last_seen"], json!("2026-11-21T10:11:12Z"));
    for format in ["text", "html"] {
        let said = String::from_utf8(logleak(folder.path(), &["scan", "app.log", "-q", "-f", format])).unwrap();
        assert!(said.contains("masked since 2026-11-20: a sign of a fix"), "{format}: {said}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    let summary = command.current_dir(folder.path()).args(["scan", "app.log", "-o", "report.json"]).output().unwrap();
    let summary = String::from_utf8(summary.stderr).unwrap();
    assert!(summary.contains("masked since 2026-11-20: a sign of a fix"), "{summary}");
}

/// A mask of another statement says nothing of this one, although key, rule and file are the same.
#[test]
fn another_statement_of_the_same_key_mends_nothing() {
    let leaks: String = LOGIN.lines().take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(scanned(&format!("{leaks}{UPDATE}"), &[]), [site("11-18", None)]);
    assert_eq!(scanned(&format!("{LOGIN}{UPDATE}"), &[]), [site("11-18", Some(("11-20", "11-21")))]);
    // Two statements that leak are one site as long as neither recurs: it is masked where both are.
    let both = "2026-11-19T10:11:12Z INFO updating profile settings for ines password=Kelp9x\n";
    assert_eq!(scanned(&format!("{LOGIN}{both}"), &[]), [site("11-19", None)]);
    assert_eq!(scanned(&format!("{LOGIN}{both}{UPDATE}"), &[]), [site("11-19", Some(("11-02", "11-22")))]);
    // A family of files is a program, and another family another one.
    let folder =
        folder(&[("app.log.1", &leaks), ("app.log", LOGIN.rsplit_once("2026-11-20").unwrap().1), ("web.log", LOGIN)]);
    let found = sites(&logleak(folder.path(), &["scan", "app.log.1", "web.log", "-q"]));
    assert_eq!(found.iter().filter(|site| site[1].is_some()).count(), 1, "{found:?}");
}

/// What was masked before the last leak is no fix, and who was masked before and behind it may do either still.
#[test]
fn an_older_mask_says_nothing() {
    let turned = |log: &str| log.replace("11-20", "11-04").replace("11-21", "11-17");
    let folder = folder(&[("app.log", &turned(LOGIN))]);
    let said = String::from_utf8(logleak(folder.path(), &["scan", "app.log", "-q", "-f", "text"])).unwrap();
    assert!(!said.contains("masked "), "{said}");
    assert_eq!(scanned(&turned(LOGIN), &[]), [site("11-18", Some(("11-04", "11-17")))]);

    fs::write(folder.path().join("app.log"), LOGIN.replace("11-20", "11-04")).unwrap();
    let said = String::from_utf8(logleak(folder.path(), &["scan", "app.log", "-q", "-f", "text"])).unwrap();
    assert!(said.contains("masked at times, last on 2026-11-21, after its last leak"), "{said}");
    assert!(!said.contains("a sign of a fix"), "{said}");
}

/// A leak that nobody knows the time of may be the last one.
#[test]
fn nothing_is_later_than_a_leak_without_a_time() {
    let undated = "INFO login attempt user=ines password=Kelp9x ip=10.0.0.7\n";
    assert_eq!(scanned(&format!("{undated}{LOGIN}"), &[]), [site("11-18", None)]);
    // Nor is a mask without a time of any use.
    let untimed: String = LOGIN.lines().map(|line| format!("{}\n", &line["2026-11-03T10:11:12Z ".len()..])).collect();
    assert_eq!(scanned(&untimed, &[]), [[None, None, None]]);
}

/// Masks are reported of the same days as leaks.
#[test]
fn the_period_holds_for_masks_too() {
    assert_eq!(scanned(LOGIN, &["--until", "2026-11-19"]), [site("11-18", None)]);
    assert_eq!(scanned(LOGIN, &["--until", "2026-11-20"]), [site("11-18", Some(("11-20", "11-20")))]);
    assert_eq!(scanned(LOGIN, &["--since", "2026-11-18"]), [site("11-18", Some(("11-20", "11-21")))]);
}

/// However it is written: quoted, in a string, in a URL, in a record of two lines and two passwords, with the time on the line
/// before, by a pattern, and all of it in UTF-16.
#[test]
fn a_mask_meets_its_leak_in_every_layer() {
    let logs = [
        r#"2026-11-18T10:11:12Z {"level":"info","msg":"request","login":"ines","password":"SECRET","ua":"x"}"#,
        r#"{"time":"2026-11-18T10:11:12Z","level":"info","body":"{\"login\":\"ines\",\"password\":\"SECRET\",\"ua\":\"x\"}"}"#,
        r#"10.0.0.7 - - [18/Nov/2026:10:11:12 +0000] "GET /login?email=ines%40example.org&pwd=SECRET HTTP/1.1" 302"#,
        "[2026-11-18 10:11:12] INFO Started POST \"/session\"\n  Parameters: {\"user\"=>{\"email\"=>\
         \"ines@example.org\", \"password\"=>\"SECRET\", \"password_confirmation\"=>\"SECRET\"}, \"commit\"=>\"Log in\"}",
        "2026-11-18 10:11:12 INFO login request begins\nINFO request login=ines, password=SECRET, role=admin",
        "2026-11-18 10:11:12 connect mysql://ines:SECRET@db/x",
    ];
    for log in logs {
        let (leak, mask) = (log.replace("SECRET", "Kelp9x"), log.replace("SECRET", "***"));
        let mask = mask.replace("2026-11-18", "2026-11-20").replace("18/Nov", "20/Nov");
        let log = format!("{leak}\n{mask}\n");
        let want = [site("11-18", Some(("11-20", "11-20")))];
        assert_eq!(scanned(&log, &[]), want, "{log}");
        let wide: Vec<u8> = log.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let folder = folder(&[]);
        fs::write(folder.path().join("app.log"), [b"\xff\xfe", &*wide].concat()).unwrap();
        assert_eq!(sites(&logleak(folder.path(), &["scan", "app.log", "-q"])), want, "in UTF-16: {log}");
    }
}

/// The job that saw the masks need not be the one that saw the leaks: partial results tell of both. Reports tell of the
/// masks of what leaked in them.
#[test]
fn parts_and_reports_add_up() {
    let (old, new) = LOGIN.split_at(LOGIN.find("2026-11-20").unwrap());
    let secret = "2026-11-21T11:11:12Z INFO login attempt user=ines password=*** zugang=Brandung-55\n";
    let leak = new.replace("password=[FILTERED]", "password=Ebbe+4q");
    let (new, late) = (format!("{new}{secret}"), LOGIN.replace("2026-11", "2026-12"));
    let files = [("app.log.1", old), ("app.log", &new), ("app.log.2", &leak), ("app.log.3", &late)];
    let folder = folder(&files);
    let folder = folder.path();
    for (name, _) in &files[..2] {
        // The second has no leak.
        let args = ["scan", name, "--partial", "-q", "-o", &format!("{name}.part")];
        Command::new(env!("CARGO_BIN_EXE_logleak")).current_dir(folder).args(args).output().unwrap();
    }
    let part = String::from_utf8(fs::read(folder.join("app.log.part")).unwrap()).unwrap();
    let masked: Vec<&str> = part.lines().filter(|line| line.starts_with("{\"masked\":")).collect();
    assert_eq!(masked.len(), 2, "{part}");
    assert!(masked.iter().all(|line| !line.contains("login")) && !part.contains("Brandung"), "{part}");
    let whole = logleak(folder, &["scan", "app.log", "app.log.1", "-q"]);
    let merged = logleak(folder, &["merge", "app.log.part", "app.log.1.part", "-q"]);
    assert_eq!(sites(&whole), [site("11-18", Some(("11-20", "11-21")))]);
    let list = |report: &[u8]| serde_json::from_slice::<Value>(report).unwrap()["sites"].clone();
    assert_eq!(list(&whole), list(&merged));

    for name in ["app.log.2", "app.log.3"] {
        logleak(folder, &["scan", name, "-q", "-o", &format!("{name}.json")]);
    }
    for order in [["app.log.2.json", "app.log.3.json"], ["app.log.3.json", "app.log.2.json"]] {
        let merged = logleak(folder, &[&["merge", "-q"][..], &order].concat());
        assert_eq!(sites(&merged), [site("12-18", Some(("11-20", "12-21")))]);
    }
}
