//! `tests/data/syntaxes.jsonl`: the syntaxes that passwords are written in, one small log a line. Each yields its account
//! and its exact secret; one without a secret is silent.

use std::sync::Arc;

use logleak::exposure::{Exposure, Findings, Place};
use logleak::terms::Dismissal;
use logleak::{RuleSet, Scanner};

#[derive(serde::Deserialize)]
struct Shape {
    title: String,
    log: String,
    account: Option<String>,
    secret: Option<String>,
}

#[test]
fn every_syntax_yields_its_account_and_its_secret() {
    let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
    let mut faults = Vec::new();
    for (line, text) in include_str!("data/syntaxes.jsonl").lines().enumerate() {
        let shape: Shape = serde_json::from_str(text).unwrap();
        let mut found = Found(Vec::new());
        scanner.scan_into("a.log", shape.log.as_bytes(), &mut found);
        if let Some(fault) = fault(&scanner, &shape, &found.0) {
            faults.push(format!("line {}, {}: {fault}", line + 1, shape.title));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn fault(scanner: &Scanner, shape: &Shape, found: &[Exposure]) -> Option<String> {
    let Some(secret) = &shape.secret else {
        return (!found.is_empty()).then(|| format!("{} exposures where nothing leaks", found.len()));
    };
    let wanted = shape.account.as_deref().filter(|account| !account.is_empty());
    let fingerprint = scanner.fingerprint(secret.as_bytes());
    let Some(exposure) = found.iter().find(|exposure| exposure.fingerprints.contains(&fingerprint)) else {
        return Some(format!("the secret is not read ({} exposures)", found.len()));
    };
    let named = exposure.account.as_ref().map(|account| account.key.identity.as_str());
    if named != wanted {
        return Some(format!("the account is {wanted:?}, found {named:?}"));
    }
    let stranger = found.iter().find_map(|e| e.account.as_ref().filter(|a| Some(a.key.identity.as_str()) != wanted));
    stranger.map(|account| format!("a stranger is named: {}", account.key.identity))
}

struct Found(Vec<Exposure>);

impl Findings for Found {
    fn expose(&mut self, exposure: Exposure) {
        self.0.push(exposure);
    }

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}
