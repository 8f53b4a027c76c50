//! What a person at a terminal meets beside the scan: explanations, completions, manual pages, options from a file, and
//! a summary that fits 80 columns.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const LOG: &str = "2026-03-12T10:00:00Z INFO \"GET /login?email=jane@example.com&pwd=Tr0ub4dor HTTP/1.1\" 302\n";

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logleak")).current_dir(folder).args(args).output().unwrap()
}

/// What it says on standard output, where it ends with `code`.
fn said(folder: &Path, code: i32, args: &[&str]) -> String {
    let output = run(folder, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn logs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    fs::write(folder.path().join("logs/access.log"), LOG).unwrap();
    folder
}

/// A rule and an exposure are explained from the ids that the report gives, with the place, the weakness and the remedy,
/// and without the password.
#[test]
fn what_the_report_names_is_explained() {
    let folder = logs();
    said(folder.path(), 1, &["scan", "-q", "logs", "-o", "report.json"]);
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    let exposure = &report["accounts"][0]["exposures"][0];
    let rule = said(folder.path(), 0, &["explain", exposure["rule_id"].as_str().unwrap()]);
    let one = said(folder.path(), 0, &["explain", exposure["exposure_id"].as_str().unwrap(), "report.json"]);
    for (text, parts) in [
        (rule, &["CWE-598", "nginx", "log_format", "logleak rules show url-query-password"][..]),
        (one, &["logs/access.log:1:", "jane@example.com", "CWE-598", "nginx", "2026-03-12T10:00:00Z"]),
    ] {
        parts.iter().for_each(|part| assert!(text.contains(part), "no {part} in {text}"));
        assert!(!text.contains("Tr0ub4dor") && !text.contains('\u{1b}'), "{text}");
    }
}

/// A misspelt id leads on.
#[test]
fn what_is_not_known_leads_on() {
    let folder = logs();
    for (args, hint) in [
        (&["explain", "url-query"][..], "url-query-password"),
        (&["explain", "exp_00"], "report.json"),
        (&["explain", "nonsense"], "logleak rules list"),
        (&["man", "nonsense"], "--help"),
        (&["scan", "--config", "none.toml", "logs"], "none.toml"),
    ] {
        let output = run(folder.path(), args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(hint), "{args:?}: {text}");
    }
}

/// Packages install these: each names every command, and what it is.
#[test]
fn shells_and_manuals_know_every_command() {
    let folder = logs();
    for shell in ["bash", "zsh", "fish"] {
        let text = said(folder.path(), 0, &["completions", shell]);
        ["scan", "render", "explain", "rules", "max-exposures"].iter().for_each(|word| assert!(text.contains(word)));
    }
    let (all, scan) = (said(folder.path(), 0, &["man"]), said(folder.path(), 0, &["man", "scan"]));
    assert!(all.contains(".TH logleak 1") && all.contains("explain"));
    assert!(scan.contains(".TH logleak-scan 1") && scan.contains("\\-\\-config"), "{scan}");
}

/// Options of a file count where the command line says nothing else; a file that lies beside the logs never does.
#[test]
fn options_come_from_the_file_that_is_named() {
    let folder = logs();
    fs::write(folder.path().join("logleak.toml"), "paths = [\"logs\"]\nsource = \"web\"\nquiet = true\n").unwrap();
    let source = |args: &[&str]| {
        let output = run(folder.path(), args);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["scan"]["source"].clone(), output.stderr.is_empty())
    };
    assert_eq!(source(&["scan", "--config", "logleak.toml"]), ("web".into(), true));
    assert_eq!(source(&["scan", "--config=logleak.toml", "--source", "api"]), ("api".into(), true));
    assert_eq!(source(&["scan", "logs"]), (Value::Null, false));
}

/// A tired person reads the summary at 80 columns: names and statements are cut, a location is not; no colours in a pipe.
#[test]
fn the_summary_fits() {
    let folder = logs();
    let long: String = (0..40).map(|n| LOG.replace("jane", &format!("{}{n}", "jane".repeat(20)))).collect();
    fs::write(folder.path().join("logs/more.log"), long).unwrap();
    let output = run(folder.path(), &["scan", "logs", "-o", "report.json"]);
    let text = String::from_utf8(output.stderr).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for part in
        ["41 exposed accounts", "… and 38 more", "leaks at", "logleak render -f html -o report.html report.json"]
    {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(text.contains("logleak explain url-query-password") && !text.contains('\u{1b}'), "{text}");
}
