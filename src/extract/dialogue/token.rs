//! Base64 tokens of a line, and what they say.

use std::ops::Range;

use crate::record::view::base64;

/// The most tokens of one line that are looked at, and how far into the line.
const TOKENS: usize = 256;
const LINE_BYTES: usize = 4 << 10;

/// The longest token, in bytes.
const TOKEN_BYTES: usize = 2 << 10;

/// A run of base64 that stands as a token of its own, and what it decodes to.
pub struct Token {
    /// In the line.
    pub span: Range<usize>,
    /// Text without control characters.
    pub text: Vec<u8>,
}

/// The tokens of `line` that decode to text and end what was said, last first.
pub fn spoken(line: &[u8]) -> Vec<Token> {
    let line = &line[..line.len().min(LINE_BYTES)];
    let mut found: Vec<Token> = runs(line)
        .filter(|span| ends_speech(&line[span.end..]))
        .filter_map(|span| Some(Token { text: text_of(&line[span.clone()])?, span }))
        .collect();
    found.reverse();
    found
}

/// What base64 decodes to, where that is something a person can have typed.
pub fn text_of(token: &[u8]) -> Option<Vec<u8>> {
    // Without its padding a token is a word.
    if token.len() < 4 || !token.len().is_multiple_of(4) {
        return None;
    }
    let plain = base64(token)?;
    let text = std::str::from_utf8(&plain).ok()?;
    let typed = text.trim_end_matches(['\0', '\r', '\n']);
    (!typed.is_empty() && !typed.chars().any(|c| c.is_control() || c == '\u{fffd}')).then_some(typed.into())
}

/// The runs of base64's letters, each with its padding.
pub fn runs(line: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        let start = at + line.get(at..)?.iter().position(letter)?;
        let letters = line[start..].iter().position(|b| !letter(b)).unwrap_or(line.len() - start);
        let padding = line[start + letters..].iter().take(2).take_while(|b| **b == b'=').count();
        at = start + letters + padding;
        Some(past_escape(line, start)..at)
    })
    .take(TOKENS)
    .filter(|span| span.start < span.end && span.len() <= TOKEN_BYTES)
}

/// The run of base64's letters around `at`.
pub fn run_at(line: &[u8], at: usize) -> Option<Range<usize>> {
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let low = at.saturating_sub(TOKEN_BYTES);
    let start = line[low..at].iter().rposition(|b| !letter(b)).map_or(low, |i| low + i + 1);
    let run = runs(&line[start..]).next()?;
    // An escape that touches the token is not seen without the byte before it.
    let span = past_escape(line, start).max(start + run.start)..start + run.end;
    (span.contains(&at)).then_some(span)
}

/// Behind the letters and digits of an escape that touches the token: `#011`, `\t`, `\x09`.
fn past_escape(line: &[u8], start: usize) -> usize {
    let octal = |i: usize| line.get(i..i + 3).is_some_and(|d| d[0] == b'0' && d.iter().all(u8::is_ascii_digit));
    match start.checked_sub(1).map(|i| line[i]) {
        Some(b'#' | b'\\') if octal(start) => start + 3,
        Some(b'\\') => match line[start] {
            b't' | b'n' | b'r' => start + 1,
            b'x' => (start + 3).min(line.len()),
            _ => start,
        },
        _ => start,
    }
}

/// Whether what follows a token belongs to the line's end and not to a sentence.
fn ends_speech(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b'"' | b'\'' | b'\\' | b'`' | b')' | b'<' | b'}' | b']' | b',' | b'\r' | b'\t' | b'#' | 0x1b, ..] => true,
        [b' ', b'(' | b'[', ..] | [b'^', b'M', ..] => true,
        // Further fields of the line: ` session=8f1c`.
        [b' ', rest @ ..] => {
            let key = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"_.-".contains(b))).unwrap_or(0);
            key > 0 && rest[key] == b'=' || rest.trim_ascii().is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        spoken(line.as_bytes()).into_iter().map(|t| String::from_utf8(t.text).unwrap()).collect()
    }

    #[test]
    fn a_token_ends_what_was_said() {
        for line in [
            "UXVpbmNlLTE5",
            "C: UXVpbmNlLTE5",
            r#""RECEIVED: UXVpbmNlLTE5""#,
            "client in: CONT#0112#011UXVpbmNlLTE5 (previous base64 data may contain sensitive data)",
            r"[1] contents: string = UXVpbmNlLTE5\x0d\x0a",
            r"<< b'UXVpbmNlLTE5\r\n'",
            "dir=in data=UXVpbmNlLTE5 session=8f1c",
        ] {
            assert_eq!(texts(line), ["Quince-19"], "{line}");
        }
    }

    #[test]
    fn sentences_hold_no_token() {
        for line in [
            "UXVpbmNlLTE5 was seen twice",
            "connection established successfully after authentication",
            "Authentication succeeded",
            "250 STARTTLS",
            "UXVpbmNlLTE",
        ] {
            assert_eq!(texts(line), [""; 0], "{line}");
        }
    }
}
