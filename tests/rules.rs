//! The rules as a user meets them: `logleak rules`, `scan --rules`, `--only` and `--skip`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const RULE: &str = r#"
[[rule]]
id = "gate-code"
title = "Code of a gate"
mode = "stored"
channel = "debug_print"
cwe = [532]
keys = ["gatecode"]
fields = ["logfmt"]

[[rule.example]]
log = "opened by user=hkaram gatecode=Plover-82"
account = "hkaram"
secret = "Plover-82"

[[rule.counterexample]]
log = "gatecode=****"
because = "a mask"
"#;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn rules_are_listed_shown_and_checked() {
    let folder = folder(&[("mine/gate.toml", RULE)]);
    let list = run(folder.path(), &["rules", "list", "--rules", "mine"]);
    assert_eq!(list.status.code(), Some(0));
    assert!(out(&list).contains("http-basic") && out(&list).contains("gate-code"));
    let show = run(folder.path(), &["rules", "show", "gate-code", "--rules", "mine"]);
    assert!(out(&show).contains("gate.toml, line 3\n") && out(&show).ends_with(&RULE[1..]), "{}", out(&show));
    let check = run(folder.path(), &["rules", "check", "mine"]);
    assert_eq!(check.status.code(), Some(0), "{}", said(&check));
    assert_eq!(run(folder.path(), &["rules", "show", "no-such-rule"]).status.code(), Some(2));
}

/// Whoever writes a rule learns which file, which line and what is wrong with it.
#[test]
fn a_rule_that_breaks_its_promise_is_named() {
    for (text, words) in [
        (
            RULE.replace("secret = \"Plover-82\"", "secret = \"Curlew\""),
            &["gate.toml, line 3", "gate-code", "example 1"][..],
        ),
        (RULE.replace("gatecode=****", "gatecode=Curlew"), &["gate.toml, line 3", "counterexample 1", "a mask"]),
        (RULE.replace("because", "why"), &["gate.toml, line ", "unknown field"]),
    ] {
        let folder = folder(&[("gate.toml", &text)]);
        let check = run(folder.path(), &["rules", "check", "."]);
        assert_eq!(check.status.code(), Some(2));
        assert!(words.iter().all(|word| said(&check).contains(word)), "{words:?}: {}", said(&check));
    }
}

#[test]
fn a_scan_takes_rules_of_the_users_own_and_a_choice_of_all() {
    let log = "opened by user=hkaram gatecode=Plover-82\nAuthorization: Basic aGthcmFtOkN1cmxldy0xMQ==\nuser=x password=Snipe-3\n";
    let folder = folder(&[("mine/gate.toml", RULE), ("a.log", log)]);
    let rules = |args: &[&str]| {
        let output = run(folder.path(), &[&["scan", "a.log", "-q"], args].concat());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let accounts = report["accounts"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<String> = accounts
            .iter()
            .flat_map(|account| account["exposures"].as_array().cloned().unwrap_or_default())
            .map(|exposure| exposure["rule_id"].as_str().unwrap_or_default().to_owned())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(rules(&[]), ["http-basic", "key-value-password"]);
    assert_eq!(rules(&["--rules", "mine"]), ["gate-code", "http-basic", "key-value-password"]);
    assert_eq!(rules(&["--rules", "mine", "--only", "gate-code"]), ["gate-code"]);
    assert_eq!(rules(&["--only", "http-basic,json-password"]), ["http-basic"]);
    assert_eq!(rules(&["--skip", "http-basic", "--skip", "json-password"]), ["key-value-password"]);
    let unknown = run(folder.path(), &["scan", "a.log", "--only", "gate-code"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("gate-code") && said(&unknown).contains("rules list"));
}
