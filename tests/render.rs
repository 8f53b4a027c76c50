//! `logleak render`: a report written again is the one that the scan would have written, in every format.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Every format with the options that it needs.
const FORMATS: &[&[&str]] = &[
    &["-f", "json"],
    &["-f", "ndjson"],
    &["-f", "csv"],
    &["-f", "text"],
    &["-f", "sarif"],
    &["-f", "set", "--issuer", "https://logs.example.com", "--audience", "https://id.example.com"],
];

/// A log with accounts of several kinds, one of nobody, a mask, and an archive that cannot be read.
fn logs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = "\
        2026-11-03T10:11:12Z GET /login?email=jane@example.com&pwd=Tr0ub4dor HTTP/1.1\n\
        2026-11-03T10:12:12Z GET /login?email=jane@example.com&pwd=Tr0ub4dor2 HTTP/1.1\n\
        {\"user\":\"=cmd|' /C calc'!A0\",\"password\":\"hunter2x\"}\n\
        {\"phone\":\"+4915112345678\",\"password\":\"hunter2y\"}\n\
        login user=bob, password=s3cr3tpass result=failure\n\
        ----\n\
        2026-11-04T10:12:12Z connect password=0rphan77\n\
        user=eve password=********\n";
    fs::write(folder.path().join("app.log"), log).unwrap();
    fs::write(folder.path().join("cut.log.gz"), b"\x1f\x8b\x08\x00cut").unwrap();
    folder
}

fn logleak(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logleak"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

/// The standard output of a run that must end with this code.
fn out(folder: &Path, args: &[&str], code: i32) -> String {
    let output = logleak(folder, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The report of the log, scanned in the folder.
fn scanned(folder: &Path) -> Value {
    let text = out(folder, &["scan", "app.log", "cut.log.gz", "-q"], 1);
    fs::write(folder.join("report.json"), &text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn render(folder: &Path, args: &[&str]) -> String {
    out(folder, &[&["render", "report.json"], args].concat(), 0)
}

/// Scan once, render many: what is rendered is byte for byte what the scan would have written, in every format.
#[test]
fn a_report_is_rendered_as_it_would_have_been_scanned() {
    let logs = logs();
    let report = scanned(logs.path());
    // What two scans differ in is put into the text of the second.
    let settled = |text: String, report: &Value| {
        let scan = &report["scan"];
        let mut text = text.replace(report["report_id"].as_str().unwrap(), "ID");
        for member in ["started_at", "finished_at"] {
            let at = scan[member].as_str().unwrap();
            let seconds = at.parse::<jiff::Timestamp>().unwrap().as_second().to_string();
            text = text.replace(at, "AT").replace(&seconds, "AT");
        }
        text
    };
    for format in FORMATS {
        let rendered = settled(render(logs.path(), format), &report);
        for threads in ["1", "3"] {
            let args = [&["scan", "app.log", "cut.log.gz", "-q", "-j", threads], *format].concat();
            let direct = out(logs.path(), &args, 1);
            let own =
                if format[1] == "json" { serde_json::from_str(&direct).unwrap() } else { times(&direct, &report) };
            assert_eq!(settled(direct, &own), rendered, "{format:?}");
        }
    }
    let again = render(logs.path(), &["-o", "again.json"]);
    assert_eq!(again, "");
    assert_eq!(fs::read(logs.path().join("again.json")).unwrap(), fs::read(logs.path().join("report.json")).unwrap());
}

/// Id and times of a scan whose output is not JSON, as far as it tells them.
fn times(text: &str, like: &Value) -> Value {
    let mut own = like.clone();
    let find = |open: &str| Some(text.split_once(open)?.1.split('"').next()?.to_owned());
    for (member, names) in [
        ("started_at", ["\"started_at\":\"", "\"startTimeUtc\":\""]),
        ("finished_at", ["\"finished_at\":\"", "\"endTimeUtc\":\""]),
    ] {
        if let Some(at) = names.iter().find_map(|name| find(name)) {
            own["scan"][member] = at.into();
        }
    }
    if let Some(seconds) = text.split_once("\"iat\":").and_then(|(_, rest)| rest.split(',').next()) {
        let at = jiff::Timestamp::from_second(seconds.parse().unwrap()).unwrap();
        own["scan"]["finished_at"] = at.to_string().into();
    }
    if let Some(id) = find("\"report_id\":\"").or_else(|| find("\"txn\":\"")) {
        own["report_id"] = id.into();
    }
    own
}

/// NDJSON folded is the JSON document, and can be rendered itself.
#[test]
fn ndjson_folds_into_the_report() {
    let logs = logs();
    let report = scanned(logs.path());
    let text = render(logs.path(), &["-f", "ndjson"]);
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<String> = lines
        .iter_mut()
        .map(|line| line.as_object_mut().unwrap().remove("type").unwrap().as_str().unwrap().to_owned())
        .collect();
    assert_eq!((kinds[0].as_str(), kinds[kinds.len() - 1].as_str()), ("header", "summary"));
    let mut folded = lines[0].clone();
    for (list, kind) in
        [("accounts", "account"), ("unattributed", "unattributed"), ("sites", "site"), ("skipped", "skipped")]
    {
        folded[list] = kinds.iter().zip(&lines).filter(|(own, _)| *own == kind).map(|(_, line)| line.clone()).collect();
    }
    folded["summary"] = lines[lines.len() - 1].clone();
    assert_eq!(folded, report);
    assert!(["account", "unattributed", "site", "skipped"].iter().all(|kind| kinds.iter().any(|own| own == kind)));

    fs::write(logs.path().join("report.ndjson"), text).unwrap();
    let json = out(logs.path(), &["render", "report.ndjson"], 0);
    assert_eq!(json, fs::read_to_string(logs.path().join("report.json")).unwrap());
}

/// Rows of quoted cells, as RFC 4180 writes them.
fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let inner = line.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        inner.split("\",\"").map(|cell| cell.replace("\"\"", "\"")).collect()
    };
    text.strip_suffix("\r\n").unwrap().split("\r\n").map(cells).collect()
}

/// What a spreadsheet reads back is what the report says, and none of it is a formula.
#[test]
fn csv_reads_back_equal() {
    let logs = logs();
    let report = scanned(logs.path());
    let rows = rows(&render(logs.path(), &["-f", "csv"]));
    let accounts = report["accounts"].as_array().unwrap();
    assert_eq!(rows.len(), accounts.len() + 1);
    for (row, account) in rows[1..].iter().zip(accounts) {
        assert_eq!(row.len(), rows[0].len());
        for (column, cell) in rows[0].iter().zip(row) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{column}: {cell}");
            let want = match &account[column] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(words) => words.iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" "),
                other => other.to_string(),
            };
            // The mark that keeps a spreadsheet from computing.
            assert_eq!(cell.strip_prefix('\'').unwrap_or(cell).replace("|'", "|"), want.replace("|'", "|"), "{column}");
        }
    }
    assert!(rows.iter().flatten().any(|cell| cell.starts_with("'+49")), "{rows:?}");
}

/// The document follows the schema of OASIS, and what GitHub asks for besides is there.
#[test]
fn sarif_is_valid_and_as_github_reads_it() {
    let schema: Value = serde_json::from_str(include_str!("data/sarif/sarif-schema-2.1.0.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let logs = logs();
    let report = scanned(logs.path());
    let text = render(logs.path(), &["-f", "sarif"]);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let faults: Vec<String> = validator.iter_errors(&sarif).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert!(!validator.is_valid(&json!({"version": "2.1.0", "runs": [{"results": []}]})), "the schema says something");

    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(Value::from(results.len()), report["summary"]["exposures"]);
    let mut prints = BTreeSet::new();
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        for text in [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["text"]] {
            assert!(text.as_str().unwrap().len() > 10, "{rule}");
        }
        let grave: f32 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.1..=10.0).contains(&grave));
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap() > 0);
        let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
        assert!(prints.insert(print.to_owned()), "{print} twice");
    }
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["descriptor"]["id"], "decode_error");

    // Nothing of an identity, and nothing that one can be guessed from.
    for account in report["accounts"].as_array().unwrap() {
        for member in ["account", "account_id", "email", "username"] {
            let Some(name) = account[member].as_str() else { continue };
            assert!(!text.contains(&Value::from(name).to_string()[1..name.len() + 1]), "{name}");
        }
        for exposure in account["exposures"].as_array().unwrap() {
            assert!(!text.contains(exposure["exposure_id"].as_str().unwrap()));
        }
    }
}

/// Alerts are closed and opened again where fingerprints change: those of a log that grew stay.
#[test]
fn alerts_are_known_again() {
    let logs = logs();
    let prints = || {
        scanned(logs.path());
        let sarif: Value = serde_json::from_str(&render(logs.path(), &["-f", "sarif"])).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap().clone();
        let print =
            |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned();
        results.iter().map(print).collect::<BTreeSet<String>>()
    };
    let before = prints();
    let log = fs::read_to_string(logs.path().join("app.log")).unwrap();
    let line = "2026-11-05T10:11:12Z GET /login?email=ann@example.com&pwd=Tr0ub4dor3 HTTP/1.1\n";
    fs::write(logs.path().join("app.log"), format!("{log}{line}")).unwrap();
    let after = prints();
    assert!(before.is_subset(&after) && after.len() == before.len() + 1, "{before:?} {after:?}");
}

/// A token for each account to reset, for whom it is meant.
#[test]
fn tokens_name_their_parties() {
    let logs = logs();
    let report = scanned(logs.path());
    let text = render(logs.path(), FORMATS[5]);
    let tokens: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::from(tokens.len()), report["summary"]["accounts_by_action"]["force_reset"]);
    for token in &tokens {
        assert_eq!(
            (&token["iss"], &token["aud"]),
            (&json!("https://logs.example.com"), &json!("https://id.example.com"))
        );
    }
    let ids: BTreeSet<&str> = tokens.iter().map(|token| token["jti"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), tokens.len());
    // Tokens without an issuer are none: refused before a scan, which may take hours.
    let refused = logleak(logs.path(), &["scan", "app.log", "-f", "set"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
}

/// Each reader sees what is theirs, in every format that has something for them; the rest is refused, not empty.
#[test]
fn readers_see_what_is_theirs() {
    let logs = logs();
    let report = scanned(logs.path());
    let names = ["jane@example.com", "=cmd", "+4915112345678", "bob", "acc_", "exp_"];
    let places = ["app.log", "cut.log.gz"];
    let refusals: &[(&[&str], &[&str])] = &[
        (&["--for", "reset"], &["sarif"]),
        (&["--for", "engineering"], &["set"]),
        (&["--for", "ci"], &["csv", "sarif", "set"]),
        (&["--redact-accounts"], &["set"]),
    ];
    for (view, refused) in refusals {
        for format in FORMATS {
            let args = [&["render", "report.json"], *view, *format].concat();
            let output = logleak(logs.path(), &args);
            assert_eq!(output.status.code(), Some(if refused.contains(&format[1]) { 2 } else { 0 }), "{args:?}");
            let text = String::from_utf8(output.stdout).unwrap();
            let (named, placed) = (view[view.len() - 1] == "reset", view[view.len() - 1] == "engineering");
            assert!(named || !names.iter().any(|name| text.contains(name)), "{args:?}: {text}");
            assert!(!named || !places.iter().any(|place| text.contains(place)), "{args:?}: {text}");
            assert!(!placed || text.is_empty() || format[1] == "csv" || text.contains("app.log"), "{args:?}: {text}");
        }
    }
    // Counts stay, and what is left out is named: such a report is no baseline.
    let ci: Value = serde_json::from_str(&render(logs.path(), &["--for", "ci"])).unwrap();
    assert_eq!((&ci["summary"], &ci["sites"]), (&report["summary"], &report["sites"]));
    assert_eq!(ci["omitted"], json!(["accounts", "exposures"]));
    // Also once it is rendered again.
    fs::write(logs.path().join("report.json"), ci.to_string()).unwrap();
    let again: Value = serde_json::from_str(&render(logs.path(), &["--redact-accounts"])).unwrap();
    assert_eq!(again["omitted"], json!(["names", "accounts", "exposures"]));
    assert_eq!(logleak(logs.path(), &["render", "report.json", "-f", "csv"]).status.code(), Some(2));
}

/// The dossier has a place for everything that Article 33(3) asks for, numbers, and no name.
#[test]
fn the_dossier_names_nobody() {
    let logs = logs();
    let report = scanned(logs.path());
    let text = render(logs.path(), &["--for", "legal"]);
    for part in ["33(3)(a)", "33(3)(b)", "33(3)(c)", "33(3)(d)", "cannot be known", "cut&#46;log&#46;gz", "72 hours"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let accounts = &report["summary"]["accounts"];
    assert!(text.contains(&format!("| Accounts | {accounts} |")), "{text}");
    assert!(!["jane", "bob", "=cmd", "4915112345", "acc_"].iter().any(|name| text.contains(name)), "{text}");
}

/// `schema` prints the kept schema, which reports follow.
#[test]
fn reports_follow_the_printed_schema() {
    let logs = logs();
    let report = scanned(logs.path());
    let schema: Value = serde_json::from_str(&out(logs.path(), &["schema"], 0)).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let views: [&[&str]; 4] = [&[], &["--for", "reset"], &["--for", "ci"], &["--redact-accounts"]];
    let rendered = views.map(|view| serde_json::from_str(&render(logs.path(), view)).unwrap());
    for report in rendered.iter().chain([&report]) {
        let faults: Vec<String> = validator.iter_errors(report).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}

/// No report, no output: what is wrong and what to do is said on standard error, and nothing of what the file holds.
#[test]
fn what_is_no_report_is_refused() {
    let logs = logs();
    for file in ["app.log", "none.json", "."] {
        let output = logleak(logs.path(), &["render", file]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains(file) && !said.contains("Tr0ub4dor"), "{said}");
    }
}
