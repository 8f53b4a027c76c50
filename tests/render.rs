//! `logleak render`: a report written again is the one that the scan would have written, in every format.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A log with accounts of several kinds, one of nobody, a mask, and an archive that cannot be read.
fn logs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = "\
        2026-11-03T10:11:12Z GET /login?email=jane@example.com&pwd=Tr0ub4dor HTTP/1.1\n\
        2026-11-03T10:12:12Z GET /login?email=jane@example.com&pwd=Tr0ub4dor2 HTTP/1.1\n\
        {\"user\":\"=cmd|' /C calc'!A0\",\"password\":\"hunter2x\"}\n\
        login user=bob, password=s3cr3tpass result=failure\n\
        password=0rphan77\n\
        user=eve password=********\n";
    fs::write(folder.path().join("app.log"), log).unwrap();
    fs::write(folder.path().join("cut.log.gz"), b"\x1f\x8b\x08\x00cut").unwrap();
    folder
}

fn logleak(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

/// The standard output of a run that must end with this code.
fn out(folder: &Path, args: &[&str], code: i32) -> String {
    let output = logleak(folder, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What two runs may differ in.
fn settled(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.retain(|line| !["report_id", "started_at", "finished_at"].iter().any(|name| line.contains(name)));
    lines.join("\n")
}

/// Scan once, render many: the report as JSON is byte for byte the one that was scanned.
#[test]
fn json_is_rendered_as_it_was_scanned() {
    let logs = logs();
    let scanned = out(logs.path(), &["scan", "app.log", "cut.log.gz", "-q"], 1);
    fs::write(logs.path().join("report.json"), &scanned).unwrap();
    assert_eq!(out(logs.path(), &["render", "report.json"], 0), scanned);
    assert_eq!(out(logs.path(), &["render", "report.json", "-f", "json", "-o", "again.json"], 0), "");
    assert_eq!(fs::read_to_string(logs.path().join("again.json")).unwrap(), scanned);
    let again = out(logs.path(), &["scan", "app.log", "cut.log.gz", "-q", "-f", "json"], 1);
    assert_eq!(settled(&again), settled(&scanned));
}

/// No report, no output: what is wrong and what to do is said on standard error, and nothing of what the file holds.
#[test]
fn what_is_no_report_is_refused() {
    let logs = logs();
    for file in ["app.log", "none.json", "."] {
        let output = logleak(logs.path(), &["render", file]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains(file) && !said.contains("Tr0ub4dor"), "{said}");
    }
}
