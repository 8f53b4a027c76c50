//! What anybody can write into a log by typing it into a login form, and what the report makes of it: forged requests,
//! credential stuffing, and a takeover inside of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

/// How many accounts are tried.
const ACCOUNTS: usize = 10_000;

/// The same where a few show as much.
const FEW: usize = 1_000;

/// An access log: each account once, from the address and with the status that its number gets.
fn log(accounts: usize, client: impl Fn(usize) -> String, status: impl Fn(usize) -> u16) -> String {
    (0..accounts).fold(String::new(), |mut log, i| {
        let (client, status) = (client(i), status(i));
        let _ = writeln!(
            log,
            "{client} - - [03/Nov/2026:10:{:02}:{:02} +0000] \"POST /login?user=berit{i}&pwd=Hagl-{i}-sno HTTP/1.1\" {status} 12",
            i / 60 % 60,
            i % 60
        );
        log
    })
}

fn scan(files: &[&str], policy: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (i, text) in files.iter().enumerate() {
        fs::write(folder.path().join(format!("{i}.log")), text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder.path()).args(["scan", ".", "-q", "--max-exposures", "1", "--policy", policy]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// How many accounts have each action, with its reasons and the account's severity.
fn actions(report: &Value) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for account in report["accounts"].as_array().unwrap() {
        let reasons: Vec<&str> =
            account["action_reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect();
        let [action, severity] = ["action", "severity"].map(|member| account[member].as_str().unwrap());
        *counts.entry(format!("{action} {severity} {}", reasons.join("+")).trim_end().to_owned()).or_default() += 1;
    }
    counts
}

fn counted<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(what, count)| (what.to_owned(), count)).collect()
}

/// Nothing shows that a forged password is right: under `evidence` nobody can have others locked out.
#[test]
fn forged_requests_for_real_names() {
    let log = log(ACCOUNTS, |_| "203.0.113.7".to_owned(), |_| 302);
    assert_eq!(actions(&scan(&[&log], "evidence")), counted([("review high unauthenticated_claim", ACCOUNTS)]));
    assert_eq!(actions(&scan(&[&log], "caution")), counted([("force_reset high", ACCOUNTS)]));
}

/// 20 addresses in 20 networks; every hundredth attempt has no answer, which by itself would be reset under `caution`.
#[test]
fn a_stuffing_run_resets_nobody_and_hides_nothing() {
    let client = |i: usize| format!("198.51.{}.9", i % 20);
    let log = log(ACCOUNTS, client, |i| if i % 100 == 7 { 302 } else { 401 });
    let caution = [
        ("review high suspected_stuffing", ACCOUNTS / 100),
        ("review medium login_failed+suspected_stuffing", ACCOUNTS - ACCOUNTS / 100),
    ];
    let evidence = [
        ("review high unauthenticated_claim+suspected_stuffing", ACCOUNTS / 100),
        ("review medium login_failed+unauthenticated_claim+suspected_stuffing", ACCOUNTS - ACCOUNTS / 100),
    ];
    let report = scan(&[&log], "caution");
    assert_eq!(actions(&report), counted(caution));
    assert_eq!(report["summary"]["exposures"], ACCOUNTS);
    assert_eq!(actions(&scan(&[&log], "evidence")), counted(evidence));
    // The run is one, however the log was rotated.
    let half = log[..log.len() / 2].rfind('\n').unwrap() + 1;
    assert_eq!(actions(&scan(&[&log[..half], &log[half..]], "caution")), counted(caution));
}

/// Acceptances inside the run are takeovers; the same from elsewhere, and a claim from elsewhere besides, are not touched.
#[test]
fn an_acceptance_inside_a_run_is_critical() {
    let mut text = log(FEW, |i| format!("2001:db8:0:1::{i:x}"), |_| 401);
    for (account, client) in [("berit5", "2001:db8:0:1:77::1"), ("berit6", "2001:db8:0:2::1"), ("olaug", "192.0.2.1")] {
        let _ = writeln!(text, "2026-11-03T11:00:00Z login ok user={account} password=Torsk-4 from {client} port 4022");
    }
    text += "2026-11-03T11:00:01Z login user=berit7 password=Torsk-4 from 192.0.2.2 port 4022\n";
    for (policy, claim, failed) in [
        ("caution", "force_reset high", "review medium login_failed+suspected_stuffing"),
        (
            "evidence",
            "review high unauthenticated_claim",
            "review medium login_failed+unauthenticated_claim+suspected_stuffing",
        ),
    ] {
        let report = scan(&[&text], policy);
        let mut expected = counted([("force_reset critical", 1), ("force_reset high", 2), (failed, FEW - 3)]);
        *expected.entry(claim.to_owned()).or_default() += 1;
        assert_eq!(actions(&report), expected);
        let accounts = report["accounts"].as_array().unwrap();
        assert_eq!(accounts[0]["account"], "berit5", "the most severe first");
        assert_eq!(report["summary"]["accounts_by_severity"]["critical"], 1);
        let addresses = report.to_string();
        assert!(!addresses.contains("2001:db8") && !addresses.contains("192.0.2."), "an address is in the report");
    }
}
