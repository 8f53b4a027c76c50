//! No password leaves: canaries are planted in every syntax that a rule knows, in their neighbourhood, and in paths, and
//! every output is searched for them, raw and in the encodings that a careless program would write them in.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use logleak::RuleSet;
use sha2::{Digest, Sha256};

/// Passwords that stand nowhere else: plain, with signs of markup, of other scripts, short and long.
const CANARIES: &[&str] = &[
    "Kanarie-7e1f-geel",
    "Zwitscher!9c\u{f6}\u{e9}\u{df}",
    "c4n4r1e\"quote'7x",
    "Flut%ter&8=z",
    "T\u{1f426}weet-55-\u{444}",
    "Volie\\re\\9",
    "Xq7!",
];

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logleak")).current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

/// What must not be found: the canary, and what encodings make of it.
fn forms(canary: &str) -> Vec<String> {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut s, b| {
            let _ = write!(s, "{b:02x}");
            s
        })
    };
    let bytes = canary.as_bytes();
    let mut forms = vec![canary.to_owned(), hex(bytes), hex(bytes).to_uppercase(), canary.chars().rev().collect()];
    forms.push(serde_json::to_string(canary).unwrap().trim_matches('"').to_owned());
    forms.push(bytes.iter().map(|b| b.to_string()).collect::<Vec<_>>().join(", "));
    forms.push(bytes.iter().map(|b| b.to_string()).collect::<Vec<_>>().join(","));
    forms.push(bytes.iter().fold(String::new(), |mut s, b| {
        if b.is_ascii_alphanumeric() {
            s.push(*b as char)
        } else {
            let _ = write!(s, "%{b:02X}");
        }
        s
    }));
    forms.push(canary.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;"));
    forms.push(hex(&Sha256::digest(bytes)));
    if bytes.len() > 9 {
        for phase in 0..3 {
            let padded = [&vec![b'x'; phase], bytes].concat();
            let encoded = STANDARD.encode(padded);
            // Only the characters that the canary alone decides.
            let inner = &encoded[(phase * 8).div_ceil(6)..(phase + bytes.len()) * 8 / 6];
            forms.push(inner.to_owned());
        }
        // Any piece of six bytes.
        let chars: Vec<char> = canary.chars().collect();
        forms.extend(chars.windows(6).map(|piece| piece.iter().collect()));
    }
    forms
}

fn assert_silent(what: &str, output: &[u8]) {
    let text = String::from_utf8_lossy(output);
    for canary in CANARIES {
        for form in forms(canary) {
            assert!(!text.contains(&form), "{what} tells the {}-byte canary {:.2}…", canary.len(), canary);
        }
    }
}

/// Every example of every rule with its secret replaced by a canary, also where the secret stands twice and where the
/// same line holds a canary under a key that no rule knows.
fn logs(folder: &Path) {
    let rules = RuleSet::builtin().unwrap();
    for (i, canary) in CANARIES.iter().enumerate() {
        let mut log = String::new();
        for (_, rule) in rules.rules() {
            for example in &rule.examples {
                log.push_str(&example.log.replace(&example.exposed.secret, canary));
                log.push('\n');
            }
        }
        let _ = writeln!(log, "GET /login?user=wren&password={canary}&zugang={canary} HTTP/1.1");
        let _ = writeln!(log, "user=wren zugang={canary} password={canary} note={canary}");
        let _ = writeln!(
            log,
            "{{\"user\":\"wren\",\"password\":\"{canary}\",\"{canary}\":1,\"x{canary}y\":\"password={canary}\"}}"
        );
        let _ = writeln!(log, "Authorization: Basic {}", STANDARD.encode(format!("wren:{canary}")));
        // An account is named even when its password is a part of it; a key is never more than its known word.
        let _ = writeln!(log, "password={canary}{canary}\n{canary}_password={canary} {canary}.password={canary}");
        fs::write(folder.join(format!("{i}.log")), log).unwrap();
    }
}

#[test]
fn no_output_tells_a_password() {
    let folder = tempfile::tempdir().unwrap();
    logs(folder.path());
    let key = folder.path().join("key");
    fs::write(&key, [7; 40]).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let key = key.to_str().unwrap();
    for args in [
        &["scan", "."][..],
        &["scan", ".", "-q", "--max-exposures", "100000"],
        &["scan", ".", "--key-file", key],
        &["scan", ".", "-o", "report.json"],
        &["scan", ".", "--policy", "evidence", "--timezone", "Europe/Berlin", "-j", "1"],
        &["scan", ".", "missing.log", "-o", "/dev/full"],
    ] {
        let output = run(folder.path(), args);
        assert_silent(&format!("{args:?} on standard output"), &output.stdout);
        assert_silent(&format!("{args:?} on standard error"), &output.stderr);
    }
    assert_silent("report.json", &fs::read(folder.path().join("report.json")).unwrap());
    for format in ["ndjson", "csv", "text", "sarif", "set"] {
        let args = ["render", "report.json", "-f", format, "--issuer", "https://logs.example.com"];
        assert_silent(&format!("{args:?}"), &run(folder.path(), &args).stdout);
    }
    for reader in ["reset", "engineering", "legal", "ci"] {
        let args = ["render", "report.json", "--for", reader];
        assert_silent(&format!("{args:?}"), &run(folder.path(), &args).stdout);
    }
}

/// The control: the search finds a canary where there is one.
#[test]
#[should_panic(expected = "canary")]
fn the_search_finds_what_it_looks_for() {
    assert_silent("the control", format!("{{\"x\": \"{}\"}}", CANARIES[0]).as_bytes());
}
