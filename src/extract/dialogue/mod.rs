//! Secrets that an earlier line announces, and accounts that another line of the same conversation names.
//!
//! A rule either names a kind of dialogue that is read here (`dialogue`), or matches the secret itself and names the
//! line on which its account stands (`account_line`). Both look only at lines that continue the conversation of the
//! hit (`Frame`), and only at those that every window shows (`Around`).

mod around;
mod command;
mod frame;
mod hexdump;
mod literal;
mod prompt;
mod sasl;
#[cfg(test)]
mod tests;
mod token;

use std::ops::Range;

use around::Around;
use frame::{Agreement, Frame};

use super::Told;
use crate::record::Text;
use crate::rule::{Conversation, Dialogue, Expression, Reply, RuleIndex, RuleSet};
use crate::terms::{Layer, Outcome};

/// A secret that stands in a dialogue.
pub struct Spoken {
    /// What was typed.
    pub secret: Vec<u8>,
    /// Where its token stands in the text.
    pub span: Range<usize>,
    /// What the conversation tells of it.
    pub told: Told,
    /// What was undone, and so chosen by somebody.
    pub layer: Option<Layer>,
}

/// Whether the line of a match says of itself that it is of a conversation: who speaks, or in which session.
pub fn is_spoken(rules: &RuleSet, text: Text<'_>, start: usize, said: Range<usize>) -> bool {
    let around = Around::new(text, start);
    let line = around.line_of(said.start);
    let shown = around.line(&line);
    let inside = said.start.clamp(line.start, line.end) - line.start;
    let frame = Frame::of(shown, inside..shown.len(), rules.conversation());
    frame.is_identified() || frame.tells_turn()
}

/// How many lines on a conversation goes on of which nothing but its place tells.
const BARE_LINES: usize = 6;

/// How many where words tell it, but no session.
const WORDED_LINES: usize = 16;

/// Whether a dialogue may begin at `at`. Looks at the line alone.
pub fn begins(rules: &RuleSet, text: &[u8], at: usize, kind: Dialogue) -> bool {
    let low = at.saturating_sub(512);
    let start = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |i| low + i + 1);
    let limit = text.len().min(at + 2048);
    let end = memchr::memchr(b'\n', &text[at..limit]).map_or(limit, |i| at + i);
    let line = &text[start..end];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let at = (at - start).min(line.len());
    match kind {
        Dialogue::SaslLogin => sasl::begins_login(rules, line, at),
        Dialogue::SaslPlain => sasl::begins_plain(line, at),
        Dialogue::Literal => literal::begins(line, at),
        Dialogue::Prompt => prompt::begins(rules, line, at),
        Dialogue::Command => command::begins(line, at),
        Dialogue::Hexdump => hexdump::begins(rules, line, at),
    }
}

/// The secrets of the dialogue that begins at `at`, in the record at `start`.
pub fn read(rules: &RuleSet, text: Text<'_>, start: usize, at: usize, rule: RuleIndex, kind: Dialogue) -> Vec<Spoken> {
    let rule = rules.get(rule);
    let around = Around::new(text, start);
    let mut found = match kind {
        Dialogue::SaslLogin => sasl::login(rules, text, &around, at),
        Dialogue::SaslPlain => sasl::plain(rules, &around, at),
        Dialogue::Literal => literal::read(rules, &around, at),
        Dialogue::Prompt => prompt::read(rules, &around, at),
        Dialogue::Command => command::read(&around, at),
        Dialogue::Hexdump => hexdump::read(rules, &around, at),
    };
    for spoken in found.iter_mut().filter(|spoken| spoken.told.account.is_none()) {
        let names = rule.account_line.as_ref();
        spoken.told.account = names.and_then(|names| named_behind(rules, &around, &spoken.span, names));
    }
    found
}

/// The account that the lines behind a secret name, if they are of the same program and name but one.
fn named_behind(rules: &RuleSet, around: &Around<'_>, said: &Range<usize>, names: &Expression) -> Option<Vec<u8>> {
    let terms = rules.conversation();
    let line = around.line_of(said.start);
    let frame = Frame::of(around.line(&line), said.start - line.start..line.len(), terms);
    let mut found: Vec<&[u8]> = Vec::new();
    for next in around.after(&line).take(BARE_LINES) {
        let shown = around.line(&next);
        // The next answer begins the next look-up.
        let mut answers = token::spoken(shown).into_iter();
        if answers.any(|t| Frame::of(shown, t.span.start..shown.len(), terms).continues(&frame, Agreement::None)) {
            break;
        }
        let Some(captures) = names.captures(&shown[..shown.len().min(1 << 10)]) else { continue };
        let (Some(whole), Some(account)) = (captures.get(0), captures.name("account")) else { continue };
        let continues = Frame::of(shown, whole.start()..shown.len(), terms).continues(&frame, Agreement::None);
        if continues && !found.contains(&account.as_bytes()) {
            found.push(account.as_bytes());
        }
    }
    found.pop().filter(|_| found.is_empty()).map(<[u8]>::to_vec)
}

/// The account that another line of the conversation names for what a rule matched at `said`, and what the answer says.
///
/// Where nothing tells one conversation from the next, a name that was given and got no password, no refusal and no end
/// before the next name waits as well: of two that are interleaved neither may be taken for the other.
pub fn speaker(rules: &RuleSet, text: Text<'_>, start: usize, said: Range<usize>, rule: RuleIndex) -> Option<Told> {
    let rule = rules.get(rule);
    let names = rule.account_line.as_ref()?;
    let terms = rules.conversation();
    let around = Around::new(text, start);
    let line = around.line_of(said.start);
    let here = around.line(&line);
    let inside = said.start.clamp(line.start, line.end) - line.start..said.end.clamp(line.start, line.end) - line.start;
    let frame = Frame::of(here, inside.start..here.len().max(inside.end), terms);
    let reach = reach(&frame);
    let named = |other: &Range<usize>, agreement| {
        let other = around.line(other);
        let captures = names.captures(&other[..other.len().min(1 << 10)])?;
        let (whole, account) = (captures.get(0)?, captures.name("account")?);
        let continues = Frame::of(other, whole.start()..other.len(), terms).continues(&frame, agreement);
        (continues && !rules.vocabulary().is_prose_word(account.as_bytes())).then(|| account.as_bytes().to_vec())
    };
    let settled = |other: &Range<usize>| {
        let other = around.line(other);
        let secret =
            rule.pattern.as_ref().is_some_and(|pattern| pattern.regex.is_match(&other[..other.len().min(1 << 10)]));
        secret || reply(other, &frame, terms).is_some()
    };
    let (account, others) = [Agreement::Whole, Agreement::Half].into_iter().find_map(|agreement| {
        let mut before = around.before(&line).take(reach);
        let mut behind = around.after(&line).take(reach.min(BARE_LINES));
        if let Some(account) = before.find_map(|line| named(&line, agreement)) {
            let waiting = before.take_while(|line| !frame.is_identified() && !settled(line));
            let others: Vec<_> = waiting.filter_map(|line| named(&line, agreement)).collect();
            return Some((account, others));
        }
        behind.find_map(|line| named(&line, agreement)).map(|account| (account, Vec::new()))
    })?;
    Some(Told { account: Some(account), others, outcome: answer(&around, &line, &frame, terms) })
}

/// Where the tag of a command begins (`A1 LOGIN`); `at` where it has none.
fn tag_start(line: &[u8], at: usize) -> usize {
    let Some(head) = line[..at].strip_suffix(b" ") else { return at };
    let start = head.iter().rposition(|b| !b.is_ascii_alphanumeric() && *b != b'.').map_or(0, |i| i + 1);
    let tag = &head[start..];
    let digits = tag.iter().filter(|b| b.is_ascii_digit()).count();
    if (1..=6).contains(&digits) && tag.len() <= digits + 5 { start } else { at }
}

/// How many lines on a conversation may go on.
fn reach(frame: &Frame<'_>) -> usize {
    if frame.is_identified() {
        crate::limits::CONTEXT_LINES
    } else if frame.is_bare() {
        BARE_LINES
    } else {
        WORDED_LINES
    }
}

/// What the first reply behind `line` says of the credential.
fn answer(around: &Around<'_>, line: &Range<usize>, frame: &Frame<'_>, terms: &Conversation) -> Outcome {
    let replies = around.after(line).take(reach(frame).min(WORDED_LINES));
    match replies.filter_map(|next| reply(around.line(&next), frame, terms)).next() {
        Some(Reply::Accepted) => Outcome::Success,
        Some(Reply::Rejected) => Outcome::Failure,
        Some(Reply::Ended) | None => Outcome::Unknown,
    }
}

/// What a line replies, if it continues the conversation and is a reply.
fn reply(line: &[u8], frame: &Frame<'_>, terms: &Conversation) -> Option<Reply> {
    let line = &line[..line.len().min(1 << 10)];
    let mut at = 0;
    for _ in 0..40 {
        let said = terms.reply(&line[at..]);
        if said.is_some() && Frame::of(line, at..line.len(), terms).continues(frame, Agreement::Whole) {
            return said;
        }
        at += 1 + line[at..].iter().position(|b| b.is_ascii_whitespace() || b"\"':<>=".contains(b))?;
    }
    None
}
