//! Statements that fill a table: column lists, tuples, and the escapes of their strings.

use std::borrow::Cow;
use std::ops::Range;

use super::Cell;
use crate::record::view::{Bytes, unescape};

/// Skips blanks, also those written as escapes of a string that the statement is quoted in.
pub fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at..) {
            Some([b, ..]) if b.is_ascii_whitespace() => at += 1,
            Some([b'\\', b'n' | b'r' | b't', ..]) => at += 2,
            _ => return at,
        }
    }
}

/// The tuple that opens at `at`, one cell a column, and where it ends. None where it is cut or malformed.
pub fn tuple(text: &[u8], at: usize) -> Option<(Vec<Cell>, usize)> {
    if text.get(at) == Some(&b'(') { list(text, at, b')') } else { None }
}

/// The cells between the bracket at `at` and the one that closes it.
pub fn list(text: &[u8], at: usize, close: u8) -> Option<(Vec<Cell>, usize)> {
    let mut cells = Vec::new();
    let mut i = at + 1;
    loop {
        let (cell, end) = cell(text, i, close)?;
        cells.push(cell);
        i = end + 1;
        if text[end] == close {
            return Some((cells, i));
        }
    }
}

/// The cell at `at`, up to the comma or bracket that ends it.
fn cell(text: &[u8], at: usize, close: u8) -> Option<(Cell, usize)> {
    let start = skip_blanks(text, at);
    let (mut i, mut depth, mut called) = (start, 0usize, false);
    let mut literals: Vec<(Range<usize>, u8)> = Vec::new();
    loop {
        match *text.get(i)? {
            quote @ (b'\'' | b'"' | b'`') => {
                let end = literal(text, i + 1, quote)?;
                literals.push((i + 1..end, quote));
                i = end + 1;
                continue;
            }
            b'\\' if matches!(text.get(i + 1), Some(b'\'' | b'"')) => {
                let end = escaped_literal(text, i + 2, text[i + 1])?;
                literals.push((i + 2..end, text[i + 1]));
                i = end + 2;
                continue;
            }
            b'(' => (depth, called) = (depth + 1, true),
            b')' if depth > 0 => depth -= 1,
            b if depth == 0 && (b == b',' || b == close) => break,
            b';' | b'{' | b'}' => return None,
            _ => {}
        }
        i += 1;
    }
    // HASHBYTES('SHA1', 'x') names the hash first, all others the value.
    let last = called && text[start..i].len() > 9 && text[start..start + 9].eq_ignore_ascii_case(b"hashbytes");
    let chosen = if last { literals.pop() } else { literals.into_iter().next() };
    let cell = match chosen {
        Some((span, quote)) => Cell { span, quote: Some(quote), nothing: false },
        None => {
            let end = text[start..i].iter().rposition(|b| !b.is_ascii_whitespace()).map_or(start, |e| start + e + 1);
            let number = start < end && text[start..end].iter().all(u8::is_ascii_digit);
            Cell { span: start..end, quote: None, nothing: !number }
        }
    };
    Some((cell, i))
}

/// Where the string that begins at `at` ends: doubled quotes and backslashes stepped over.
pub fn literal(text: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut i = at;
    loop {
        match *text.get(i)? {
            b'\\' => i += 2,
            b if b == quote && text.get(i + 1) == Some(&quote) => i += 2,
            b if b == quote => return Some(i),
            _ => i += 1,
        }
    }
}

/// Where the string ends whose quotes are escaped, since the statement stands in a string itself.
fn escaped_literal(text: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut i = at;
    loop {
        match *text.get(i)? {
            b'\\' if text.get(i + 1) == Some(&quote) => return Some(i),
            b'\\' => i += 2,
            // The string around the statement ends first.
            b if b == quote => return None,
            _ => i += 1,
        }
    }
}

/// A string of SQL without its escapes: `''`, `\'`, `\\`.
pub fn plain(raw: &[u8]) -> Cow<'_, [u8]> {
    unescape(raw, |text, i| match (text[i], text.get(i + 1)) {
        (b'\'', Some(b'\'')) => Some((Bytes::one(b'\''), 2)),
        (b'\\', Some(&next @ (b'\'' | b'"' | b'\\' | b'%' | b'_'))) => Some((Bytes::one(next), 2)),
        _ => None,
    })
}

/// The bracket that opens around `at`, at most [`super::HEAD_BYTES`] before it.
pub fn opening(text: &[u8], at: usize) -> Option<usize> {
    let low = at.saturating_sub(super::HEAD_BYTES);
    let mut depth = 0usize;
    for i in (low..at).rev() {
        match text[i] {
            b')' => depth += 1,
            b'(' if depth == 0 => return Some(i),
            b'(' => depth -= 1,
            b';' | b'{' | b'}' => return None,
            _ => {}
        }
    }
    None
}

/// The bracket that closes around `at`, at most [`super::HEAD_BYTES`] behind it.
pub fn closing(text: &[u8], at: usize) -> Option<usize> {
    let high = text.len().min(at + super::HEAD_BYTES);
    let mut depth = 0usize;
    for (i, &byte) in text[..high].iter().enumerate().skip(at) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(i),
            b')' => depth -= 1,
            b';' => return None,
            _ => {}
        }
    }
    None
}

/// The parts of a list between its brackets, at commas outside of inner brackets.
pub fn parts(text: &[u8], list: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (list.start, 0usize);
    for i in list.clone() {
        match text[i] {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(start..i);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(start..list.end);
    parts
}

/// A name of a list without blanks, quotes, brackets and what qualifies it.
pub fn bare_name(text: &[u8], span: Range<usize>) -> Range<usize> {
    let quotes = |b: &u8| b.is_ascii_whitespace() || b"\"'`[]\\".contains(b);
    let mut start = skip_blanks(text, span.start).min(span.end);
    let mut end = span.end;
    while start < end && quotes(&text[start]) {
        start += 1;
    }
    while start < end && quotes(&text[end - 1]) {
        end -= 1;
    }
    if let Some(dot) = memchr::memrchr(b'.', &text[start..end]) {
        start += dot + 1;
        while start < end && quotes(&text[start]) {
            start += 1;
        }
    }
    start..end
}

/// The word before `at`, blanks and escapes of blanks skipped: anything without blanks, brackets and separators.
pub fn word_before(text: &[u8], mut at: usize) -> Range<usize> {
    let low = at.saturating_sub(512);
    while at > low {
        let blank = text[at - 1].is_ascii_whitespace();
        let escape = at >= 2 && text[at - 2] == b'\\' && matches!(text[at - 1], b'n' | b'r' | b't');
        match (blank, escape) {
            (true, _) => at -= 1,
            (_, true) => at -= 2,
            _ => break,
        }
    }
    let stop = |b: &u8| b.is_ascii_whitespace() || b"(),;=:{}".contains(b);
    let start = text[low..at].iter().rposition(stop).map_or(low, |i| low + i + 1);
    // `\n  INTO` of a string: the letter is the escape's.
    let escape = text[start..at].windows(2).rposition(|w| w[0] == b'\\' && matches!(w[1], b'n' | b'r' | b't'));
    escape.map_or(start, |i| start + i + 2)..at
}
