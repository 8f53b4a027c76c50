//! What a rule finds bare it finds inside a string: as container runtimes and structured loggers write every line.
//!
//! The examples of all rules are their own samples; only whole tables and what needs lines of their own are left out.

use std::sync::Arc;

use logleak::exposure::{Exposure, Findings, Place};
use logleak::terms::Dismissal;
use logleak::{RuleSet, Scanner, Tally};
use serde_json::json;

/// Rules whose examples are tables or conversations that a string does not hold, and why nothing is lost silently: they
/// are listed here, and a rule that no longer belongs here fails the test.
const APART: [&str; 13] = [
    "netrc-password",
    "store-protocol",
    "store-command",
    "object-password",
    "named-value-password",
    "table-row-password",
    "dump-row-password",
    "log-field-password",
    "bound-parameter-password",
    "typed-as-user-name",
    "sasl-plain-answer",
    "openvpn-management-password",
    "url-userinfo",
];

/// Whose passwords were found.
#[derive(Default)]
struct Named(Vec<String>);

impl Findings for Named {
    fn expose(&mut self, exposure: Exposure) {
        self.0.push(exposure.account.map_or_else(String::new, |account| account.key.identity));
    }

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}

fn scan(scanner: &Scanner, log: &str) -> Tally {
    scanner.scan_bytes("a.log", log.as_bytes())
}

/// In a string of a line, and in a string in a string.
fn wrapped(log: &str) -> [String; 2] {
    let lines = format!("start\n{log}\n");
    let once = json!({"log": lines, "stream": "stdout"}).to_string();
    let twice = json!({"n": 1, "message": json!({"m": lines, "k": 2}).to_string()}).to_string();
    [once, twice]
}

#[test]
fn examples_are_found_inside_strings() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    let (mut missed, mut apart) = (Vec::new(), std::collections::BTreeSet::new());
    for (_, rule) in scanner.rules().rules() {
        for (i, example) in rule.examples.iter().enumerate() {
            for log in wrapped(&example.log) {
                // Already in a string, with escapes of its own: more layers than are peeled.
                let found = scan(&scanner, &log).exposures() > 0;
                if !found && APART.contains(&rule.id.as_str()) {
                    apart.insert(rule.id.clone());
                } else if !found && !example.log.contains("\\u0027") {
                    missed.push(format!("{} example {}: {log}", rule.id, i + 1));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(!apart.is_empty());
}

/// A message that Docker cut in its value, between key and value, and before its account is one message.
#[test]
fn parts_of_a_message_are_read_as_one() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    let message = json!({"login": "hkaram", "password": "Plover-82", "ok": true}).to_string() + "\n";
    let whole = scan(&scanner, &(json!({"log": message, "stream": "stdout", "time": "t"}).to_string() + "\n"));
    assert_eq!(whole.exposures(), 1);
    let key = message.find("Plover").unwrap();
    for cut in [3, 12, key - 14, key - 3, key - 1, key + 1, key + 4, key + 9, message.len() - 1] {
        let part = |text: &str| {
            // The order in which Docker writes its fields.
            format!("{{\"log\":{},\"stream\":\"stdout\",\"time\":\"t\"}}\n", json!(text))
        };
        let log = part(&message[..cut]) + &part(&message[cut..]);
        let mut named = Named::default();
        scanner.scan_into("a.log", log.as_bytes(), &mut named);
        assert_eq!(named.0, ["hkaram"], "cut at {cut}");
    }
}
