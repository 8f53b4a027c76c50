//! However a text is cut, a region gives the same rows.

use std::num::NonZeroUsize;
use std::sync::Arc;

use proptest::prelude::*;

use crate::exposure::{Exposure, Findings, Place};
use crate::input::{Options, Window};
use crate::limits::{AHEAD, BEHIND};
use crate::rule::RuleSet;
use crate::scanner::{Member, Regions, ScanOptions, Scanner};
use crate::terms::Dismissal;

/// What is found: where, whose, when, and how often it was dismissed.
#[derive(Default)]
struct Kept {
    found: Vec<(u64, String, String)>,
    dismissed: usize,
}

impl Findings for Kept {
    fn expose(&mut self, exposure: Exposure) {
        let account = exposure.account.map_or_else(String::new, |account| account.key.identity);
        let facts = format!("{:?} {:?} {:?}", exposure.logged_at, exposure.field, exposure.record);
        self.found.push((exposure.position.offset, account, facts));
    }

    fn dismiss(&mut self, _: Dismissal) {
        self.dismissed += 1;
    }

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}

fn scanner() -> Scanner {
    Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap()
}

/// Scans `text` in windows of `chunk` bytes that show as much as windows do.
fn scan(scanner: &Scanner, text: &[u8], chunk: usize) -> Kept {
    let mut kept = Kept::default();
    let place = Arc::new(Place::new(None, "a.log", None));
    let member = Member { place, year_hint: None, modified: None };
    let mut regions = Regions::default();
    let mut at = 0;
    while at < text.len() {
        let (first, stop) = (at.saturating_sub(BEHIND), text.len().min(at + chunk));
        let shown = first..text.len().min(stop + AHEAD);
        let last = shown.end == text.len();
        let window = Window { own: at - first..stop - first, offset: first as u64, last, bytes: &text[shown] };
        scanner.scan_window(&member, &window, &mut regions, &mut kept);
        at = stop;
    }
    kept.found.sort();
    kept
}

/// Tables of every kind, long enough to reach over several windows, with other lines between.
fn log(rows: usize) -> String {
    let mut log = String::from("start\nINSERT INTO member (mail, passwd) VALUES\n");
    let line = |i: usize, log: &mut String, row: String, last: &str| {
        log.push_str(&row);
        log.push_str(if i + 1 < rows { last } else { "\n" });
    };
    for i in 0..rows {
        line(i, &mut log, format!("('d{i}@example.com', 'Quince;''{i}')"), ",\n");
    }
    log.push_str(";\nlogin,password,note\n");
    for i in 0..rows {
        line(i, &mut log, format!("brinkm{i},\"Her\"\"bst\n{i}\",{}", "x".repeat(i % 90)), "\n");
    }
    log.push_str("a\nb\nc\nCOPY staff (login, password) FROM stdin;\n");
    for i in 0..rows {
        line(i, &mut log, format!("mokoye{i}\tClementine!{i}"), "\n");
    }
    log.push_str("\\.\nuser=priya password=L0tus\n#fields\tuser\tpassword\n");
    for i in 0..rows {
        line(i, &mut log, format!("priya{i}\tpond{i}"), "\n");
    }
    log.push_str("#close\nno\trow\n");
    log
}

#[test]
fn every_row_of_a_long_table_is_found_in_windows_of_any_size() {
    let scanner = scanner();
    let log = log(9000);
    assert!(log.len() > 3 * (BEHIND + AHEAD) / 2, "{}", log.len());
    let whole = scan(&scanner, log.as_bytes(), log.len());
    assert_eq!(whole.found.len(), 4 * 9000 + 1);
    for chunk in [9_973, 100_003, 1 << 18] {
        let cut = scan(&scanner, log.as_bytes(), chunk);
        assert!(cut.found == whole.found, "windows of {chunk} bytes");
        assert_eq!(cut.dismissed, whole.dismissed);
    }
}

/// The same in UTF-16 of either byte order, wherever its units begin.
#[test]
fn rows_of_utf_16_are_found_in_windows_of_any_size() {
    let scanner = scanner();
    let rows = 4000;
    for (before, big) in [(&b"\xff\xfe"[..], false), (b"\xfe\xff", true), (b"odd\n\n", false)] {
        let order = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let text: Vec<u8> = log(rows).encode_utf16().flat_map(order).collect();
        let text = [before, &text].concat();
        let whole = scan(&scanner, &text, text.len());
        assert_eq!(whole.found.len(), 4 * rows + 1);
        for chunk in [9_973, 100_003, 1 << 18] {
            let cut = scan(&scanner, &text, chunk);
            assert!(cut.found == whole.found, "windows of {chunk} bytes behind {before:?}");
            assert_eq!(cut.dismissed, whole.dismissed);
        }
    }
}

/// A trace of statements has a head in every line.
#[test]
fn every_head_of_a_window_is_read() {
    let scanner = scanner();
    let log: String = (0..500).map(|i| format!("INSERT INTO t (login, pwd) VALUES ('dana{i}', 'x{i}y');\n")).collect();
    assert_eq!(scan(&scanner, log.as_bytes(), log.len()).found.len(), 500);
    assert_eq!(scan(&scanner, log.as_bytes(), 700).found.len(), 500);
    let tally = scanner.scan_bytes("a.log", log.as_bytes());
    assert_eq!(tally.exposures(), 500);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn windows_of_any_size_give_the_same(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "login,password\n", "mira,x1y\n", "brinkm,\"a\nb\"\n", "INSERT INTO t (login, pwd) VALUES ", "('k','z9')",
            ",", ";\n", "\n", "#fields\tuser\tpassword\n", "priya\tpond\n", "COPY t (user, pwd) FROM stdin;\n", "\\.\n",
            "CREATE TABLE t (login text, pwd text);\n", "INSERT INTO t VALUES ", "| login | pwd |\n", "|---|---|\n",
            "| dana | q w |\n", "text\n", "\"", "'", "insert into t (login, pwd) values (?, ?)\n", "[x] ('ann', 'lee7')\n",
        ]), 0..40),
        chunk in 1usize..200,
    ) {
        let scanner = scanner();
        let log = pieces.concat();
        let whole = scan(&scanner, log.as_bytes(), log.len().max(1));
        let cut = scan(&scanner, log.as_bytes(), chunk);
        prop_assert_eq!(whole.found, cut.found);
        prop_assert_eq!(whole.dismissed, cut.dismissed);
        let wide: Vec<u8> = log.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let whole = scan(&scanner, &wide, wide.len().max(1));
        let cut = scan(&scanner, &wide, chunk);
        prop_assert_eq!(whole.found, cut.found, "as UTF-16");
    }
}

/// A region that reaches over parts of a file which other workers scan is followed to its end, once.
#[test]
fn segments_threads_and_streams_give_the_same_tally() {
    let scanner = scanner();
    let rows = 3000;
    let log = log(rows);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.log");
    std::fs::write(&path, &log).unwrap();
    for (segment, chunk, threads) in [(1 << 30, 1 << 20, 1), (65_536, 4_096, 3), (20_000, 3_000, 2), (7_777, 50_000, 4)]
    {
        let reading = Options { segment, chunk, ..Options::default() };
        let options = ScanOptions { threads: NonZeroUsize::new(threads), ..ScanOptions::default() };
        let tally = scanner.scan_read(std::slice::from_ref(&path), &options, &reading);
        assert_eq!(tally.exposures(), 4 * rows as u64 + 1, "segments of {segment} bytes");
        assert_eq!(tally.counts.bytes_scanned, log.len() as u64, "and rows are no bytes of their own");
        assert_eq!(tally.counts.members_scanned, 1);
    }
}
