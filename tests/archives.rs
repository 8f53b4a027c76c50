//! Archives tell of the same accounts as the logs in them, in whatever way they are packed and however many threads read.

#[path = "../src/input/tests/pack.rs"]
mod pack;
#[path = "../benches/synthetic/mod.rs"]
#[allow(dead_code)]
mod synthetic;

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use jiff::Timestamp;
use logleak::report::{Policy, Report, ScanFacts, json};
use logleak::{RuleSet, ScanOptions, Scanner};
use pack::{How, Zip, bgzip, bzip2, gzip, lz4, pax, skippable, tar, tar_entry, xz, xz_blocks, zip, zstd};
use serde_json::Value;
use synthetic::{Kind, Lines};

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::builder(RuleSet::builtin().unwrap()).max_exposures(1_000_000).build().unwrap());

/// Lines of one kind, and a table whose rows reach over everything behind them.
fn log(kind: Kind, bytes: usize, rows: usize, width: usize) -> Vec<u8> {
    let (mut lines, mut text) = (Lines::new(kind, 5), Vec::new());
    while text.len() < bytes {
        lines.push(&mut text);
    }
    text.extend(b"\nlogin,city,password\n");
    for row in 0..rows {
        writeln!(text, "ferry{row},Town of{:width$},Oar-{row}-lock", "").unwrap();
    }
    text
}

/// The report on one file, as JSON.
fn scan(path: &Path, threads: usize) -> Value {
    let options = ScanOptions { threads: NonZeroUsize::new(threads), ..ScanOptions::default() };
    let tally = SCANNER.scan_paths(&[path.to_owned()], &options);
    let rules = SCANNER.rules();
    let facts = ScanFacts {
        merged: None,
        started: Timestamp::UNIX_EPOCH,
        finished: Timestamp::UNIX_EPOCH,
        inputs: Vec::new(),
        source: None,
        scope: Vec::new(),
        policy: Policy::Caution,
        sandbox: "none",
        interrupted: false,
        rules_version: String::new(),
        key: None,
    };
    let mut out = Vec::new();
    json::write(&Report::new(tally, facts, |rule| rules.id(rule)), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// What a report says of accounts, and of where their exposures stand in the text.
fn told(report: &Value) -> (Value, Value) {
    let mut parts = (report["accounts"].clone(), report["unattributed"].clone());
    let places = |exposures: &mut Value| {
        for exposure in exposures.as_array_mut().unwrap() {
            let location = exposure["location"].as_object_mut().unwrap();
            location.retain(|key, _| !["path", "member", "uri"].contains(&key.as_str()));
        }
    };
    parts.0.as_array_mut().unwrap().iter_mut().for_each(|account| places(&mut account["exposures"]));
    places(&mut parts.1);
    parts
}

/// One log in every container, and where it stands in it.
fn containers(text: &[u8]) -> Vec<(&'static str, Option<&'static str>, Vec<u8>)> {
    let third = text.len() / 3;
    let parts = [&text[..third], &text[third..2 * third], &text[2 * third..]];
    let three = |pack: fn(&[u8]) -> Vec<u8>| parts.map(pack).concat();
    let stored = |how: How| {
        let mut archive = Zip::default();
        archive.add("a.log", text, how);
        archive.finish(how.large)
    };
    let long = "var/".repeat(60) + "a.log";
    let named = |records: &[u8], kind| [tar_entry("x", kind, records, |_| ()), tar(&[("short", text)])].concat();
    let nested = zip(&[("b.tar.gz", &gzip(&tar(&[("c.zst", &zstd(text))])))]);
    let long: &'static str = Box::leak(long.into_boxed_str());
    vec![
        ("gzip", None, gzip(text)),
        ("bzip2", None, bzip2(text)),
        ("xz", None, xz(text)),
        ("zstd", None, zstd(text)),
        ("lz4", None, lz4(text)),
        ("three gzip", None, three(gzip)),
        ("three bzip2", None, three(bzip2)),
        ("three xz", None, three(xz)),
        ("three zstd", None, three(zstd)),
        ("three lz4", None, three(lz4)),
        ("bgzip", None, bgzip(text, 50_000)),
        ("xz blocks", None, xz_blocks(text, 30_000, 0)),
        ("skippable frames", None, [skippable(b"note"), zstd(text), skippable(b"")].concat()),
        ("padded", None, [gzip(text), vec![0; 9000]].concat()),
        ("trailing text", None, [zstd(parts[0]), text[third..].to_vec()].concat()),
        ("tar", Some("a.log"), tar(&[("a.log", text)])),
        ("tgz", Some("a.log"), gzip(&tar(&[("a.log", text)]))),
        ("tar.xz", Some("a.log"), xz(&tar(&[("a.log", text)]))),
        ("tar.bz2", Some("a.log"), bzip2(&tar(&[("a.log", text)]))),
        ("tar.zst", Some("a.log"), three_frames(&tar(&[("a.log", text)]))),
        ("pax", Some(long), named(&pax(&[("path", long)]), b'x')),
        ("gnu", Some(long), named(&[long.as_bytes(), b"\0"].concat(), b'L')),
        ("behind the end", Some("a.log"), [tar(&[("empty", b"")]), vec![0; 4096], tar(&[("a.log", text)])].concat()),
        ("zip stored", Some("a.log"), stored(How::default())),
        ("zip", Some("a.log"), stored(How { method: 8, ..How::default() })),
        ("zip bzip2", Some("a.log"), stored(How { method: 12, ..How::default() })),
        ("zip zstd", Some("a.log"), stored(How { method: 93, ..How::default() })),
        ("zip descriptor", Some("a.log"), stored(How { method: 8, descriptor: true, ..How::default() })),
        ("zip64", Some("a.log"), stored(How { method: 8, large: true, ..How::default() })),
        ("behind text", Some("a.log"), [&b"a line before\n"[..], &zip(&[("a.log", text)])].concat()),
        ("four levels", Some("b.tar.gz!/c.zst"), nested),
    ]
}

fn three_frames(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(bytes.len() / 3 + 1).flat_map(zstd).collect()
}

#[test]
fn every_container_tells_of_the_same_accounts() {
    let text = log(Kind::Dense, 60_000, 300, 9);
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, &text).unwrap();
    let expected = told(&scan(&plain, 1));
    assert!(expected.0.as_array().unwrap().len() > 600, "the log leaks");
    let path = folder.path().join("packed");
    for (name, member, bytes) in containers(&text) {
        fs::write(&path, bytes).unwrap();
        for threads in [1, 3] {
            let report = scan(&path, threads);
            assert_eq!(report["skipped"], Value::Array(vec![]), "{name}");
            assert!(told(&report) == expected, "{name}");
            let location = &report["accounts"][0]["exposures"][0]["location"];
            assert_eq!(location["member"].as_str(), member, "{name}");
            let uri = member.map_or(path.display().to_string(), |member| format!("{}!/{member}", path.display()));
            assert_eq!(location["uri"].as_str(), Some(&*uri), "{name}");
        }
    }
}

/// Large enough that threads share one text, at whose seams nothing may get lost, and with a table over all of it.
#[test]
fn texts_that_are_cut_between_frames_tell_the_same() {
    let mut text = log(Kind::Typical, 5 << 20, 5_000, 2_000);
    text.extend(log(Kind::Dense, 300_000, 10, 9));
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, &text).unwrap();
    let expected = told(&scan(&plain, 2));
    assert!(expected.0.as_array().unwrap().len() > 6_000, "all rows leak");
    let path = folder.path().join("packed");
    for (name, bytes) in [
        ("bgzip", bgzip(&text, 0xff00)),
        ("zstd", text.chunks(1 << 20).flat_map(zstd).collect::<Vec<_>>()),
        ("xz", xz_blocks(&text, 1 << 20, 0)),
    ] {
        fs::write(&path, bytes).unwrap();
        let (one, three) = (scan(&path, 1), scan(&path, 3));
        assert!(one == three || told(&one) == told(&three), "{name}: threads");
        assert!(told(&one) == expected, "{name}");
        assert_eq!(one["summary"]["bytes_scanned"], text.len(), "{name}: nothing is scanned twice");
    }
}

/// What cannot be cut is unpacked on one thread and scanned on another, where there is one to spare.
#[test]
fn a_thread_to_spare_changes_nothing() {
    let text = log(Kind::Typical, 2 << 20, 2_000, 300);
    let dense = log(Kind::Dense, 200_000, 200, 9);
    let archive = tar(&[("a.log", &text), ("b.log", &dense), ("empty.log", b""), ("c.log", &text)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed");
    for (name, bytes) in [("tar", archive.clone()), ("cut", archive[..archive.len() / 2].to_vec())] {
        fs::write(&path, &bytes).unwrap();
        let (one, three) = (scan(&path, 1), scan(&path, 3));
        assert!(one["summary"]["accounts"].as_u64().unwrap() > 2_000, "{name}: the log leaks");
        assert!(told(&one) == told(&three), "{name}");
        for part in ["summary", "sites", "skipped"] {
            assert!(one[part] == three[part], "{name}: {part}");
        }
    }
}

fn logleak(folder: &Path, args: &[&str], input: &[u8]) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(["scan", "-q"]).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Archives come through pipes as well; whoever finds nothing but could not see everything says so.
#[test]
fn archives_on_standard_input_and_exit_codes() {
    const LEAK: &[u8] = b"GET /login?email=rower@example.org&pwd=Sluice77gate HTTP/1.1\n";
    let folder = tempfile::tempdir().unwrap();
    let mut encrypted = Zip::default();
    encrypted.add("locked.log", b"\x8a\x93\xf0", How { encrypted: true, ..How::default() });
    encrypted.add("open.log", LEAK, How { method: 8, ..How::default() });
    let mut locked = Zip::default();
    locked.add("locked.log", b"\x8a\x93\xf0", How { encrypted: true, ..How::default() });
    let tgz = gzip(&tar(&[("clean.log", b"nothing\n"), ("leak.log", LEAK)]));
    for (name, bytes, exit, reasons) in [
        ("tgz", tgz.clone(), 1, &[][..]),
        ("cut", tgz[..tgz.len() - 5].to_vec(), 1, &["decode_error"]),
        ("encrypted beside a leak", encrypted.finish(false), 1, &["encrypted"]),
        ("encrypted", locked.finish(false), 3, &["encrypted"]),
        ("clean", gzip(b"nothing\n"), 0, &[]),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), 3, &["unsupported"]),
    ] {
        fs::write(folder.path().join("in"), &bytes).unwrap();
        for (args, input) in [(&["-"][..], &bytes[..]), (&["in", "-j", "2"], &[])] {
            let (code, report) = logleak(folder.path(), args, input);
            assert_eq!(code, Some(exit), "{name}");
            let named: Vec<_> =
                report["skipped"].as_array().unwrap().iter().map(|s| s["reason"].as_str().unwrap()).collect();
            assert_eq!(named, reasons, "{name}");
            assert_eq!(report["scan"]["status"], if reasons.is_empty() { "complete" } else { "partial" }, "{name}");
        }
    }
    let big = xz_blocks(&LEAK.repeat(100), usize::MAX, 6);
    assert_eq!(logleak(folder.path(), &["-", "--decoder-memory", "4MiB"], &big).0, Some(3));
    assert_eq!(logleak(folder.path(), &["-"], &big).0, Some(1));
}
