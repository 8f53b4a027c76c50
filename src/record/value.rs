//! What stands behind a separator: a quoted, wrapped or bare value, whole or cut.

pub mod quotes;

use std::ops::Range;

use crate::rule::Syntax;

/// The longest value that is read, in bytes. A longer one is no password.
pub const VALUE_BYTES: usize = 8 << 10;

/// The longest value without quotes, in bytes. Of keys in a row without a blank, each has all that follow in its value.
const BARE_BYTES: usize = 2 << 10;

/// A value as it stands, escapes and all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Without its quotes and wrappers.
    pub span: Range<usize>,
    /// The quote around it.
    pub quote: Option<u8>,
    /// What else stood around it.
    pub wrapper: Wrapper,
    /// The text ended before the value did.
    pub cut: bool,
}

/// What stands around a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// Nothing.
    None,
    /// `[…]` around a bare value.
    Brackets,
    /// `(…)` around a bare value, or a word before it: `Some(…)`, `MD5(…)`.
    Call,
    /// Base64, as a directory's interchange format marks it by two colons.
    Base64,
    /// `[77, 48, …]`: the value's bytes.
    CharCodes,
    /// `getenv("…")`: a word before it that says that the value is kept elsewhere, under what stands in the brackets.
    Lookup,
    /// `{"0":"p","1":"a",…}` or `["p", "a", …]`: the value's letters.
    Letters,
    /// `<…>` around a bare value.
    Angles,
    /// `{…}`: an object, not a value.
    Object,
}

/// Where a bare value may end.
#[derive(Clone, Copy)]
pub struct Bare {
    /// The syntax that it stands in.
    pub syntax: Syntax,
    /// The key begins its line: the value may have blanks up to the line's end.
    pub whole_line: bool,
    /// The sign that parts fields, where one of those that values rarely hold stands before the key.
    pub parted: Option<u8>,
}

/// Reads the value at `at`.
pub fn value(text: &[u8], at: usize, bare: Bare) -> Option<Value> {
    let text = &text[..text.len().min(at + VALUE_BYTES)];
    let (at, wrapper) = unwrap(text, at)?;
    if let Some(end) = letters(text, at) {
        return Some(Value { span: at + 1..end, quote: Some(b'"'), wrapper: Wrapper::Letters, cut: false });
    }
    match *text.get(at)? {
        quote @ (b'"' | b'\'' | b'`') => quoted(text, at, quote, wrapper),
        // What Java prints of an array.
        b'[' if text.get(at + 2) == Some(&b'@') => Some(bare_value(text, at, bare, wrapper)),
        b'[' if wrapper == Wrapper::None => bracketed(text, at),
        // Camel's way to say that nothing in the value is an escape.
        b'R' if text[at..].starts_with(b"RAW(") && raw(text, at + 4).is_some() => raw(text, at + 4),
        b'(' => Some(match remark(text, at) {
            Some(end) => Value { span: at + 1..end, quote: None, wrapper: Wrapper::Angles, cut: false },
            None => bare_value(text, at, bare, wrapper),
        }),
        0xc2 | 0xe2 if let Some(value) = quotes::typographic(text, at) => Some(value),
        b'<' if text[at..].starts_with(b"<<\"") => quoted(text, at + 2, b'"', wrapper),
        b'<' if bare.syntax != Syntax::XmlElement => angled(text, at, bare),
        // An object under a password key: its own value, where it has one.
        b'{' if text.get(at + 1) != Some(&b'{') && !names_scheme(&text[at + 1..]) => {
            Some(Value { span: at..at + 1, quote: None, wrapper: Wrapper::Object, cut: false })
        }
        _ => Some(bare_value(text, at, bare, wrapper)),
    }
}

/// `SSHA}…`: how a directory names the hash that follows.
fn names_scheme(rest: &[u8]) -> bool {
    const SCHEMES: [&[u8]; 12] = [
        b"sha", b"ssha", b"md5", b"smd5", b"crypt", b"sha256", b"ssha256", b"sha384", b"ssha384", b"sha512",
        b"ssha512", b"xor",
    ];
    let Some(close) = rest.iter().take(8).position(|&b| b == b'}') else { return false };
    SCHEMES.iter().any(|scheme| rest[..close].eq_ignore_ascii_case(scheme))
        && rest.get(close + 1).is_some_and(|b| b.is_ascii_alphanumeric() || b"+/$.".contains(b))
}

/// Steps over what stands before a value: `Some(`, `string(11) `, `u'`, `N'`, `&"`, `b"`.
fn unwrap(text: &[u8], mut at: usize) -> Option<(usize, Wrapper)> {
    let mut wrapper = Wrapper::None;
    for _ in 0..3 {
        let rest = text.get(at..)?;
        let letters =
            rest.iter().take(24).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':')).count();
        match rest.get(letters) {
            Some(b'"' | b'\'') if letters == 1 && b"ubrNLEBU".contains(&rest[0]) => return Some((at + 1, wrapper)),
            Some(b'"' | b'\'') if letters == 0 && matches!(rest[0], b'"' | b'\'') => return Some((at, wrapper)),
            Some(b'(') if letters > 0 && rest[0].is_ascii_alphabetic() => {
                let inside = &rest[letters + 1..];
                let blank = inside.iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
                // PHP's var_dump: the length, then the value behind it.
                let digits = inside.iter().take_while(|b| b.is_ascii_digit()).count();
                if digits > 0 && inside[digits..].starts_with(b") \"") {
                    return Some((at + letters + 1 + digits + 2, Wrapper::None));
                }
                // `Password(value=x)`: a class around one value, as Kotlin and Scala print it.
                if inside.starts_with(b"value=") {
                    (wrapper, at) = (Wrapper::Call, at + letters + 1 + b"value=".len());
                    continue;
                }
                let next = *inside.get(blank)?;
                let quoted = matches!(next, b'"' | b'\'');
                let named = next.is_ascii_alphabetic() && wraps(&rest[..letters]);
                if !quoted && !named {
                    return Some((at, wrapper));
                }
                wrapper = if looks_up(&rest[..letters]) { Wrapper::Lookup } else { Wrapper::Call };
                at += letters + 1 + blank;
            }
            // Go's spew: `(string) (len=9) "correct"`.
            Some(b'(') if letters == 0 && rest.starts_with(b"(string) ") => {
                let length = rest[9..].iter().take(16).take_while(|b| **b != b'"').count();
                let counted = length == 0 || rest[9..].starts_with(b"(len=") && rest[..9 + length].ends_with(b") ");
                let quoted = counted && rest.get(9 + length) == Some(&b'"');
                return Some((if quoted { at + 9 + length } else { at }, wrapper));
            }
            _ if rest.starts_with(b"&\"") || rest.starts_with(b"@\"") => return Some((at + 1, wrapper)),
            _ => return Some((at, wrapper)),
        }
    }
    Some((at, wrapper))
}

/// Words that wrap a value in a debug print.
fn wraps(word: &[u8]) -> bool {
    matches!(word, b"Some" | b"Just" | b"Ok" | b"Optional" | b"String" | b"Secret" | b"Password" | b"Value")
}

/// Whether a function asks for a value by name: `System.getenv`, `config.get`, `os.Getenv`, `i18n.t`.
fn looks_up(name: &[u8]) -> bool {
    const ASKS: [&[u8]; 14] = [
        b"get",
        b"env",
        b"fetch",
        b"read",
        b"prompt",
        b"input",
        b"lookup",
        b"config",
        b"require",
        b"resolve",
        b"param",
        b"translate",
        b"gettext",
        b"ask",
    ];
    let last = name.rsplit(|b| matches!(b, b'.' | b':')).next().unwrap_or_default().to_ascii_lowercase();
    ASKS.iter().any(|verb| last.starts_with(verb)) || matches!(&*last, b"t" | b"_" | b"__" | b"tr" | b"lang")
}

/// The inside of `RAW(…)`, up to the bracket that ends the parameter.
fn raw(text: &[u8], at: usize) -> Option<Value> {
    let ends = |i: usize| text.get(i + 1).is_none_or(|b| b.is_ascii_whitespace() || b"&\"',]}".contains(b));
    let end = memchr::memchr_iter(b')', &text[at..text.len().min(at + 256)]).map(|i| at + i).find(|&i| ends(i))?;
    let whole = !text[at..end].iter().any(|b| b.is_ascii_whitespace());
    whole.then_some(Value { span: at..end, quote: None, wrapper: Wrapper::Call, cut: false })
}

/// Where `(known after apply)` ends: words in brackets in place of a value.
fn remark(text: &[u8], at: usize) -> Option<usize> {
    let inside = text.get(at + 1..)?;
    let end = inside.iter().take(60).position(|&b| !b.is_ascii_alphabetic() && !b" '-".contains(&b))?;
    let whole =
        inside[end] == b')' && inside.get(end + 1).is_none_or(|b| b.is_ascii_whitespace() || b",;]}\"".contains(b));
    (whole && inside[..end].trim_ascii().contains(&b' ')).then_some(at + 1 + end)
}

fn quoted(text: &[u8], at: usize, quote: u8, wrapper: Wrapper) -> Option<Value> {
    let start = at + 1;
    let mut i = start;
    while let Some(&byte) = text.get(i) {
        if byte == b'\\' {
            i += 2;
            continue;
        }
        if byte == quote {
            // SQL doubles a quote inside quotes.
            if quote == b'\''
                && text.get(i + 1) == Some(&b'\'')
                && text.get(i + 2).is_some_and(|&b| !b",;) \n".contains(&b))
                && i > start
            {
                i += 2;
                continue;
            }
            return Some(Value { span: start..i, quote: Some(quote), wrapper, cut: false });
        }
        if byte == b'\n' && quote != b'`' && wrapper == Wrapper::None {
            break;
        }
        i += 1;
    }
    let i = i.min(text.len());
    Some(Value { span: start..i, quote: Some(quote), wrapper, cut: true })
}

/// Where the list of single letters that opens at `at` closes: at least four, in an object under the numbers from 0.
fn letters(text: &[u8], at: usize) -> Option<usize> {
    let close = match text.get(at)? {
        b'{' => b'}',
        b'[' => b']',
        _ => return None,
    };
    let mut items = Letters::of(&text[at + 1..]);
    if items.keyed != (close == b'}') {
        return None;
    }
    while items.next().is_some() {}
    (items.count >= 4 && items.text.get(items.at) == Some(&close)).then_some(at + 1 + items.at)
}

/// The letters of a list as printed: each without its quotes, escapes and all.
pub struct Letters<'a> {
    text: &'a [u8],
    at: usize,
    keyed: bool,
    count: usize,
}

impl<'a> Letters<'a> {
    /// The letters between the brackets of a value.
    pub fn of(inside: &'a [u8]) -> Self {
        let first = inside.trim_ascii_start();
        let keyed = [&b"\"0\":"[..], b"'0':", b"0:"].iter().any(|key| first.starts_with(key));
        Self { text: inside, at: 0, keyed, count: 0 }
    }

    fn blanks(&mut self) {
        self.at += self.text[self.at..].iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
    }
}

impl<'a> Iterator for Letters<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.blanks();
        let mut at = self.at;
        if self.keyed {
            let rest = &self.text[at..];
            let number = self.count.to_string();
            let quoted = usize::from(matches!(rest.first(), Some(b'"' | b'\'')));
            let behind = rest.get(quoted..)?.strip_prefix(number.as_bytes())?.get(quoted..)?;
            let behind = behind.strip_prefix(b":")?;
            at = self.text.len() - behind.len() + behind.iter().take_while(|&&b| b == b' ').count();
        }
        let quote = *self.text.get(at).filter(|b| matches!(b, b'"' | b'\''))?;
        let letter = &self.text[at + 1..self.text.len().min(at + 14)];
        let length = match letter {
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            [first, ..] => match first {
                0xf0.. => 4,
                0xe0.. => 3,
                0xc0.. => 2,
                _ => 1,
            },
            [] => return None,
        };
        if letter.get(length) != Some(&quote) {
            return None;
        }
        self.at = at + length + 2;
        self.count += 1;
        self.blanks();
        if self.text.get(self.at) == Some(&b',') {
            self.at += 1;
            self.blanks();
        }
        Some(&letter[..length])
    }
}

/// `["x"]`, `[77, 48]`, `[x]`.
fn bracketed(text: &[u8], at: usize) -> Option<Value> {
    let inside = at + 1 + text[at + 1..].iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
    let (first, _) = unwrap(text, inside)?;
    match *text.get(first)? {
        quote @ (b'"' | b'\'') => quoted(text, first, quote, Wrapper::None),
        b']' => Some(Value { span: inside..inside, quote: None, wrapper: Wrapper::Brackets, cut: false }),
        _ => {
            let line = text[inside..].iter().position(|&b| b == b'\n').map_or(text.len(), |i| inside + i);
            let end = text[inside..line].iter().position(|&b| b == b']').map(|i| inside + i);
            let end = end.map(|end| inside + text[inside..end].trim_ascii_end().len());
            let span = inside..end.unwrap_or(line);
            let codes = span.len() > 4
                && text[span.clone()].iter().all(|b| b.is_ascii_digit() || matches!(b, b',' | b' ' | b'-'));
            let codes = codes && text[span.clone()].contains(&b',');
            let wrapper = if codes { Wrapper::CharCodes } else { Wrapper::Brackets };
            Some(Value { span, quote: None, wrapper, cut: end.is_none() })
        }
    }
}

/// `<redacted>`, `<password: length 12>`; a `<` that nothing closes is part of the value.
fn angled(text: &[u8], at: usize, bare: Bare) -> Option<Value> {
    let end = text[at + 1..].iter().take(80).position(|&b| b == b'>' || b == b'\n').map(|i| at + 1 + i);
    match end {
        Some(end) if text[end] == b'>' => {
            Some(Value { span: at + 1..end, quote: None, wrapper: Wrapper::Angles, cut: false })
        }
        _ => Some(bare_value(text, at, bare, Wrapper::None)),
    }
}

fn bare_value(text: &[u8], at: usize, bare: Bare, wrapper: Wrapper) -> Value {
    let longest = text.len().min(at + BARE_BYTES);
    let end = at + bare_length(&text[at..longest], bare);
    let mut span = at..end;
    if bare.whole_line {
        span.end = whole_line(text, span.clone());
    }
    while span.end > span.start && text[span.end - 1].is_ascii_whitespace() {
        span.end -= 1;
    }
    let cut = end == at + BARE_BYTES || span.end == at + VALUE_BYTES;
    Value { span, quote: None, wrapper, cut }
}

/// Stretches a value over blanks to its line's end, unless another field or a comment follows.
fn whole_line(text: &[u8], span: Range<usize>) -> usize {
    let line_end = text[span.end..].iter().position(|&b| b == b'\n' || b == b'\r').map_or(text.len(), |i| span.end + i);
    let rest = &text[span.end..line_end];
    let mask = std::str::from_utf8(&text[span.clone()]).is_ok_and(|word| word.chars().all(|c| "*•●█■".contains(c)));
    if rest.first() != Some(&b' ') || span.is_empty() || mask {
        return span.end;
    }
    let mut words = rest.split(|&b| b == b' ').filter(|w| !w.is_empty());
    let another = words.any(|word| {
        word.starts_with(b"#")
            || word.starts_with(b"[")
            || word.starts_with(b"=>")
            || word.starts_with(b"//")
            || memchr::memchr2(b'=', b':', word).is_some_and(|i| i > 0)
            || memchr::memmem::find(word, "：".as_bytes()).is_some_and(|i| i > 0)
            || memchr::memmem::find(word, "＝".as_bytes()).is_some_and(|i| i > 0)
            || word.iter().any(|b| b"\"'<>{}|;".contains(b))
    });
    if another { span.end } else { line_end }
}

fn bare_length(rest: &[u8], bare: Bare) -> usize {
    let url = matches!(bare.syntax, Syntax::Query | Syntax::Form);
    let mut open = [0u16; 3];
    for (i, &byte) in rest.iter().enumerate() {
        let next = rest.get(i + 1).copied();
        let closes = next.is_none_or(|n| n.is_ascii_whitespace() || b",;)]}\"'>\\.".contains(&n));
        let ends = match byte {
            b'\n' | b'\r' | 0 => true,
            b' ' | b'\t' | 0x0b | 0x0c => true,
            b'&' => url || field_follows(&rest[i + 1..]),
            b'#' if url => true,
            // The mark of a statement whose listing goes on behind a bar.
            b'|' if rest.starts_with(b"?|") => true,
            b'^' | b'|' | b'~' if bare.parted == Some(byte) => true,
            b'^' | b'|' | b'~' if pair_follows(&rest[i + 1..]) => true,
            b'"' | b'`' => closes || i == 0,
            b'\'' => closes || i == 0,
            b'<' => {
                bare.syntax == Syntax::XmlElement
                    || rest.get(i + 1).is_some_and(|&n| n == b'/' || n.is_ascii_alphabetic())
            }
            b'>' if url => true,
            // The parts of a distinguished name: `dn: uid=jane,ou=people`.
            b',' if bare.whole_line && !closes && rest[..i].contains(&b'=') => false,
            b',' => closes || field_follows(&rest[i + 1..]),
            b';' => closes || field_follows(&rest[i + 1..]) || attribute_follows(&rest[i + 1..]),
            b'|' if url => true,
            b'\\' => {
                rest[i..].starts_with(b"\\n") || rest[i..].starts_with(b"\\r\\n") || rest[i..].starts_with(b"\\u0026")
            }
            b'(' | b'[' | b'{' => {
                if byte == b'['
                    && (rest[i..].starts_with(b"[\\r]")
                        || rest[i..].starts_with(b"[\\n]")
                        || rest[i..].starts_with(b"[0x"))
                {
                    return i;
                }
                open[bracket(byte)] += 1;
                false
            }
            0xc2 | 0xd8 | 0xe2..=0xef if !url => {
                foreign_sign(&rest[i..]) > 0 && !rest[i..].starts_with("：".as_bytes())
            }
            b')' | b']' | b'}' => {
                let depth = &mut open[bracket(byte)];
                // `login(p: $p){token}`
                let another = byte == b')' && next == Some(b'{') || byte == b']' && next == Some(b'[');
                if *depth == 0 && (closes || another) {
                    return i;
                }
                *depth = depth.saturating_sub(1);
                false
            }
            _ => false,
        };
        if ends {
            return i;
        }
    }
    rest.len()
}

/// The length of a sign of another script at the beginning of `text`: punctuation, a blank, a mark of direction. None of
/// them is a letter of a key, and an unquoted value ends there.
pub fn foreign_sign(text: &[u8]) -> usize {
    const SIGNS: [&str; 30] = [
        "→", "：", "＝", "，", "；", "（", "）", "、", "。", "「", "」", "『", "』", "【", "】", "《", "》", "？", "،",
        "؛", "\u{3000}", "\u{a0}", "\u{200b}", "\u{200e}", "\u{200f}", "\u{202b}", "\u{202c}", "\u{2067}", "\u{2069}",
        "\u{feff}",
    ];
    let first = text.first().copied().unwrap_or_default();
    if !matches!(first, 0xc2 | 0xd8 | 0xe2 | 0xe3 | 0xef) {
        return 0;
    }
    SIGNS.iter().find(|sign| text.starts_with(sign.as_bytes())).map_or(0, |sign| sign.len())
}

fn bracket(byte: u8) -> usize {
    match byte {
        b'(' | b')' => 0,
        b'[' | b']' => 1,
        _ => 2,
    }
}

/// Whether `User ID=` of a connection string begins here.
fn attribute_follows(rest: &[u8]) -> bool {
    let key = rest.iter().take(40).take_while(|b| b.is_ascii_alphabetic() || **b == b' ').count();
    key > 0 && rest[0].is_ascii_alphabetic() && rest.get(key) == Some(&b'=')
}

/// Whether `key=` begins here.
fn pair_follows(rest: &[u8]) -> bool {
    let key = rest.iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    rest.first().is_some_and(u8::is_ascii_alphabetic) && rest.get(key) == Some(&b'=')
}

/// Whether a key and its separator begin here.
pub fn field_follows(rest: &[u8]) -> bool {
    let key = rest
        .iter()
        .take(40)
        .take_while(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$' | b'%' | b'[' | b']' | b'"' | b'\'')
        })
        .count();
    key > 0 && matches!(rest.get(key), Some(b'=' | b':')) && rest[0] != b'='
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, syntax: Syntax, whole_line: bool) -> (String, Wrapper, bool) {
        let value = value(text.as_bytes(), 0, Bare { syntax, whole_line, parted: None }).unwrap();
        (text[value.span].to_owned(), value.wrapper, value.cut)
    }

    #[test]
    fn bare_values_end_where_their_syntax_ends_them() {
        for (text, syntax, value) in [
            ("Tr0ub%26&next=1 HTTP/1.1", Syntax::Query, "Tr0ub%26"),
            ("Vinter2026%21[\\r][\\n]\"", Syntax::Form, "Vinter2026%21"),
            ("M0nsoon$eve, rememberMe=true]", Syntax::Object, "M0nsoon$eve"),
            ("Tangerine!42}", Syntax::Object, "Tangerine!42"),
            ("Vinter2025!)", Syntax::Colon, "Vinter2025!"),
            ("a(b)c) next", Syntax::Logfmt, "a(b)c"),
            ("p;q r", Syntax::Logfmt, "p;q"),
            ("Larch;user=x", Syntax::Logfmt, "Larch"),
            ("x\\n\",\"stream\"", Syntax::Form, "x"),
            ("don't stop", Syntax::Logfmt, "don't"),
            ("Larch&7^src=192.0.2.1", Syntax::Logfmt, "Larch&7"),
            ("Lar^ch|7 next", Syntax::Logfmt, "Lar^ch|7"),
        ] {
            assert_eq!(read(text, syntax, false).0, value, "{text}");
        }
    }

    #[test]
    fn wrappers_are_stepped_over() {
        for (text, value) in [
            ("Some(\n        \"Vinter2026!\",\n    )", "Vinter2026!"),
            ("string(11) \"Vinter2026!\"", "Vinter2026!"),
            ("u'x y'", "x y"),
            ("N'Vinter2026!'", "Vinter2026!"),
            ("<<\"Tangerine!42\">>", "Tangerine!42"),
            ("[\"x\"]", "x"),
            ("[u'Tangerine!42']", "Tangerine!42"),
            ("[M0nsoon$eve]", "M0nsoon$eve"),
            ("MD5('Vinter2026!')", "Vinter2026!"),
            ("'M0nsoon''eve'", "M0nsoon''eve"),
            ("\"Vin\\\"ter\"", "Vin\\\"ter"),
            ("'' ", ""),
        ] {
            assert_eq!(read(text, Syntax::Json, false).0, value, "{text}");
        }
        assert_eq!(read("[77, 48, 110]", Syntax::Object, false).1, Wrapper::CharCodes);
        for text in [
            r#"{"0":"p","1":"w","2":":","3":"\"","4":"é"}"#,
            "['p', 'w', '1', 'é']",
            "{0: 'p', 1: 'w', 2: '2', 3: '!'}",
        ] {
            assert_eq!(read(text, Syntax::Json, false).1, Wrapper::Letters, "{text}");
        }
        for text in [r#"{"0":"p","2":"w","3":"x","4":"y"}"#, "['yes', 'no', 'a', 'b']", r#"["a"]"#] {
            assert_ne!(read(text, Syntax::Json, false).1, Wrapper::Letters, "{text}");
        }
        assert_eq!(read("<redacted>", Syntax::Logfmt, false).1, Wrapper::Angles);
        assert!(read("\"Tange", Syntax::Json, false).2, "cut");
    }

    #[test]
    fn a_value_alone_on_its_line_may_have_blanks() {
        assert_eq!(read("correct horse battery", Syntax::Colon, true).0, "correct horse battery");
        assert_eq!(read("hunter2 # the old one", Syntax::Colon, true).0, "hunter2");
        assert_eq!(read("hunter2 user=bob", Syntax::Colon, true).0, "hunter2");
    }
}
