//! The grammar of fields: from a word in a key outward to key, separator and value, in whatever syntax.
//!
//! It reads truncated, nested and malformed text as well as whole documents, since it never needs more than the key's own
//! surroundings. What it cannot read because a layer of escaping is in the way, it says ([`After::Peel`]).

mod go_struct;
mod listed;
mod named;

pub use named::value_below;

use std::borrow::Cow;
use std::ops::Range;

use super::value::quotes::typographic;
use super::value::{Bare, Letters, Value, Wrapper, field_follows, foreign_sign, value};
use super::view::{backslash, base64_bytes, html, is_base64, is_text, percent, unescape};
use crate::rule::{Syntax, Vocabulary};
use crate::terms::Layer;

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key, without quotes.
    pub key: Range<usize>,
    /// The value.
    pub value: Value,
    /// How they are written.
    pub syntax: Syntax,
}

/// What stands behind a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// A value.
    Field(Field),
    /// An escape: peel it and look again.
    Peel(Layer),
    /// No field.
    Nothing,
}

/// The longest key, in bytes to either side of a hit.
const KEY_BYTES: usize = 96;

/// The key around `at`: letters of any script, digits, and the punctuation of identifiers.
pub fn key_around(text: &[u8], at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let low = at.saturating_sub(KEY_BYTES);
    let high = text.len().min(at + KEY_BYTES);
    let mut start = text[low..at].iter().rposition(|&b| !is_key_byte(b)).map_or(low, |i| low + i + 1);
    let mut end = text[at..high].iter().position(|&b| !is_key_byte(b)).map_or(high, |i| at + i);
    // Signs of other scripts end a key as `:` and `=` do.
    if !text[start..end].is_ascii() {
        let signs = |range: Range<usize>| range.clone().filter(move |&i| foreign_sign(&text[i..range.end]) > 0);
        start = signs(start..at).next_back().map_or(start, |i| i + foreign_sign(&text[i..]));
        end = signs(at..end).next().unwrap_or(end);
    }
    // The digits of a percent escape are not the key's.
    if start > 0
        && text[start - 1] == b'%'
        && end - start > 2
        && text[start..start + 2].iter().all(u8::is_ascii_hexdigit)
    {
        start += 2;
    }
    // Nor are the letters of `\n`, `\t`, `\u0022`, `\x22`.
    if start > 0 && text[start - 1] == b'\\' {
        start += match text[start] {
            b'u' => 5,
            b'x' => 3,
            b'n' | b't' | b'r' => 1,
            _ => 0,
        };
    }
    while start < end && matches!(text[start], b'-' | b'.' | b'$') {
        start += 1;
    }
    while end > start && matches!(text[end - 1], b'-' | b'.') {
        end -= 1;
    }
    start.min(end)..end
}

/// `：` and `＝`.
pub fn is_wide_separator(text: &[u8]) -> bool {
    text.starts_with("：".as_bytes()) || text.starts_with("＝".as_bytes())
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$') || byte >= 0x80
}

/// What stands behind the key.
pub fn after_key(text: &[u8], key: Range<usize>, words: &Vocabulary) -> After {
    let Some(shape) = Shape::around(text, &key) else { return After::Nothing };
    // `${PASSWORD:-changeme}`, `${db.password:x}`: the name of a variable, and what stands in for it.
    if text[..shape.outer].ends_with(b"${") {
        return After::Nothing;
    }
    if let Some(layer) = escape_at(text, key.end, &shape) {
        return After::Peel(layer);
    }
    let mut at = key.end;
    if shape.quote.is_some() && text.get(at) == shape.quote.as_ref() {
        at += 1;
    }
    at += listed::visibility(text, shape.outer, at);
    let bracket = matches!(text.get(at), Some(b']')) || text[at.min(text.len())..].starts_with(b"%5D");
    if bracket {
        at += if text[at] == b']' { 1 } else { 3 };
        // `"user[password]"`: the quote stands around all of it.
        at += usize::from(shape.quote.is_some() && text.get(at) == shape.quote.as_ref());
    }
    if shape.quote == Some(b'"') && text[at..].starts_with(b";s:") {
        return serialized(text, key, at + 3);
    }
    if shape.tag {
        return xml_element(text, key, at);
    }
    if shape.is_value {
        return named::value_of_name(text, key, at, words);
    }
    // A mask in the wrong place: `'--password''*****' 'secret'`.
    if shape.dashes > 0 {
        at += glued_mask(text, at);
    }
    if text[at..].starts_with(b":: ") && text[..shape.outer].ends_with(b"\\n") {
        return After::Peel(Layer::Json);
    }
    if let Some(value) = interchanged(text, at, &shape) {
        return After::Field(Field { key, value, syntax: Syntax::Colon });
    }
    let glued = at;
    while matches!(text.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    let Some(separator) = Separator::at(text, at, &shape, bracket, at - glued) else { return After::Nothing };
    let spaced = at > glued;
    at += separator.length;
    let after_separator = at;
    while matches!(text.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    if separator.kind == Kind::Arrow && (bracket || shape.quote.is_some()) {
        while text.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
    }
    if let Some(layer) =
        escape_at(text, at, &shape).filter(|&layer| layer != Layer::DoubledQuotes && layer != Layer::Percent)
    {
        return After::Peel(layer);
    }
    if is_quoted_label(text, &shape, at) {
        return After::Nothing;
    }
    // A query in the source of a page.
    if text[..shape.outer].ends_with(b"&amp;") {
        return After::Peel(Layer::Html);
    }
    // `#password:focus`: what a style sheet is about.
    if separator.kind == Kind::Colon && at == after_separator && text[..shape.outer].ends_with(b"#") {
        return After::Nothing;
    }
    let syntax = syntax_of(text, &key, &shape, &separator, spaced || at > after_separator, at);
    let line_key = begins_line(text, &shape);
    let listed = separator.kind == Kind::Arrow && bracket && listed::begins_line(text, shape.outer);
    let parted = shape.outer.checked_sub(1).map(|i| text[i]).filter(|b| matches!(b, b'^' | b'|' | b'~'));
    let bare = Bare { syntax, whole_line: listed || line_key && matches!(syntax, Syntax::Colon | Syntax::Ini), parted };
    let gap = separator.kind == Kind::Colon
        && syntax == Syntax::Object
        && go_struct::is_gap(text, shape.outer, after_separator, at);
    if gap || matches!(text.get(at), None | Some(b'\n' | b'\r')) {
        return empty(key, at, syntax);
    }
    let Some(mut value) = value(text, at, bare) else { return empty(key, at, syntax) };
    if value.wrapper == Wrapper::Object {
        return named::value_of_name(text, key, at, words);
    }
    if separator.kind == Kind::Equals
        && value.quote.is_some()
        && let Some(new) = listed::replacement(text, &value, bare)
    {
        value = new;
    }
    // PAM's `(service:type)` is no field.
    if separator.kind == Kind::Colon
        && at == after_separator
        && text[..shape.outer].ends_with(b"(")
        && text.get(value.span.end) == Some(&b')')
        && text[value.span.clone()].iter().all(u8::is_ascii_alphabetic)
        && value.quote.is_none()
    {
        return After::Nothing;
    }
    if separator.kind == Kind::Comma && shape.dashes == 0 && !closes_tuple(text, &value) {
        return After::Nothing;
    }
    // With what ends it: `\"` of the string around it.
    if value.quote.is_none() && needs_unescape(&text[value.span.start..text.len().min(value.span.end + 1)], text, &key)
    {
        return After::Peel(Layer::Json);
    }
    // The body of a mail: what ends its lines is encoded.
    if value.quote.is_none() && memchr::memmem::find(&text[value.span.clone()], b"=0D=0A").is_some() {
        return After::Peel(Layer::QuotedPrintable);
    }
    if matches!(syntax, Syntax::Colon | Syntax::Ini) && value.quote.is_none() && listed::between_bars(text, shape.outer)
    {
        listed::stretch_to_bar(text, &mut value);
    }
    if syntax == Syntax::Object && value.quote.is_none() {
        let glued = separator.kind == Kind::Colon && at == after_separator && text[value.span.end..].starts_with(b" ");
        if glued && go_struct::is_around(text, shape.outer) {
            go_struct::stretch(text, &mut value);
        } else {
            stretch_in_object(text, &mut value, separator.kind);
        }
    }
    After::Field(Field { key, value, syntax })
}

/// The base64 behind `userPassword:: ` of LDIF, alone on its line.
fn interchanged(text: &[u8], at: usize, shape: &Shape) -> Option<Value> {
    let inside = text.get(at..)?.strip_prefix(b":: ").filter(|_| begins_line(text, shape))?;
    let length = inside.iter().take(super::value::VALUE_BYTES).take_while(|&&b| is_base64(b)).count();
    let alone = inside.get(length).is_none_or(|b| matches!(b, b'\r' | b'\n'));
    let span = at + 3..at + 3 + length;
    (alone && base64_bytes(&text[span.clone()]).is_some_and(|plain| is_text(&unicode_password(plain))))
        .then_some(Value { span, quote: None, wrapper: Wrapper::Base64, cut: false })
}

/// The length of a quoted word of stars that is glued to an option and followed by another word.
fn glued_mask(text: &[u8], at: usize) -> usize {
    let Some(&quote @ (b'\'' | b'"')) = text.get(at) else { return 0 };
    let stars = text[at + 1..].iter().take(64).take_while(|b| **b == b'*').count();
    let another = text
        .get(at + 1 + stars..)
        .is_some_and(|rest| rest.starts_with(&[quote, b' ', quote]) && rest.get(3) != Some(&b'-'));
    if stars > 0 && another { stars + 2 } else { 0 }
}

/// `"Password:" )`, `'Enter password: '`: the quote behind the separator closes the one before the label.
fn is_quoted_label(text: &[u8], shape: &Shape, at: usize) -> bool {
    let Some(&quote) = text.get(at).filter(|b| shape.quote.is_none() && matches!(b, b'"' | b'\'')) else {
        return false;
    };
    let closes = text.get(at + 1).is_none_or(|b| b.is_ascii_whitespace() || b"),;?]}".contains(b));
    let low = shape.outer.saturating_sub(48);
    let label = |b: &u8| b.is_ascii_alphabetic() || b.is_ascii_whitespace() || *b == b'\\' || *b >= 0x80;
    let opens = text[low..shape.outer].iter().rposition(|b| !label(b)).is_some_and(|i| text[low + i] == quote);
    closes && opens
}

fn empty(key: Range<usize>, at: usize, syntax: Syntax) -> After {
    After::Field(Field { key, value: Value { span: at..at, quote: None, wrapper: Wrapper::None, cut: false }, syntax })
}

/// What stands before a key and around it.
struct Shape {
    /// The quote on both sides of it.
    quote: Option<u8>,
    /// Where the key begins with its quote and its prefix (`:`, `@`, `--`).
    outer: usize,
    /// Dashes of an option, or the slash of a Windows one.
    dashes: usize,
    /// It is the name of a tag.
    tag: bool,
    /// It is itself a value: something else holds what it names.
    is_value: bool,
    /// What stands before `outer`, blanks skipped.
    before: Option<u8>,
}

impl Shape {
    fn around(text: &[u8], key: &Range<usize>) -> Option<Self> {
        let mut outer = key.start;
        let previous = |at: usize| at.checked_sub(1).map(|i| text[i]);
        let mut quote = None;
        if let (Some(left @ (b'"' | b'\'' | b'`')), Some(&right)) = (previous(outer), text.get(key.end))
            && left == right
        {
            quote = Some(left);
            outer -= 1;
        } else if let Some(open) = listed::bracketed_name(text, key) {
            // `"user[password]"`: what a form calls it.
            quote = Some(text[open]);
            outer = open;
        } else if matches!(text.get(key.end), Some(b'"' | b'\'')) {
            // A quoted phrase that ends in the key: "Raw password": …
            let quote_byte = text[key.end];
            let low = key.start.saturating_sub(40);
            let phrase = text[low..key.start]
                .iter()
                .rposition(|&b| b == quote_byte || b"\n=:,{}<>".contains(&b))
                .map(|i| low + i);
            if let Some(open) = phrase.filter(|&i| text[i] == quote_byte) {
                quote = Some(quote_byte);
                outer = open;
            }
        }
        // `'--password'`: an option in a list of words.
        let mut dashes = 0;
        if quote.is_some() && text[outer + 1..key.start].iter().all(|&b| b == b'-') {
            dashes = key.start - outer - 1;
        } else if quote.is_none() || matches!(previous(outer), Some(b'-')) {
            while previous(outer) == Some(b'-') {
                dashes += 1;
                outer -= 1;
            }
            if dashes == 0 && previous(outer) == Some(b'/') && outer.checked_sub(2).is_none_or(|i| text[i] == b' ') {
                dashes = 1;
                outer -= 1;
            }
        }
        if dashes > 0 && matches!((previous(outer), text.get(key.end)), (Some(a @ (b'"' | b'\'')), Some(&b)) if a == b)
        {
            quote = text.get(key.end).copied();
            outer -= 1;
        }
        // Ruby symbols, Go and Lisp keywords, SQL variables, Python and Scala prefixes.
        if matches!(previous(outer), Some(b'@' | b'u' | b'b')) && quote.is_some() {
            outer -= 1;
        }
        let tag = Self::opens_tag(text, key.start)? && quote.is_none();
        let before_at = text[..outer].iter().rposition(|b| !matches!(b, b' ' | b'\t'));
        let before = before_at.map(|i| text[i]);
        let is_value = quote.is_some()
            && before_at.is_some_and(|i| {
                text[i] == b':' || text[i] == b'=' || text[i] == b'>' && i > 0 && matches!(text[i - 1], b'=' | b'-')
            })
            || quote.is_none() && !tag && Self::closes_element(text, key)
            || quote.is_none() && before == Some(b'=') && key_of_pair(text, before_at.unwrap_or(0))
            || quote.is_none()
                && before == Some(b':')
                && key_of_pair(text, before_at.unwrap_or(0))
                && named::value_below(text, key.end).is_some();
        Some(Self { quote, outer, dashes, tag, is_value, before })
    }

    /// Some(true) where the key is an opening tag's name, None where it is a closing tag's.
    fn opens_tag(text: &[u8], start: usize) -> Option<bool> {
        let low = start.saturating_sub(24);
        let mut at = start;
        if at > low && text[at - 1] == b':' {
            at -= 1;
            while at > low && (text[at - 1].is_ascii_alphanumeric() || matches!(text[at - 1], b'_' | b'-')) {
                at -= 1;
            }
        }
        match at.checked_sub(1).map(|i| text[i]) {
            Some(b'<') => Some(at < 2 || text[at - 2] != b'<'),
            Some(b'/') if at >= 2 && text[at - 2] == b'<' => None,
            _ => Some(false),
        }
    }

    /// `<key>LastPassword</key>`: the content of an element that names a key.
    fn closes_element(text: &[u8], key: &Range<usize>) -> bool {
        text[key.end..].starts_with(b"</") && key.start > 0 && text[key.start - 1] == b'>'
    }
}

/// Whether the `=` at `at` belongs to `key=` or `name=`: what follows is then a key's name.
fn key_of_pair(text: &[u8], at: usize) -> bool {
    [&b"key"[..], b"name", b"field", b"attr", b"attribute", b"param"].iter().any(|word| {
        at >= word.len()
            && text[at - word.len()..at].eq_ignore_ascii_case(word)
            && (at == word.len() || !is_key_byte(text[at - word.len() - 1]))
    })
}

/// The layer that an escape at `at` belongs to.
fn escape_at(text: &[u8], at: usize, shape: &Shape) -> Option<Layer> {
    let rest = text.get(at..)?;
    match *rest.first()? {
        b'\\' => match rest.get(1)? {
            b'"' | b'\\' | b'\'' => Some(Layer::Json),
            b'x' | b'u' if rest.len() > 3 => Some(Layer::Json),
            _ => None,
        },
        b'&' => [&b"&quot;"[..], b"&#34;", b"&#x22;", b"&#39;", b"&#x27;", b"&apos;", b"&gt;", b"&#61;", b"&lt;"]
            .iter()
            .any(|entity| rest.starts_with(entity))
            .then_some(Layer::Html),
        b'%' => [&b"%22"[..], b"%3D", b"%3d", b"%3A", b"%3a", b"%27", b"%25"]
            .iter()
            .any(|e| rest.starts_with(e))
            .then_some(Layer::Percent),
        b'"' if rest.get(1) == Some(&b'"') && shape.quote.is_some() => Some(Layer::DoubledQuotes),
        0x1b => Some(Layer::Ansi),
        b'=' if rest.starts_with(b"=3D") => Some(Layer::QuotedPrintable),
        _ => None,
    }
}

/// What stands between a key and its value.
struct Separator {
    kind: Kind,
    length: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Equals,
    Colon,
    Arrow,
    Comma,
    Blank,
}

impl Separator {
    fn at(text: &[u8], at: usize, shape: &Shape, bracket: bool, blanks: usize) -> Option<Self> {
        let rest = text.get(at..)?;
        let found = |kind, length| Some(Self { kind, length });
        match *rest.first()? {
            b'=' if rest.get(1) == Some(&b'>') => found(Kind::Arrow, 2),
            b'=' if rest.get(1) == Some(&b'=') => None,
            b'=' => found(Kind::Equals, 1),
            b'-' if rest.get(1) == Some(&b'>') => found(Kind::Arrow, 2),
            b':' if rest.get(1) == Some(&b'=') => found(Kind::Equals, 2),
            b':' if rest.get(1) == Some(&b':') => None,
            b':' => found(Kind::Colon, 1),
            0xe2 if rest.starts_with("→".as_bytes()) => found(Kind::Arrow, 3),
            0xef if rest.starts_with("：".as_bytes()) => found(Kind::Colon, 3),
            0xef if rest.starts_with("＝".as_bytes()) => found(Kind::Equals, 3),
            b',' if shape.quote.is_some() && shape.dashes > 0 => found(Kind::Comma, 1),
            b',' if shape.quote.is_some() && matches!(shape.before, Some(b'(' | b'[' | b'{')) => found(Kind::Comma, 1),
            b',' if shape.quote.is_none()
                && text[..shape.outer].ends_with(b"{")
                && matches!(rest.get(1), Some(b'<' | b'"')) =>
            {
                found(Kind::Comma, 1)
            }
            _ if bracket => None,
            _ if blanks > 0 && shape.dashes > 0 => found(Kind::Blank, 0),
            b'"' | b'\'' if blanks > 0 && shape.quote.is_none() => found(Kind::Blank, 0),
            0xc2 | 0xe2 if blanks > 0 && shape.quote.is_none() && typographic(text, at).is_some() => {
                found(Kind::Blank, 0)
            }
            _ => None,
        }
    }
}

/// `s:12:"Tangerine!42"`: the length tells where the value ends.
fn serialized(text: &[u8], key: Range<usize>, at: usize) -> After {
    let digits = text[at..].iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    let length = text[at..at + digits].iter().fold(0usize, |n, b| n * 10 + usize::from(b - b'0'));
    let start = at + digits + 2;
    if digits == 0 || !text[at + digits..].starts_with(b":\"") {
        return After::Nothing;
    }
    let end = text.len().min(start + length);
    let value = Value { span: start..end, quote: Some(b'"'), wrapper: Wrapper::None, cut: end - start < length };
    After::Field(Field { key, value, syntax: Syntax::Dict })
}

/// `<key attribute="…">value</key>`; also `<key><value>…</value></key>`.
fn xml_element(text: &[u8], key: Range<usize>, mut at: usize) -> After {
    if !matches!(text.get(at), Some(b'>' | b' ' | b'\t' | b'\n')) {
        return After::Nothing;
    }
    for _ in 0..3 {
        let Some(close) = text[at..].iter().take(1024).position(|&b| b == b'>' || b == b'<').map(|i| at + i) else {
            return After::Nothing;
        };
        if text[close] == b'<' || text[close - 1] == b'/' {
            return After::Nothing;
        }
        at = close + 1;
        let blank = text[at..].iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
        let inner = at + blank;
        if text.get(inner) != Some(&b'<') || text.get(inner + 1) == Some(&b'/') {
            break;
        }
        if text[inner..].starts_with(b"<![CDATA[") {
            at = inner + 9;
            let end =
                memchr::memmem::find(&text[at..text.len().min(at + super::value::VALUE_BYTES)], b"]]>").map(|i| at + i);
            let value = Value {
                span: at..end.unwrap_or(text.len()),
                quote: Some(b'>'),
                wrapper: Wrapper::None,
                cut: end.is_none(),
            };
            return After::Field(Field { key, value, syntax: Syntax::XmlElement });
        }
        at = inner + 1;
    }
    let limit = text.len().min(at + super::value::VALUE_BYTES);
    let end = memchr::memchr(b'<', &text[at..limit]).map(|i| at + i);
    // `PASS <password>` is no element: nothing closes it.
    if end.is_none_or(|end| text.get(end + 1) != Some(&b'/')) {
        return After::Nothing;
    }
    let value = Value { span: at..end.unwrap_or(limit), quote: Some(b'>'), wrapper: Wrapper::None, cut: end.is_none() };
    After::Field(Field { key, value, syntax: Syntax::XmlElement })
}

/// Behind the value of `('key', 'value')` the tuple closes.
fn closes_tuple(text: &[u8], value: &Value) -> bool {
    let mut at = value.span.end + usize::from(value.quote.is_some());
    while matches!(text.get(at), Some(b' ' | b'>')) {
        at += 1;
    }
    value.cut || matches!(text.get(at), Some(b')' | b']' | b'}'))
}

/// A bare value inside a string literal holds the literal's escapes.
fn needs_unescape(value: &[u8], text: &[u8], key: &Range<usize>) -> bool {
    let escape = value.windows(2).any(|w| w[0] == b'\\' && matches!(w[1], b'"' | b'/' | b'u' | b'x' | b'\\'));
    escape && inside_string(text, key.start)
}

/// Whether an unescaped quote that opens a string stands before `at` on its line.
fn inside_string(text: &[u8], at: usize) -> bool {
    let low = at.saturating_sub(4096);
    let line = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |i| low + i + 1);
    memchr::memrchr(b'"', &text[line..at])
        .map(|i| line + text[line..line + i].iter().rposition(|&b| b != b'\\').map_or(0, |last| last + 1))
        .is_some_and(|i| i == line || matches!(text[i - 1], b':' | b'=' | b',' | b'[' | b'(' | b'{' | b' '))
}

fn syntax_of(
    text: &[u8],
    key: &Range<usize>,
    shape: &Shape,
    separator: &Separator,
    spaced: bool,
    value_at: usize,
) -> Syntax {
    if shape.dashes > 0 && separator.kind != Kind::Colon {
        return Syntax::Argument;
    }
    match separator.kind {
        Kind::Comma => return Syntax::Dict,
        Kind::Blank => return Syntax::Juxtaposed,
        Kind::Arrow => return Syntax::Dict,
        _ => {}
    }
    if shape.quote.is_some() && separator.kind == Kind::Colon {
        let value_quote = text.get(value_at).copied();
        let json = shape.quote == Some(b'"') && value_quote != Some(b'\'');
        return if json { Syntax::Json } else { Syntax::Dict };
    }
    if separator.kind == Kind::Equals && !spaced {
        match key.start.checked_sub(1).map(|i| text[i]) {
            Some(b'?') => return Syntax::Query,
            Some(b'&' | b'[') => return query_or_form(text, key.start),
            _ => {}
        }
        if joined_by_ampersand(text, value_at) {
            return query_or_form(text, key.start);
        }
        if in_tag(text, key.start) && matches!(text.get(value_at), Some(b'"' | b'\'')) {
            return Syntax::XmlAttribute;
        }
    }
    if separator.kind == Kind::Equals && is_statement(text, key.start, value_at) {
        return Syntax::Sql;
    }
    if in_brackets(text, key.start) {
        return Syntax::Object;
    }
    match separator.kind {
        Kind::Colon => Syntax::Colon,
        _ if spaced => Syntax::Ini,
        _ => Syntax::Logfmt,
    }
}

/// A form body, unless a `?` or a path stands before its first key.
fn query_or_form(text: &[u8], at: usize) -> Syntax {
    // In one long form every field looks back as far as this: not byte by byte.
    let run = &text[at.saturating_sub(2048)..at];
    let run = &run[memchr::memrchr3(b' ', b'"', b'\'', run).map_or(0, |i| i + 1)..];
    let run = &run[memchr::memrchr3(b'\n', b'\r', b'\t', run).map_or(0, |i| i + 1)..];
    let run = &run[memchr::memrchr(b'\x0c', run).map_or(0, |i| i + 1)..];
    if memchr::memchr2(b'?', b'/', run).is_some() { Syntax::Query } else { Syntax::Form }
}

/// Whether `value&key=` follows.
fn joined_by_ampersand(text: &[u8], at: usize) -> bool {
    let rest = &text[at..text.len().min(at + 512)];
    let end = rest.iter().position(|b| b.is_ascii_whitespace() || b"&\"'<>".contains(b)).unwrap_or(rest.len());
    rest.get(end) == Some(&b'&') && field_follows(&rest[end + 1..])
}

/// Whether `at` stands between `<name` and `>`.
fn in_tag(text: &[u8], at: usize) -> bool {
    let low = at.saturating_sub(512);
    text[low..at]
        .iter()
        .rposition(|&b| b == b'<' || b == b'>' || b == b'\n')
        .is_some_and(|i| text[low + i] == b'<' && text.get(low + i + 1).is_some_and(u8::is_ascii_alphabetic))
}

/// `WHERE login='x' AND password='y'`: a quoted value behind a word of SQL.
fn is_statement(text: &[u8], at: usize, value_at: usize) -> bool {
    let quoted = text.get(value_at..value_at + 1).is_some_and(|b| b == b"'")
        || text[value_at..text.len().min(value_at + 16)].windows(2).any(|w| w == b"('");
    if !quoted {
        return false;
    }
    let low = at.saturating_sub(512);
    let before = text[low..at].to_ascii_lowercase();
    [&b"where "[..], b"set ", b"and ", b"select ", b"update ", b"values"]
        .iter()
        .any(|word| memchr::memmem::find(&before, word).is_some())
}

/// Whether a word that begins or joins a part of a statement stands in `text`.
pub fn is_of_statement(text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    [&b"where "[..], b" set ", b" and ", b"select ", b"update ", b"values"]
        .iter()
        .any(|word| memchr::memmem::find(&text, word).is_some())
}

/// Whether a bracket that opens a list of fields stands before `at` on its line, unclosed.
fn in_brackets(text: &[u8], at: usize) -> bool {
    let low = at.saturating_sub(512);
    let mut depth = 0i32;
    for &byte in text[low..at].iter().rev() {
        match byte {
            b'\n' => return false,
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth == 0 => return true,
            b'(' | b'[' | b'{' => depth -= 1,
            _ => {}
        }
    }
    false
}

/// Inside brackets only `, ` and the closing bracket end a value: blanks may stand in it.
fn stretch_in_object(text: &[u8], value: &mut Value, kind: Kind) {
    if kind == Kind::Colon || !text[value.span.end..].starts_with(b" ") {
        return;
    }
    let limit = text.len().min(value.span.end + 64);
    for i in value.span.end..limit {
        match text[i] {
            b',' if text.get(i + 1) == Some(&b' ') => return value.span.end = i,
            b')' | b']' | b'}' if i > value.span.end => {
                // A record of C# has a blank before its brace.
                let blanks = text[value.span.end..i].iter().rev().take_while(|b| **b == b' ').count();
                return value.span.end = i - blanks;
            }
            b'=' | b'\n' | b'"' | b'\'' | b':' | b'(' | b'{' | b'[' => return,
            _ => {}
        }
    }
}

/// Whether nothing but a prefix stands before the key on its line: `key: value` of a file or a transcript.
fn begins_line(text: &[u8], shape: &Shape) -> bool {
    let low = shape.outer.saturating_sub(64);
    let mut at = shape.outer;
    while at > low && matches!(text[at - 1], b' ' | b'\t' | b'-' | b'#' | b'>' | b'*') {
        at -= 1;
    }
    // "Your password: …" of a mail.
    if text[low..at].ends_with(b"Your") {
        at -= 4;
    }
    at == 0 || text[at - 1] == b'\n'
}

impl Field {
    /// The same field in a text that begins `by` bytes later.
    pub fn from(mut self, by: usize) -> Self {
        let earlier = |span: &Range<usize>| span.start.saturating_sub(by)..span.end.saturating_sub(by);
        self.key = earlier(&self.key);
        self.value.span = earlier(&self.value.span);
        self
    }

    /// The value with the escapes of its own syntax undone. `form` for keys and values joined by `&`.
    pub fn decoded<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let raw = &text[self.value.span.clone()];
        if self.value.wrapper == Wrapper::Letters {
            return Cow::Owned(Letters::of(raw).flat_map(|letter| unescape(letter, backslash).into_owned()).collect());
        }
        match (self.syntax, self.value.quote) {
            (Syntax::Query | Syntax::Form, None) => form(raw),
            (Syntax::XmlElement | Syntax::XmlAttribute, _) | (_, Some(b'>')) => unescape(raw, html),
            (Syntax::Sql, Some(b'\'')) => unescape(raw, doubled_apostrophes),
            (_, Some(b'"' | b'\'')) => nested_repr(unescape(raw, backslash)),
            (_, Some(b'`')) => Cow::Borrowed(raw),
            _ if self.value.wrapper == Wrapper::Base64 => {
                base64_bytes(raw).map_or(Cow::Borrowed(raw), |plain| Cow::Owned(unicode_password(plain)))
            }
            _ if self.value.wrapper == Wrapper::CharCodes => char_codes(raw).map_or(Cow::Borrowed(raw), Cow::Owned),
            _ => Cow::Borrowed(raw),
        }
    }
}

/// `+` for a blank and `%40`.
pub fn form(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'+') {
        return unescape(raw, percent);
    }
    let blanks: Vec<u8> = raw.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    Cow::Owned(unescape(&blanks, percent).into_owned())
}

/// `''` inside apostrophes.
pub fn doubled_apostrophes(text: &[u8], i: usize) -> Option<(super::view::Bytes, usize)> {
    (text[i] == b'\'' && text.get(i + 1) == Some(&b'\'')).then(|| (super::view::Bytes::one(b'\''), 2))
}

/// The repr of a string as a JSON string: `"'Vinter2026!'"`.
fn nested_repr(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let inner = value.len() > 2
        && value.starts_with(b"'")
        && value.ends_with(b"'")
        && !value[1..value.len() - 1].contains(&b'\'');
    if !inner {
        return value;
    }
    match value {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[1..bytes.len() - 1]),
        Cow::Owned(bytes) => Cow::Owned(bytes[1..bytes.len() - 1].to_vec()),
    }
}

/// A directory of Windows takes a password as UTF-16 between quotes.
fn unicode_password(plain: Vec<u8>) -> Vec<u8> {
    let narrow = plain.len() >= 6 && plain.len().is_multiple_of(2) && plain.iter().skip(1).step_by(2).all(|b| *b == 0);
    match plain.as_slice() {
        [b'"', _, .., b'"', _] if narrow => plain[2..plain.len() - 2].iter().copied().step_by(2).collect(),
        _ => plain,
    }
}

/// `77, 48, 110`: the bytes of a text; Java's are signed.
fn char_codes(raw: &[u8]) -> Option<Vec<u8>> {
    let byte = |code: &[u8]| std::str::from_utf8(code.trim_ascii()).ok()?.parse::<i16>().ok();
    raw.split(|&b| b == b',').map(|code| byte(code).filter(|b| (-128..256).contains(b)).map(|b| b as u8)).collect()
}
