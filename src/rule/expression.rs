//! Regular expressions that are compiled when they are first matched.
//!
//! Compiling all of the built-in ones would take longer than scanning a hundred MiB, and most logs need few of them. What
//! a user wrote is compiled at once, to refuse what is none; tests do so with what is built in.

use std::ops::Deref;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::meta;
use regex_automata::util::syntax;

/// Bytes that one compiled expression may take.
const SIZE: usize = 1 << 20;

/// An expression over bytes: `.` and classes mean ASCII.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    regex: OnceLock<Regex>,
    even: OnceLock<Option<meta::Regex>>,
}

impl Expression {
    /// Not compiled yet. What is none matches nothing, which the tests of whoever wrote it show.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), regex: OnceLock::new(), even: OnceLock::new() }
    }

    /// Why this finds no group named `group`: it is no expression, or matches the empty text, or has no such group.
    pub(super) fn fault(&self, group: &str) -> Option<String> {
        let Some(regex) = compiled(&self.text) else {
            return Some("is no regular expression, or too large".to_owned());
        };
        if regex.is_match(b"") {
            return Some("matches nothing at all".to_owned());
        }
        let named = regex.capture_names().flatten().any(|name| name == group);
        (!named).then(|| format!("has no group named {group}"))
    }

    /// The same without the search for a literal in it, which is what makes it fast over text that seldom holds one. In
    /// text that holds it again and again that search goes astray, and a far slower one begins.
    pub fn even(&self) -> Option<&meta::Regex> {
        self.even.get_or_init(|| even(&self.text)).as_ref()
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Deref for Expression {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        self.regex.get_or_init(|| compiled(&self.text).unwrap_or_else(nothing))
    }
}

fn compiled(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).unicode(false).size_limit(SIZE).build().ok()
}

fn even(text: &str) -> Option<meta::Regex> {
    meta::Builder::new()
        .configure(meta::Config::new().auto_prefilter(false).nfa_size_limit(Some(SIZE)))
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .build(text)
        .ok()
}

/// Matches no text: stands in for what is no expression, which `fault` has refused before.
fn nothing() -> Regex {
    Regex::new(r"[^\s\S]").unwrap_or_else(|_| unreachable!("an empty class compiles"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_and_never_match() {
        for (text, fault) in [
            ("(?<secret>x", Some("is no regular expression, or too large")),
            ("(?<secret>x{1000}){1000}", Some("is no regular expression, or too large")),
            ("(?<secret>x*)", Some("matches nothing at all")),
            ("(?<other>x)", Some("has no group named secret")),
            ("(?<secret>x)", None),
        ] {
            let expression = Expression::new(text);
            assert_eq!(expression.fault("secret").as_deref(), fault, "{text}");
            assert_eq!(expression.is_match(b"x"), compiled(text).is_some(), "{text}");
        }
    }
}
