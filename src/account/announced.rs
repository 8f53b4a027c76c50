//! A field that names an account, whatever secret is asked about.

use std::ops::Range;

use super::dn;
use crate::record::field::{After, after_key, is_of_statement, key_around};
use crate::record::value::Wrapper;
use crate::rule::{RuleSet, Syntax, Vocabulary};
use crate::terms::IdentityKind;

/// The longest distinguished name, in bytes.
const DN_BYTES: usize = 1 << 10;

/// A field that names an account, whatever secret is asked about.
pub(super) struct Announced {
    pub(super) kind: IdentityKind,
    pub(super) weak: bool,
    pub(super) key: Range<usize>,
    /// Where its value stands, without quotes.
    pub(super) span: Range<usize>,
    pub(super) is_quoted: bool,
    pub(super) value: Vec<u8>,
    pub(super) syntax: Syntax,
}

/// The field before whose value the separator at `separator` stands, if it names an account.
pub(super) fn announced(rules: &RuleSet, text: &[u8], separator: usize) -> Option<Announced> {
    let words = rules.vocabulary();
    let mut end = key_end(text, separator)?;
    let mut span = key_around(text, end - 1);
    if text[separator] == b'>'
        && words.account(&text[span.clone()]).is_none()
        && let Some(name) = tag_name(text, separator)
    {
        (span, end) = (key_around(text, name - 1), name);
    }
    if span.end != end {
        return None;
    }
    let (kind, weak) = account_key(words, text, &span)?;
    if words.is_no_account(&text[span.start.saturating_sub(20)..span.start]) {
        return None;
    }
    let After::Field(field) = after_key(text, span.clone(), words) else { return None };
    if field.value.span.is_empty() {
        return None;
    }
    let mut value = field.decoded(text).into_owned();
    if kind == IdentityKind::Dn && field.value.quote.is_none() {
        let from = field.value.span.start;
        let whole = dn::at(&text[from..text.len().min(from + DN_BYTES)]);
        whole.into_iter().for_each(|whole| value = whole.to_vec());
    }
    // `<no value>`, `[object Object]`; and what people are called is not what they log in as.
    let blank = value.trim_ascii().contains(&b' ');
    if blank && (weak || matches!(field.value.wrapper, Wrapper::Angles | Wrapper::Brackets)) {
        return None;
    }
    // `LOG: …` is a level; only a form calls the account so.
    if text[span.clone()].eq_ignore_ascii_case(b"log") && !matches!(field.syntax, Syntax::Query | Syntax::Form) {
        return None;
    }
    // `$email` of a query is filled in elsewhere.
    let is_quoted = field.value.quote.is_some();
    let mark = || {
        value.starts_with(b"$")
            || matches!(value.first(), Some(b'@' | b':'))
                && is_of_statement(&text[span.start.saturating_sub(96)..span.start])
    };
    if !is_quoted && mark() {
        return None;
    }
    // `<key>LastPassword</key>`, `name="login"`: a field, not a person.
    if weak && (words.password(&value).is_some() || matches!(words.account(&value), Some((_, false)))) {
        return None;
    }
    // `user:add`, `--role=editor`: what a command does, and what its account may.
    let command = field.value.span.start == span.end + 1 && text[field.value.span.end..].starts_with(b" -");
    if command && field.syntax == Syntax::Colon && rules.actors().is_route(&value)
        || field.syntax == Syntax::Argument && text[span.clone()].eq_ignore_ascii_case(b"role")
    {
        return None;
    }
    // A bare number is a name only under a key for numbers.
    let number = value.iter().all(u8::is_ascii_digit);
    let kind = if number && kind == IdentityKind::Username { IdentityKind::UserId } else { kind };
    Some(Announced { kind, weak, key: span, span: field.value.span, is_quoted, value, syntax: field.syntax })
}

/// What a key says of an account: its word, or that with the one before it (`Tên đăng nhập`, `User Name`).
fn account_key(words: &Vocabulary, text: &[u8], span: &Range<usize>) -> Option<(IdentityKind, bool)> {
    let alone = words.account(&text[span.clone()]);
    if matches!(alone, Some((_, false))) || span.start < 2 || text[span.start - 1] != b' ' {
        return alone;
    }
    let before = key_around(text, span.start - 1);
    let both = before.start..span.end;
    let named = (before.end == span.start - 1).then(|| words.account(&text[both])).flatten();
    named.filter(|(_, weak)| !weak).or(alone)
}

/// Where the key before the separator at `at` ends: blanks, a quote and brackets stepped over.
fn key_end(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    let previous = |end: usize| end.checked_sub(1).map(|i| text[i]);
    if matches!(previous(end), Some(b'=' | b'-')) && text[at] == b'>' {
        end -= 1;
    }
    while matches!(previous(end), Some(b' ' | b'\t')) && at - end < 32 {
        end -= 1;
    }
    if previous(end) == Some(b']') {
        end -= 1;
    } else if end >= 3 && text[end - 3..end].eq_ignore_ascii_case(b"%5D") {
        end -= 3;
    }
    if matches!(previous(end), Some(b'"' | b'\'' | b'`')) {
        end -= 1;
        end -= usize::from(previous(end) == Some(b']'));
    }
    previous(end).filter(|b| b.is_ascii_alphanumeric() || *b >= 0x80).map(|_| end)
}

/// Where the name of the tag ends that closes at `at` behind attributes: `<userName xsi:type="xsd:string">`.
fn tag_name(text: &[u8], at: usize) -> Option<usize> {
    let low = at.saturating_sub(160);
    if at <= low || !matches!(text[at - 1], b'"' | b'\'') {
        return None;
    }
    let open = low + memchr::memrchr2(b'<', b'>', &text[low..at])?;
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    let length = text[open + 1..at].iter().take_while(|b| name(b)).count();
    (text[open] == b'<' && length > 0 && text[open + 1 + length] == b' ').then_some(open + 1 + length)
}
