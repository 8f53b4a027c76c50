//! No password leaves: canaries are planted wherever one can stand (in every syntax that a rule knows and beside it, in
//! names of files and of members of archives, in rule files and lists of accounts), and everything that the program says
//! or writes is searched for them, raw, in pieces, and in the encodings that a careless program would write them in.
//!
//! A new format joins by its name in `FORMATS`, a new way to run the program by a line in `WAYS`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use logleak::RuleSet;
use sha2::{Digest, Sha256, Sha512};
use tempfile::TempDir;

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

/// Every format of a report. A test compares the list with what the program offers.
const FORMATS: &[&str] = &["json", "html", "ndjson", "csv", "text", "sarif", "set"];

const ISSUER: &str = "https://logs.example.com";

/// Ways to run the program on the folder, after `scan`. Each is tried with another format.
const WAYS: &[&[&str]] = &[
    &["."],
    &[".", "-q", "--max-exposures", "100000"],
    &[".", "--key-file", "key"],
    &[".", "-o", "out/report"],
    &[".", "--policy", "evidence", "--timezone", "Europe/Berlin", "-j", "1", "--io", "read"],
    &[".", "--accounts", "accounts.txt", "--realm", "https://id.example.com"],
    &[".", "--no-sandbox", "--source", "host", "--io", "map", "--chunk-size", "100"],
    &[".", "--deadline", "0s"],
    &[".", "--since", "2020-01-01", "--follow"],
    &[".", "missing.log", "-o", "/dev/full"],
];

/// Runs that have no report, or must not come to one. `{}` is a canary.
const FAULTS: &[&[&str]] = &[
    &["scan", "none?user=wren&password={}"],
    &["scan", "none?user=wren&password={}/x", "0.log"],
    &["scan", "0.log", "-o", "none?password={}/report"],
    &["scan", "0.log", "--timezone", "password={}"],
    &["scan", "0.log", "--key-file", "none?password={}"],
    &["scan", "0.log", "--key-file", "short-key"],
    &["scan", "0.log", "--rules", "none?password={}"],
    &["scan", "0.log", "--accounts", "none?password={}"],
    &["scan", "0.log", "--accounts", "broken-accounts.txt"],
    &["scan", "0.log", "--files-from", "list"],
    &["scan", ".", "--list-files"],
    &["scan", "0.log", "--password={}"],
    &["rules", "check", "rules-0"],
    &["rules", "check", "rules-1"],
    &["rules", "check", "rules-2"],
    &["rules", "check", "rules-3"],
    &["rules", "check", "rules-4"],
    &["rules", "check", "rules-5"],
];

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logleak")).current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What must not be found: the canary, and what encodings make of it.
fn forms(canary: &str) -> BTreeSet<Vec<u8>> {
    let bytes = canary.as_bytes();
    let mut forms: Vec<Vec<u8>> = vec![bytes.to_vec(), bytes.iter().rev().copied().collect()];
    let mut texts = vec![
        canary.chars().rev().collect(),
        hex(bytes),
        canary.to_uppercase(),
        serde_json::to_string(canary).unwrap().trim_matches('"').to_owned(),
        canary.escape_default().to_string(),
        canary.escape_unicode().to_string(),
        canary.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;"),
        canary.replace('"', "\"\""),
    ];
    for between in [",", ", ", " "] {
        texts.push(bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(between));
        texts.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between));
    }
    texts.push(bytes.iter().fold(String::new(), |mut url, byte| {
        let _ =
            if byte.is_ascii_alphanumeric() { write!(url, "{}", *byte as char) } else { write!(url, "%{byte:02X}") };
        url
    }));
    for digest in [Sha256::digest(bytes).to_vec(), Sha512::digest(bytes).to_vec()] {
        // A part of a hash is as good for guessing.
        texts.extend([hex(&digest[..8]), STANDARD.encode(&digest)[..12].to_owned()]);
    }
    texts.extend(unkeyed(bytes));
    for phase in 0..3 {
        let padded = [&vec![b'x'; phase], bytes].concat();
        // Only the characters that the canary alone decides.
        let decided = (phase * 8).div_ceil(6)..(phase + bytes.len()) * 8 / 6;
        if decided.len() > 6 {
            texts.extend([
                STANDARD.encode(&padded)[decided.clone()].to_owned(),
                URL_SAFE.encode(&padded)[decided].to_owned(),
            ]);
        }
    }
    for text in texts {
        forms.extend([text.to_uppercase().into_bytes(), text.to_lowercase().into_bytes(), text.into_bytes()]);
    }
    let wide: Vec<u16> = canary.encode_utf16().collect();
    forms.push(wide.iter().flat_map(|unit| unit.to_le_bytes()).collect());
    forms.push(wide.iter().flat_map(|unit| unit.to_be_bytes()).collect());
    forms.extend(bytes.windows(6).map(<[u8]>::to_vec));
    forms.into_iter().filter(|form| form.len() >= 4).collect()
}

/// Hashes without a key that lists for guessing are made of, as hexadecimal digits. Made by other programs, since no part
/// of this one knows them.
fn unkeyed(bytes: &[u8]) -> Vec<String> {
    use md5::Md5;
    use sha1::Sha1;
    vec![hex(&Md5::digest(bytes))[..16].to_owned(), hex(&Sha1::digest(bytes))[..16].to_owned()]
}

/// Looks for all forms of all canaries at once.
struct Search {
    forms: Vec<(Vec<u8>, &'static str)>,
    all: AhoCorasick,
}

impl Search {
    fn new() -> Self {
        let forms: Vec<_> =
            CANARIES.iter().flat_map(|canary| forms(canary).into_iter().map(move |form| (form, *canary))).collect();
        let all = AhoCorasick::new(forms.iter().map(|(form, _)| form)).unwrap();
        Self { forms, all }
    }

    #[track_caller]
    fn silent(&self, what: &str, output: &[u8]) {
        if let Some(found) = self.all.find(output) {
            let (form, canary) = &self.forms[found.pattern().as_usize()];
            let around = &output[found.start().saturating_sub(60)..output.len().min(found.end() + 20)];
            let (form, around) = (String::from_utf8_lossy(form), String::from_utf8_lossy(around));
            panic!("{what} tells the canary {canary} as {form}: {around}");
        }
    }

    /// What a run said, and every file that it made in `out`.
    #[track_caller]
    fn silent_run(&self, folder: &Path, args: &[&str]) -> Output {
        let output = run(folder, args);
        self.silent(&format!("{args:?} on standard output"), &output.stdout);
        self.silent(&format!("{args:?} on standard error"), &output.stderr);
        for file in fs::read_dir(folder.join("out")).unwrap() {
            let path = file.unwrap().path();
            self.silent(&format!("{args:?} in a file"), &fs::read(&path).unwrap());
            fs::remove_file(path).unwrap();
        }
        assert!(!String::from_utf8_lossy(&output.stderr).contains("internal error"), "{args:?}");
        output
    }
}

/// Every example of every rule with its secret replaced by a canary, also where the secret stands twice and where the
/// same line, and those beside it, hold a canary under a key that no rule knows.
fn log(canary: &str) -> String {
    let rules = RuleSet::builtin().unwrap();
    let mut log = String::new();
    for (_, rule) in rules.rules() {
        for example in &rule.examples {
            log.push_str(&example.log.replace(&example.exposed.secret, canary));
            log.push('\n');
        }
    }
    let _ = writeln!(log, "zugang {canary} for the next line");
    let _ = writeln!(log, "GET /login?user=wren&password={canary}&zugang={canary} HTTP/1.1");
    let _ = writeln!(log, "{canary}");
    let _ = writeln!(log, "user=wren zugang={canary} password={canary} note={canary}");
    let _ = writeln!(
        log,
        "{{\"user\":\"wren\",\"password\":\"{canary}\",\"{canary}\":1,\"x{canary}y\":\"password={canary}\"}}"
    );
    // Beside a mask nothing is judged; the same statement leaks, so that its masks are told.
    for masked in [canary, "***"] {
        let _ =
            writeln!(log, "2026-11-20 10:11:12 login user=wren password={masked} zugang={canary} {canary}={canary}");
        let _ = writeln!(log, "2026-11-20 10:11:12 login {{\"password\":\"{masked}\",\"{canary}\":\"{canary}\"}}");
    }
    let _ = writeln!(log, "Authorization: Basic {}", STANDARD.encode(format!("wren:{canary}")));
    // An account is named even when its password is a part of it; a key is never more than its known word.
    let _ = writeln!(log, "password={canary}{canary}\n{canary}_password={canary} {canary}.password={canary}");
    log
}

/// A tar of one member.
fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[136..147].copy_from_slice(b"00000000000");
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut tar = [&header[..], content].concat();
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

/// A folder with canaries in everything.
fn planted() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("out")).unwrap();
    for (i, canary) in CANARIES.iter().enumerate() {
        let log = log(canary);
        fs::write(root.join(format!("{i}.log")), &log).unwrap();
        let leak = format!("user=wren password={canary}\n");
        if cfg!(unix) {
            fs::write(root.join(format!("dump?user=wren&password={canary}.log")), &leak).unwrap();
            let inside = root.join(format!("user=wren,password={canary}"));
            fs::create_dir(&inside).unwrap();
            fs::write(inside.join("mysql -uwren -psecret.log"), &leak).unwrap();
        }
        let member = format!("logs/x?user=wren&password={canary}.log");
        fs::write(root.join(format!("{i}.tar.gz")), gzip(&tar(&member, leak.as_bytes()))).unwrap();
        // A member that cannot be unpacked is named.
        let broken = &gzip(log.as_bytes())[..60];
        fs::write(root.join(format!("{i}-broken.tar")), tar(&member.replace(".log", ".gz"), broken)).unwrap();
    }
    fs::write(root.join("key"), [7; 40]).unwrap();
    fs::write(root.join("short-key"), CANARIES[0]).unwrap();
    #[cfg(unix)]
    for key in ["key", "short-key"] {
        fs::set_permissions(root.join(key), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let accounts: String = CANARIES.iter().fold("wren\n".to_owned(), |all, canary| format!("{all}{canary}\n"));
    fs::write(root.join("accounts.txt"), accounts).unwrap();
    let broken =
        CANARIES.iter().map(|canary| format!("{{\"username\": [{}]}}\n", serde_json::to_string(canary).unwrap()));
    fs::write(root.join("broken-accounts.txt"), broken.collect::<String>()).unwrap();
    let list: String = CANARIES.iter().map(|canary| format!("none?user=wren&password={canary}\n")).collect();
    fs::write(root.join("list"), list).unwrap();
    rules(root);
    folder
}

/// Rule files with a canary where it breaks them: in a value of a wrong type or unknown word, an expression, an example
/// that does not hold, a triggers list, and text that is no TOML.
fn rules(root: &Path) {
    let canary = CANARIES[0];
    let whole = |pattern: &str, secret: &str| {
        format!(
            "[[rule]]\nid = \"my-rule\"\ntitle = \"Mine\"\nmode = \"stored\"\nchannel = \"config\"\ncwe = [532]\n\
             pattern = '{pattern}'\ntriggers = [\"zugang\"]\n\
             [[rule.example]]\nlog = \"zugang wren {canary}\"\naccount = \"wren\"\nsecret = \"{secret}\"\n\
             [[rule.counterexample]]\nlog = \"zugang gesperrt {canary}\"\nbecause = \"no password\"\n"
        )
    };
    let files = [
        format!("rule = \"{canary}\"\n"),
        whole("zugang (?P<account>\\S+) (?P<secret>\\S+)", canary).replace("\"stored\"", &format!("\"{canary}\"")),
        whole(&format!("zugang ({canary}(?P<secret>\\S+)"), canary),
        whole("zugang (?P<account>\\S+) (?P<secret>\\S+)", "another"),
        whole("zugang (?P<account>\\S+) (?P<secret>\\S+)", canary),
        format!("[[rule]]\nid = \"my-rule\" {canary}\n"),
    ];
    for (i, text) in files.iter().enumerate() {
        let folder = root.join(format!("rules-{i}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.toml"), text).unwrap();
    }
}

#[test]
fn no_output_tells_a_password() {
    let folder = planted();
    let search = Search::new();
    for (i, way) in WAYS.iter().enumerate() {
        let args = [&["scan"], *way, &["--format", FORMATS[i % FORMATS.len()], "--issuer", ISSUER]].concat();
        search.silent_run(folder.path(), &args);
    }
    // From one report, in every format and for every reader.
    run(folder.path(), &["scan", ".", "-q", "-o", "report.json"]);
    run(folder.path(), &["scan", ".", "-q", "--partial", "-o", "part", "--locations", "purge.ndjson"]);
    for made in ["report.json", "part", "purge.ndjson"] {
        search.silent(made, &fs::read(folder.path().join(made)).unwrap());
    }
    for format in FORMATS {
        let output = search.silent_run(folder.path(), &["render", "report.json", "-f", format, "--issuer", ISSUER]);
        assert!(!output.stdout.is_empty(), "{format}");
    }
    for reader in ["reset", "engineering", "legal", "ci"] {
        search.silent_run(folder.path(), &["render", "report.json", "--for", reader]);
    }
    search.silent_run(folder.path(), &["merge", "part"]);
}

#[test]
fn no_fault_tells_a_password() {
    let folder = planted();
    let search = Search::new();
    for (i, fault) in FAULTS.iter().enumerate() {
        // Each kind of canary comes by, in one place or another.
        let args: Vec<String> = fault.iter().map(|arg| arg.replace("{}", CANARIES[i % CANARIES.len()])).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = search.silent_run(folder.path(), &args);
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{args:?} says nothing");
    }
}

/// Whoever adds a format adds it here.
#[test]
fn every_format_is_searched() {
    let refused = String::from_utf8(run(Path::new("."), &["scan", "--format", "none"]).stderr).unwrap();
    let (_, offered) = refused.split_once("[possible values: ").unwrap();
    let offered: Vec<&str> = offered[..offered.find(']').unwrap()].split(',').map(str::trim).collect();
    assert_eq!(offered, FORMATS);
}

/// The control: the search finds a canary where there is one, whole and in pieces.
#[test]
fn the_search_finds_what_it_looks_for() {
    let search = Search::new();
    for canary in CANARIES {
        let piece = &canary.as_bytes()[..canary.len().min(6)];
        let encoded = STANDARD.encode(format!("wren:{canary}"));
        for text in [canary.as_bytes(), piece, encoded.as_bytes(), hex(canary.as_bytes()).as_bytes()] {
            let text = [b"{\"x\": \"", text, b"\"}"].concat();
            // Too short for base64 to tell.
            assert!(search.all.is_match(&text) || canary.len() < 6, "{canary}: {}", String::from_utf8_lossy(&text));
        }
    }
    search.silent("nothing", b"{\"accounts\": [{\"account\": \"wren\"}]}");
}
