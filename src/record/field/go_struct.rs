//! Structs as Go prints them: `{Username:jane Password:correct horse Remember:false}`, without a quote or a comma.

use super::super::value::{Value, field_follows};

/// `{Username:jane Password: Remember:false}`: Go prints nothing for an empty text, and the next field follows.
pub(super) fn is_gap(text: &[u8], key: usize, colon: usize, at: usize) -> bool {
    at == colon + 1 && field_follows(&text[at..]) && is_around(text, key) && is_around(text, at + 1)
}

/// Whether `at` stands in a struct as Go prints it: in braces on its line, fields parted by blanks alone, keys and values
/// by nothing but a colon.
pub(super) fn is_around(text: &[u8], at: usize) -> bool {
    let low = at.saturating_sub(256);
    let Some(open) = memchr::memrchr2(b'{', b'\n', &text[low..at]).map(|i| low + i) else { return false };
    let close = memchr::memchr2(b'}', b'\n', &text[at..text.len().min(at + 256)]).map_or(at, |i| at + i);
    let inside = &text[open + 1..close];
    let glued = inside.windows(2).any(|w| w[0] == b':' && !w[1].is_ascii_whitespace());
    text[open] == b'{' && glued && !inside.iter().any(|b| b",\"'=".contains(b))
}

/// Where a value in a struct of Go ends: before the next key or the brace.
pub(super) fn stretch(text: &[u8], value: &mut Value) {
    let limit = text.len().min(value.span.end + 64);
    for i in value.span.end..limit {
        match text[i] {
            b' ' if field_follows(&text[i + 1..]) => return value.span.end = i,
            b'}' => return value.span.end = i,
            b'\n' | b'{' | b'[' | b':' => return,
            _ => {}
        }
    }
}
