//! Logs that are no text: Windows event logs, systemd journals, UTF-16, binary files. Built here, byte by byte.

#[path = "records/evtx.rs"]
mod evtx;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use logleak::{RuleSet, ScanOptions, Scanner, Tally};
use serde_json::Value;

/// The report of the program on a file of these bytes.
fn report(bytes: &[u8]) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_logleak"));
    let output = command.args(["scan", "-q"]).arg(file.path()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every account with its exposures as `account line time`, sorted.
fn found(report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for account in report["accounts"].as_array().unwrap() {
        for exposure in account["exposures"].as_array().unwrap() {
            let time = exposure["logged_at"].as_str().unwrap_or("-");
            let line = &exposure["location"]["line"];
            found.push(format!("{} {line} {time}", account["account"].as_str().unwrap()));
        }
    }
    found.sort();
    found
}

fn reasons(report: &Value) -> Vec<&str> {
    report["skipped"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn event_log() -> Vec<u8> {
    evtx::log(&[
        &[("Message", "service started")],
        &[("CommandLine", r#"C:\tools\report.exe --user greta.lund --password Fjord"9!"#), ("LogonId", "0x3e7")],
        &[("TargetUserName", "henrik"), ("Password", "Kornblume7")],
        &[("ScriptBlockText", "# new colleague\r\nnet user ida Birke-22x /add\r\nexit\r\n")],
    ])
}

/// Each record of an event log is read as one, with its own time; a line is a record. Packing makes no difference.
#[test]
fn event_logs_are_read() {
    let log = event_log();
    let plain = report(&log);
    let expected = ["greta.lund 2 2026-11-03T10:11:13Z", "henrik 3 2026-11-03T10:11:14Z", "ida 4 2026-11-03T10:11:15Z"];
    assert_eq!(found(&plain), expected);
    assert_eq!((reasons(&plain).len(), &plain["summary"]["members_scanned"]), (0, &1.into()));
    assert_eq!(found(&report(&gzip(&log))), expected);
}

/// What is damaged is named, and the rest is read: the other records, the other chunks, the bytes of a broken chunk.
#[test]
fn damaged_event_logs_are_named() {
    let log = event_log();
    let whole = found(&report(&log));
    let second = &log[4096..];

    let mut record = log.clone();
    let at = memchr::memmem::find(&record, b"K\0o\0r\0n\0").unwrap();
    record[at - 60..at].fill(0xff);
    let damaged = report(&record);
    assert_eq!(reasons(&damaged), ["decode_error"]);
    assert!(damaged["skipped"][0]["detail"].as_str().unwrap().contains("0 chunks and 1 records"));
    assert_eq!(found(&damaged).len(), whole.len() - 1);

    let mut chunk = [&log[..], second].concat();
    chunk[4096] = b'X';
    let damaged = report(&chunk);
    assert_eq!(reasons(&damaged), ["decode_error"]);
    assert!(damaged["skipped"][0]["detail"].as_str().unwrap().contains("1 chunks and 0 records"));
    assert!(found(&damaged).iter().any(|one| one.starts_with("henrik ")));

    let cut = report(&log[..4096 + 512 + 1200]);
    assert_eq!(reasons(&cut), ["decode_error"]);
    assert!(cut["skipped"][0]["detail"].as_str().unwrap().contains("ends early"));
    assert_eq!(found(&cut), whole[..1]);
}

fn scan(scanner: &Scanner, path: &Path) -> Tally {
    scanner
        .scan_paths(&[path.to_owned()], &ScanOptions { threads: std::num::NonZeroUsize::new(1), ..Default::default() })
}

/// No byte of an event log or a journal can end the scan.
#[test]
fn any_damage_is_survived() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let (log, journal) = (event_log(), journal());
    let used = log.len() - log.iter().rev().take_while(|&&byte| byte == 0).count();
    let in_log = (0..4096).step_by(97).chain((4096..used).step_by(13)).map(|at| (at, &log));
    for (at, log) in in_log.chain((0..journal.len()).step_by(7).map(|at| (at, &journal))) {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = log.clone();
            damaged[at] ^= flip;
            fs::write(file.path(), &damaged).unwrap();
            let tally = scan(&scanner, file.path());
            assert_eq!(tally.counts.files_scanned + tally.counts.files_partial, 1);
        }
    }
}

/// A field of text, and one of bytes, as journald writes them.
fn text(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend_from_slice(format!("{name}={value}\n").as_bytes());
}

fn bytes(entry: &mut Vec<u8>, name: &str, value: &[u8]) {
    entry.extend_from_slice(format!("{name}\n").as_bytes());
    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    entry.extend_from_slice(value);
    entry.push(b'\n');
}

fn journal() -> Vec<u8> {
    let mut all = Vec::new();
    let mut entry = |second: u64, message: &[u8], command: &str| {
        let cursor =
            format!("s=739ad463348b4ceca5a9e69c95a3c93f;i={second:x};b=6c7c6013a26343b29e964691ff25d04c;m=4fc;t=4fe8");
        text(&mut all, "__CURSOR", &cursor);
        text(&mut all, "__REALTIME_TIMESTAMP", &format!("{}000123", 1_793_700_672 + second));
        text(&mut all, "__MONOTONIC_TIMESTAMP", "5363153");
        for (name, value) in [
            ("_BOOT_ID", "6c7c6013a26343b29e964691ff25d04c"),
            ("PRIORITY", "6"),
            ("_UID", "33"),
            ("_GID", "33"),
            ("SYSLOG_IDENTIFIER", "shopd"),
            ("_COMM", "shopd"),
            ("_CMDLINE", command),
            ("_HOSTNAME", "web-4"),
        ] {
            text(&mut all, name, value);
        }
        match std::str::from_utf8(message).ok().filter(|message| !message.contains(['\n', '\x1b'])) {
            Some(message) => text(&mut all, "MESSAGE", message),
            None => bytes(&mut all, "MESSAGE", message),
        }
        text(&mut all, "_PID", "811");
        all.push(b'\n');
    };
    entry(0, b"listening on 8080", "shopd --port 8080");
    entry(1, b"login failed for user=jonas password=Wiesengrund1", "shopd --port 8080");
    entry(2, b"config reloaded:\n  db.user: kari\n  db.password: \"Nordlys 44\"\ndone", "shopd");
    entry(3, b"\x1b[32mPOST /login\x1b[0m {\"user\":\"lena\",\"password\":\"Zimt&Zucker\"} \xff", "shopd");
    entry(4, b"dumping", "/usr/bin/dump --username=matti --password=Halla_aho9 shop");
    all
}

/// Each entry of a journal is read as one record with its own time, also where a field is of many lines or any bytes.
#[test]
fn journals_in_export_format_are_read() {
    let journal = journal();
    let expected = [
        "jonas 2 2026-11-03T10:11:13Z",
        "kari 3 2026-11-03T10:11:14Z",
        "lena 4 2026-11-03T10:11:15Z",
        "matti 5 2026-11-03T10:11:16Z",
    ];
    let plain = report(&journal);
    assert_eq!(found(&plain), expected);
    assert_eq!(reasons(&plain), [""; 0]);
    assert_eq!(found(&report(&gzip(&journal))), expected);

    // An entry without its end is read as far as it goes.
    let cut = report(&journal[..journal.len() - 20]);
    assert_eq!((found(&cut), reasons(&cut).len()), (expected.map(str::to_owned).to_vec(), 0));
}

/// A length that is a lie costs nothing, and what is no journal is scanned all the same.
#[test]
fn damaged_journals_are_named() {
    let journal = journal();
    let mut long = journal.clone();
    let at = memchr::memmem::find(&long, b"config reloaded").unwrap();
    long[at - 8..at].copy_from_slice(&u64::MAX.to_le_bytes());
    let damaged = report(&long);
    assert_eq!(reasons(&damaged), ["decode_error"]);
    assert!(damaged["skipped"][0]["detail"].as_str().unwrap().contains("within an entry"));
    let users: BTreeSet<String> = found(&damaged).iter().map(|one| one.split(' ').next().unwrap().to_owned()).collect();
    assert!(users.contains("jonas") && users.contains("kari") && users.contains("matti"), "{users:?}");

    let mut other = journal;
    other.extend_from_slice(b"not a field\nGET /login?email=nils@example.com&pwd=Tr0ub4dor HTTP/1.1\n");
    let damaged = report(&other);
    assert_eq!(reasons(&damaged), ["decode_error"]);
    assert_eq!(found(&damaged).len(), 5);
}

/// What journald keeps is named as not read, and its bytes are scanned.
#[test]
fn binary_journals_are_named_and_scanned() {
    let mut log = b"LPKSHHRH\0\0\0\0\0\0\0\0".to_vec();
    log.resize(272, 0);
    log.extend_from_slice(b"MESSAGE=login user=otto password=Wiesengrund1\0\0\0");
    let named = report(&log);
    assert_eq!(reasons(&named), ["unsupported"]);
    assert_eq!(found(&named), ["otto 1 -"]);
}

/// One text in every encoding that Windows programs write, also where it begins at an odd place or in the middle.
#[test]
fn utf_16_is_read_in_every_form() {
    let line = |user: &str| format!("2026-11-03T10:11:12Z login email={user}@example.com password=Frühling-é99 ok\r\n");
    let text = format!("started\r\n{}plain words\r\n{}", line("anna"), line("bert"));
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let marked = format!("\u{feff}{text}");
    for (form, bytes) in [
        ("little endian", little(&text)),
        ("big endian", big(&text)),
        ("little endian, marked", little(&marked)),
        ("big endian, marked", big(&marked)),
        ("at an odd place", [b"x".to_vec(), little(&text)].concat()),
        ("big endian at an odd place", [b"x".to_vec(), big(&text)].concat()),
        ("after lines of ASCII", [b"one\ntwo\n".to_vec(), little(&marked)].concat()),
        ("after an odd number of bytes of ASCII", [b"one\nthree\n".to_vec(), little(&text)].concat()),
        ("both orders in one file", [little(&text), big(&text)].concat()),
        ("between binary bytes", [vec![0, 1, 2, 0xff, 0xfe, 3], little(&text), vec![0, 0, 9]].concat()),
    ] {
        let report = report(&bytes);
        let users: BTreeSet<String> =
            found(&report).iter().map(|one| one.split('@').next().unwrap().to_owned()).collect();
        assert_eq!(users, BTreeSet::from(["anna".to_owned(), "bert".to_owned()]), "{form}");
        assert_eq!(reasons(&report), [""; 0], "{form}");
        for exposure in
            report["accounts"].as_array().unwrap().iter().flat_map(|one| one["exposures"].as_array().unwrap())
        {
            assert_eq!(
                (&exposure["layers"][0], &exposure["logged_at"]),
                (&"utf16".into(), &"2026-11-03T10:11:12Z".into())
            );
        }
    }
    // ASCII before and after stays what it is.
    let mixed = [line("cleo").into_bytes(), little(&line("anna")), line("dora").into_bytes()].concat();
    assert_eq!(found(&report(&mixed)).len(), 3);
}

/// A NUL, or any other byte, is no reason to pass over a file.
#[test]
fn binary_files_are_scanned() {
    let line = b"GET /login?email=nils@example.com&pwd=Tr0ub4dor HTTP/1.1\n";
    let all: Vec<u8> = (0..=255).collect();
    for (before, after) in [
        (&b"\0"[..], &b"\0"[..]),
        (&[0; 100_000], &[0; 100_000]),
        (&all, &all),
        (b"\x7fELF\x02\x01\x01\0\0\0\0", b"\0\0"),
        (b"SQLite format 3\0", b"\0"),
        (b"\xff\xfe\xff\xff\n", b"\xff"),
    ] {
        let report = report(&[before, b"\n", line, after].concat());
        assert_eq!(found(&report).len(), 1, "{before:.8?}");
        assert_eq!((reasons(&report).len(), report["scan"]["status"].as_str()), (0, Some("complete")));
    }
}
