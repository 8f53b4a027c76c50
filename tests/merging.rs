//! A folder of logs split in any way, scanned in parts and merged, gives the one report: byte for byte but for
//! `report_id` and `scan`.

#[path = "../benches/synthetic/mod.rs"]
#[allow(dead_code)]
mod synthetic;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use logleak::secret::FingerprintKey;
use logleak::tally::partial::{self, FORMAT, Header, Overlap, Part};
use logleak::{RuleSet, ScanOptions, Scanner, Tally};
use proptest::prelude::*;
use serde_json::Value;
use synthetic::{Kind, Lines};
use tempfile::TempDir;

const FILES: usize = 9;

/// Logs that share accounts, passwords, clients and statements over all files, and one file that cannot be read.
fn logs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = Lines::new(Kind::Dense, 11);
    let examples: Vec<String> = RuleSet::builtin()
        .unwrap()
        .rules()
        .flat_map(|(_, rule)| rule.examples.iter().map(|example| format!("{}\n\n", example.log)).collect::<Vec<_>>())
        .collect();
    for file in 0..FILES {
        let mut text = Vec::new();
        while text.len() < 20_000 {
            lines.push(&mut text);
        }
        for i in 0..40 {
            let (user, place) = (i % 7, (file + i) % 5);
            let line = format!(
                "2026-11-03T10:{i:02}:12Z 192.0.2.{place} POST /login?email=u{user}@example.com&pwd=P{}w-{user} HTTP/1.1 {}\n",
                (file * i) % 23,
                if i % 4 == 0 { 401 } else { 302 },
            );
            text.extend_from_slice(line.as_bytes());
            // The login is mended later, in the last files.
            if file >= 6 {
                text.extend_from_slice(
                    line.replace("2026-11-03", "2026-11-07")
                        .replace(&format!("pwd=P{}w-{user}", (file * i) % 23), "pwd=***")
                        .as_bytes(),
                );
            }
            // One client that tries many accounts, over all files.
            let line = format!(
                "2026-11-03T11:{i:02}:12Z login failed: bad password, client=198.51.100.7 user=s{}@example.com password=Try{i}\n",
                file * 5 + i % 9
            );
            text.extend_from_slice(line.as_bytes());
            text.extend_from_slice(format!("2026-11-03 12:00:00 nobody knows whose password=Lost{i}and\n").as_bytes());
        }
        for example in examples.iter().skip(file).step_by(FILES) {
            text.extend_from_slice(example.as_bytes());
        }
        fs::write(folder.path().join(format!("{file}.log")), text).unwrap();
    }
    fs::write(folder.path().join("broken.log"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff no gzip at all").unwrap();
    let key = folder.path().join("key");
    fs::write(&key, [9; 40]).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    folder
}

fn logleak(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logleak")).current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The document without what may differ, as text.
fn comparable(document: &[u8]) -> String {
    let text = std::str::from_utf8(document).unwrap();
    let (before, rest) = text.split_once("  \"report_id\"").unwrap();
    let tool = &rest[rest.find("  \"tool\"").unwrap()..];
    let (tool, rest) = tool.split_once("  \"scan\"").unwrap();
    format!("{before}{tool}{}", &rest[rest.find("  \"summary\"").unwrap()..])
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// What a job of a matrix writes, and what is read of it.
fn through_a_file(scanner: &Scanner, tally: Tally, id: usize) -> (Header, Tally) {
    let rules = scanner.rules();
    let header = Header {
        format: FORMAT.to_owned(),
        version: "0.0.0".to_owned(),
        rules_version: rules.version().to_owned(),
        rules: rules.rules().map(|(_, rule)| rule.id.clone()).collect(),
        key_id: scanner.key().map(|key| key.id().to_owned()),
        max_exposures: 0,
        policy: "caution".to_owned(),
        sandbox: "none".to_owned(),
        scope: Vec::new(),
        interrupted: false,
        lower_bounds: Vec::new(),
        upper_bounds: Vec::new(),
        parts: vec![Part {
            source: None,
            inputs: vec![id.to_string()],
            started_at: 0,
            finished_at: 0,
            id: id.to_string(),
        }],
    };
    let mut text = Vec::new();
    partial::write(header, None, tally, &mut text).unwrap();
    let (path, mut rest) = (Path::new("part"), &text[..]);
    let header = partial::header(path, &mut rest).unwrap();
    let tally = partial::body(path, &header, &mut rest).unwrap();
    (header, tally)
}

/// All of a tally, as its own serial form writes it.
fn written(header: &Header, tally: Tally) -> String {
    let mut text = Vec::new();
    let header = Header { parts: Vec::new(), ..header.clone() };
    partial::write(header, None, tally, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 8, ..ProptestConfig::with_cases(12) })]

    /// Any files in any parts, each scanned with its own threads and windows, joined in any tree.
    #[test]
    fn any_split_gives_the_one_tally(
        split in proptest::collection::vec(0usize..5, FILES), tree in any::<u64>(), cap in 0usize..30,
        chunk in 500usize..40_000,
    ) {
        let logs = logs();
        let files: Vec<PathBuf> = (0..FILES).map(|i| logs.path().join(format!("{i}.log"))).collect();
        let scanner = |key: bool| {
            let key = key.then(|| FingerprintKey::from_file(&logs.path().join("key")).unwrap());
            Scanner::builder(RuleSet::builtin().unwrap()).fingerprint_key(key).max_exposures(cap).build().unwrap()
        };
        let scanner = scanner(true);
        let whole = scanner.scan_paths(&files, &ScanOptions::default());
        let mut parts: Vec<(Header, Tally)> = (0..5)
            .map(|part| {
                let own: Vec<PathBuf> = files.iter().zip(&split).filter(|(_, p)| **p == part).map(|(f, _)| f.clone()).collect();
                let options = ScanOptions {
                    threads: std::num::NonZeroUsize::new(1 + part % 2),
                    chunk: std::num::NonZeroUsize::new(chunk),
                    ..ScanOptions::default()
                };
                through_a_file(&scanner, scanner.scan_paths(&own, &options), part)
            })
            .collect();
        let mut seed = tree;
        while parts.len() > 1 {
            let one = parts.swap_remove(seed as usize % parts.len());
            let other = seed as usize / 7 % parts.len();
            let (header, tally) = &mut parts[other];
            header.join(&one.0, Overlap::Refuse).unwrap();
            tally.merge(one.1);
            seed = seed / 31 + 5;
        }
        let (header, merged) = parts.remove(0);
        prop_assert_eq!(header.parts.len(), 5);
        let (whole, merged) = (written(&header, whole), written(&header, merged));
        let differing = whole.lines().zip(merged.lines()).find(|(one, other)| one != other);
        prop_assert!(whole == merged, "{:?}", differing);
    }
}

/// The command line: the one report, whatever the parts; merged parts can be merged again.
#[test]
fn merged_parts_are_the_one_report() {
    let logs = logs();
    let folder = logs.path();
    let names: Vec<String> =
        ["broken.log".to_owned()].into_iter().chain((0..FILES).map(|i| format!("{i}.log"))).collect();
    let scan = |names: &[String], more: &[&str]| {
        let names = names.iter().map(String::as_str);
        let args: Vec<&str> = ["scan", "-q"].into_iter().chain(names).chain(more.iter().copied()).collect();
        let output = logleak(folder, &args);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        output.stdout
    };
    for key in [&["--key-file", "key"][..], &[]] {
        let whole = scan(&names, key);
        for (part, names) in names.chunks(3).enumerate() {
            let out = format!("{part}.part");
            scan(names, &[key, &["--partial", "-o", &out]].concat());
        }
        let merge = |args: &[&str]| logleak(folder, &[&["merge", "-q"], args].concat());
        assert_eq!(merge(&["0.part", "1.part", "--partial", "-o", "left.part"]).status.code(), Some(1));
        let all = [&["3.part", "2.part", "left.part", "0.part"][..], key].concat();
        let output = merge(&all);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let (one, merged) = (json(&whole), json(&output.stdout));
        let mended = |site: &Value| site["masked_first_seen"].as_str() > site["last_seen"].as_str();
        assert!(one["sites"].as_array().unwrap().iter().any(mended), "a site that leaks is masked later");
        assert_eq!(merged["scan"]["status"], one["scan"]["status"]);
        assert_eq!(merged["scan"]["inputs"].as_array().unwrap().len(), names.len());
        assert_eq!(merged["scan"]["parts"].as_array().unwrap().len(), 4);
        if !key.is_empty() {
            assert!(comparable(&whole) == comparable(&output.stdout), "the reports differ");
            assert_eq!(merged["scan"]["lower_bounds"], Value::Null);
            continue;
        }
        // Without a key nobody can tell whether two parts saw the same password; everything else is the same.
        assert_eq!(merged["scan"]["lower_bounds"], serde_json::json!(["distinct_passwords"]));
        let mut bounds = 0;
        let mut without = |mut report: Value| {
            for account in report["accounts"].as_array_mut().unwrap() {
                let account = account.as_object_mut().unwrap();
                account.remove("distinct_passwords");
                account.remove("distinct_passwords_capped");
                bounds += usize::from(account.remove("distinct_passwords_lower_bound").is_some());
            }
            let list = |name: &str| report[name].clone();
            [list("summary"), list("accounts"), list("unattributed"), list("sites"), list("skipped")]
        };
        let (one, merged) = (without(one), without(merged));
        assert!(one == merged, "the reports differ");
        assert!(bounds > 3, "accounts of several parts say so");
    }
}

/// What cannot be added up is refused before anything is written, and says what to do.
#[test]
fn what_does_not_add_up_is_refused() {
    let logs = logs();
    let folder = logs.path();
    let scan = |args: &[&str]| {
        assert_eq!(logleak(folder, &[&["scan", "-q", "--partial"], args].concat()).status.code(), Some(1))
    };
    scan(&["0.log", "-o", "a"]);
    scan(&["0.log", "-o", "again"]);
    scan(&["0.log", "--source", "web02", "-o", "other"]);
    scan(&["1.log", "--key-file", "key", "-o", "keyed"]);
    scan(&["1.log", "--skip", "sql-identified-by", "-o", "fewer"]);
    for out in ["r0", "r0again"] {
        assert_eq!(logleak(folder, &["scan", "-q", "0.log", "-o", out]).status.code(), Some(1));
    }
    fs::write(folder.join("cut"), &fs::read(folder.join("a")).unwrap()[..5000]).unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    for (files, words) in [
        (&["a", "again"][..], &["again", "same logs", "0.log", "--source", "--allow-overlap"][..]),
        (&["a", "keyed"], &["no key", "--key-file"]),
        (&["keyed"], &["made with the key", "--key-file"]),
        (&["a", "--key-file", "key"], &["without a key"]),
        (&["a", "fewer"], &["other rules", "scan again"]),
        (&["cut"], &["cut", "again"]),
        (&["empty"], &["empty", "scan again"]),
        (&["0.log"], &["0.log", "no report", "scan --partial"]),
        (&["a", "r0"], &["partial result", "report"]),
        (&["r0", "--partial"], &["--partial", "lost"]),
        (&["r0", "r0again"], &["r0", "same logs", "--allow-overlap"]),
        (&["a", "none"], &["none", "cannot read"]),
        (&[], &["FILE"]),
    ] {
        let output = logleak(folder, &[&["merge"], files].concat());
        let said = said(&output);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{files:?}");
        assert!(words.iter().all(|word| said.contains(word)), "{files:?}: {said}");
    }
    let accounts = |files: &[&str]| {
        let output = logleak(folder, &[&["merge", "-q"], files].concat());
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        json(&output.stdout)
    };
    // The same file twice is the same part, whatever it is called.
    fs::copy(folder.join("a"), folder.join("copy")).unwrap();
    assert_eq!(accounts(&["a", "copy", "a"])["summary"], accounts(&["a"])["summary"]);
    // Two runs over the same logs: what both list counts once, and what cannot be told is named.
    let (once, twice) = (accounts(&["a"]), accounts(&["a", "again", "--allow-overlap"]));
    assert_eq!(once["unattributed"], twice["unattributed"]);
    assert!(twice["scan"]["upper_bounds"].as_array().unwrap().contains(&"bytes_scanned".into()));
    let listed = |report: &Value| {
        let accounts = report["accounts"].as_array().unwrap().iter();
        accounts.map(|a| (a["account"].clone(), a["exposures"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(listed(&once), listed(&twice));
    // The same names on two machines are two logs.
    let two = accounts(&["a", "other"]);
    assert_eq!(two["summary"]["exposures"].as_u64(), once["summary"]["exposures"].as_u64().map(|count| 2 * count));
}

/// Reports tell less than parts: what they list adds up, what they cannot tell is named, and order does not matter.
#[test]
fn reports_add_up_as_far_as_they_tell() {
    let logs = logs();
    let folder = logs.path();
    let scan = |names: &[&str], more: &[&str]| {
        let output = logleak(folder, &[&["scan", "-q"], names, more].concat());
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        json(&output.stdout)
    };
    let merge = |args: &[&str]| {
        let output = logleak(folder, &[&["merge", "-q"], args].concat());
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        json(&output.stdout)
    };
    let all: &[&str] = &["--max-exposures", "100000"];
    let whole = scan(&["0.log", "1.log", "2.log", "broken.log"], all);
    for (names, out) in [(&["0.log"][..], "a"), (&["1.log", "broken.log"], "b"), (&["2.log"], "c")] {
        fs::write(folder.join(out), scan(names, all).to_string()).unwrap();
    }
    let merged = merge(&["a", "b", "c"]);
    fs::write(folder.join("cb"), merge(&["c", "b"]).to_string()).unwrap();
    let turned = merge(&["a", "cb"]);
    let lists =
        |report: &Value| ["summary", "accounts", "unattributed", "sites", "skipped"].map(|list| report[list].clone());
    assert_eq!(lists(&merged), lists(&turned));
    assert_eq!(merged["scan"]["parts"].as_array().unwrap().len(), 3);
    // Records that are equal in two files have one id: they are one exposure to whoever has only the reports.
    let ids = |report: &Value| {
        let accounts = report["accounts"].as_array().unwrap().iter();
        let found = accounts.flat_map(|account| account["exposures"].as_array().unwrap().clone());
        found.map(|one| one["exposure_id"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(ids(&merged).is_subset(&ids(&whole)));
    let names = |report: &Value| {
        let of =
            |a: &Value| (a["account"].clone(), a["severity"].clone(), a["first_seen"].clone(), a["last_seen"].clone());
        report["accounts"].as_array().unwrap().iter().map(of).collect::<std::collections::HashSet<_>>()
    };
    let critical = |report: &Value| report["summary"]["accounts_by_severity"]["critical"].as_u64();
    if critical(&whole) == critical(&merged) {
        assert_eq!(names(&merged), names(&whole));
    }
    assert_eq!(merged["summary"]["accounts"], whole["summary"]["accounts"]);
    assert_eq!(merged["skipped"], whole["skipped"]);
    assert_eq!(merged["scan"]["status"], "partial");
    let bounds = merged["scan"]["lower_bounds"].as_array().unwrap();
    assert!(bounds.contains(&"distinct_passwords".into()) && bounds.contains(&"sites".into()));
    // The summary still agrees with the lists.
    let sum: u64 = merged["accounts"].as_array().unwrap().iter().map(|a| a["exposure_count"].as_u64().unwrap()).sum();
    let nobody = merged["summary"]["unattributed_exposures"].as_u64().unwrap();
    assert_eq!(merged["summary"]["exposures"], sum + nobody);
    let modes = merged["summary"]["exposures_by_mode"].as_object().unwrap();
    assert_eq!(modes.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), sum + nobody);
    // A capped report says that the sum is at most what is written.
    fs::write(folder.join("capped"), scan(&["1.log"], &["--max-exposures", "1"]).to_string()).unwrap();
    let capped = merge(&["a", "capped"]);
    assert!(capped["scan"]["upper_bounds"].as_array().unwrap().contains(&"exposures".into()));
    // The same report twice, and the same logs twice.
    assert_eq!(lists(&merge(&["a", "a"])), lists(&merge(&["a"])));
    fs::write(folder.join("a2"), scan(&["0.log"], all).to_string()).unwrap();
    let twice = merge(&["a", "a2", "--allow-overlap"]);
    assert_eq!(twice["summary"]["exposures"], merge(&["a"])["summary"]["exposures"]);
}
