//! Encodings through the whole scanner: what is read, whose it is, and what was peeled off.

use std::io::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{ScanOptions, Scanner};
use crate::exposure::{Exposure, Findings, Place};
use crate::input::Window;
use crate::prefilter::{Trigger, planned};
use crate::rule::{RuleSet, Syntax};
use crate::terms::{Dismissal, Layer, Protection};

/// What a window shows in which our own code is to fail, for tests of what becomes of the others.
const FAIL: &[u8] = b"\0fail here\0";

/// What a window shows at which the file named behind it is to be rewritten, up to the end of the line.
const REWRITE: &[u8] = b"\0rewrite ";

/// Does what the window asks for at its beginning: fails, or rewrites a file in place.
pub(super) fn do_as_asked(window: &Window<'_>) {
    let own = &window.bytes[window.own.clone()];
    assert!(!own.starts_with(FAIL), "asked to");
    if let Some(rest) = own.strip_prefix(REWRITE) {
        let path = std::str::from_utf8(rest.split(|&byte| byte == b'\n').next().unwrap()).unwrap();
        let text = std::fs::read(path).unwrap();
        let text = String::from_utf8(text).unwrap().replace("rewrite", "changed").replace("brinkm", "jarvis");
        std::thread::sleep(std::time::Duration::from_millis(30));
        std::fs::write(path, text).unwrap();
    }
}

#[derive(Default)]
struct Kept(Vec<Exposure>);

impl Findings for Kept {
    fn expose(&mut self, exposure: Exposure) {
        self.0.push(exposure);
    }

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}

fn scanner() -> Scanner {
    Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap()
}

fn scan(scanner: &Scanner, log: &[u8]) -> Vec<Exposure> {
    let mut kept = Kept::default();
    scanner.scan_into("log", log, &mut kept);
    kept.0
}

/// The log exposes this account with this password, read through these layers, and nothing else.
#[track_caller]
fn exposes(log: impl AsRef<[u8]>, account: &str, secret: &str, layers: &[Layer], protection: Protection) {
    let scanner = scanner();
    let found = scan(&scanner, log.as_ref());
    let shown = String::from_utf8_lossy(log.as_ref()).into_owned();
    assert_eq!(found.len(), 1, "exposures of {shown}");
    let named = found[0].account.as_ref().map_or("", |account| &account.key.identity);
    assert_eq!(named, account, "{shown}");
    assert!(found[0].fingerprints.contains(&scanner.fingerprint(secret.as_bytes())), "misread: {shown}");
    assert_eq!((&*found[0].layers, found[0].protection), (layers, protection), "{shown}");
}

#[track_caller]
fn silent(log: impl AsRef<[u8]>) {
    let found = scan(&scanner(), log.as_ref());
    assert!(found.is_empty(), "{}", String::from_utf8_lossy(log.as_ref()));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn codes(text: &str, between: &str) -> String {
    text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(between)
}

const OBJECT: &str = r#"{"login":"mokoye","password":"Clementine-17"}"#;
const FORM: &str = "login=mokoye&password=Clementine-17";

#[test]
fn base64_in_both_alphabets_and_at_every_place() {
    for before in ["", "a", "ab", "ü"] {
        for form in ["login=mokoye&pwd=Clementine-17", FORM, "login=mokoye&Password=Clementine-17&x=ÿ?~"] {
            let text = format!("q={before}&{form}");
            for token in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                let log = format!(r#"{{"isBase64Encoded":true,"body":"{token}"}}"#);
                exposes(log, "mokoye", "Clementine-17", &[Layer::Base64], Protection::Encoded);
            }
        }
    }
    let claims = format!("GET /sso/eyJhbGciOiJub25lIn0.{}.c2ln HTTP/1.1", URL_SAFE_NO_PAD.encode(OBJECT));
    exposes(claims, "mokoye", "Clementine-17", &[Layer::Base64], Protection::Encoded);
    let twice = format!("payload={}", STANDARD.encode(format!("body: {}", STANDARD.encode(OBJECT))));
    silent(twice.replace("payload", "x").get(..20).unwrap_or_default());
}

#[test]
fn layers_in_layers() {
    let escaped = serde_json::to_string(&format!("POST {OBJECT}")).unwrap();
    let event =
        format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode(gzip(&format!(r#"{{"message":{escaped}}}"#))));
    exposes(event, "mokoye", "Clementine-17", &[Layer::Base64, Layer::Gzip, Layer::Json], Protection::Encoded);
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(OBJECT.as_bytes()).unwrap();
    let log = format!(r#"session "{}""#, STANDARD_NO_PAD.encode(packer.finish().unwrap()));
    exposes(log, "mokoye", "Clementine-17", &[Layer::Base64, Layer::Gzip], Protection::Encoded);
    let two = r#"[{"user":"mokoye","password":"Clementine-17"},{"user":"brinkm","password":"Herbst2026"}]"#;
    let log = format!("data={}", STANDARD.encode(gzip(two)));
    let found = scan(&scanner(), log.as_bytes());
    let mut names: Vec<&str> = found.iter().filter_map(|e| Some(&*e.account.as_ref()?.key.identity)).collect();
    names.sort_unstable();
    assert_eq!(names, ["brinkm", "mokoye"], "each of one token's passwords has its own account");
}

#[test]
fn hexadecimal_digits_and_dumps() {
    exposes(
        format!("rx 0x{} ok", hex(OBJECT.as_bytes())),
        "mokoye",
        "Clementine-17",
        &[Layer::Hex],
        Protection::Encoded,
    );
    let dump: String = FORM
        .as_bytes()
        .chunks(16)
        .enumerate()
        .map(|(i, b)| {
            format!(
                "{:08x}  {:<48} |{}|\n",
                i * 16,
                hex(b).as_bytes().chunks(2).map(|p| String::from_utf8_lossy(p) + " ").collect::<String>(),
                String::from_utf8_lossy(b)
            )
        })
        .collect();
    exposes(format!("10:00 sent\n{dump}10:01 done\n"), "mokoye", "Clementine-17", &[Layer::Hex], Protection::Encoded);
    silent(format!("sha256 {} ok", hex(&[0x70, 0x61, 0x73, 0x73, 0x99, 0x12, 0xfe, 0x00, 0x3d])));
}

#[test]
fn commands_in_audit_records() {
    let title = |words: &str| {
        format!("type=PROCTITLE msg=audit(1792012600.118:24287): proctitle={}", hex(words.as_bytes()).to_uppercase())
    };
    exposes(
        title("curl\0-u\0mokoye:Clementine-17\0http://srv1/"),
        "mokoye",
        "Clementine-17",
        &[Layer::Hex],
        Protection::Encoded,
    );
    silent(title("sleep\0password"));
    let log = format!(
        r#"type=EXECVE msg=audit(1792012601.338:437770): argc=5 a0="rpcclient" a1="-U" a2={} a3="-c" a4="enumdomusers""#,
        hex(b"mokoye%Clementine 17")
    );
    exposes(log, "mokoye", "Clementine 17", &[Layer::Hex], Protection::Encoded);
    let typed = hex(b"id\rcurl -u mokoye:Clementine-17 http://srv1/\r");
    let log =
        format!(r#"type=TTY msg=audit(1792012602.001:501): tty pid=811 uid=0 auid=1000 comm="bash" data={typed}"#);
    exposes(log, "mokoye", "Clementine-17", &[Layer::Hex], Protection::Encoded);
}

#[test]
fn powershell_and_utf16_in_base64() {
    let token = STANDARD.encode(wide("net use Z: \\\\files\\x Clementine-17 /user:mokoye "));
    exposes(
        format!("powershell.exe -NoProfile -EncodedCommand {token}"),
        "mokoye",
        "Clementine-17",
        &[Layer::Base64, Layer::Utf16],
        Protection::Encoded,
    );
    let token = STANDARD.encode([b"ab", &*wide(OBJECT)].concat());
    exposes(format!("blob {token}"), "mokoye", "Clementine-17", &[Layer::Base64, Layer::Utf16], Protection::Encoded);
    silent("iconv --encoding=UTF-8 -encoder something-long-enough-to-be-base64");
}

#[test]
fn character_codes() {
    for between in [",", ", "] {
        let log =
            format!(r#"{{"MESSAGE":[{}],"_COMM":"authd"}}"#, codes("login user=mokoye password=Clémentine", between));
        exposes(log, "mokoye", "Clémentine", &[Layer::CharCodes], Protection::Encoded);
    }
    silent("scores: [97, 115, 115, 97, 108, 116]");
    let letters = r#"{"user":"mokoye","password":{"0":"C","1":"l","2":"\"","3":"m","4":"7"}}"#;
    exposes(letters, "mokoye", "Cl\"m7", &[], Protection::Plaintext);
    exposes("{'user': 'mokoye', 'password': ['C', 'l', 'é', 'm']}", "mokoye", "Clém", &[], Protection::Plaintext);
    exposes("Login(user=mokoye, password=[67, 108, -61, -87])", "mokoye", "Clé", &[], Protection::Plaintext);
}

#[test]
fn every_character_escaped() {
    let percent: String = FORM
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { format!("%{b:02x}") } else { (b as char).into() })
        .collect();
    exposes(format!("GET /?{percent} HTTP/1.1"), "mokoye", "Clementine-17", &[Layer::Percent], Protection::Plaintext);
    let html: String = OBJECT.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    exposes(format!("<p>{html}</p>"), "mokoye", "Clementine-17", &[Layer::Html], Protection::Plaintext);
}

#[test]
fn bytes_that_are_no_utf8_are_latin1() {
    exposes(b"login=mokoye password=Cl\xe9mentine", "mokoye", "Clémentine", &[], Protection::Plaintext);
}

#[test]
fn utf16_in_other_bytes() {
    let log = [b"\x01\x0c_https://x\0\x01cfg\x12\0", &*wide(OBJECT), b"\x07\x01key\x02\x03"].concat();
    exposes(log, "mokoye", "Clementine-17", &[Layer::Utf16], Protection::Plaintext);
}

/// Every example of every rule, alone and all in one file, tells the same in UTF-16 as in UTF-8.
#[test]
fn utf16_is_only_another_way_to_write() {
    let scanner = scanner();
    let mut all = String::new();
    let tell = |log: &[u8], layer: &[Layer]| {
        let mut told: Vec<_> = scan(&scanner, log)
            .into_iter()
            .map(|mut e| {
                e.layers.drain(..layer.len().min(e.layers.len()));
                let line = e.position.line;
                format!(
                    "{line} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                    e.account, e.rule, e.layers, e.protection, e.outcome, e.logged_at, e.occurrences
                )
            })
            .collect();
        told.sort();
        told
    };
    let check = |log: &str| {
        let plain = tell(log.as_bytes(), &[]);
        let little = wide(log);
        let big: Vec<u8> = log.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (marked, bytes) in [("", &little), ("", &big), ("\u{feff}", &little), ("\u{feff}", &big)] {
            let mark = if bytes == &little { wide(marked) } else { wide(marked).into_iter().rev().collect() };
            assert_eq!(tell(&[mark, bytes.clone()].concat(), &[Layer::Utf16]), plain, "{log}");
        }
    };
    // Tables and statements in UTF-16 are not read yet: their rows have no keyword of their own.
    let tables = [Syntax::Table, Syntax::Rows, Syntax::Traffic, Syntax::Bound];
    for (_, rule) in scanner.rules().rules().filter(|(_, rule)| !rule.fields.iter().any(|f| tables.contains(f))) {
        for example in &rule.examples {
            check(&format!("start\n{}\nend of it\n", example.log));
            all.push_str(&format!("{}\n\n", example.log));
        }
        for counterexample in &rule.counterexamples {
            check(&format!("start\n{}\nend of it\n", counterexample.log));
        }
    }
    assert!(tell(all.as_bytes(), &[]).len() > 30);
    check(&all);
}

/// The triggers of the built-in rules, as the prefilter gets them.
fn triggers() -> Vec<Trigger> {
    super::builder::triggers(&RuleSet::builtin().unwrap())
}

/// A start that has to place all triggers takes three times as long. Some may be new: they are placed at start.
#[test]
fn most_triggers_are_placed_beforehand() {
    let triggers = triggers();
    let new = triggers.iter().filter(|trigger| !planned::knows(trigger)).count();
    assert!(
        new * 100 <= triggers.len(),
        "{new} of {} triggers have no place. Place them anew, with any logs that you have to judge by:\n  \
         LOGS=FILE cargo test --release --lib place_triggers_anew -- --ignored",
        triggers.len()
    );
}

#[test]
#[ignore = "writes src/prefilter/planned.txt; takes a minute"]
fn place_triggers_anew() {
    let logs = std::env::var_os("LOGS").map(|file| std::fs::read(file).unwrap()).unwrap_or_default();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prefilter/planned.txt");
    std::fs::write(path, planned::lines(&triggers(), &logs)).unwrap();
}

/// One bad file takes nothing from the others, nor one bad place from the rest of its file.
#[test]
fn a_failure_of_our_own_is_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let leak = |user: &str| format!("login={user}&password=Clementine-17 \n").into_bytes();
    let padded = |mut text: Vec<u8>| {
        text.resize(4096, b'\n');
        text
    };
    let bad = [padded(leak("first")), padded(FAIL.to_vec()), padded(leak("third"))].concat();
    for (name, text) in [("a", leak("mokoye")), ("b", bad), ("c", leak("brinkm"))] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for threads in [1, 3] {
        let options = ScanOptions {
            threads: std::num::NonZeroUsize::new(threads),
            chunk: std::num::NonZeroUsize::new(4096),
            ..ScanOptions::default()
        };
        let tally = scanner().scan_paths(&[folder.path().to_owned()], &options);
        assert_eq!(tally.exposures(), 4);
        assert_eq!((tally.counts.files_scanned, tally.counts.files_partial), (2, 1));
        assert_eq!(tally.skipped().len(), 1, "{:?}", tally.skipped());
        let skipped = &tally.skipped()[0];
        assert!(skipped.path.ends_with("/b"));
        assert_eq!(skipped.reason, crate::terms::SkipReason::InternalError);
        assert_eq!(skipped.detail, "an error in the program itself, within bytes 4096 to 8192 of the text");
    }
}

/// What was found in a file before it changed is replaced by what is found in it afterwards: no account counts twice,
/// and none that is not there any more.
#[test]
fn a_file_that_changes_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let first = "login=mokoye&password=Clementine-17\n".to_owned();
    let second =
        format!("{}{}\nlogin=brinkm&password=Clementine-17\n", String::from_utf8_lossy(REWRITE), path.display());
    std::fs::write(&path, format!("{first:\n<4096}{second}")).unwrap();
    let options = ScanOptions { chunk: std::num::NonZeroUsize::new(4096), ..ScanOptions::default() };
    let tally = scanner().scan_paths(&[folder.path().to_owned()], &options);
    assert_eq!(tally.exposures(), 2);
    let details: Vec<_> = tally.skipped().iter().map(|skipped| &*skipped.detail).collect();
    assert_eq!(details, ["the file was written to; it was read once more"]);
    let settled = tally.settle();
    let mut names: Vec<_> = settled.accounts.iter().map(|entry| entry.key.identity.clone()).collect();
    names.sort_unstable();
    assert_eq!(names, ["jarvis", "mokoye"]);
}
