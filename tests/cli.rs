//! The program as a shell or a CI job meets it: exit codes, where the report goes, what is said on standard error.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const LEAK: &str = "GET /login?email=jane@example.com&pwd=Tr0ub4dor HTTP/1.1\n";
const CLEAN: &str = "GET /index.html HTTP/1.1\n";

/// A folder with a log that leaks, one that does not, and what else a test puts there.
fn logs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("leak.log"), LEAK).unwrap();
    fs::write(folder.path().join("clean.log"), CLEAN).unwrap();
    folder
}

fn logleak(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    logleak(folder, args).output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Exit codes are disjoint, and only 0, 1 and 3 come with a report.
#[test]
fn exit_codes_tell_what_happened() {
    let logs = logs();
    let table: &[(&[&str], i32)] = &[
        (&["scan", "clean.log"], 0),
        (&["scan", "leak.log"], 1),
        (&["scan", "leak.log", "none.log"], 1),
        (&["scan", "clean.log", "none.log"], 3),
        (&["scan", "leak.log", "--exit-zero"], 0),
        (&["scan", "clean.log", "none.log", "--exit-zero"], 0),
        (&["scan", "none.log"], 2),
        (&["scan", "none.log", "--exit-zero"], 2),
        (&["scan"], 2),
        (&[], 2),
        (&["scan", "leak.log", "--no-such-option"], 2),
        (&["scan", "leak.log", "--timezone", "Mars"], 2),
        (&["scan", "leak.log", "--threads", "0"], 2),
        (&["scan", "leak.log", "--key-file", "none.key"], 2),
        (&["scan", "leak.log", "--output", "none/report.json"], 2),
        (&["--version"], 0),
    ];
    for (args, want) in table {
        let output = run(logs.path(), args);
        assert_eq!(code(&output), Some(*want), "{args:?}: {}", said(&output));
        let has_report = output.stdout.starts_with(b"{");
        assert_eq!(has_report, *want != 2 && args[0] == "scan", "{args:?}");
    }
}

/// Whoever made a mistake learns which option or file it was in, and the way out.
#[test]
fn errors_name_the_mistake_and_the_way_out() {
    let logs = logs();
    for (args, words) in [
        (&["scan"][..], &["PATH", "logleak scan /var/log"][..]),
        (&["scan", "none.log"], &["none.log", "check the paths"]),
        (&["scan", "leak.log", "--timezone", "Mars"], &["--timezone", "Europe/Berlin"]),
        (&["scan", "leak.log", "--key-file", "none.key"], &["--key-file", "none.key"]),
        (&["scan", "leak.log", "-o", "."], &["--output", "folder", "name a file"]),
    ] {
        let output = run(logs.path(), args);
        let said = said(&output);
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
    }
}

/// Standard output holds the report and nothing else; the summary is for people and can be silenced.
#[test]
fn the_summary_goes_to_standard_error() {
    let logs = logs();
    let output = run(logs.path(), &["scan", "."]);
    assert_eq!(json(&output.stdout)["summary"]["accounts"], 1);
    let said = said(&output);
    for word in ["1 exposed account", "jane@example.com", "2 files", "standard output"] {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    let quiet = run(logs.path(), &["scan", ".", "-q"]);
    assert_eq!((code(&quiet), quiet.stderr.len()), (Some(1), 0));
    assert_eq!(json(&quiet.stdout)["summary"], json(&output.stdout)["summary"]);
}

/// No password leaves, whichever way the program speaks.
#[test]
fn nothing_says_the_password() {
    let logs = logs();
    for args in [&["scan", "."][..], &["scan", ".", "none.log"], &["scan", ".", "-o", "/dev/full"]] {
        let output = run(logs.path(), args);
        let all = [output.stdout.clone(), output.stderr.clone()].concat();
        assert!(!String::from_utf8(all).unwrap().contains("Tr0ub4dor"), "{args:?}");
    }
}

/// A report file beside the logs is never scanned, so a second run says the same as the first.
#[test]
fn the_report_file_is_not_scanned() {
    let logs = logs();
    let path = logs.path().join("report.json");
    let reports: Vec<Value> = (0..2)
        .map(|_| {
            let output = run(logs.path(), &["scan", ".", "-o", "report.json"]);
            assert_eq!((code(&output), output.stdout.len()), (Some(1), 0), "{}", said(&output));
            assert!(said(&output).contains("report.json"));
            json(&fs::read(&path).unwrap())
        })
        .collect();
    assert_eq!(reports[0]["summary"]["files_scanned"], 2);
    assert_eq!(reports[1]["summary"]["files_scanned"], 2);
    assert_eq!(reports[0]["accounts"], reports[1]["accounts"]);
    assert_eq!(fs::read_dir(logs.path()).unwrap().count(), 3);
}

/// `logleak scan . > report.json` makes the file before the scan begins.
#[cfg(target_os = "linux")]
#[test]
fn a_redirected_report_is_not_scanned() {
    let logs = logs();
    let path = logs.path().join("report.json");
    let file = fs::File::create(&path).unwrap();
    let status = logleak(logs.path(), &["scan", ".", "-q"]).stdout(file).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(json(&fs::read(&path).unwrap())["summary"]["files_scanned"], 2);
}

/// The report names people: nobody else may read it, also where an older file was open to all.
#[cfg(unix)]
#[test]
fn a_report_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let logs = logs();
    let path = logs.path().join("report.json");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(code(&run(logs.path(), &["scan", ".", "-o", "report.json"])), Some(1));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// A link is refused before anything is scanned, and what it points to stays as it is.
#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let logs = logs();
    std::os::unix::fs::symlink("clean.log", logs.path().join("link")).unwrap();
    let output = run(logs.path(), &["scan", "leak.log", "-o", "link"]);
    assert_eq!(code(&output), Some(2));
    assert!(said(&output).contains("symbolic link"), "{}", said(&output));
    assert_eq!(fs::read_to_string(logs.path().join("clean.log")).unwrap(), CLEAN);
}

/// A full disk is no report, on standard output as in a file.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let logs = logs();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = logleak(logs.path(), &["scan", "."]).stdout(full()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(code(&output), Some(2));
    assert!(said(&output).contains("standard output"));
    assert_eq!(code(&run(logs.path(), &["scan", ".", "-o", "/dev/full"])), Some(2));
    // Nobody hears the message then, which is no reason to end otherwise.
    assert_eq!(logleak(logs.path(), &["scan"]).stderr(full()).status().unwrap().code(), Some(2));
}

/// Whoever closes the pipe has seen enough: no error, and the code says what was found.
#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let logs = logs();
    let mut child = logleak(logs.path(), &["scan", "."]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), said(&output).as_str()), (Some(1), ""));
}

/// File names are data: none can act on the terminal that shows them.
#[cfg(unix)]
#[test]
fn hostile_names_are_shown_escaped() {
    let logs = logs();
    let name = "\u{1b}]0;owned\u{7}\u{202e}.log";
    for args in [&["scan", name][..], &["scan", "clean.log", name], &["scan", "clean.log", "-o", name]] {
        let output = run(logs.path(), args);
        let said = said(&output);
        assert!(said.contains("\\u{1b}]0;owned"), "{args:?}: {said}");
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{args:?}");
    }
}

/// What the README promises of the logs that come with the project, account by account.
#[test]
fn the_sample_logs_name_their_accounts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = run(root, &["scan", "tests/data/sample-logs", "-q"]);
    assert_eq!(code(&output), Some(1));
    let report = json(&output.stdout);
    let accounts = report["accounts"].as_array().unwrap();
    let mut found: Vec<(&str, u64)> = accounts
        .iter()
        .map(|account| (account["account"].as_str().unwrap(), account["exposure_count"].as_u64().unwrap()))
        .collect();
    found.sort_unstable();
    let expected = [
        ("linh.tran", 1),
        ("maja.lindqvist@example.com", 2),
        ("oskar.brandt@example.org", 1),
        ("priya.raman@example.com", 1),
        ("reports", 1),
        ("tom.harris@example.net", 2),
    ];
    assert_eq!(found, expected);
    assert_eq!(report["unattributed"].as_array().unwrap().len(), 0);
    assert_eq!(report["scan"]["status"], "complete");
}
