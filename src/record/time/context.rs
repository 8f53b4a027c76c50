//! Whose time it is: a date in a line is the record's own only where a logger puts it, not in a message, a query, a
//! cookie or a row of somebody's data.

use super::civil::{at, in_word};
use super::words;

/// Where in the line a time stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Where loggers write their preamble.
    Preamble,
    /// There too, in the spelling of access logs (`12/Mar/2026:09:14:57`), which nobody uses for anything else.
    AccessLog,
    /// Farther on, where only a known key says that a time is the record's.
    Fields,
}

/// Where the text goes on to the left of a time.
struct Left {
    /// Just behind the last byte before the time that is neither blank, bracket nor quote.
    end: usize,
    /// Nothing stands between.
    glued: bool,
    /// `[` stands between.
    bracketed: bool,
}

/// Whether the time that begins at `start` is the record's own.
pub(super) fn is_own(line: &[u8], start: usize, place: Place) -> bool {
    if start == 0 {
        return true;
    }
    let left = look_left(line, start);
    let head = place != Place::Fields;
    let Some(before) = line.get(..left.end) else { return false };
    match before {
        [] => true,
        // A heading of Erlang: =INFO REPORT==== 22-Apr-2016::10:55:59 ===
        [.., b'=', b'='] => head,
        [.., b':' | b'='] | [.., b'=', b'>'] => is_time_key(line, left.end) || (head && is_label(before)),
        // Ruby: I, [2013-11-18T21:56:57.325395 #8594]
        [first, b','] => left.bracketed && first.is_ascii_uppercase(),
        [.., b',' | b';' | b'?' | b'&' | b'\\'] => false,
        [.., b'>'] if left.glued => head && is_tag(before),
        [.., b' ', b'a', b't'] if is_request(before) => true,
        [.., last] if left.glued && !matches!(last, b'|' | b']' | b')' | b'}') => false,
        _ => head && is_preamble(before, left.bracketed || place == Place::AccessLog),
    }
}

/// Steps over the day of the week, opening brackets and quotes, colour and blanks.
fn look_left(line: &[u8], start: usize) -> Left {
    let mut at_word = weekday_before(line, start).unwrap_or(start);
    let mut bracketed = false;
    for _ in 0..4 {
        match at_word.checked_sub(1).map(|i| at(line, i)) {
            Some(b'm') => match colour_before(line, at_word) {
                Some(escape) => at_word = escape,
                None => break,
            },
            Some(open @ (b'[' | b'(' | b'"' | b'\'' | b'*' | b'#')) => {
                bracketed |= open == b'[';
                at_word -= 1;
            }
            _ => break,
        }
    }
    let end = line.get(..at_word).unwrap_or_default().trim_ascii_end().len();
    Left { end, glued: end == at_word, bracketed }
}

/// Where the day of the week before `start` begins: `Fri Sep 09 …`, `Wed, 12 Mar …`.
fn weekday_before(line: &[u8], start: usize) -> Option<usize> {
    let before = line.get(..start)?.strip_suffix(b" ")?;
    let before = before.strip_suffix(b",").or(before.strip_suffix(b".")).unwrap_or(before);
    let begin = before.len() - before.iter().rev().take(12).take_while(|b| in_word(**b)).count();
    words::is_weekday(before.get(begin..)?).then_some(begin)
}

/// Where the escape sequence begins that sets a colour and ends at `end`: `ESC [ 3 2 m`.
pub(super) fn colour_before(line: &[u8], end: usize) -> Option<usize> {
    let codes = line.get(..end)?.strip_suffix(b"m")?;
    let codes_len = codes.iter().rev().take(12).take_while(|b| b.is_ascii_digit() || **b == b';').count();
    let open = codes.len() - codes_len;
    line.get(..open)?.ends_with(b"\x1b[").then(|| open - 2)
}

/// Whether the text before `end`, which ends in `:`, `=` or `=>`, is a key that means the record's time: quoted after
/// `{` or `,` as in JSON, bare after a blank as in logfmt.
pub(super) fn is_time_key(line: &[u8], end: usize) -> bool {
    let Some((before, name, quoted)) = key(line, end) else { return false };
    let opener = before.trim_ascii_end();
    let free = match (quoted, before.last()) {
        (_, None) => true,
        (true, _) => matches!(opener.last(), None | Some(b'{' | b',' | b'[')),
        (false, Some(last)) => last.is_ascii_whitespace() && opener.last() != Some(&b','),
    };
    if !free {
        return false;
    }
    if name == b"$date" {
        // {"t":{"$date":"2026-03-12T09:15:03.000Z"}}
        let outer = opener.strip_suffix(b"{").map(<[u8]>::trim_ascii_end).filter(|outer| outer.ends_with(b":"));
        return outer
            .and_then(|outer| key(line, outer.len()))
            .is_some_and(|(_, name, quoted)| quoted && words::is_time_key(name));
    }
    words::is_time_key(name)
}

/// The key before the separator that ends at `end`: what stands before it, its name, whether it is quoted. None where
/// the quotes are escaped: then the key belongs to a text inside the record.
fn key(line: &[u8], end: usize) -> Option<(&[u8], &[u8], bool)> {
    let text = line.get(..end)?;
    let text = text.strip_suffix(b"=>").or(text.split_last().map(|(_, rest)| rest))?.trim_ascii_end();
    let quote = text.last().copied().filter(|b| matches!(b, b'"' | b'\''));
    let text = if quote.is_some() { text.split_last()?.1 } else { text };
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'.' | b'$' | b'-');
    let len = text.iter().rev().take(32).take_while(|b| is_name(b)).count();
    let (before, name) = text.split_at_checked(text.len() - len)?;
    let before = match quote {
        Some(quote) => before.strip_suffix(&[quote])?,
        None => before,
    };
    (!before.ends_with(b"\\")).then_some((before, name, quote.is_some()))
}

/// Whether `before` ends in a syslog priority (`<34>`) or in an XML element that means the record's time.
fn is_tag(before: &[u8]) -> bool {
    let Some(inside) = before.strip_suffix(b">") else { return false };
    let begin = inside.len() - inside.iter().rev().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
    let Some((outside, name)) = inside.split_at_checked(begin) else { return false };
    outside.ends_with(b"<") && (name.iter().all(u8::is_ascii_digit) || words::is_time_key(name))
}

/// Whether `before`, which ends in a colon, labels the line: a severity (`INFO: 2026-…`), a number (Cisco), a program
/// with its process (`sshd[17]: 2026-…`).
fn is_label(before: &[u8]) -> bool {
    let colons = before.iter().rev().take_while(|b| **b == b':').count();
    let Some(label) = before.get(..before.len() - colons).filter(|_| colons > 0) else { return false };
    let begin = label.len() - label.iter().rev().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
    match label.split_at_checked(begin) {
        Some(([.., b']'], [])) => is_preamble(label, false),
        Some(([] | [.., b'>'], word)) if word.iter().all(u8::is_ascii_digit) => !word.is_empty(),
        Some((_, word)) => words::is_level(word),
        None => false,
    }
}

/// Whether `before` reads like what loggers write ahead of a time: any first word, then addresses, numbers, severities,
/// capitals, brackets. Prose and rows of data do not; a time in brackets may follow anything but a word that gives it
/// another meaning.
fn is_preamble(before: &[u8], bracketed: bool) -> bool {
    let mut tokens = before.split(u8::is_ascii_whitespace).filter(|token| !token.is_empty());
    let Some(first) = tokens.next() else { return true };
    let last = tokens.clone().next_back().unwrap_or(first);
    if words::is_not_now(trim(last)) {
        return false;
    }
    if bracketed || is_address(first) {
        return true;
    }
    !first.iter().any(|b| matches!(b, b'=' | b'?' | b'&' | b',')) && tokens.all(is_preamble_token)
}

/// Whether `before` begins a request as Rails tells of it, which has no other time: `Started POST "/login" for
/// 203.0.113.7 at`, and of old `Processing SessionsController#create (for 203.0.113.7 at`.
fn is_request(before: &[u8]) -> bool {
    let Some(client) = before.strip_suffix(b" at") else { return false };
    let begin = client.iter().rposition(|b| *b == b' ').unwrap_or(0);
    let (told, client) = client.split_at(begin);
    let verb = |rest: &[u8]| rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let started = told.strip_prefix(b"Started ").is_some_and(|rest| verb(rest) > 2 && told.ends_with(b"\" for"));
    (started || told.starts_with(b"Processing ") && told.ends_with(b" (for")) && is_address(client.trim_ascii())
}

fn is_preamble_token(token: &[u8]) -> bool {
    let capitals = || token.iter().all(|b| !b.is_ascii_lowercase() && !matches!(b, b'=' | b'@' | b'?' | b','));
    token.starts_with(b"[") || token.ends_with(b"]") || capitals() || words::is_level(trim(token))
}

/// An IPv4 or IPv6 address: the line is an access log.
fn is_address(token: &[u8]) -> bool {
    let marks = token.iter().filter(|b| matches!(b, b'.' | b':')).count();
    marks >= 2 && token.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
}

fn trim(token: &[u8]) -> &[u8] {
    let begin = token.iter().position(|b| in_word(*b)).unwrap_or(token.len());
    let end = token.iter().rposition(|b| in_word(*b)).map_or(begin, |last| last + 1);
    token.get(begin..end).unwrap_or_default()
}
