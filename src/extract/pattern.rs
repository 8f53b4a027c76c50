//! What no key announces: the regular expressions of rules, matched around their own triggers only.

use std::borrow::Cow;
use std::ops::Range;

use regex::bytes::{Captures, Match};

use super::decode::decode;
use super::{Candidate, Extraction, Pace, escaped, words};
use crate::limits::{LAYERS, PATTERN_BEFORE, PATTERN_BEHIND};
use crate::record::value::Wrapper;
use crate::rule::{Expression, PasswordKey, RuleIndex, RuleSet};
use crate::secret::Secret;
use crate::terms::{Channel, Layer};

/// A group's names: a pattern may write its alternatives apart.
const SECRETS: &[&str] = &["secret", "secret2", "secret3", "secret4", "secret5", "secret6", "secret7", "secret8"];
const ACCOUNTS: &[&str] =
    &["account", "account2", "account3", "account4", "account5", "account6", "account7", "account8"];

fn either<'t>(captures: &Captures<'t>, names: &[&str]) -> Option<Match<'t>> {
    names.iter().find_map(|name| captures.name(name))
}

/// Whether the rule's pattern matches around `at`, as written or inside the escapes there. Cheap where it does not.
pub fn matches(rules: &RuleSet, text: &[u8], at: usize, rule: RuleIndex, pace: Pace) -> bool {
    matches_written(rules, text, at, rule, pace)
        || escaped::any(text, at, |shown, at| matches_written(rules, shown, at, rule, pace))
}

fn matches_written(rules: &RuleSet, text: &[u8], at: usize, rule: RuleIndex, pace: Pace) -> bool {
    let Some(pattern) = &rules.get(rule).pattern else { return false };
    let (low, high) = region(text, at, pattern.lines);
    let region = &text[low..high];
    // A command may be logged as the list of its words.
    let listed = || {
        rules.get(rule).channel == Channel::CommandLine
            && words::command_line(region, at - low).is_some_and(|(line, _)| is_match(&pattern.regex, &line, pace))
    };
    is_match(&pattern.regex, region, pace) || listed()
}

/// Whether an expression matches somewhere.
fn is_match(regex: &Expression, text: &[u8], pace: Pace) -> bool {
    match pace.even(regex) {
        Some(even) => even.is_match(text),
        None => regex.is_match(text),
    }
}

/// The match that reaches past `at`, the first that does.
fn captures<'t>(found: &Extraction<'_>, regex: &Expression, text: &'t [u8], at: usize) -> Option<Captures<'t>> {
    let reaches = |end: usize| {
        found.pass();
        end > at
    };
    match found.pace().even(regex) {
        Some(even) => {
            let whole = even.find_iter(text).find(|whole| reaches(whole.end()))?;
            regex.captures_at(text, whole.start())
        }
        None => regex.captures_iter(text).find(|captures| captures.get(0).is_some_and(|whole| reaches(whole.end()))),
    }
}

/// The lines that a match around `at` may stand in.
fn region(text: &[u8], at: usize, lines: usize) -> (usize, usize) {
    let low = at.saturating_sub(PATTERN_BEFORE);
    let low = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |i| low + i + 1);
    let limit = text.len().min(at + PATTERN_BEHIND);
    let high = memchr::memchr_iter(b'\n', &text[at..limit]).nth(lines - 1).map_or(limit, |i| at + i);
    (low, high)
}

/// Adds what the rule's pattern finds around `at`: as written, or where that misses or holds an escape, what it finds
/// inside the layer of escapes there.
pub fn find(found: &mut Extraction<'_>, rules: &RuleSet, mut view: usize, mut at: usize, rule: RuleIndex) {
    if !found.allows_matches(view, at) {
        return;
    }
    let mut best = written(found, rules, view, at, rule);
    for _ in 0..LAYERS {
        let text = found.views[view].text();
        let Some(layer) = escaped::layer(text, at) else { break };
        // A match of a query ends at its blanks, so that one is whole; its rule decodes the rest. What a match in a
        // page ends before may be the end of an escape.
        let near = |key: &Range<usize>| &text[key.start..text.len().min(key.end + 8)];
        let plain = |candidate: &Candidate| layer == Layer::Percent || !escaped::holds_escape(near(&candidate.key));
        if layer != Layer::Json && !best.is_empty() && best[0].view == view && best.iter().all(plain) {
            break;
        }
        let origin = found.views[view].origin(at);
        let Some(inner) = found.peel(view, layer, at) else { break };
        (view, at) = (inner, found.views[inner].find_origin(origin));
        if at >= found.views[view].text().len() {
            break;
        }
        let inside = written(found, rules, view, at, rule);
        if !inside.is_empty() {
            best = inside;
        }
    }
    for candidate in best {
        found.add(candidate);
    }
}

/// What the pattern finds around `at` of a view.
fn written(found: &Extraction<'_>, rules: &RuleSet, view: usize, at: usize, rule: RuleIndex) -> Vec<Candidate> {
    let Some(pattern) = &rules.get(rule).pattern else { return Vec::new() };
    let text = found.views[view].text();
    let (low, high) = region(text, at, pattern.lines);
    let region = &text[low..high];
    let mut candidates = candidates((found, rules), view, rule, region, at - low, |i| low + i);
    // A command ends with the string that it stands in, whatever its last word may hold.
    if let Some(end) = escaped::string_end(region, at - low)
        && candidates.iter().any(|candidate| candidate.span.end > low + end)
    {
        let inside = self::candidates((found, rules), view, rule, &region[..end], at - low, |i| low + i);
        candidates = if inside.is_empty() { candidates } else { inside };
    }
    if candidates.is_empty()
        && rules.get(rule).channel == Channel::CommandLine
        && let Some((line, origins)) = words::command_line(region, at - low)
    {
        let origin = |i: usize| low + origins.get(i).copied().unwrap_or(region.len());
        let start = origins.partition_point(|&o| o < at - low);
        candidates = self::candidates((found, rules), view, rule, &line, start, origin);
    }
    candidates
}

/// What the pattern finds in `region` around `at`. `origin` tells where a byte of it stands in the view.
fn candidates(
    (found, rules): (&Extraction<'_>, &RuleSet),
    view: usize,
    rule: RuleIndex,
    region: &[u8],
    at: usize,
    origin: impl Fn(usize) -> usize,
) -> Vec<Candidate> {
    let pattern = rules.get(rule).pattern.as_ref();
    let candidate = pattern.and_then(|pattern| {
        let captures = captures(found, &pattern.regex, region, at)?;
        let whole = captures.get(0).filter(|whole| whole.start() <= at)?;
        let secret = either(&captures, SECRETS)?;
        let account = either(&captures, ACCOUNTS).map(|m| m.as_bytes());
        // "Incorrect username or password" names nobody.
        if account.is_some_and(|account| rules.vocabulary().is_prose_word(account)) {
            return None;
        }
        let decoded = decode(pattern.decode, secret.as_bytes(), account)?;
        if rules.get(rule).typed && can_be_a_user_name(&decoded.secret) {
            return None;
        }
        // In a URL and inside an encoding nothing is ever quoted, and everything is as good as quoted.
        let quote = if pattern.decode.encloses() {
            Some(b'"')
        } else {
            secret.start().checked_sub(1).map(|i| region[i]).filter(|b| matches!(b, b'"' | b'\''))
        };
        let span = |range: Range<usize>| match range.end.checked_sub(1) {
            Some(last) if last >= range.start => origin(range.start)..origin(last) + 1,
            _ => origin(range.start)..origin(range.start),
        };
        Some(Candidate {
            rule,
            secret: Secret::new(Cow::Owned(decoded.secret)),
            decoded: decoded.layer.into_iter().collect(),
            view,
            span: span(secret.range()),
            key: span(whole.range()),
            name: PasswordKey {
                credential: rules.get(rule).credential,
                old: captures.name("old").is_some(),
                hashed: false,
            },
            syntax: None,
            quote,
            wrapper: Wrapper::None,
            account: decoded.account,
            cut: false,
        })
    });
    candidate.into_iter().collect()
}

/// Whether text has the shape of an account's name: letters, digits and the punctuation that names have. A word in
/// brackets stands for one that is not known, and a variable for one that a script forgot.
fn can_be_a_user_name(text: &[u8]) -> bool {
    let name = |b: &u8| b.is_ascii_alphanumeric() || *b >= 0x80 || b"._@\\-+/".contains(b);
    let script = memchr::memchr2(b'$', b'{', text)
        .is_some_and(|i| text.get(i + 1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'{' | b'(')));
    let bracketed = matches!(text, [b'(', .., b')'] | [b'<', .., b'>'] | [b'[', .., b']']);
    text.iter().all(name) || bracketed || script || !text.iter().any(u8::is_ascii_alphanumeric)
}
