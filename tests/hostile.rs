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

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

/// A text of crowded records: hits in every few bytes of a line, of a piece of a longer one, of UTF-16, and of what a
/// token holds, each behind a leak of its own; and records between them that hold few.
fn crowded() -> Vec<u8> {
    let pairs = |from: usize| -> String { (from..from + 6000).map(|n| format!("pwd=a{n}&")).collect() };
    let leak = |n: usize| format!("10:00:0{n} user=rower{n}&pwd=Sluice77gate&");
    let packed = STANDARD.encode(pack::gzip(format!("{}{}", leak(3), pairs(20_000)).as_bytes()));
    let line = format!("{}{}\n", leak(0), &pairs(0)[..55_000]);
    let long = format!("{}{}\n", leak(1), "pwd=\"".repeat(25_000));
    let lines = format!(" {}\n", "pwd=\"".repeat(400)).repeat(40);
    let wide: Vec<u8> = format!("{}\n{lines}", leak(2)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let token = format!("{{\"user\":\"rower4\",\"password\":\"Sluice77gate\",\"body\":\"{packed}\"}}\n");
    let few = "10:00:05 user=walker&pwd=Sluice77gate HTTP/1.1\n";
    [few.as_bytes(), line.as_bytes(), few.as_bytes(), long.as_bytes(), token.as_bytes(), few.as_bytes(), &wide].concat()
}

/// What is given up is the same however the text is cut, read and packed, and what stands before it is found.
#[test]
fn crowded_records_are_cut_and_named() {
    let (plain, packed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let text = crowded();
    fs::write(plain.path().join("a.log"), &text).unwrap();
    fs::write(packed.path().join("a.log"), text.chunks(text.len() / 3 + 1).flat_map(pack::gzip).collect::<Vec<_>>())
        .unwrap();
    let most = ["--max-exposures", "1000000"];
    let scan = |folder: &Path, args: &[&str]| {
        let (code, report) = scan_within(MEMORY, folder, &[&["a.log"], &most[..], args].concat());
        assert_eq!(code, Some(1));
        said(report)
    };
    let one = scan(plain.path(), &["-j", "1"]);
    assert_eq!(one["scan"], "partial");
    assert_eq!((&one["summary"]["files_partial"], &one["summary"]["files_scanned"]), (&1.into(), &0.into()));
    let [skipped] = &**one["skipped"].as_array().unwrap() else { panic!("{}", one["skipped"]) };
    assert_eq!(skipped["reason"], "budget");
    assert_eq!(skipped["uri"], "a.log");
    let detail = skipped["detail"].as_str().unwrap();
    assert!(detail.contains("records hold more places"), "{detail}");
    let names: BTreeSet<&str> =
        one["accounts"].as_array().unwrap().iter().map(|account| account["account"].as_str().unwrap()).collect();
    assert!(
        ["rower0", "rower1", "rower2", "rower3", "rower4", "walker"].iter().all(|name| names.contains(name)),
        "{names:?}"
    );
    for args in [&["-j", "7"][..], &["-j", "3", "--chunk-size", "4096", "--io", "read"], &["--io", "map"]] {
        let other = scan(plain.path(), args);
        assert!(
            other == one,
            "{args:?}: {} {}, {} {}",
            one["skipped"],
            one["summary"],
            other["skipped"],
            other["summary"]
        );
    }
    let packed = scan(packed.path(), &[]);
    for part in ["accounts", "unattributed", "sites", "summary", "skipped"] {
        assert!(packed[part] == one[part], "{part}");
    }
}

/// The trigger of a user's rule may stand at every byte, and its pattern cost the square of the text.
#[test]
fn a_rule_that_costs_too_much_ends_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let rule = r#"
        [[rule]]
        id = "square"
        title = "A pattern that reads on to the end for each of its matches"
        mode = "stored"
        channel = "config"
        cwe = [532]
        triggers = ["xyx", "yxy"]
        pattern = '(?<secret>xy(?:xy)*7|xyx)'
        [[rule.example]]
        log = "xyxy7"
        account = ""
        secret = "xyxy7"
        [[rule.counterexample]]
        log = "yxyy"
        because = "nothing follows"
    "#;
    fs::create_dir(folder.path().join("rules")).unwrap();
    fs::write(folder.path().join("rules/square.toml"), rule).unwrap();
    fs::write(folder.path().join("a.log"), format!("{}\n{}", "xy".repeat(32 << 10), corpus::LEAK)).unwrap();
    let (code, report) = scan_within(MEMORY, folder.path(), &["a.log", "--rules", "rules"]);
    assert_eq!(code, Some(1));
    assert_eq!(reasons(&report), ["budget"].into());
    assert_eq!(report["accounts"][0]["account"], corpus::ACCOUNT);
}

/// The densest that honest programs write: nothing of it is given up.
#[test]
fn dense_logs_are_read_to_their_end() {
    let user = |n: usize| format!(r#"{{"user":"u{n}","password":"Plover-{n}"}}"#);
    let users: Vec<String> = (0..1500).map(user).collect();
    let urls: Vec<String> = (0..1400).map(|n| format!("ftp://u{n}:Plover-{n}@files{n}.example.net/")).collect();
    let pairs: Vec<String> = (0..1500).map(|n| format!("user=adams{n} password=Plover-{n}")).collect();
    let body: Vec<String> = (0..1500).map(|n| format!("email=u{n}%40example.org&pwd=Plover-{n}")).collect();
    let escaped = serde_json::to_string(&format!("[{}]", users[..1300].join(","))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, line) in [
        ("users", format!("[{}]", users.join(","))),
        ("escaped", format!(r#"{{"msg":{escaped}}}"#)),
        ("encoded", format!(r#"{{"body":"{}"}}"#, STANDARD.encode(users[..1200].join(",")))),
        ("urls", urls.join(" ")),
        ("pairs", pairs.join(" ")),
        ("form", body.join("&")),
    ] {
        assert!((40_000..65_536).contains(&line.len()), "{name}: {}", line.len());
        fs::write(folder.path().join(name), line + "\n").unwrap();
    }
    let (code, report) = scan_within(MEMORY, folder.path(), &["."]);
    assert_eq!((code, &report["skipped"]), (Some(1), &Value::Array(Vec::new())));
    assert!(report["summary"]["exposures"].as_u64().unwrap() > 4000, "{}", report["summary"]);
}
