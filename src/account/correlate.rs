//! Finds the account of a record that names none by what it shares with records near it: a request, a session, a
//! connection, a thread, a process.
//!
//! Never a guess: where the lines that share the closest tie name several accounts, all of them are candidates and none
//! is the account.

use std::cell::LazyCell;
use std::ops::Range;

use memchr::memmem;

use super::Account;
use super::attribute::line_account;
use super::later::moment;
use super::tie::{Scope, Tie, ties};
use crate::limits::{CORRELATION_BYTES, CORRELATION_LINES, RECORD_BYTES};
use crate::record::{Text, time};
use crate::rule::RuleSet;

/// Places of an id that are looked at on either side: a short number stands on every line.
const PLACES: usize = 4096;

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

/// Looks for the account among the lines that share an id with the record, before it and behind it.
pub fn correlate(rules: &RuleSet, text: Text<'_>, record: Range<usize>) -> Tied {
    let shown = &text.bytes[record.clone()];
    let own = ties(shown);
    let first = shown.split(|&b| b == b'\n').next().unwrap_or(&[]);
    let written = LazyCell::new(|| moment(first));
    for scope in Scope::ALL {
        let mut accounts: Vec<Account> = Vec::new();
        let mut near = false;
        for tie in own.iter().filter(|tie| tie.is_sure() && tie.scope() == scope) {
            for (line, distance) in tied_lines(text, &record, tie, &own) {
                // A service writes its log under one number for months, and serves somebody else by then.
                if scope == Scope::Process && !is_soon(*written, moment(line)) {
                    continue;
                }
                let Some(account) = line_account(rules, line) else { continue };
                near |= !tie.is_reused() || distance <= reach(text) / 2;
                if !accounts.iter().any(|known| known.key == account.key) {
                    accounts.push(account);
                }
            }
        }
        match accounts.len() {
            0 => {}
            // Who was last served far away may not be served any more.
            1 if !near => {}
            1 => return accounts.pop().map_or(Tied::Nobody, Tied::One),
            _ => {
                accounts.sort_by(|a, b| a.key.cmp(&b.key));
                return Tied::Several(accounts);
            }
        }
    }
    let stamped = || time::find(first).is_some_and(|stamp| stamp.span.start < 200);
    if !own.is_empty() || stamped() { Tied::Nobody } else { Tied::Loose }
}

/// Seconds between two records of a process that may be of one login.
const SOON: u64 = 300;

/// Whether two records were written within a few minutes, as far as they say when.
fn is_soon(one: Option<i64>, other: Option<i64>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one.abs_diff(other) <= SOON)
}

/// How far lines are looked for on either side. What was decoded is seen half as far as the log that it stands for.
fn reach(text: Text<'_>) -> usize {
    text.reach * (CORRELATION_BYTES / RECORD_BYTES)
}

/// The lines around a record that have one of its ids, and none that parts them from it, with their distances in bytes.
fn tied_lines<'t>(text: Text<'t>, record: &Range<usize>, tie: &Tie<'_>, own: &[Tie<'_>]) -> Vec<(&'t [u8], usize)> {
    let reach = reach(text);
    let low = record.start.saturating_sub(reach);
    let high = text.bytes.len().min(record.start + reach);
    let (before, behind) = (&text.bytes[low..record.start], &text.bytes[record.end.min(high)..high]);
    let is_tied = |line: &[u8]| {
        let theirs = ties(line);
        tie.is_on(&theirs) && !tie.is_parted(own, &theirs)
    };
    let (needle, mut lines) = (tie.needle(), Vec::new());
    let mut last = before.len();
    for at in memmem::rfind_iter(before, needle).take(PLACES) {
        if at >= last || !is_word(before, at, needle.len()) {
            continue;
        }
        // A line that begins farther away is cut: nobody knows what it said.
        let newline = memchr::memrchr(b'\n', &before[..at]);
        let Some(start) = newline.map(|i| i + 1).or((low == 0).then_some(0)) else { break };
        let end = memchr::memchr(b'\n', &before[at..]).map_or(before.len(), |i| at + i);
        last = start;
        if is_tied(&before[start..end]) {
            lines.push((&before[start..end], before.len() - start));
        }
        if lines.len() == CORRELATION_LINES {
            break;
        }
    }
    let (first, mut next) = (lines.len(), 0);
    for at in memmem::find_iter(behind, needle).take(PLACES) {
        if at < next || !is_word(behind, at, needle.len()) {
            continue;
        }
        let start = memchr::memrchr(b'\n', &behind[..at]).map_or(0, |i| i + 1);
        let newline = memchr::memchr(b'\n', &behind[at..]).map(|i| at + i);
        let Some(end) = newline.or((high == text.bytes.len()).then_some(behind.len())) else { break };
        next = end;
        if is_tied(&behind[start..end]) {
            lines.push((&behind[start..end], end));
        }
        if lines.len() - first == CORRELATION_LINES {
            break;
        }
    }
    lines
}

/// Whether no letter or digit stands on either side.
fn is_word(text: &[u8], at: usize, length: usize) -> bool {
    let part = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    !part(at.checked_sub(1).and_then(|i| text.get(i))) && !part(text.get(at + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tied(log: &str) -> String {
        let rules = RuleSet::builtin().unwrap();
        let start = log.find("LEAK").map(|i| log[..i].rfind('\n').map_or(0, |n| n + 1)).unwrap();
        let end = log[start..].find('\n').map_or(log.len(), |n| start + n);
        match correlate(&rules, Text::new(log.as_bytes(), 0), start..end) {
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
            // The same number of something else, and a number that is none.
            ("session=17 user=finch\nthread=17 LEAK", "nobody"),
            ("took 811 ms for user=finch\npid=811 LEAK", "nobody"),
            // A thread serves one request after the other.
            ("[exec-7] request_id=a1 user=finch\n[exec-7] request_id=b2 LEAK", "nobody"),
            ("[exec-7] request_id=a1 user=finch\n[exec-7] request_id=b2 LEAK\nrequest_id=b2 user=wren", "wren"),
            ("conn=5 req=31 user=finch\nconn=5 req=32 LEAK", "nobody"),
            // A session has many requests, and a trace many services.
            ("session=s81 req=31 user=finch\nsession=s81 req=32 LEAK", "finch"),
            ("a[1]: trace=4bf92f35 req=31 user=finch\nb[2]: trace=4bf92f35 req=32 LEAK", "finch"),
            // One tenant, many users.
            (
                "tenant=0f8fad5b-d9cb-469f-a165-70867728950e req=31 user=finch\n\
                 tenant=0f8fad5b-d9cb-469f-a165-70867728950e req=32 LEAK",
                "nobody",
            ),
            (
                "tenant_id=0f8fad5b-d9cb-469f-a165-70867728950e user=finch\n\
                 tenant_id=0f8fad5b-d9cb-469f-a165-70867728950e LEAK",
                "loose",
            ),
            // The number of a kind of event, and the only process of a container.
            ("2026-03-12T10:00:00Z event_id=4624 user=finch\n2026-03-12T10:00:01Z event_id=4624 LEAK", "nobody"),
            ("2026-03-12T10:00:00Z [pid 1] user=finch\n2026-03-12T10:00:01Z [pid 1] LEAK", "nobody"),
            ("[rid=7f3a9c21] user=wren\n[rid=7f3a9c22] user=finch\n[rid=7f3a9c21] LEAK", "wren"),
            // Half an hour later.
            ("Feb  3 08:11:12 web1 appd[811]: user=finch\nFeb  3 08:40:14 web1 appd[811]: LEAK", "nobody"),
            ("Feb  3 08:11:12 web1 appd[811]: user=wren\nFeb  3 08:11:14 web1 appd[811]: LEAK", "wren"),
            // The same number on another host.
            ("web-1 sshd[811]: user=finch\nweb-2 sshd[811]: LEAK", "nobody"),
            ("client 10.0.3.4:5022 user=finch\nfrom 10.0.3.4 port 5022 LEAK", "finch"),
            ("client 10.0.3.4:5021 user=finch\nfrom 10.0.3.4 port 5022 LEAK", "nobody"),
            ("[a1b2c3d4e5] user=finch\nrequest_id=a1b2c3d4e5 LEAK", "finch"),
        ] {
            assert_eq!(tied(log), expected, "{log}");
        }
    }
}
