//! The address that a request came from, where the record tells it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::rule::Vocabulary;

/// How far into a record the address is looked for, in bytes.
const REACH: usize = 4 << 10;

/// The longest address as text, and the longest key before one, in bytes.
const ADDRESS_BYTES: usize = 45;
const KEY_BYTES: usize = 40;

/// The client's address: what a proxy says that it forwarded for, else the first address under a key of clients, behind
/// `from`, or where access logs have it. Not the machine itself.
pub fn client(words: &Vocabulary, record: &[u8]) -> Option<IpAddr> {
    let text = &record[..record.len().min(REACH)];
    let (mut first, mut behind) = (None, 0);
    for at in memchr::memchr2_iter(b'.', b':', text) {
        if at < behind {
            continue;
        }
        let Some((span, address)) = address(text, at) else { continue };
        behind = span.end;
        if address.is_loopback() || address.is_unspecified() {
            continue;
        }
        let key = key_before(text, span.start);
        if words.is_forwarded(&text[key.clone()]) {
            return Some(address);
        }
        if first.is_none() && (words.is_client(&text[key]) || leads(text, &span)) {
            first = Some(address);
        }
    }
    first
}

/// The address whose first separator stands at `at`.
fn address(text: &[u8], at: usize) -> Option<(Range<usize>, IpAddr)> {
    let part: fn(u8) -> bool = match text[at] {
        b'.' => |b| b.is_ascii_digit() || b == b'.',
        _ => |b| b.is_ascii_hexdigit() || b == b':' || b == b'.',
    };
    let next = text.get(at + 1).copied().unwrap_or(0);
    if !(part(next) && (at > 0 && part(text[at - 1]) || next == b':')) {
        return None;
    }
    let (low, high) = (at.saturating_sub(ADDRESS_BYTES), text.len().min(at + ADDRESS_BYTES));
    let start = text[low..at].iter().rposition(|b| !part(*b)).map_or(low, |i| low + i + 1);
    let mut end = text[at..high].iter().position(|b| !part(*b)).map_or(high, |i| at + i);
    // The end of a sentence, and the colon before a port or a text.
    while end > start && matches!(text[end - 1], b'.' | b':') && !text[..end].ends_with(b"::") {
        end -= 1;
    }
    let alone = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-' | b'.'));
    if !alone(start.checked_sub(1).and_then(|i| text.get(i))) || text.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let shown = std::str::from_utf8(&text[start..end]).ok()?;
    let parsed = match text[at] {
        b'.' => shown.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        _ => shown.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical()),
    };
    parsed.map(|address| (start..end, address))
}

/// The key, or the word, before an address.
fn key_before(text: &[u8], start: usize) -> Range<usize> {
    let low = start.saturating_sub(6);
    let end = text[low..start].iter().rposition(|b| !b"\"'=: \t[(\\/>".contains(b)).map_or(low, |i| low + i + 1);
    if end == start {
        return 0..0;
    }
    let low = end.saturating_sub(KEY_BYTES);
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    text[low..end].iter().rposition(|b| !part(b)).map_or(low, |i| low + i + 1)..end
}

/// Whether the address stands where access logs have the client's: first, or before what it asked for.
fn leads(text: &[u8], span: &Range<usize>) -> bool {
    let rest = &text[span.end..];
    let before_request = rest.starts_with(b" - ") || rest.starts_with(b" \"");
    before_request || span.start == 0 && matches!(rest.first(), Some(b' ' | b',' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    #[test]
    fn the_client_is_told_from_servers_versions_and_times() {
        let rules = RuleSet::builtin().unwrap();
        for (record, want) in [
            ("192.0.2.7 - - [12/Mar/2026:10:00:00 +0000] \"GET / HTTP/1.1\"", Some("192.0.2.7")),
            ("shop.example.com:443 192.0.2.7 - wren [12/Mar/2026:10:00:00 +0000]", Some("192.0.2.7")),
            ("2026-03-12T10:00:00Z 192.0.2.7 \"POST /login HTTP/1.1\"", Some("192.0.2.7")),
            ("Failed password for wren from 192.0.2.7 port 4022 ssh2", Some("192.0.2.7")),
            ("authentication failure; rhost=2001:db8:0:1::7  user=wren", Some("2001:db8:0:1::7")),
            ("{\"client_ip\":\"2001:db8::7\",\"user\":\"wren\"}", Some("2001:db8::7")),
            ("remoteAddr=/192.0.2.7:53144 user=wren", Some("192.0.2.7")),
            ("[error] [client 192.0.2.7:40112] login", Some("192.0.2.7")),
            ("imap-login: rip=192.0.2.7, lip=198.51.100.1", Some("192.0.2.7")),
            ("imap-login: lip=198.51.100.1, rip=192.0.2.7", Some("192.0.2.7")),
            ("from 10.0.0.4: X-Forwarded-For: 192.0.2.7, 10.0.0.1", Some("192.0.2.7")),
            ("addr=::ffff:192.0.2.7 user=wren", Some("192.0.2.7")),
            ("from 192.0.2.7.", Some("192.0.2.7")),
            ("server_ip=198.51.100.1 user=wren", None),
            ("connect to 198.51.100.1 as wren", None),
            ("from 127.0.0.1 port 22", None),
            ("Chrome/120.0.0.0 from somewhere 10:00:00", None),
            ("ip=1.2.3 version 1.2.3.4.5", None),
            ("10:00:00.123 from: wren::x", None),
            ("", None),
        ] {
            let found = client(rules.vocabulary(), record.as_bytes()).map(|address| address.to_string());
            assert_eq!(found.as_deref(), want, "{record}");
        }
    }
}
