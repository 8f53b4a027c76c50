//! A prompt on one line and the typed answer on a later one: `read: Password:`, then `write: …`.
//!
//! Only where both lines say who speaks, and it is not the same side: anything may follow a line that ends in
//! `Password:`.

use std::borrow::Cow;
use std::ops::Range;

use super::around::Around;
use super::frame::{Agreement, Frame};
use super::{Spoken, Told, WORDED_LINES, answer};
use crate::record::view::{backslash, unescape};
use crate::rule::{Conversation, KeyName, RuleSet};

/// How many lines behind a prompt its answer may stand.
const ANSWER_LINES: usize = 4;

/// Whether a prompt for a password ends the line of `at`.
pub fn begins(rules: &RuleSet, line: &[u8], at: usize) -> bool {
    prompt(rules, line).is_some_and(|(span, key)| span.contains(&at) && matches!(key, KeyName::Password(_)))
}

/// The prompt that ends a line, and what it asks for.
fn prompt(rules: &RuleSet, line: &[u8]) -> Option<(Range<usize>, KeyName)> {
    let end = said_end(line);
    let head = line[..end].strip_suffix(b":").or_else(|| line[..end].strip_suffix("：".as_bytes()))?;
    let word = |b: &u8| b.is_ascii_alphabetic() || *b == b' ' || *b >= 0x80;
    let low = head.len().saturating_sub(40);
    let start = head[low..].iter().rposition(|b| !word(b)).map_or(low, |i| low + i + 1);
    let start = start + head[start..].iter().take_while(|b| **b == b' ').count();
    // "b'Password: '": the letter before the quote is not the prompt's.
    let asked = &head[start.min(head.len())..];
    let key = rules.vocabulary().key(asked)?;
    Some((start..end, key))
}

/// Where the blanks, quotes and escapes begin that end a line.
fn said_end(line: &[u8]) -> usize {
    let mut end = line.len();
    loop {
        let shown = &line[..end];
        let tail = [&b"\\r"[..], b"\\n", b"\\t", b"\\a", b"'", b"\"", b" ", b")", b"]", b"`"];
        match tail.iter().find(|tail| shown.ends_with(tail)) {
            Some(tail) => end -= tail.len(),
            None => return end,
        }
    }
}

/// The answer to the prompt on the line of `at`.
pub fn read(rules: &RuleSet, around: &Around<'_>, at: usize) -> Vec<Spoken> {
    let terms = rules.conversation();
    let range = around.line_of(at);
    let line = around.line(&range);
    let Some((span, KeyName::Password(_))) = prompt(rules, line) else { return Vec::new() };
    let frame = Frame::of(line, quoted(line, span.start)..line.len(), terms);
    let Some((place, secret)) = typed(rules, around, &range, &frame) else { return Vec::new() };
    let outcome = answer(around, &around.line_of(place.start), &frame, terms);
    let mut names = accounts(rules, around, &range, &frame).into_iter();
    let told = Told { account: names.next(), others: names.collect(), outcome };
    vec![Spoken { secret, span: place, told, layer: None }]
}

/// What the other side wrote behind the prompt on `line`: where, and what it is.
fn typed(
    rules: &RuleSet,
    around: &Around<'_>,
    line: &Range<usize>,
    frame: &Frame<'_>,
) -> Option<(Range<usize>, Vec<u8>)> {
    around.after(line).take(ANSWER_LINES).find_map(|range| {
        let shown = around.line(&range);
        let (span, secret) = written(shown, rules.conversation(), frame)?;
        // Another prompt is no answer.
        (prompt(rules, shown).is_none()).then(|| (range.start + span.start..range.start + span.end, secret))
    })
}

/// The account: the answer to the prompt before that asked for it. Behind it those that were asked for before and wait for
/// their password as well, where nothing tells one conversation from the next.
fn accounts(rules: &RuleSet, around: &Around<'_>, line: &Range<usize>, frame: &Frame<'_>) -> Vec<Vec<u8>> {
    let asked = around.before(line).take(WORDED_LINES).filter_map(|range| match prompt(rules, around.line(&range))? {
        (_, KeyName::Account { .. }) => Some(Some(range)),
        (_, KeyName::Password(_)) => Some(None),
    });
    // The password of this account may have been asked for before: it is asked for again.
    let asked = asked.skip_while(Option::is_none).map_while(|range| range);
    let several = if frame.is_identified() { 1 } else { usize::MAX };
    asked.take(several).map_while(|range| typed(rules, around, &range, frame)).map(|(_, name)| name).collect()
}

/// What is written on a line by the side that does not prompt.
fn written(line: &[u8], terms: &Conversation, prompter: &Frame<'_>) -> Option<(Range<usize>, Vec<u8>)> {
    // What was said is quoted, or the last word of the line.
    let end = line.trim_ascii_end().len();
    let close = line[..end].last().copied().filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    let (start, end) = match close {
        Some(quote) => (memchr::memchr(quote, &line[..end - 1])? + 1, end - 1),
        None => (line[..end].iter().rposition(u8::is_ascii_whitespace)? + 1, end),
    };
    let other = Frame::of(line, quoted(line, start)..line.len(), terms);
    if !(other.continues(prompter, Agreement::Half) && other.other_turn(prompter)) {
        return None;
    }
    let end = start + line_end(&line[start..end]);
    let secret = match close {
        Some(_) => unescape(&line[start..end], backslash),
        None => Cow::Borrowed(&line[start..end]),
    };
    (!secret.is_empty()).then(|| (start..end, secret.into_owned()))
}

/// Where the escaped line feed begins that ends what was typed.
fn line_end(said: &[u8]) -> usize {
    let mut end = said.len();
    while let Some(tail) = [&b"\\r"[..], b"\\n", b"\\x0d", b"\\x0a"].iter().find(|tail| said[..end].ends_with(tail)) {
        end -= tail.len();
    }
    end
}

/// Where the quote before `at` begins, with the letter of a Python string.
fn quoted(line: &[u8], at: usize) -> usize {
    let mut start = at;
    if start > 0 && matches!(line[start - 1], b'"' | b'\'' | b'`') {
        start -= 1;
        let letter = start > 0 && matches!(line[start - 1], b'b' | b'u' | b'r');
        let apart = start < 2 || !line[start - 2].is_ascii_alphanumeric();
        start -= usize::from(letter && apart);
    }
    start
}
