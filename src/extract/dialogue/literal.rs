//! IMAP literals: `A1 LOGIN {7}`, then seven bytes of an account on a line of their own, then the bytes of the password.
//!
//! The lengths are what tells the answers from other lines.

use std::ops::Range;

use super::around::Around;
use super::frame::{Agreement, Frame};
use super::{Spoken, Told, answer, tag_start};
use crate::rule::{Conversation, RuleSet};

/// How many lines behind an announcement its literal may stand.
const LITERAL_LINES: usize = 8;

/// The longest literal that is a password, in bytes.
const LITERAL_BYTES: usize = 512;

/// Whether `LOGIN` stands at `at`, and its line announces a literal.
pub fn begins(line: &[u8], at: usize) -> bool {
    announced(line).is_some_and(|(_, start)| start > at)
}

/// The length that ends a line in `{12}` or `{12+}`, and where that begins.
fn announced(line: &[u8]) -> Option<(usize, usize)> {
    let end = spoken_end(line);
    let inner = line[..end].strip_suffix(b"}")?;
    let open = memchr::memrchr(b'{', inner)?;
    let digits = &inner[open + 1..];
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    let length = std::str::from_utf8(digits).ok()?.parse().ok().filter(|_| digits.len() <= 3)?;
    (1..=LITERAL_BYTES).contains(&length).then_some((length, open))
}

/// Where a line's quote, escapes or carriage return begin, which end what was said.
fn spoken_end(line: &[u8]) -> usize {
    let mut end = line.len();
    for tail in [&b"}"[..], b"'", b"\"", b"\\n", b"\\r", b"\\x0a", b"\\x0d", b"<LF>", b"<CR>", b"\r"] {
        // A brace ends the line only behind the quote of a string in JSON.
        let braced = tail != b"}" || line[..end].ends_with(b"\"}");
        end -= if braced && line[..end].ends_with(tail) { tail.len() } else { 0 };
    }
    end
}

/// The password of the `LOGIN` at `at`.
pub fn read(rules: &RuleSet, around: &Around<'_>, at: usize) -> Vec<Spoken> {
    let terms = rules.conversation();
    let range = around.line_of(at);
    let line = around.line(&range);
    let verb = at - range.start + line[at - range.start..].iter().take_while(|b| **b == b' ').count();
    let Some((length, open)) = announced(line).filter(|&(_, open)| open > verb) else { return Vec::new() };
    let frame = Frame::of(line, tag_start(line, verb)..line.len(), terms);
    let named = line[(verb + b"LOGIN".len()).min(open)..open].trim_ascii();
    let named = named.strip_prefix(b"\"").and_then(|n| n.strip_suffix(b"\"")).unwrap_or(named);
    let mut account = (!named.is_empty()).then(|| named.to_vec());
    let (mut length, mut line) = (length, range);
    if account.is_none() {
        let Some((next, span)) = literal(around, &line, &frame, length, true, terms) else { return Vec::new() };
        account = Some(around.line(&span).to_vec());
        let Some((second, _)) = announced(around.line(&next)) else { return Vec::new() };
        (length, line) = (second, next);
    }
    match literal(around, &line, &frame, length, false, terms) {
        Some((line, span)) => vec![Spoken {
            secret: around.line(&span).to_vec(),
            told: Told::of(account, answer(around, &line, &frame, terms)),
            span,
            layer: None,
        }],
        None => Vec::new(),
    }
}

/// The line behind `line` that holds a literal of this length, and where; `more` where another one is announced behind it.
fn literal(
    around: &Around<'_>,
    line: &Range<usize>,
    frame: &Frame<'_>,
    length: usize,
    more: bool,
    terms: &Conversation,
) -> Option<(Range<usize>, Range<usize>)> {
    around.after(line).take(LITERAL_LINES).find_map(|range| {
        let shown = around.line(&range);
        let end = if more { announced(shown)?.1.checked_sub(1)? } else { spoken_end(shown) };
        let start = end.checked_sub(length)?;
        let other = Frame::of(shown, start..shown.len(), terms);
        let continues = other.continues(frame, Agreement::Whole) && other.same_turn(frame);
        // What the literal touches is its line's beginning, not its own first letters.
        let apart = start == 0 || !shown[start - 1].is_ascii_alphanumeric();
        let reply = super::reply(shown, frame, terms).is_some() || shown[start..].starts_with(b"+ ");
        (continues && apart && !reply).then(|| (range.clone(), range.start + start..range.start + end))
    })
}
