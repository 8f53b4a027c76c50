//! Dumps in hexadecimal digits whose head says what they hold: `password - hexdump_ascii(len=8):`, then the bytes.

use std::ops::Range;

use super::around::Around;
use super::frame::{Agreement, Frame};
use super::{Spoken, Told};
use crate::rule::{KeyName, RuleSet};
use crate::terms::{Layer, Outcome};

/// The most lines of one dump.
const DUMP_LINES: usize = 33;

/// How many lines before a password's dump that of its account may stand.
const ACCOUNT_LINES: usize = 60;

/// A dump's head.
struct Head {
    holds: Holds,
    length: usize,
    /// Behind the colon.
    end: usize,
    /// Where the label begins.
    start: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Account,
    Password,
}

/// Whether a dump of a password begins on the line of `at`.
pub fn begins(rules: &RuleSet, line: &[u8], at: usize) -> bool {
    head(rules, line).is_some_and(|head| head.holds == Holds::Password && head.end > at)
}

/// Reads `label - hexdump(len=8):` and what the label says of the bytes.
fn head(rules: &RuleSet, line: &[u8]) -> Option<Head> {
    let line = &line[..line.len().min(512)];
    let dump = memchr::memmem::find(line, b"hexdump")?;
    let open = dump + memchr::memmem::find(&line[dump..line.len().min(dump + 20)], b"(len=")? + 5;
    let digits = line[open..].iter().take_while(|b| b.is_ascii_digit()).count();
    let length = std::str::from_utf8(&line[open..open + digits]).ok()?.parse().ok()?;
    line[open + digits..].strip_prefix(b"):")?;
    let label = line[..dump].trim_ascii_end();
    let label = label.strip_suffix(b"-").unwrap_or(label).trim_ascii_end();
    let start = memchr::memrchr(b':', label).map_or(0, |i| i + 1);
    let start = start + label[start..].iter().take_while(|b| **b == b' ').count();
    let holds = holds(rules, label, &label[start.min(label.len())..])?;
    (1..=DUMP_LINES * 16).contains(&length).then_some(Head { holds, length, end: open + digits + 2, start })
}

/// What the bytes behind a label are. A token card's response is the password itself.
fn holds(rules: &RuleSet, label: &[u8], last: &[u8]) -> Option<Holds> {
    let lower = label.to_ascii_lowercase();
    if lower.ends_with(b"gtc: response") {
        return Some(Holds::Password);
    }
    if lower.ends_with(b"identity") || lower.ends_with(b"username") {
        return Some(Holds::Account);
    }
    let bare = last.strip_suffix(b")").unwrap_or(last);
    let bare = memchr::memrchr(b'(', bare).map_or(bare, |i| &bare[i + 1..]);
    match rules.vocabulary().key(bare)? {
        KeyName::Password(key) => (!key.hashed).then_some(Holds::Password),
        KeyName::Account { .. } => Some(Holds::Account),
    }
}

/// The password whose dump begins on the line of `at`.
pub fn read(rules: &RuleSet, around: &Around<'_>, at: usize) -> Vec<Spoken> {
    let range = around.line_of(at);
    let line = around.line(&range);
    let Some(head) = head(rules, line).filter(|head| head.holds == Holds::Password) else { return Vec::new() };
    let Some((span, secret, shown)) = bytes(around, &range, &head) else { return Vec::new() };
    let frame = frame(rules, line, &head);
    let account = around.before(&range).take(ACCOUNT_LINES).find_map(|range| named(rules, around, &range, &frame));
    // Beside its letters, the digits hide nothing.
    let layer = (!shown).then_some(Layer::Hex);
    vec![Spoken { secret, span, told: Told::of(account, Outcome::Unknown), layer }]
}

/// The account that a dump on this line holds, if it is of the same conversation.
fn named(rules: &RuleSet, around: &Around<'_>, range: &Range<usize>, frame_here: &Frame<'_>) -> Option<Vec<u8>> {
    let line = around.line(range);
    let head = head(rules, line).filter(|head| head.holds == Holds::Account)?;
    let same = frame(rules, line, &head).same_ids(frame_here, Agreement::Whole);
    same.then(|| bytes(around, range, &head)).flatten().map(|(_, name, _)| name)
}

/// The frame of a dump's head: what stands before its label's first word.
fn frame<'a>(rules: &RuleSet, line: &'a [u8], head: &Head) -> Frame<'a> {
    let program = line[..head.start].iter().rposition(|b| *b == b']' || *b == b'>').map_or(0, |i| i + 1);
    Frame::of(line, program..line.len(), rules.conversation())
}

/// The bytes of a dump on its head's line or on those behind it; and whether they stand there as letters too.
fn bytes(around: &Around<'_>, range: &Range<usize>, head: &Head) -> Option<(Range<usize>, Vec<u8>, bool)> {
    let line = around.line(range);
    let mut found = Vec::new();
    let here = digits(&line[head.end..], head.length, &mut found);
    if found.len() == head.length {
        let start = range.start + head.end + here.start;
        return Some((start..range.start + head.end + here.end, found, false));
    }
    found.clear();
    let (mut start, mut shown) = (None, true);
    for next in around.after(range).take(DUMP_LINES) {
        let row = around.line(&next);
        let before = found.len();
        let span = digits(row, (head.length - before).min(16), &mut found);
        if found.len() == before {
            return None;
        }
        shown &= memchr::memmem::find(&row[span.end..], &found[before..]).is_some();
        start = start.or(Some(next.start + span.start));
        if found.len() == head.length {
            return Some((start?..next.start + row.trim_ascii_end().len(), found, shown));
        }
    }
    None
}

/// Reads up to `wanted` bytes as pairs of digits between blanks; where they stand.
fn digits(row: &[u8], wanted: usize, into: &mut Vec<u8>) -> Range<usize> {
    let start = row.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(row.len());
    let (mut at, mut read) = (start, 0);
    let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    while read < wanted {
        let Some(&[high, low]) = row.get(at..at + 2) else { break };
        let (Some(high), Some(low)) = (digit(high), digit(low)) else { break };
        if row.get(at + 2).is_some_and(|b| !b.is_ascii_whitespace()) {
            break;
        }
        into.push(high * 16 + low);
        (at, read) = (at + 3, read + 1);
    }
    start..at.saturating_sub(1).max(start).min(row.len())
}
