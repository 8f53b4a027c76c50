//! Finds the account of a record that names none by what it shares with records near it: a request, a session, a
//! connection, a thread, a process.
//!
//! Never a guess: where the lines that share the closest tie name several accounts, all of them are candidates and none
//! is the account.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::Account;
use super::attribute::line_account;
use crate::limits::{BEHIND, CONTEXT_LINES};
use crate::record::{Text, time};
use crate::rule::RuleSet;
use std::ops::Range;

/// What ties lines together, the closest first. Each row: the group of the expression is the tie's text, which another
/// line must hold as a whole word.
static TIES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    const REQUEST: &str = r#"(?xi-u)\b(?:request|req|trace|correlation|corr|transaction|txn|message|msg|event|flow|span|call|activity)[_\s-]?id["']?\s?[=:]\s?["']?(?<tie>[A-Za-z0-9][A-Za-z0-9_.:/+-]{2,63})
        |\b(?<tie2>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b
        |(?-i:\[(?<tie3>req-[0-9a-zA-Z-]+)\])"#;
    const CONNECTION: &str = r#"(?xi-u)\b(?:session|sess|sid|conn|connection|client|conn[_-]?id|session[_-]?id|uid|channel)["']?\s?[=:\#]\s?["'\[]?(?<tie>[A-Za-z0-9][A-Za-z0-9_.:-]{0,63})
        |^\s{0,3}(?<tie2>\([0-9]{1,9}\))\s
        |\b(?<tie3>http-outgoing-[0-9]+)\b
        |\[(?<tie4>conn[0-9]+)\]
        |\b(?<tie5>[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}:[0-9]{2,5})\b"#;
    const THREAD: &str = r"(?x-u)\[\s*(?<tie>[A-Za-z][A-Za-z0-9_.\#]{0,40}-[0-9]+(?:-[a-z]+-[0-9]+)*)\s*\]
        |\b(?:thread|tid)[=:\s]\s?(?<tie2>[A-Za-z0-9_-]{1,40})
        |^[0-9:.\s-]{14,30}\s(?<tie3>[0-9]{2,7}[-\s]\s{0,4}[0-9]{2,7})\s";
    const PROCESS: &str = r"(?x-u)\b(?<tie>[A-Za-z][A-Za-z0-9_./-]{1,40}\[[0-9]{1,8}\])
        |\[(?<tie2>[0-9]{2,8})\]|\bpid[=:\s]\s?(?<tie3>[0-9]{1,8})\b|\#(?<tie4>[0-9]{2,8})\]";
    [REQUEST, CONNECTION, THREAD, PROCESS].iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// Who fits a record that names nobody.
pub enum Tied {
    /// One account.
    One(Account),
    /// Several: nobody can tell which.
    Several(Vec<Account>),
    /// The record is tied to others, and none of them names anybody.
    Nobody,
    /// Nothing ties the record to others.
    Loose,
}

/// Looks for the account among the lines that share a tie with the record, before it and behind it.
pub fn correlate(rules: &RuleSet, text: Text<'_>, record: Range<usize>) -> Tied {
    let line = text.bytes[record.clone()].split(|&b| b == b'\n').next().unwrap_or(&[]);
    let line = &line[..line.len().min(4096)];
    let mut tied = false;
    for class in TIES.iter() {
        let ties: Vec<&[u8]> =
            class.captures_iter(line).filter_map(|found| tie_of(&found)).filter(|tie| tie.len() > 1).collect();
        if ties.is_empty() {
            continue;
        }
        tied = true;
        let mut accounts: Vec<Account> = Vec::new();
        let behind = record.start.saturating_sub(BEHIND);
        let ahead = text.bytes.len().min(record.start + 2 * BEHIND);
        let before = text.lines_before(record.start, CONTEXT_LINES).take_while(|line| line.start >= behind);
        let after = text.lines_after(record.end + 1, CONTEXT_LINES).take_while(|line| line.end <= ahead);
        for near in before.chain(after) {
            let shown = &text.bytes[near];
            if !ties.iter().any(|tie| holds_word(shown, tie)) {
                continue;
            }
            let named = line_account(rules, shown);
            accounts.extend(named.filter(|account| !accounts.iter().any(|known| known.key == account.key)));
        }
        match accounts.len() {
            0 => {}
            1 => return accounts.pop().map_or(Tied::Nobody, Tied::One),
            _ => {
                accounts.sort_by(|a, b| a.key.cmp(&b.key));
                return Tied::Several(accounts);
            }
        }
    }
    if tied || time::find(line).is_some_and(|stamp| stamp.span.start < 200) { Tied::Nobody } else { Tied::Loose }
}

fn tie_of<'t>(found: &regex::bytes::Captures<'t>) -> Option<&'t [u8]> {
    (1..found.len()).find_map(|group| found.get(group)).map(|m| m.as_bytes())
}

/// Whether `line` holds `word` with no letter or digit on either side.
fn holds_word(line: &[u8], word: &[u8]) -> bool {
    let part = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    memchr::memmem::find_iter(line, word)
        .any(|at| !part(at.checked_sub(1).and_then(|i| line.get(i))) && !part(line.get(at + word.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tied(log: &str) -> String {
        let rules = RuleSet::builtin().unwrap();
        let start = log.find("LEAK").map(|i| log[..i].rfind('\n').map_or(0, |n| n + 1)).unwrap();
        let end = log[start..].find('\n').map_or(log.len(), |n| start + n);
        match correlate(&rules, Text { bytes: log.as_bytes(), offset: 0 }, start..end) {
            Tied::One(account) => account.key.identity,
            Tied::Several(accounts) => accounts.iter().map(|a| a.key.identity.clone()).collect::<Vec<_>>().join(" or "),
            Tied::Nobody => "nobody".into(),
            Tied::Loose => "loose".into(),
        }
    }

    #[test]
    fn the_closest_tie_names_the_account_or_nobody() {
        for (log, expected) in [
            ("request_id=a1b2 user=wren\nrequest_id=c3d4 user=finch\nrequest_id=a1b2 LEAK", "wren"),
            ("reqId: 9f-77 LEAK\nreqId: 8e-11 user=finch\nreqId: 9f-77 user=wren", "wren"),
            ("sshd[811]: LEAK\nsshd[812]: user=finch\nsshd[811]: user=wren", "wren"),
            ("sshd[811]: user=finch\nsshd[811]: LEAK\nsshd[811]: user=wren", "finch or wren"),
            ("[exec-7] user=wren\n[exec-8] user=finch\n[exec-7] LEAK", "wren"),
            ("request_id=a1b2 user=wren\nrequest_id=a1b22 LEAK", "nobody"),
            ("2026-03-12T10:00:00Z user=finch\n2026-03-12T10:00:00Z LEAK", "nobody"),
            ("user=finch\nLEAK", "loose"),
        ] {
            assert_eq!(tied(log), expected, "{log}");
        }
    }
}
