//! Every example and counterexample of every rule, through the whole scanner.
//!
//! An example must yield its account and its exact secret; a counterexample must stay silent under *all* rules.

use std::sync::Arc;

use crate::error::Error;
use crate::exposure::{Exposure, Findings, Place};
use crate::rule::{Exposed, RuleSet};
use crate::scanner::Scanner;
use crate::terms::Dismissal;

/// What a rule promised and did not keep. Rule files hold invented passwords only.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// The file that it is written in.
    pub file: String,
    /// The line of its id.
    pub line: usize,
    /// Which example or counterexample, counted from 1; 0 where the rule itself is at fault.
    pub example: usize,
    /// It is a counterexample.
    pub counter: bool,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rule, file, line, example, reason, counter } = self;
        let which = if *counter { "counterexample" } else { "example" };
        write!(f, "rule file {file}, line {line}: rule {rule}, {which} {example}: {reason}")
    }
}

/// Runs all examples and counterexamples of `rules`.
///
/// # Errors
/// Where no scanner can be built.
pub fn check(rules: RuleSet) -> Result<Vec<Failure>, Error> {
    Ok(failures(&Scanner::builder(rules).build()?))
}

/// Compares the search of `scanner` with the portable one over the examples and counterexamples of its rules, and where
/// it is `worth_it` runs all built-in ones through a whole scanner as well: a processor, a compiler or a memory that errs
/// would otherwise look like clean logs. The first takes a millisecond or two of a processor, the second some 50.
///
/// # Errors
/// Where something is not found as promised.
pub fn self_check(scanner: &Scanner, worth_it: impl FnOnce() -> bool) -> Result<(), Error> {
    let mut texts = String::new();
    for (_, rule) in scanner.rules().rules() {
        rule.examples.iter().for_each(|example| texts.extend([&example.log, "\n"]));
        rule.counterexamples.iter().for_each(|counterexample| texts.extend([&counterexample.log, "\n"]));
    }
    if !scanner.finds_the_same(texts.as_bytes()) {
        return Err(Error::setup("self-check: the search of this processor misses what the portable one finds"));
    }
    if !worth_it() {
        return Ok(());
    }
    match check(RuleSet::builtin()?)?.first() {
        Some(failure) => Err(Error::setup(format!("self-check: {failure}"))),
        None => Ok(()),
    }
}

/// The promises that `scanner` does not keep.
fn failures(scanner: &Scanner) -> Vec<Failure> {
    let mut failures = Vec::new();
    for (_, rule) in scanner.rules().rules() {
        let mut fail = |counter: bool, example: usize, reason: String| {
            let (rule, file, line) = (rule.id.clone(), rule.file.clone(), rule.line);
            failures.push(Failure { rule, file, line, example: example + 1, counter, reason });
        };
        for (i, example) in rule.examples.iter().enumerate() {
            let found = Kept::scan(scanner, &example.log);
            for expected in std::iter::once(&example.exposed).chain(&example.also) {
                if let Some(reason) = found.lacks(scanner, expected) {
                    fail(false, i, reason);
                }
            }
        }
        for (i, counterexample) in rule.counterexamples.iter().enumerate() {
            let found = Kept::scan(scanner, &counterexample.log);
            for exposure in &found.0 {
                let by = scanner.rules().id(exposure.rule);
                let line = exposure.position.line + 1;
                fail(true, i, format!("({}) is reported by {by}, line {line}", counterexample.because));
            }
        }
    }
    failures
}

/// Keeps every exposure.
struct Kept(Vec<Exposure>);

impl Kept {
    fn scan(scanner: &Scanner, log: &str) -> Self {
        let mut kept = Self(Vec::new());
        scanner.scan_into("example", log.as_bytes(), &mut kept);
        kept
    }

    fn lacks(&self, scanner: &Scanner, expected: &Exposed) -> Option<String> {
        let fingerprint = scanner.fingerprint(expected.secret.as_bytes());
        let named = |exposure: &&Exposure| match &exposure.account {
            None => expected.account.is_empty(),
            Some(account) => account.identifiers.ranked().any(|(_, name)| name == expected.account),
        };
        if self.0.is_empty() {
            return Some("nothing was found".to_owned());
        }
        let mut of_account = self.0.iter().filter(named).peekable();
        if of_account.peek().is_none() {
            let names: Vec<&str> =
                self.0.iter().map(|e| e.account.as_ref().map_or("nobody", |a| &a.key.identity)).collect();
            return Some(format!("the account is {:?}, found {names:?}", expected.account));
        }
        let read = of_account.any(|exposure| exposure.fingerprints.contains(&fingerprint));
        (!read).then(|| format!("the secret of {:?} was read as something else", expected.account))
    }
}

impl Findings for Kept {
    fn expose(&mut self, exposure: Exposure) {
        self.0.push(exposure);
    }

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A search that misses a trigger is told from one that finds all.
    #[test]
    fn the_machine_is_checked() {
        let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
        self_check(&scanner, || true).unwrap();
    }

    #[test]
    fn every_built_in_rule_keeps_its_promises() {
        let failures = check(RuleSet::builtin().unwrap()).unwrap();
        let shown: Vec<String> = failures.iter().map(Failure::to_string).collect();
        assert!(failures.is_empty(), "{}", shown.join("\n"));
    }
}
