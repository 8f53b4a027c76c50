//! Only form dismisses a value: each of the passwords that people use most is found in every syntax, exactly as typed.
//!
//! `tests/data/common-passwords.txt` is put together from what published lists of the commonest passwords agree on.
//! `xxxxxx` is not in it: a row of one such letter is a mask, whoever typed it.

use std::sync::Arc;

use logleak::exposure::{Exposure, Findings, Place};
use logleak::terms::Dismissal;
use logleak::{RuleSet, Scanner};

const PASSWORDS: &str = include_str!("data/common-passwords.txt");

/// Words that mean a type, a flag or nothing where no quote makes them a value.
const BARE: &[&str] = &[
    "null",
    "nil",
    "none",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "string",
    "text",
    "int",
    "integer",
    "number",
    "bool",
    "boolean",
    "object",
    "any",
    "char",
    "type",
    "0",
    "1",
];

/// A syntax: how a password is written in it, and whether nothing there tells a bare word from a value.
struct Syntax {
    name: &'static str,
    bare: bool,
    write: fn(&str) -> String,
}

const SYNTAXES: &[Syntax] = &[
    Syntax {
        name: "query",
        bare: false,
        write: |p| format!("GET /login?user=hkaram&password={}&x=1 HTTP/1.1", percent(p)),
    },
    Syntax { name: "form", bare: false, write: |p| format!("user=hkaram&password={}&remember=1", percent(p)) },
    Syntax { name: "json", bare: false, write: |p| format!(r#"{{"user":"hkaram","password":{},"ok":1}}"#, json(p)) },
    Syntax { name: "dict", bare: false, write: |p| format!("{{'user': 'hkaram', 'password': '{p}', 'ok': True}}") },
    Syntax { name: "quoted object", bare: false, write: |p| format!("Login(user='hkaram', password='{p}', ok=True)") },
    Syntax { name: "object", bare: true, write: |p| format!("Login[user=hkaram, password={p}, ok=true]") },
    Syntax { name: "logfmt", bare: true, write: |p| format!("level=debug user=hkaram password={p} ok=1") },
    Syntax {
        name: "quoted logfmt",
        bare: false,
        write: |p| format!("level=debug user=hkaram password={} ok=1", json(p)),
    },
    Syntax { name: "ini", bare: true, write: |p| format!("[mail]\nuser = hkaram\npassword = {p}\nhost = h1") },
    Syntax { name: "colon", bare: true, write: |p| format!("User: hkaram\nPassword: {p}\nHost: h1") },
    Syntax {
        name: "xml element",
        bare: false,
        write: |p| format!("<user>hkaram</user><password>{}</password>", html(p)),
    },
    Syntax {
        name: "xml attribute",
        bare: false,
        write: |p| format!(r#"<login user="hkaram" password="{}"/>"#, html(p)),
    },
    Syntax {
        name: "name and value",
        bare: false,
        write: |p| format!(r#"[{{"name":"user","value":"hkaram"}},{{"name":"password","value":{}}}]"#, json(p)),
    },
    Syntax { name: "argument", bare: true, write: |p| format!("exec tool --user hkaram --password '{p}' --now") },
    Syntax {
        name: "statement",
        bare: false,
        write: |p| format!("SELECT 1 FROM users WHERE login='hkaram' AND password='{p}'"),
    },
    Syntax { name: "call", bare: false, write: |p| format!("#1 /srv/a.php(3): App\\Session->login('hkaram', '{p}')") },
    Syntax {
        name: "basic",
        bare: false,
        write: |p| format!("Authorization: Basic {}", base64(format!("hkaram:{p}").as_bytes())),
    },
    Syntax { name: "user-info", bare: false, write: |p| format!("GET https://hkaram:{}@h1.example.net/x", percent(p)) },
];

#[test]
fn every_common_password_is_found_in_every_syntax() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    let passwords: Vec<&str> = PASSWORDS.lines().collect();
    assert!(passwords.len() >= 1000, "{} passwords", passwords.len());
    let mut missed = Vec::new();
    for syntax in SYNTAXES {
        for password in &passwords {
            if syntax.bare && BARE.contains(password) {
                continue;
            }
            let mut found = Found(Vec::new());
            scanner.scan_into("a.log", (syntax.write)(password).as_bytes(), &mut found);
            let fingerprint = scanner.fingerprint(password.as_bytes());
            if !found.0.iter().any(|exposure| exposure.fingerprints.contains(&fingerprint)) {
                missed.push(format!("{}: {password} ({} found)", syntax.name, found.0.len()));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

struct Found(Vec<Exposure>);

impl Findings for Found {
    fn expose(&mut self, exposure: Exposure) {
        self.0.push(exposure);
    }

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
