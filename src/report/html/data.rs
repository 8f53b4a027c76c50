//! The accounts as data for the page's script: rows of a table, and what belongs to one account apart from them.
//!
//! Data stands in `script` elements that no browser runs, some hundred accounts each, so that the table is there before
//! anything else is read and an account is read when it is opened. What many rows share is written once and named by its
//! number. No `<` stands in them, so none can end its element.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::super::content::Content;
use super::super::escape::terminal;
use super::super::schema::{Account, Exposure, SubId};
use super::super::words;
use crate::terms::{
    AccountType, Action, ActionReason, Attribution, Channel, Confidence, Evidence, Mode, Outcome, Protection, Severity,
};

/// Accounts of one element.
const SHARE: usize = 500;

/// Writes all data.
pub(super) fn write(
    report: &dyn Content,
    title: &dyn Fn(&str) -> Option<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut shared = Shared::default();
    for begin in (0..report.listed_accounts()).step_by(SHARE) {
        let (mut rows, mut details) = (Vec::with_capacity(SHARE), Vec::with_capacity(SHARE));
        for account in report.accounts_in(begin..begin + SHARE) {
            rows.push(row(&account));
            details.push(shared.detail(&account));
        }
        element(out, "class=\"rows\"", &rows)?;
        element(out, "class=\"details\"", &details)?;
    }
    element(out, "id=\"shared\"", &shared.written(title))
}

/// What a row of the table says, in the order that the script knows.
#[derive(Serialize)]
struct Row(String, String, usize, usize, usize, usize, u64, Option<i64>, Option<i64>, Vec<usize>);

fn row(account: &Account<'_>) -> Row {
    Row(
        terminal(&account.account).to_string(),
        account.account_id.clone(),
        place(Action::ALL, account.action),
        place(Severity::ALL, account.severity),
        place(Confidence::ALL, account.confidence),
        account.modes.iter().map(|mode| 1 << place(Mode::ALL, *mode)).sum(),
        account.exposure_count,
        account.first_seen.map(|at| at.seconds()),
        account.last_seen.map(|at| at.seconds()),
        account.action_reasons.iter().map(|reason| place(ActionReason::ALL, *reason)).collect(),
    )
}

/// What the page of an account says besides.
#[derive(Serialize)]
struct Detail {
    /// Other names, with what they are.
    names: Vec<(&'static str, String)>,
    evidence: usize,
    kind: usize,
    known: Option<bool>,
    passwords: usize,
    capped: bool,
    exposures: Vec<Listed>,
}

/// Number of its shape and of its file, when, line, column, how often, and its id.
#[derive(Serialize)]
struct Listed(usize, usize, Option<i64>, u64, Option<u32>, u32, String);

/// What many exposures have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape {
    rule: String,
    mode: Mode,
    channel: Channel,
    protection: Protection,
    severity: Severity,
    outcome: Outcome,
    attribution: Option<Attribution>,
    field: Option<String>,
    cwe: Vec<u16>,
}

#[derive(Default)]
struct Shared {
    shapes: HashMap<Shape, usize>,
    files: HashMap<String, usize>,
}

impl Shared {
    fn detail(&mut self, account: &Account<'_>) -> Detail {
        Detail {
            names: names(account),
            evidence: place(Evidence::ALL, account.evidence),
            kind: place(AccountType::ALL, account.account_type),
            known: account.known,
            passwords: account.distinct_passwords,
            capped: account.distinct_passwords_capped,
            exposures: account.exposures.iter().map(|exposure| self.listed(exposure)).collect(),
        }
    }

    fn listed(&mut self, exposure: &Exposure<'_>) -> Listed {
        let shape = Shape {
            rule: exposure.rule_id.to_string(),
            mode: exposure.mode,
            channel: exposure.channel,
            protection: exposure.protection,
            severity: exposure.severity,
            outcome: exposure.outcome,
            attribution: exposure.attribution,
            field: exposure.field.as_deref().map(|field| terminal(field).to_string()),
            cwe: exposure.cwe.iter().map(|cwe| cwe.0).collect(),
        };
        let location = &exposure.location;
        Listed(
            number(&mut self.shapes, shape),
            number(&mut self.files, terminal(&location.uri).to_string()),
            exposure.logged_at.map(|at| at.seconds()),
            location.line,
            location.column,
            exposure.occurrences,
            exposure.exposure_id.clone(),
        )
    }

    /// What was numbered, in the order of its numbers, and the words of the terms.
    fn written(self, title: &dyn Fn(&str) -> Option<String>) -> serde_json::Value {
        let shape = |shape: Shape| {
            serde_json::json!({
                "rule": title(&shape.rule).unwrap_or_else(|| terminal(&shape.rule).to_string()),
                "id": terminal(&shape.rule).to_string(),
                "mode": words::mode(shape.mode),
                "channel": words::channel(shape.channel),
                "protection": words::protection(shape.protection),
                "severity": words::severity(shape.severity),
                "outcome": words::outcome(shape.outcome),
                "attribution": shape.attribution.map(words::attribution),
                "field": shape.field,
                "cwe": shape.cwe,
            })
        };
        serde_json::json!({
            "share": SHARE,
            "shapes": in_order(self.shapes).into_iter().map(shape).collect::<Vec<_>>(),
            "files": in_order(self.files),
            "action": all(Action::ALL, words::action),
            "severity": all(Severity::ALL, words::severity),
            "confidence": all(Confidence::ALL, words::confidence),
            "mode": all(Mode::ALL, words::mode),
            "reason": all(ActionReason::ALL, words::reason),
            "evidence": all(Evidence::ALL, words::evidence),
            "kind": all(AccountType::ALL, words::account_type),
        })
    }
}

/// The names of an account apart from the one that it goes by.
fn names(account: &Account<'_>) -> Vec<(&'static str, String)> {
    let fields = [
        ("User name", &account.username),
        ("E-mail", &account.email),
        ("Phone", &account.phone_number),
        ("User id", &account.user_id),
        ("Distinguished name", &account.dn),
        ("Domain", &account.domain),
        ("Realm", &account.realm),
    ];
    let mut names: Vec<(&'static str, String)> = fields
        .into_iter()
        .filter_map(|(label, name)| name.as_deref().filter(|name| *name != account.account).map(|name| (label, name)))
        .map(|(label, name)| (label, terminal(name).to_string()))
        .collect();
    if let SubId::Aliases { identifiers } = &account.sub_id {
        for name in identifiers.iter().filter_map(plain).map(|name| terminal(name).to_string()) {
            let known = name == terminal(&account.account).to_string() || names.iter().any(|(_, other)| *other == name);
            if !known {
                names.push(("Also", name));
            }
        }
    }
    names
}

fn plain<'s>(id: &'s SubId<'_>) -> Option<&'s str> {
    match id {
        SubId::Email { email } => Some(email),
        SubId::PhoneNumber { phone_number } => Some(phone_number),
        SubId::IssSub { sub, .. } => Some(sub),
        SubId::Opaque { id } => Some(id),
        SubId::Aliases { .. } => None,
    }
}

fn place<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|other| *other == one).unwrap_or_default()
}

fn all<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

fn number<T: Eq + std::hash::Hash>(known: &mut HashMap<T, usize>, one: T) -> usize {
    let next = known.len();
    *known.entry(one).or_insert(next)
}

fn in_order<T>(known: HashMap<T, usize>) -> Vec<T> {
    let mut all: Vec<(T, usize)> = known.into_iter().collect();
    all.sort_unstable_by_key(|(_, number)| *number);
    all.into_iter().map(|(one, _)| one).collect()
}

/// One element of data.
fn element(out: &mut dyn Write, attribute: &str, value: &impl Serialize) -> io::Result<()> {
    write!(out, "<script type=\"application/json\" {attribute}>")?;
    let mut text = Vec::new();
    serde_json::to_writer(&mut text, value)?;
    // Strings are the only place of a `<`, and what could end the element, or begin a comment in it, begins with one.
    for part in text.split_inclusive(|byte| *byte == b'<') {
        match part.strip_suffix(b"<") {
            Some(before) => out.write_all(before).and_then(|()| out.write_all(b"\\u003c"))?,
            None => out.write_all(part)?,
        }
    }
    writeln!(out, "</script>")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a value says, its element ends where it should, and the script reads the value as it was.
    #[test]
    fn data_cannot_end_its_element() {
        let hostile = ["</script>", "<!--<script>", "<", "a<", "\u{2028}", "\"\\"];
        let mut out = Vec::new();
        element(&mut out, "id=\"x\"", &hostile).unwrap();
        let text = String::from_utf8(out).unwrap();
        let inner = text.strip_prefix("<script type=\"application/json\" id=\"x\">").unwrap();
        let inner = inner.strip_suffix("</script>\n").unwrap();
        assert!(!inner.contains('<'));
        assert_eq!(serde_json::from_str::<Vec<String>>(inner).unwrap(), hostile);
    }
}
