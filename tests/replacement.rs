//! Nothing of a password is in a report: where every secret of a log is replaced by another of the same kind and length,
//! the same one everywhere, the report stays the same byte for byte. And what no rule knows to be secret, on the line of
//! a known one, is in no output.
//!
//! The logs are all examples of all rules and those of the synthetic generator. Only `report_id` and the times of the
//! scan differ.

#[path = "../benches/synthetic/mod.rs"]
#[allow(dead_code)]
mod synthetic;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use logleak::RuleSet;
use serde_json::Value;

/// Another of the same kind and length: each letter another of its case, each digit another, everything else as it was.
/// Hexadecimal stays so, and what announces a kind (`$1$`, `{SHA}`, `0x`) is left alone.
fn replaced(secret: &str, by: u32) -> String {
    let hex = secret.len() >= 8 && secret.bytes().all(|b| b.is_ascii_hexdigit());
    let turn = |c: char, first: char, many: u32| {
        char::from_u32(first as u32 + (c as u32 - first as u32 + by) % many).unwrap_or(c)
    };
    let base32 = secret.len() >= 16 && secret.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
    let one = |c: char| match c {
        '2'..='7' if base32 => turn(c, '2', 6),
        'a'..='f' if hex => turn(c, 'a', 6),
        'A'..='F' if hex => turn(c, 'A', 6),
        'a'..='z' => turn(c, 'a', 26),
        'A'..='Z' => turn(c, 'A', 26),
        '0'..='9' => turn(c, '0', 10),
        _ => c,
    };
    secret.chars().map(one).collect()
}

/// With its hyphens as a URL may write them.
fn percent(secret: &str) -> String {
    secret.replace('-', "%2D")
}

fn report(folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_logleak"))
        .current_dir(folder)
        .args(["scan", ".", "-q", "--max-exposures", "100000"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["report_id"] = Value::Null;
    report["scan"]["started_at"] = Value::Null;
    report["scan"]["finished_at"] = Value::Null;
    serde_json::to_string_pretty(&report).unwrap()
}

/// Whether letters and digits can be turned without making another kind of it: hashes have structure.
fn is_plain(secret: &str) -> bool {
    secret.len() >= 4 && secret.is_ascii() && !secret.contains(['$', '{', '}', '*', '=', '<'])
}

#[test]
fn other_passwords_make_the_same_report() {
    let rules = RuleSet::builtin().unwrap();
    // One file an example: a secret of one may be a word of another.
    let mut examples: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (_, rule) in rules.rules() {
        for (i, example) in rule.examples.iter().enumerate() {
            let secret = &example.exposed.secret;
            // As it stands in the log; what is encoded there is not.
            if is_plain(secret) && example.log.contains(&**secret) && !example.exposed.account.contains(&**secret) {
                examples.insert(format!("{}-{i}.log", rule.id), (example.log.clone(), secret.to_string()));
            }
        }
    }
    // Once more on the same line, under keys that no rule knows, and in another spelling.
    for (name, log) in [
        ("again.log", "GET /login?user=ostara&password=Birch-77&zugang=Birch-77&x=(Birch-77) HTTP/1.1"),
        ("percent.log", "GET /login?user=ostara&password=Birch%2D77&zugang=Birch%2D77&note=Birch-77 HTTP/1.1"),
        ("prose.log", "user=ostara password=Birch-77 note: they typed Birch-77, once more Birch-77."),
        ("two.log", "user=ostara password=Birch-77 old_password=Birch-77"),
    ] {
        examples.insert(name.to_owned(), (log.to_owned(), "Birch-77".to_owned()));
    }
    assert!(examples.len() > 100, "{} examples", examples.len());
    let first = tempfile::tempdir().unwrap();
    for (name, (log, _)) in &examples {
        fs::write(first.path().join(name), log).unwrap();
    }
    let before = report(first.path());
    for by in [3, 7] {
        let second = tempfile::tempdir().unwrap();
        for (name, (log, secret)) in &examples {
            let turned = log.replace(secret, &replaced(secret, by));
            let turned = turned.replace(&percent(secret), &percent(&replaced(secret, by)));
            fs::write(second.path().join(name), turned).unwrap();
        }
        assert_same(&before, &report(second.path()));
    }
}

#[test]
fn other_passwords_of_a_generated_log_make_the_same_report() {
    let mut lines = synthetic::Lines::new(synthetic::Kind::Dense, 3);
    let mut log = Vec::new();
    while log.len() < 300_000 {
        lines.push(&mut log);
    }
    let log = String::from_utf8(log).unwrap();
    // The passwords of the generator are a word and a number; those of plain syntaxes are replaced.
    let turned: String = log
        .split_inclusive('\n')
        .map(|line| {
            let key = ["password=", "\"password\":\""].iter().find_map(|key| line.rfind(key).map(|at| at + key.len()));
            let Some(at) = key.filter(|at| !line[*at..].starts_with('"')) else { return line.to_owned() };
            let end = line[at..].find(['&', '"', ' ', '\n']).map_or(line.len(), |i| at + i);
            format!("{}{}{}", &line[..at], replaced(&line[at..end], 5), &line[end..])
        })
        .collect();
    assert_eq!(log.len(), turned.len());
    assert_ne!(log, turned);
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(first.path().join("app.log"), log).unwrap();
    fs::write(second.path().join("app.log"), turned).unwrap();
    assert_same(&report(first.path()), &report(second.path()));
}

fn assert_same(before: &str, after: &str) {
    if let Some((was, is)) = before.lines().zip(after.lines()).find(|(was, is)| was != is) {
        let at = before.lines().zip(after.lines()).position(|(was, is)| was != is).unwrap();
        let near: Vec<&str> = before.lines().skip(at.saturating_sub(30)).take(45).collect();
        panic!("{was}\nbecame\n{is}\nin\n{}", near.join("\n"));
    }
    assert_eq!(before.len(), after.len());
}

/// Secrets under keys that no rule knows, in any place of a statement that recurs over many records and accounts, are
/// in no template.
#[test]
fn an_unknown_secret_beside_a_known_one_stays_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let shapes: &[fn(usize, &str) -> String] = &[
        |i, x| format!("GET /login?user=sailor{i}&password=Keel-{i}&zugang={x} HTTP/1.1"),
        |i, x| format!("login user=sailor{i} password=Keel-{i} {x} {x}: zugang {x}"),
        |i, x| format!("{{\"msg\":\"{x} body\",\"user\":\"sailor{i}\",\"password\":\"Keel-{i}\",\"zugang\":\"{x}\"}}"),
        |i, x| format!("request {x}: user=sailor{i} password=Keel-{i} to={x}@host /{x}/login ({x}) [{x}] <{x}>"),
        |i, x| format!("sailor{i}:{x}:Keel-{i} user=sailor{i} password=Keel-{i} {x}:{x}"),
        |i, x| format!("user=sailor{i}, password=Keel-{i}, note='{x}', hint={x}==, {x}"),
    ];
    let unknown = ["Ankerplatz", "letmein", "Summer", "dragon", "Ufer-Promenade", "correct_horse"];
    for (n, shape) in shapes.iter().enumerate() {
        for (m, unknown) in unknown.iter().enumerate() {
            let mut log = String::new();
            for i in 0..12 {
                let _ = writeln!(log, "2026-11-03T10:11:{i:02}Z {}", shape(i % 6, unknown));
            }
            fs::write(folder.path().join(format!("shape{n}x{m}.log")), log).unwrap();
        }
    }
    let report = report(folder.path());
    for unknown in unknown {
        assert!(!report.contains(unknown), "{unknown} is told");
    }
    let whole: Value = serde_json::from_str(&report).unwrap();
    let templates: HashSet<&str> =
        whole["sites"].as_array().unwrap().iter().filter_map(|site| site["template"].as_str()).collect();
    assert!(templates.iter().any(|t| t.contains("GET /login?user=…&password=…&zugang=…")), "{templates:?}");
    assert!(!report.contains("Keel"));
    for template in templates {
        assert!(!template.contains("sailor"), "{template}");
    }
}
