//! How a scan ends when something ends it: signals, deadlines, full disks, quotas, missing rights, and `kill -9`. Whatever
//! happens, there is the old report or a whole new one, and nobody else can read it.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const LEAK: &str = "GET /login?email=jane@example.com&pwd=Tr0ub4dor HTTP/1.1\n";

fn logs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    fs::write(folder.path().join("logs/leak.log"), LEAK).unwrap();
    fs::write(folder.path().join("logs/clean.log"), "GET /index.html HTTP/1.1\n".repeat(50_000)).unwrap();
    folder
}

fn logleak(folder: &Path, args: &[&str]) -> Command {
    started(Command::new(env!("CARGO_BIN_EXE_logleak")), folder, args)
}

/// With signals as they are at a terminal: where these tests run behind `nohup`, or beside a script, some are ignored,
/// and to leave an ignored signal alone is what the program promises.
fn at_a_terminal(folder: &Path, args: &[&str]) -> Command {
    if !cfg!(target_os = "linux") {
        return logleak(folder, args);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,QUIT,TERM,PIPE", env!("CARGO_BIN_EXE_logleak")]);
    started(command, folder, args)
}

fn started(mut command: Command, folder: &Path, args: &[&str]) -> Command {
    command.current_dir(folder).arg("scan").args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    // It may have ended already.
    let _ = kill_process(pid, signal);
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn skipped(report: &Value) -> Vec<(&str, &str)> {
    let entries = report["skipped"].as_array().unwrap().iter();
    entries.map(|one| (one["uri"].as_str().unwrap(), one["reason"].as_str().unwrap())).collect()
}

/// Starts a scan of standard input, which has read a leak and waits for more.
fn waiting(folder: &Path, args: &[&str]) -> Child {
    let mut child = at_a_terminal(folder, args).stdin(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.as_mut().unwrap();
    input.write_all(LEAK.as_bytes()).unwrap();
    // More than a pipe holds: when it is written, the scan has begun.
    input.write_all("GET /index.html HTTP/1.1\n".repeat(40_000).as_bytes()).unwrap();
    child
}

/// A scan that is asked to end reports what it has found, says that it did not see all, and dies of the signal.
#[test]
fn an_interrupted_scan_reports_and_dies_of_the_signal() {
    let folder = logs();
    for asked in [Signal::INT, Signal::TERM, Signal::HUP] {
        let child = waiting(folder.path(), &["-", "-q"]);
        signal(&child, asked);
        let mut child = child;
        // Kept open: nothing but the signal ends the input.
        let input = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(input);
        assert_eq!(output.status.signal(), Some(asked.as_raw()), "{asked:?}");
        let report = json(&output.stdout);
        assert_eq!(report["scan"]["status"], "interrupted");
        assert_eq!(report["accounts"][0]["account"], "jane@example.com");
        assert_eq!(skipped(&report), [("-", "interrupted")]);
    }
}

/// Whoever asks twice does not wait for a report: here for a reader of a pipe that never comes.
#[cfg(target_os = "linux")]
#[test]
fn a_second_signal_ends_at_once() {
    let folder = logs();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let mut child = at_a_terminal(folder.path(), &["logs", "-o", "pipe"]).spawn().unwrap();
    let status = loop {
        std::thread::sleep(Duration::from_millis(20));
        signal(&child, Signal::INT);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()));
}

/// What was ignored when the program started, as behind `nohup`, does not end it.
#[cfg(target_os = "linux")]
#[test]
fn an_ignored_signal_stays_ignored() {
    let folder = logs();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" scan - -q", env!("CARGO_BIN_EXE_logleak")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all("GET /index.html HTTP/1.1\n".repeat(40_000).as_bytes()).unwrap();
    signal(&child, Signal::HUP);
    input.write_all(LEAK.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output.stdout)["scan"]["status"], "complete");
}

/// A deadline ends what would never end, and names every file that was not read.
#[test]
fn a_deadline_names_what_it_left_out() {
    let folder = logs();
    let mut child = logleak(folder.path(), &["-", "--deadline", "200ms"]).stdin(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!((output.status.code(), skipped(&json(&output.stdout))), (Some(3), vec![("-", "interrupted")]));

    let output = logleak(folder.path(), &["logs", "--deadline", "0s"]).output().unwrap();
    let report = json(&output.stdout);
    assert_eq!((output.status.code(), &report["scan"]["status"]), (Some(3), &Value::from("interrupted")));
    assert_eq!(skipped(&report), [("logs/clean.log", "interrupted"), ("logs/leak.log", "interrupted")]);
    assert_eq!(report["summary"]["bytes_scanned"], 0);
}

/// The report beside the logs, and what else is left in its folder.
fn left(folder: &Path) -> (Vec<u8>, Vec<fs::DirEntry>) {
    let others = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let others = others.filter(|file| !["logs", "report.json"].iter().any(|name| file.file_name() == *name)).collect();
    (fs::read(folder.join("report.json")).unwrap(), others)
}

fn ended(folder: &Path, moment: Duration, by: Signal) -> ExitStatus {
    fs::write(folder.join("report.json"), "old").unwrap();
    let mut child = at_a_terminal(folder, &["logs", "-q", "-o", "report.json"]).spawn().unwrap();
    std::thread::sleep(moment);
    signal(&child, by);
    child.wait().unwrap()
}

/// Ends scans at `moments` moments, a step apart.
fn end_at(moments: u32, step: Duration) {
    let folder = logs();
    let folder = folder.path();
    for moment in 0..moments {
        let status = ended(folder, step * moment, Signal::INT);
        let (report, others) = left(folder);
        assert!(others.is_empty(), "{others:?}");
        if report == b"old" {
            assert_eq!(status.signal(), Some(2), "an old report stays only where the signal came first");
        } else {
            let status = json(&report)["scan"]["status"].as_str().unwrap().to_owned();
            assert!(["interrupted", "complete"].contains(&status.as_str()));
        }
        assert!(status.signal() == Some(2) || status.code() == Some(1), "{status}");

        let status = ended(folder, step * moment, Signal::KILL);
        let (report, others) = left(folder);
        assert!(status.signal() == Some(9) || status.code() == Some(1), "{status}");
        assert!(report == b"old" || json(&report)["summary"]["accounts"] == 1);
        for other in others {
            let name = other.file_name().into_string().unwrap();
            assert!(name.starts_with(".logleak-") && name.ends_with(".tmp"), "{name}");
            assert_eq!(other.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            fs::remove_file(other.path()).unwrap();
        }
    }
}

/// At whatever moment a scan is ended, there is the old report or a whole new one.
#[test]
fn half_a_report_is_never_there() {
    end_at(6, Duration::from_millis(23));
}

/// The same at a hundred moments, for those who have the time: `cargo test --test endings -- --ignored`.
#[test]
#[ignore = "takes a minute"]
fn half_a_report_is_never_there_at_a_hundred_moments() {
    end_at(100, Duration::from_millis(3));
}

/// A quota is an error like a full disk: the old report stays, nothing lies beside it, and the program says why.
#[test]
fn a_quota_is_told() {
    let folder = logs();
    fs::write(folder.path().join("report.json"), "old").unwrap();
    let script = "ulimit -f 0; exec \"$0\" scan logs -o report.json";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_logleak")])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("report.json"));
    let (report, others) = left(folder.path());
    assert_eq!((report.as_slice(), others.len()), (&b"old"[..], 0));
}

/// Without the right to make files in a folder nothing is scanned: the report could not be written.
#[test]
fn a_folder_without_rights_is_told_before_the_scan() {
    let folder = logs();
    let root = folder.path();
    fs::write(root.join("report.json"), "old").unwrap();
    for path in [root.to_owned(), root.join("logs")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let mut command = logleak(root, &["logs", "-o", "report.json"]);
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let output = command.output();
    fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
    // The program itself may lie where nobody else can reach it.
    let Ok(output) = output else { return };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--output") && said.contains("ermission"), "{said}");
    assert_eq!(fs::read(root.join("report.json")).unwrap(), b"old");
}

/// Without rights of its own the program does all that it does for root, its report and its sandbox included.
#[cfg(target_os = "linux")]
#[test]
fn an_unprivileged_user_gets_a_report() {
    let folder = logs();
    let root = folder.path();
    let secret = root.join("logs/secret.log");
    fs::write(&secret, LEAK).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(root, fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = logleak(root, &["logs", "-q", "-o", "report.json"]);
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let Ok(output) = command.output() else { return };
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&fs::read(root.join("report.json")).unwrap());
    assert_eq!(skipped(&report), [("logs/secret.log", "permission_denied")]);
    assert_eq!(report["accounts"][0]["exposure_count"], 1);
}

/// The report says how far the rights went, and a run that keeps them says so.
#[test]
fn the_report_names_the_sandbox() {
    let folder = logs();
    let sandbox = |args: &[&str]| {
        let output = logleak(folder.path(), args).output().unwrap();
        json(&output.stdout)["scan"]["sandbox"].as_str().unwrap().to_owned()
    };
    assert_eq!(sandbox(&["logs", "--no-sandbox"]), "none");
    let (inside, following) = (sandbox(&["logs"]), sandbox(&["logs", "--follow"]));
    assert!(matches!((&*inside, &*following), ("full", "partial") | ("partial", "partial") | ("none", "none")));
}
