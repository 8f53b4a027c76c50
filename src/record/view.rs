//! Text with a layer of escaping peeled off, every byte of it still knowing where it stands in the log.
//!
//! Passwords are logged inside strings inside strings: JSON in JSON, a form in JSON, JSON in a URL, HTML, CSV, colours of
//! a terminal. Instead of a grammar for each nesting, the layer around a hit is peeled and the one plain grammar reads
//! what is inside.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::token::Decoded;
use crate::limits::DECODED_BYTES;
use crate::terms::Layer;

/// Text of a record, raw or peeled.
pub struct View<'a> {
    text: Cow<'a, [u8]>,
    origin: Origin,
    layers: Vec<Layer>,
    exact: bool,
    /// Decoded text: the token in the view that it was peeled off.
    within: Option<Range<usize>>,
    /// Decoded text, and what was peeled off it: where the token stands in the log.
    token: Option<Range<usize>>,
}

/// Decoded text has no places of its own in the log. So that places still tell its bytes apart and in order, it is given
/// places behind every log's: this many for each view.
const VIEW_PLACES: usize = 4 * DECODED_BYTES;

/// Where they begin: no window of a log is as large.
const DECODED_PLACES: usize = 1 << 30;

/// Where a view's bytes stand in the text that the record was cut from.
enum Origin {
    /// All of them this much further on.
    Shift(usize),
    /// Each on its own.
    Table(Vec<u32>),
}

impl<'a> View<'a> {
    /// The raw text of a record that begins at `start`.
    pub fn root(text: &'a [u8], start: usize) -> Self {
        Self {
            text: Cow::Borrowed(text),
            origin: Origin::Shift(start),
            layers: Vec::new(),
            exact: true,
            within: None,
            token: None,
        }
    }

    /// The texts of `parts` of a log as one, strings of JSON where they are `quoted`.
    pub fn joined(log: &[u8], parts: &[Range<usize>], quoted: bool) -> View<'static> {
        let (mut text, mut table) = (Vec::new(), Vec::new());
        for part in parts {
            let said = &log[part.clone()];
            let mut i = 0;
            while i < said.len() {
                let (bytes, length) =
                    Some(()).filter(|()| quoted).and_then(|()| backslash(said, i)).unwrap_or((Bytes::one(said[i]), 1));
                text.extend_from_slice(bytes.as_slice());
                table.extend(bytes.as_slice().iter().map(|_| (part.start + i) as u32));
                i += length;
            }
        }
        let layers = if quoted { vec![Layer::Json] } else { Vec::new() };
        View { text: Cow::Owned(text), origin: Origin::Table(table), layers, exact: true, within: None, token: None }
    }

    /// The text of a token of this view. `number` is that of the new view in its record.
    pub fn decoded(&self, decoded: Decoded, number: usize) -> View<'static> {
        let mut view = match decoded.places {
            Some(places) => {
                let table = places.into_iter().map(|place| self.origin(place) as u32).collect();
                self.wrapped(decoded.text, table, self.exact)
            }
            None => {
                let first = DECODED_PLACES + number * VIEW_PLACES;
                let table = (first..first + decoded.text.len()).map(|place| place as u32).collect();
                let mut view = self.wrapped(decoded.text, table, false);
                let stands = self.origin(decoded.span.start)..self.origin(decoded.span.end.saturating_sub(1)) + 1;
                view.token = view.token.or(Some(stands));
                view.within = Some(decoded.span);
                view
            }
        };
        view.layers.extend(decoded.layers);
        view
    }

    /// The token that this view is the text of, in the view that it was peeled off.
    pub fn within(&self) -> Option<&Range<usize>> {
        self.within.as_ref()
    }

    /// Where the outermost token around this view stands in the log. Its bytes have no better place.
    pub fn token(&self) -> Option<&Range<usize>> {
        self.token.as_ref()
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// What was peeled off, outermost first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Whether each byte stands in the log where [`View::origin`] says. Decoded text stands where its token begins.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Where byte `at` of this view stands. One past the end is answered too.
    pub fn origin(&self, at: usize) -> usize {
        match &self.origin {
            Origin::Shift(shift) => at + shift,
            Origin::Table(table) => match table.get(at) {
                Some(&origin) => origin as usize,
                None => table.last().map_or(0, |&last| last as usize + 1),
            },
        }
    }

    /// The first byte of this view that stands at or behind `origin`.
    pub fn find_origin(&self, origin: usize) -> usize {
        match &self.origin {
            Origin::Shift(shift) => origin.saturating_sub(*shift),
            Origin::Table(table) => table.partition_point(|&o| (o as usize) < origin),
        }
    }

    /// Peels `layer` off the text around `at`. None where nothing is wrapped there.
    pub fn peel(&self, layer: Layer, at: usize) -> Option<View<'static>> {
        let text = self.text();
        let (span, unescape): (_, Escape) = match layer {
            Layer::Json => (string_around(text, at)?, backslash),
            Layer::Percent => {
                let run = run_around(text, at, |b| !b.is_ascii_whitespace() && !b"\"'<>&=".contains(&b));
                // A form writes its blanks as `+`, and then none of them as `%20`.
                let form = memchr::memchr(b'+', &text[run.clone()]).is_some()
                    && memchr::memmem::find(&text[run.clone()], b"%20").is_none();
                (run, if form { form_encoded } else { percent })
            }
            Layer::Html => (0..text.len(), html),
            Layer::DoubledQuotes => (csv_field_around(text, at), doubled_quotes),
            Layer::Ansi => (0..text.len(), ansi),
            Layer::QuotedPrintable => (0..text.len(), quoted_printable),
            Layer::Base64 | Layer::Hex | Layer::Gzip | Layer::Utf16 | Layer::CharCodes | Layer::Rot13 => return None,
        };
        self.undo(span, unescape, layer)
    }

    /// Peels percent escapes off keys, values and all between them: the whole URL or form around `at`.
    pub fn peel_url(&self, at: usize) -> Option<View<'static>> {
        let run = run_around(self.text(), at, |b| !b.is_ascii_whitespace() && !b"\"'<>".contains(&b));
        self.undo(run, percent, Layer::Percent)
    }

    /// Peels the escapes off letters of other scripts (`\u043b`) and off nothing else, at any depth of strings.
    pub fn peel_letters(&self) -> Option<View<'static>> {
        self.undo(0..self.text().len(), letter, Layer::Json)
    }

    fn undo(&self, span: Range<usize>, unescape: Escape, layer: Layer) -> Option<View<'static>> {
        let inner = &self.text()[span.clone()];
        let mut out = Vec::with_capacity(inner.len());
        let mut table = Vec::with_capacity(inner.len());
        let (mut i, mut changed) = (0, false);
        while i < inner.len() {
            let (bytes, length) = match unescape(inner, i) {
                Some(found) => {
                    changed = true;
                    found
                }
                None => (Bytes::one(inner[i]), 1),
            };
            let origin = self.origin(span.start + i) as u32;
            for &byte in bytes.as_slice() {
                out.push(byte);
                table.push(origin);
            }
            i += length;
        }
        changed.then(|| {
            let mut view = self.wrapped(out, table, self.exact);
            view.layers.push(layer);
            view
        })
    }

    fn wrapped(&self, text: Vec<u8>, table: Vec<u32>, exact: bool) -> View<'static> {
        View {
            text: Cow::Owned(text),
            origin: Origin::Table(table),
            layers: self.layers.clone(),
            exact,
            within: None,
            token: self.token.clone(),
        }
    }
}

/// The escape that begins at a place of a text: what it stands for, and its length.
pub type Escape = fn(&[u8], usize) -> Option<(Bytes, usize)>;

/// A few bytes without allocation: what one escape stands for.
pub struct Bytes {
    bytes: [u8; 4],
    length: u8,
}

impl Bytes {
    /// One byte.
    pub fn one(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn none() -> Self {
        Self { bytes: [0; 4], length: 0 }
    }

    fn char(c: char) -> Self {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len() as u8;
        Self { bytes, length }
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The escape at `i` of JSON, of nginx (`\x22`), of syslog's structured data (`\]`) and of most languages' strings.
/// Unknown ones stay as they are.
pub fn backslash(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text[i] != b'\\' {
        return None;
    }
    let byte = match *text.get(i + 1)? {
        c @ (b'"' | b'\'' | b'\\' | b'/' | b'`' | b'$' | b']') => c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'x' => {
            let byte = hex_number(text.get(i + 2..i + 4)?)? as u8;
            return Some((Bytes::one(byte), 4));
        }
        b'u' => return unicode_escape(text, i),
        b'0'..=b'3' => {
            let octal = text.get(i + 1..i + 4)?;
            let digits = octal.iter().all(|b| (b'0'..=b'7').contains(b));
            let value = octal.iter().fold(0u32, |v, b| v * 8 + u32::from(b.wrapping_sub(b'0')));
            return (digits && value < 256).then(|| (Bytes::one(value as u8), 4));
        }
        _ => return None,
    };
    Some((Bytes::one(byte), 2))
}

fn unicode_escape(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    let high = hex_number(text.get(i + 2..i + 6)?)?;
    if let Some(c) = char::from_u32(high) {
        return Some((Bytes::char(c), 6));
    }
    let low =
        text.get(i + 6..i + 12).filter(|rest| rest.starts_with(b"\\u")).and_then(|rest| hex_number(&rest[2..]))?;
    let code = 0x10000 + ((high & 0x3ff) << 10) + (low.checked_sub(0xdc00)? & 0x3ff);
    Some((Bytes::char(char::from_u32(code)?), 12))
}

/// A character outside of ASCII as an escape, behind one backslash or, in strings in strings, more.
fn letter(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text[i] != b'\\' {
        return None;
    }
    let more = text[i + 1..].iter().take_while(|&&b| b == b'\\').count();
    let (bytes, length) = unicode_escape(text, i + more).filter(|_| text.get(i + more + 1) == Some(&b'u'))?;
    (bytes.as_slice().first() >= Some(&0x80)).then_some((bytes, more + length))
}

/// `%40`.
pub fn percent(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text[i] != b'%' {
        return None;
    }
    Some((Bytes::one(hex_number(text.get(i + 1..i + 3)?)? as u8), 3))
}

/// `%40`, and `+` for a blank.
fn form_encoded(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text[i] == b'+' { Some((Bytes::one(b' '), 1)) } else { percent(text, i) }
}

/// The entities that logs hold.
pub fn html(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text[i] != b'&' {
        return None;
    }
    let rest = &text[i + 1..text.len().min(i + 12)];
    let end = rest.iter().position(|&b| b == b';')?;
    let c = match &rest[..end] {
        b"quot" => '"',
        b"apos" => '\'',
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"nbsp" => ' ',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex_number(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((Bytes::char(c), end + 2))
}

/// Quotes doubled inside quotes.
pub fn doubled_quotes(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    (text[i] == b'"' && text.get(i + 1) == Some(&b'"')).then(|| (Bytes::one(b'"'), 2))
}

/// The colours of a terminal vanish.
pub fn ansi(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text[i] != 0x1b || text.get(i + 1) != Some(&b'[') {
        return None;
    }
    let length = text[i + 2..].iter().take(32).position(|b| (0x40..=0x7e).contains(b))?;
    Some((Bytes::none(), length + 3))
}

/// `=3D`, and line ends that the encoding put there.
pub fn quoted_printable(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text[i] != b'=' {
        return None;
    }
    match text.get(i + 1..)? {
        [b'\n', ..] => Some((Bytes::none(), 2)),
        [b'\r', b'\n', ..] => Some((Bytes::none(), 3)),
        [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
            Some((Bytes::one(hex_number(&[*a, *b])? as u8), 3))
        }
        _ => None,
    }
}

fn hex_number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    digits.iter().try_fold(0u32, |value, &b| Some(value * 16 + (b as char).to_digit(16)?))
}

/// Undoes every escape of one kind in a value.
pub fn unescape(text: &[u8], escape: Escape) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let mut i = 0;
    while i < text.len() {
        match escape(text, i) {
            Some((bytes, length)) => {
                out.get_or_insert_with(|| text[..i].to_vec()).extend_from_slice(bytes.as_slice());
                i += length;
            }
            None => {
                if let Some(out) = &mut out {
                    out.push(text[i]);
                }
                i += 1;
            }
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Decodes base64 in either alphabet, padded or not, cut or not. None where the result is not mostly text.
pub fn base64(token: &[u8]) -> Option<Vec<u8>> {
    let out = base64_bytes(token)?;
    is_text(&out).then_some(out)
}

/// Decodes base64 in either alphabet, padded or not.
pub fn base64_bytes(token: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let unpadded = token.trim_ascii_end();
    let unpadded = &unpadded[..unpadded.iter().rposition(|&b| b != b'=').map_or(0, |i| i + 1)];
    // A lone last character holds no whole byte: a cut token.
    let whole = &unpadded[..unpadded.len() - usize::from(unpadded.len() % 4 == 1)];
    if whole.is_empty() {
        return None;
    }
    let engine = if whole.iter().any(|b| matches!(b, b'-' | b'_')) { &URL_SAFE } else { &STANDARD };
    engine.decode(whole).ok()
}

/// Decodes hexadecimal digits.
pub fn hex(token: &[u8]) -> Option<Vec<u8>> {
    token.chunks_exact(2).map(|pair| hex_number(pair).map(|value| value as u8)).collect()
}

/// Whether bytes are text that a person could have written: valid UTF-8 without control characters.
pub fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && std::str::from_utf8(bytes)
            .is_ok_and(|text| text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')))
}

/// Bytes of either base64 alphabet.
pub fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// The run of wanted bytes around `at`.
pub fn run_around(text: &[u8], at: usize, wanted: impl Fn(u8) -> bool) -> Range<usize> {
    let at = at.min(text.len());
    let start = text[..at].iter().rposition(|&b| !wanted(b)).map_or(0, |i| i + 1);
    let end = text[at..].iter().position(|&b| !wanted(b)).map_or(text.len(), |i| at + i);
    start..end
}

/// The inside of the string literal around `at`: between quotes that no odd number of backslashes escapes.
fn string_around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let escaped = |i: usize| text[..i].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1;
    let at = at.min(text.len());
    let start = memchr::memrchr_iter(b'"', &text[..at]).find(|&i| !escaped(i)).map_or(0, |i| i + 1);
    let end = memchr::memchr_iter(b'"', &text[at..]).map(|i| at + i).find(|&i| !escaped(i)).unwrap_or(text.len());
    (start < end).then_some(start..end)
}

/// The inside of the CSV field around `at`: between quotes that are not doubled.
fn csv_field_around(text: &[u8], at: usize) -> Range<usize> {
    let mut start = at.min(text.len());
    while start > 0 && text[start - 1] != b'\n' {
        if text[start - 1] == b'"' {
            let quotes = text[..start].iter().rev().take_while(|&&b| b == b'"').count();
            if quotes % 2 == 1 {
                break;
            }
            start -= quotes;
            continue;
        }
        start -= 1;
    }
    let mut end = at.min(text.len());
    while end < text.len() && text[end] != b'\n' {
        if text[end] == b'"' {
            let quotes = text[end..].iter().take_while(|&&b| b == b'"').count();
            end += quotes - quotes % 2;
            if quotes % 2 == 1 {
                break;
            }
            continue;
        }
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeled(text: &str, layer: Layer) -> String {
        let at = text.find("password").unwrap();
        let view = View::root(text.as_bytes(), 1000);
        let inner = view.peel(layer, at).unwrap();
        let found = memchr::memmem::find(inner.text(), b"password").unwrap();
        assert_eq!(inner.origin(found), 1000 + at, "the peeled key knows where it stands");
        assert_eq!(inner.find_origin(1000 + at), found, "and is found by where it stands");
        String::from_utf8(inner.text().to_vec()).unwrap()
    }

    #[test]
    fn each_layer_is_peeled_and_keeps_its_origins() {
        for (text, layer, inner) in [
            (
                r#"{"body":"{\"a\":1,\"password\":\"Vin\\\"ter\"}","b":2}"#,
                Layer::Json,
                r#"{"a":1,"password":"Vin\"ter"}"#,
            ),
            (r#""{\x22password\x22:\x22T\x22}""#, Layer::Json, r#"{"password":"T"}"#),
            (r#""user=a\u0026password=\ud83d\ude00""#, Layer::Json, "user=a&password=😀"),
            ("GET /?d=%7B%22password%22%3A%22a%26b%22%7D&x=1", Layer::Percent, r#"{"password":"a&b"}"#),
            ("<pre>{&quot;password&quot;:&quot;a&amp;b&#33;&quot;}", Layer::Html, r#"<pre>{"password":"a&b!"}"#),
            (r#"42,"{""password"":""x""}",2020"#, Layer::DoubledQuotes, r#"{"password":"x"}"#),
            ("\u{1b}[36mpassword\u{1b}[0m=x", Layer::Ansi, "password=x"),
            ("password=3Da=40b", Layer::QuotedPrintable, "password=a@b"),
        ] {
            assert_eq!(peeled(text, layer), inner);
        }
    }

    #[test]
    fn base64_is_decoded_in_both_alphabets_cut_or_padded() {
        for token in ["VGFuZ2VyaW5lITQy", "bW9rYWZvcg==", "bW9rYWZvcg", "dGw_aW5k", "VGFuZ2VyaW5lITQyV"] {
            assert!(base64(token.as_bytes()).is_some(), "{token}");
        }
        for token in ["", "=", "password", "\u{1}"] {
            assert!(base64(token.as_bytes()).is_none(), "{token}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_a_peel(text in proptest::collection::vec(proptest::sample::select(
            b"\\\"'%&=;#x40u0\n\x1b[m,aF".to_vec()), 0..60), at in 0usize..60) {
            let view = View::root(&text, 0);
            for &layer in Layer::ALL {
                if let Some(inner) = view.peel(layer, at.min(text.len())) {
                    for i in 0..=inner.text().len() {
                        proptest::prop_assert!(inner.origin(i) <= text.len());
                    }
                }
            }
        }
    }
}
