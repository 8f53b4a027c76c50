//! Fields whose name is a value itself: `"name": "password", "value": "…"`, and its kin in XML and multipart bodies.

use std::ops::Range;

use super::super::value::{Bare, VALUE_BYTES, Value, Wrapper, value};
use super::{After, Field, is_key_byte, xml_element};
use crate::rule::{Syntax, Vocabulary};
use crate::terms::Layer;

/// The value of a field whose name is `key`: `"name": "key", …, "value": "…"`, `<key>key</key> <string>…</string>`,
/// `name="key" \n\n …` of a multipart body, `key=key,default=}, value=…`.
pub(super) fn value_of_name(text: &[u8], key: Range<usize>, at: usize, words: &Vocabulary) -> After {
    const FAR: usize = 240;
    if let Some(start) = value_below(text, at) {
        let bare = Bare { syntax: Syntax::NameValue, whole_line: true, parted: None };
        return value(text, start, bare)
            .map_or(After::Nothing, |value| After::Field(Field { key, value, syntax: Syntax::NameValue }));
    }
    let limit = text.len().min(at + FAR);
    if text[at..].starts_with(b"</") {
        let Some(close) = memchr::memchr(b'>', &text[at..limit]) else { return After::Nothing };
        let next = at + close + 1;
        let blank = text[next..].iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
        let open = next + blank;
        let name = text.get(open + 1..).map_or(0, |rest| rest.iter().take(24).take_while(|b| is_key_byte(**b)).count());
        if text.get(open) != Some(&b'<') || name == 0 {
            return After::Nothing;
        }
        return match xml_element(text, open + 1..open + 1 + name, open + 1 + name) {
            After::Field(field) => After::Field(Field { key, syntax: Syntax::NameValue, ..field }),
            other => other,
        };
    }
    if let Some(value) = named_element(text, &key, at, words) {
        return After::Field(Field { key, value, syntax: Syntax::NameValue });
    }
    // A part of a multipart body: the value stands behind an empty line.
    for gap in [&b"\"\r\n\r\n"[..], b"\"\n\n"] {
        if at > 0 && text[at - 1..].starts_with(gap) {
            let start = at - 1 + gap.len();
            let end = text[start..]
                .iter()
                .take(VALUE_BYTES)
                .position(|&b| b == b'\r' || b == b'\n')
                .map_or(text.len(), |i| start + i);
            let value = Value { span: start..end, quote: Some(b'\n'), wrapper: Wrapper::None, cut: false };
            return After::Field(Field { key, value, syntax: Syntax::NameValue });
        }
    }
    let mut depth = 0i32;
    let mut i = at;
    while i < limit {
        match text[i] {
            // Behind the object of the name another one begins.
            b'{' if depth < 0 => return After::Nothing,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'=' | b':' => {
                let end = text[..i].iter().rposition(|b| !matches!(b, b' ' | b'"' | b'\'')).map_or(0, |e| e + 1);
                let start = text[at..end.max(at)].iter().rposition(|&b| !is_key_byte(b)).map_or(at, |s| at + s + 1);
                // A list of what has names of its own.
                if depth > 1 && start < end && text[start..end].eq_ignore_ascii_case(b"name") {
                    return After::Nothing;
                }
                if start < end && words.is_value_key(&text[start..end]) && depth > -2 {
                    let mut v = i + 1;
                    while matches!(text.get(v), Some(b' ' | b'\t')) {
                        v += 1;
                    }
                    if text.get(v) == Some(&b'{') {
                        i = v;
                        continue;
                    }
                    if let Some(layer) = text.get(v).filter(|&&b| b == b'\\').map(|_| Layer::Json) {
                        return After::Peel(layer);
                    }
                    let bare = Bare { syntax: Syntax::NameValue, whole_line: false, parted: None };
                    return value(text, v, bare)
                        .map_or(After::Nothing, |value| After::Field(Field { key, value, syntax: Syntax::NameValue }));
                }
            }
            b'\n' if depth <= 0 && text[at..i].iter().all(|&b| b != b',') => return After::Nothing,
            _ => {}
        }
        if depth < -1 {
            return After::Nothing;
        }
        i += 1;
    }
    After::Nothing
}

/// Where the value begins of a variable whose name ends at `end`, as YAML lists them: `- name: KEY`, and below it
/// `value: …`.
pub fn value_below(text: &[u8], end: usize) -> Option<usize> {
    let rest = text.get(end..)?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let indent = rest.iter().take(64).take_while(|b| **b == b' ').count();
    let value = rest[indent..].strip_prefix(b"value: ")?.trim_ascii_start();
    (indent > 0 && !value.is_empty()).then_some(text.len() - value.len())
}

/// The content of an element whose attribute names the key: `<string name="key">value</string>` of preferences and
/// properties. Where it names a password itself, it is a label.
fn named_element(text: &[u8], key: &Range<usize>, at: usize, words: &Vocabulary) -> Option<Value> {
    const TAGS: [&[u8]; 9] =
        [b"string", b"property", b"entry", b"item", b"param", b"parameter", b"setting", b"field", b"prop"];
    if text.get(at) != Some(&b'>') {
        return None;
    }
    let low = key.start.saturating_sub(96);
    let open = low + memchr::memrchr(b'<', &text[low..key.start])?;
    let tag = text[open + 1..key.start].split(u8::is_ascii_whitespace).next()?;
    let named = [&b" name="[..], b" key="].iter().any(|name| text[open..key.start - 1].ends_with(name));
    let start = at + 1;
    let limit = text.len().min(start + VALUE_BYTES);
    let end = start + memchr::memchr2(b'<', b'\n', &text[start..limit])?;
    let value = &text[start..end];
    let said = named && TAGS.iter().any(|known| tag.eq_ignore_ascii_case(known)) && text[end..].starts_with(b"</");
    (said && words.password(value.trim_ascii()).is_none()).then_some(Value {
        span: start..end,
        quote: Some(b'>'),
        wrapper: Wrapper::None,
        cut: false,
    })
}
