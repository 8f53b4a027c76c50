//! What each target does with any bytes. `tests/regressions.rs` does the same with every input that ever broke one, so
//! this file is a part of the ordinary tests as well.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use logleak::input::Io;
use logleak::record::time;
use logleak::report::{Report, ScanFacts, escape};
use logleak::terms::SkipReason;
use logleak::{RuleSet, ScanOptions, Scanner, Tally};

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| match RuleSet::builtin().map(|rules| Scanner::builder(rules).build()) {
        Ok(Ok(scanner)) => scanner,
        _ => panic!("the built-in rules make a scanner"),
    });

/// A password that no input can know of.
const CANARY: &str = "Qz7-Heron-41";

/// A log of any bytes behind a line that leaks: no panic, and the password of that line is nowhere in the report. By the
/// first byte, the same once more from a file, read whole and mapped in windows of a size that it chooses: the same
/// report. Or the vector search finds what the portable one finds, which takes longer than all of this.
pub fn scan(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let log = [format!("10:00:00 login user=jane password={CANARY}\n").as_bytes(), bytes].concat();
    let told = told(SCANNER.scan_bytes("a.log", &log));
    assert!(!told.contains(CANARY), "a password is in the report");
    if first == u8::MAX {
        assert!(SCANNER.finds_the_same(&log));
    }
    if first & 3 == 0 {
        let folder = folder();
        let path = folder.path().join("a.log");
        written(&path, &log);
        every_way_the_same(&path, 1 + 16 * usize::from(first));
    }
}

/// A file of any bytes under a name of any kind, in windows of a size that its first byte chooses: no panic of ours, and
/// every way to read it gives the same report.
pub fn archive(bytes: &[u8]) {
    const NAMES: [&str; 8] = ["a.log", "a.gz", "a.tar", "a.zip", "a.7z", "a.evtx", "a.journal", "a"];
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let folder = folder();
    let path = folder.path().join(NAMES[usize::from(first & 7)]);
    written(&path, bytes);
    every_way_the_same(&path, 1024 + 256 * usize::from(first));
}

fn every_way_the_same(path: &Path, chunk: usize) {
    let read = |io: Io, chunk: usize| {
        let options = ScanOptions {
            io,
            threads: Some(NonZeroUsize::MIN),
            chunk: NonZeroUsize::new(chunk),
            decoder_memory: Some(32 << 20),
            ..ScanOptions::default()
        };
        let tally = SCANNER.scan_paths(&[path.to_owned()], &options);
        assert!(tally.skipped().iter().all(|skipped| skipped.reason != SkipReason::InternalError), "caught a panic");
        told(tally)
    };
    assert_eq!(read(Io::Read, 1 << 20), read(Io::Map, chunk));
}

/// What the report says, but for its id and the times of the scan.
fn told(tally: Tally) -> String {
    let scanned = format!("{:?}", tally.counts);
    let facts =
        ScanFacts { started: Timestamp::UNIX_EPOCH, finished: Timestamp::UNIX_EPOCH, ..ScanFacts::of(&SCANNER) };
    let report = Report::new(tally, facts, |rule| SCANNER.rules().id(rule));
    let accounts: Vec<_> = report.accounts().collect();
    let unattributed: Vec<_> = report.unattributed().collect();
    let sites: Vec<_> = report.sites().collect();
    match serde_json::to_string(&(scanned, report.summary(), accounts, unattributed, sites, report.skipped())) {
        Ok(told) => told,
        Err(error) => panic!("a report is JSON: {error}"),
    }
}

/// A rule file of any text: it is refused or scans, in bounded time.
pub fn rules(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let folder = folder();
    written(&folder.path().join("a.toml"), text.as_bytes());
    let Ok(rules) = RuleSet::builtin().and_then(|rules| rules.load(folder.path())) else { return };
    let Ok(scanner) = Scanner::builder(rules).build() else { return };
    scanner.scan_bytes("a.log", b"login user=jane password=Tr0ub4dor 1234 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    scanner.scan_bytes("a.log", bytes);
}

/// Text of any kind is one harmless line in every place.
pub fn escape(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let terminal = escape::terminal(&text).to_string();
    let ci = escape::ci(&text).to_string();
    let html = escape::html(&text).to_string();
    let markdown = escape::markdown(&text).to_string();
    let csv = escape::csv(&text).to_string();
    for written in [&terminal, &ci, &html, &markdown, &csv] {
        assert!(!written.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
    }
    assert!(!terminal.contains("##"));
    assert!(!ci.contains(['%', ':', ';', ',', ']', '|', '\'']) && !ci.contains("##"));
    assert!(!html.contains(['<', '>', '"', '\'', '`']));
    assert!(!markdown["<code>".len()..markdown.len() - "</code>".len()].contains(['<', '>', '`', '|', '[', '@']));
    let inside = &csv[1..csv.len() - 1];
    assert!(!inside.replace("\"\"", "").contains('"'));
    for cell in inside.split([',', ';', '"']) {
        assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']));
    }
}

/// A line of any bytes: its time lies in the line and is an instant, with and without a year from elsewhere.
pub fn time(bytes: &[u8]) {
    for line in bytes.split(|&byte| byte == b'\n') {
        let Some(stamp) = time::find(line) else { continue };
        assert!(stamp.span.start < stamp.span.end && stamp.span.end <= line.len());
        let any = time::resolve(&stamp, &time::Clock { zone: jiff::tz::TimeZone::UTC, year_hint: Some(2024) });
        let none = time::resolve(&stamp, &time::Clock::default());
        assert!(stamp.year.is_none() || any == none, "a written year needs no hint");
    }
    time::year_in_name(&String::from_utf8_lossy(bytes));
}

/// A folder in memory, where the system has one.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let place: PathBuf = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    match tempfile::tempdir_in(place) {
        Ok(folder) => folder,
        Err(error) => panic!("no folder to work in: {error}"),
    }
}

fn written(path: &Path, bytes: &[u8]) {
    if let Err(error) = fs::write(path, bytes) {
        panic!("no file to work on: {error}");
    }
}
