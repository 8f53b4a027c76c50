//! The hostile corpus through the program: it ends, in bounded memory, and says what it could not see.
#![cfg(target_os = "linux")]

#[path = "hostile/corpus.rs"]
mod corpus;
#[path = "../src/input/tests/pack.rs"]
mod pack;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs the program under limits of the shell, such as `ulimit -d 262144`. The most memory of its own that a scan may
/// take is 256 MiB; a program that wants more of it dies.
fn scan_within(limits: &str, folder: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let script = format!("{limits}; exec \"$0\" scan -q \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_logleak")]).args(args).current_dir(folder);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {} {said}", output.status));
    (output.status.code(), report)
}

const MEMORY: &str = "ulimit -d 262144";

/// What a report says apart from the moment of the scan.
fn said(mut report: Value) -> Value {
    report["report_id"] = Value::Null;
    report["scan"] = report["scan"]["status"].clone();
    report
}

fn reasons(report: &Value) -> BTreeSet<&str> {
    report["skipped"].as_array().unwrap().iter().map(|skipped| skipped["reason"].as_str().unwrap()).collect()
}

/// Each file alone and all of them together: nobody's account is lost for what stands beside it.
#[test]
fn the_corpus_is_scanned_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let cases: Vec<corpus::Case> = corpus::texts().into_iter().chain(corpus::archives()).collect();
    for case in &cases {
        fs::write(folder.path().join(case.name), &case.bytes).unwrap();
        let (code, report) = scan_within(MEMORY, folder.path(), &[case.name, "-j", "2"]);
        assert_eq!(code, Some(1), "{}", case.name);
        assert_eq!(reasons(&report), case.skipped.iter().copied().collect(), "{}", case.name);
        let accounts = report["accounts"].as_array().unwrap();
        assert!(accounts.iter().any(|account| account["account"] == corpus::ACCOUNT), "{}", case.name);
    }
    let (code, report) = scan_within(MEMORY, folder.path(), &[".", "-j", "2"]);
    assert_eq!(code, Some(1));
    let partial = cases.iter().filter(|case| !case.skipped.is_empty()).count();
    assert_eq!(report["summary"]["files_partial"], partial);
    assert_eq!(report["summary"]["files_scanned"], cases.len() - partial);
}

/// 20 GiB out of some kilobytes, scanned to their end. Minutes in a build for tests; run it with `--ignored`.
#[test]
#[ignore = "takes minutes"]
fn twenty_gibibytes_are_scanned_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let frame = pack::zstd(&vec![0; 64 << 20]);
    let mut bomb = frame.repeat(20 << 4);
    bomb.extend(pack::zstd(corpus::LEAK.as_bytes()));
    fs::write(folder.path().join("bomb"), pack::gzip(&bomb)).unwrap();
    let (code, report) = scan_within(MEMORY, folder.path(), &["bomb"]);
    assert_eq!((code, reasons(&report).len()), (Some(1), 0));
    assert!(report["summary"]["bytes_scanned"].as_u64().unwrap() > 20 << 30);
}

/// Few files at a time, few threads, little address space: slower, and the same report.
#[test]
fn lowered_limits_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..120 {
        let text = corpus::LEAK.replace("rower", &format!("rower{n}"));
        fs::write(folder.path().join(format!("{n}.log")), text).unwrap();
    }
    fs::write(folder.path().join("large.log"), corpus::LEAK.repeat(40_000)).unwrap();
    let (_, expected) = scan_within("true", folder.path(), &[".", "-j", "1"]);
    let expected = said(expected);
    assert_eq!(expected["summary"]["accounts"], 121);
    // Of descriptors, and of address space, in which 64 threads find no room.
    for limits in ["ulimit -n 64", "ulimit -n 20", "ulimit -v 800000"] {
        for io in ["auto", "map", "read"] {
            let (code, report) = scan_within(limits, folder.path(), &[".", "-j", "64", "--io", io]);
            assert_eq!(code, Some(1), "{limits}");
            assert!(said(report) == expected, "{limits}, {io}");
        }
    }
}
