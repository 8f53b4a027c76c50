//! Fields that stand in a list of their own making: the lines of PHP's `print_r`, the columns between bars, the names of
//! a form, a change from one value to another.

use std::ops::Range;

use super::super::value::{Bare, Value, value};

/// The longest value of a list, in bytes.
const LONGEST: usize = 64;

/// Where the quote opens that stands around `user[password]`, whose key is `key`.
pub(super) fn bracketed_name(text: &[u8], key: &Range<usize>) -> Option<usize> {
    let &[b']', quote @ (b'"' | b'\'')] = text.get(key.end..key.end + 2)? else { return None };
    let low = key.start.saturating_sub(48);
    let name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.$[]".contains(b);
    let open = low + text[low..key.start].iter().rposition(|b| !name(b))?;
    (text[open] == quote && text[..key.start].ends_with(b"[")).then_some(open)
}

/// The length of `:App\User:private` behind the name of a property, before its bracket closes.
pub(super) fn visibility(text: &[u8], outer: usize, at: usize) -> usize {
    if text.get(at) != Some(&b':') || !text[..outer].ends_with(b"[") {
        return 0;
    }
    let rest = &text[at..text.len().min(at + 128)];
    let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_\\:".contains(b)).count();
    let hidden = [&b":private"[..], b":protected"].iter().any(|word| rest[..length].ends_with(word));
    if hidden && rest.get(length) == Some(&b']') { length } else { 0 }
}

/// Whether the bracket before a key is the first of its line: `    [key] => value`.
pub(super) fn begins_line(text: &[u8], outer: usize) -> bool {
    let low = outer.saturating_sub(LONGEST);
    let Some(before) = text[low..outer].strip_suffix(b"[") else { return false };
    match before.iter().rposition(|b| !matches!(b, b' ' | b'\t')) {
        Some(i) => before[i] == b'\n',
        None => low == 0,
    }
}

/// Whether a bar with a blank stands before a key: `user: jane | password: correct horse | ok`.
pub(super) fn between_bars(text: &[u8], outer: usize) -> bool {
    text[..outer].ends_with(b"| ")
}

/// Between bars blanks may stand in a value.
pub(super) fn stretch_to_bar(text: &[u8], value: &mut Value) {
    let rest = &text[value.span.end..text.len().min(value.span.end + LONGEST)];
    if !rest.starts_with(b" ") || value.span.is_empty() {
        return;
    }
    let end = rest.iter().position(|b| b"|\n\r=:\"'".contains(b));
    if let Some(end) = end.filter(|&end| rest[end] == b'|' && rest[end - 1] == b' ') {
        value.span.end += rest[..end].trim_ascii_end().len();
    }
}

/// `password = "old" -> "new"`: the value that takes the place of another.
pub(super) fn replacement(text: &[u8], old: &Value, bare: Bare) -> Option<Value> {
    let rest = text.get(old.span.end + 1..)?;
    let (quote, at) = (old.quote?, old.span.end + 5);
    (rest.starts_with(b" -> ") && text.get(at) == Some(&quote)).then(|| value(text, at, bare)).flatten()
}
