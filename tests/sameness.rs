//! The same input gives the same report: whatever the threads, the chunks, and the way that files are read.
//!
//! The logs are those of the synthetic generator, all examples of all rules, the sample logs, and lines that are longer
//! than any window. What may differ is `report_id` and the times of the scan.

#[path = "../benches/synthetic/mod.rs"]
#[allow(dead_code)]
mod synthetic;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::{Compression, write::GzEncoder};
use logleak::RuleSet;
use serde_json::Value;
use synthetic::{Kind, Lines};

/// Logs in which records meet every border: of chunks, of segments, of lines without an end.
fn logs(folder: &Path) {
    for (name, kind, bytes) in [("dense.log", Kind::Dense, 400_000), ("typical.log", Kind::Typical, 2_000_000)] {
        let mut lines = Lines::new(kind, 7);
        let mut text = Vec::new();
        while text.len() < bytes {
            lines.push(&mut text);
        }
        fs::write(folder.join(name), text).unwrap();
    }
    let mut examples = String::new();
    for (_, rule) in RuleSet::builtin().unwrap().rules() {
        for example in &rule.examples {
            examples.push_str(&example.log);
            examples.push_str("\n\n");
        }
        for counterexample in &rule.counterexamples {
            examples.push_str(&counterexample.log);
            examples.push('\n');
        }
    }
    fs::write(folder.join("examples.log"), &examples).unwrap();
    // The same as Windows writes it, in either byte order, aligned and not; and behind text that is not UTF-16.
    let mut dense = Lines::new(Kind::Dense, 9);
    let mut text = examples.clone().into_bytes();
    while text.len() < 120_000 {
        dense.push(&mut text);
    }
    let text = String::from_utf8(text).unwrap();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    fs::write(folder.join("little.log"), [b"\xff\xfe", &*little].concat()).unwrap();
    fs::write(folder.join("big.log"), [b"\xfe\xff", &*big].concat()).unwrap();
    fs::write(folder.join("odd.log"), [b"10:00:00 a line of ASCII\n", &*little, b"\0\0\0", &*big].concat()).unwrap();
    // As container runtimes write it: a line in a string, and long lines in parts of two streams.
    let quote = |text: &str| serde_json::to_string(text).unwrap();
    let mut docker = String::new();
    for (i, line) in text.lines().take(900).enumerate() {
        let line = format!("{line}\n");
        let letters: Vec<char> = line.chars().collect();
        for part in letters.chunks(if i % 3 == 0 { 48 } else { 16 << 10 }) {
            let stream = if i % 5 == 0 { "stderr" } else { "stdout" };
            let said = quote(&part.iter().collect::<String>());
            docker.push_str(&format!(
                "{{\"log\":{said},\"stream\":\"{stream}\",\"time\":\"2026-03-12T10:00:{:02}Z\"}}\n",
                i % 60
            ));
        }
    }
    fs::write(folder.join("docker.log"), docker).unwrap();
    // A dump whose lines are one record.
    let dump: String = "user=rambler&password=Foot-path-77&x=1 "
        .repeat(300)
        .as_bytes()
        .chunks(16)
        .enumerate()
        .map(|(i, bytes)| {
            let digits: String = bytes.iter().map(|b| format!("{b:02x} ")).collect();
            format!("{:08x}  {digits:<48} |{}|\n", i * 16, String::from_utf8_lossy(bytes))
        })
        .collect();
    fs::write(folder.join("dump.log"), format!("10:00:00 sent\n{dump}10:00:01 done\n").repeat(4)).unwrap();
    // A statement that leaks and one that only masks, both masked from some day on; not every line has a time.
    let mut masked = String::new();
    for i in 0..4000 {
        let (day, hour, minute) = (1 + i / 200, i / 60 % 24, i % 60);
        let time = if i / 40 % 3 == 0 { format!("2026-03-{day:02} {hour:02}:{minute:02}:00 ") } else { String::new() };
        let value = if day < 12 && i % 3 == 0 && !time.is_empty() { format!("Sling{i}shot") } else { "***".to_owned() };
        masked.push_str(&match i % 5 {
            0 => format!("{time}INFO updating profile for walker{i} password=[FILTERED]\n"),
            1 => format!("{time}INFO begun\n  nothing to tell\n"),
            _ => format!("{time}INFO login attempt user=walker{i} password={value} ip=10.0.0.7\n"),
        });
    }
    fs::write(folder.join("masked.log"), masked).unwrap();
    // One line of half a megabyte, a leak in it every few kilobytes.
    let mut line = String::new();
    for i in 0..160 {
        line.push_str(&format!("{{\"user\":\"walker{i}\",\"password\":\"Sling{i}shot\"}} {}", "filler ".repeat(430)));
    }
    fs::write(folder.join("one-line.log"), &line).unwrap();
    // Indented lines without a head, more than a record may have.
    let block: String = (0..900).map(|i| format!("    user: stroller{i}, password: Path{i}way\n")).collect();
    fs::write(folder.join("block.log"), block).unwrap();
}

fn scan(folder: &Path, args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_logleak"))
        .current_dir(folder)
        .args(["scan", ".", "-q", "--max-exposures", "1000000"])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["report_id"] = Value::Null;
    report["scan"]["started_at"] = Value::Null;
    report["scan"]["finished_at"] = Value::Null;
    report
}

/// Every way to cut and read the same files.
#[test]
fn threads_chunks_and_reading_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    logs(folder.path());
    let one = scan(folder.path(), &["-j", "1"]);
    assert!(one["summary"]["exposures"].as_u64().unwrap() > 3000, "the logs leak");
    let mended = |site: &Value| site["masked_last_seen"].as_str() > site["last_seen"].as_str();
    assert!(one["sites"].as_array().unwrap().iter().any(mended), "and some is mended");
    for args in [
        &["-j", "2"][..],
        &["-j", "7"],
        &["-j", "7", "--chunk-size", "4096"],
        &["-j", "2", "--chunk-size", "977"],
        &["-j", "2", "--chunk-size", "100003", "--io", "map"],
        &["-j", "2", "--chunk-size", "65536", "--io", "read"],
        &["--io", "map"],
    ] {
        let other = scan(folder.path(), args);
        if one != other {
            panic!("{args:?}: {}", difference(&one, &other));
        }
    }
}

/// Where two reports first differ, without quoting values of either at length.
fn difference(a: &Value, b: &Value) -> String {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let key =
                x.keys().find(|key| x.get(*key) != y.get(*key)).or_else(|| y.keys().find(|key| !x.contains_key(*key)));
            key.map_or_else(String::new, |key| format!(".{key}{}", difference(&a[key], &b[key])))
        }
        (Value::Array(x), Value::Array(y)) => match x.iter().zip(y).position(|(x, y)| x != y) {
            Some(i) => format!("[{i}]{}", difference(&x[i], &y[i])),
            None => format!(": {} or {} entries", x.len(), y.len()),
        },
        _ => format!(": {a} or {b}"),
    }
}

/// A gzip file, of one member or of three, tells of the same exposures as the file in it.
#[test]
fn packing_changes_only_the_place() {
    let plain = tempfile::tempdir().unwrap();
    logs(plain.path());
    let packed = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(plain.path()).unwrap() {
        let entry = entry.unwrap();
        let text = fs::read(entry.path()).unwrap();
        let mut file = fs::File::create(packed.path().join(entry.file_name())).unwrap();
        for part in text.chunks(text.len().div_ceil(3).max(1)) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(part).unwrap();
            file.write_all(&encoder.finish().unwrap()).unwrap();
        }
    }
    let (plain, packed) = (scan(plain.path(), &[]), scan(packed.path(), &[]));
    for part in ["accounts", "unattributed", "sites", "summary"] {
        if plain[part] != packed[part] {
            panic!("{part}{}", difference(&plain[part], &packed[part]));
        }
    }
}
