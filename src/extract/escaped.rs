//! Strings whose escapes hide what a pattern would match: which layer is to be peeled off first.
//!
//! A command, a statement or a header is logged inside a string of JSON, a query or a page as often as bare. What a
//! pattern finds there as written may miss its ends or hold escapes, so it is asked again inside. Only what stands near
//! the hit is looked at, and nothing at all where no escape does.

use crate::limits::{LAYERS, PATTERN_BEFORE, PATTERN_BEHIND};
use crate::record::view::{View, backslash, html, percent, run_around};
use crate::terms::Layer;

/// The layer of escapes that the text around `at` is written in, if its escapes are on the line of `at` and near.
pub fn layer(text: &[u8], at: usize) -> Option<Layer> {
    let (low, high) = near(text, at);
    let line = &text[low..high];
    memchr::memchr3(b'\\', b'%', b'&', line)?;
    let at = at - low;
    if in_string(line, at, low > 0 && text[low - 1] != b'\n') {
        return Some(Layer::Json);
    }
    if begins(line, b'&', html) {
        return Some(Layer::Html);
    }
    let run = run_around(line, at, |b| !b.is_ascii_whitespace() && !b"\"'<>&=".contains(&b));
    begins(&line[run], b'%', percent).then_some(Layer::Percent)
}

/// Whether `says` holds of the text around `at` with its layers peeled off, one after the other.
pub fn any(text: &[u8], at: usize, says: impl Fn(&[u8], usize) -> bool) -> bool {
    let low = at.saturating_sub(PATTERN_BEFORE);
    let shown = &text[low..text.len().min(at + PATTERN_BEHIND)];
    let (mut at, mut inner): (usize, Option<View<'static>>) = (at - low, None);
    for _ in 0..LAYERS {
        let now = inner.as_ref().map_or(shown, View::text);
        let Some(layer) = layer(now, at) else { return false };
        let peeled = match &inner {
            None => View::root(shown, 0).peel(layer, at),
            Some(view) => view.peel(layer, at),
        };
        let Some(peeled) = peeled else { return false };
        at = peeled.find_origin(inner.as_ref().map_or(at, |view| view.origin(at)));
        if at >= peeled.text().len() {
            return false;
        }
        if says(peeled.text(), at) {
            return true;
        }
        inner = Some(peeled);
    }
    false
}

/// Where the string closes that `at` of a line stands in, where it is the value of a field or the item of a list.
pub fn string_end(line: &[u8], at: usize) -> Option<usize> {
    let open = memchr::memrchr(b'"', &line[..at])?;
    let before = line[..open].trim_ascii_end();
    if !before.last().is_some_and(|b| b":=,[".contains(b)) || open + 1 != at && line[open + 1..at].contains(&b'\\') {
        return None;
    }
    let close = at + memchr::memchr(b'"', &line[at..])?;
    let behind = line[close + 1..].trim_ascii_start().first();
    (line[close - 1] != b'\\' && behind.is_none_or(|b| b",}]".contains(b))).then_some(close)
}

/// Whether text holds an escape of any kind.
pub fn holds_escape(text: &[u8]) -> bool {
    text.contains(&b'\\') || begins(text, b'&', html) || begins(text, b'%', percent)
}

/// The line of `at`, as far as a pattern may look.
fn near(text: &[u8], at: usize) -> (usize, usize) {
    let low = at.saturating_sub(PATTERN_BEFORE);
    let low = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |i| low + i + 1);
    let limit = text.len().min(at + PATTERN_BEHIND);
    (low, memchr::memchr(b'\n', &text[at..limit]).map_or(limit, |i| at + i))
}

fn begins(text: &[u8], mark: u8, escape: crate::record::view::Escape) -> bool {
    memchr::memchr_iter(mark, text).any(|i| escape(text, i).is_some())
}

/// Whether `at` stands in a string literal that is written with backslashes. `cut` where the line begins before `line`.
fn in_string(line: &[u8], at: usize, cut: bool) -> bool {
    if memchr::memchr(b'\\', line).is_none() {
        return false;
    }
    let escaped = |i: usize| line[..i].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1;
    let open = memchr::memrchr_iter(b'"', &line[..at]).find(|&i| !escaped(i));
    let valued = match open {
        // A quote that closes a string stands behind a letter.
        Some(open) => {
            let before = &line[..open];
            if !before.last().is_none_or(|b| b":=,[({ \t>|".contains(b)) {
                return false;
            }
            let before = before.trim_ascii_end();
            before.ends_with(b"\":") || before.ends_with(b"[") || before.ends_with(b",")
        }
        None if cut => true,
        None => return false,
    };
    let start = open.map_or(0, |i| i + 1);
    let end = memchr::memchr_iter(b'"', &line[at..]).map(|i| at + i).find(|&i| !escaped(i));
    // Where the record ends first, its last escape may be cut.
    let inside = &line[start..end.unwrap_or(line.len())];
    let (mut i, mut plain) = (0, false);
    while let Some(next) = memchr::memchr(b'\\', &inside[i..]) {
        i += next;
        match backslash(inside, i) {
            Some((_, length)) => {
                plain |= matches!(inside.get(i + 1), Some(b'"' | b'\\' | b'/' | b'u'));
                i += length;
            }
            None if end.is_none() && inside.len() - i < 6 => break,
            // A path of Windows is no escape, and neither is anything beside it.
            None => return false,
        }
    }
    i > 0 && (plain || valued)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_escapes_around_the_hit_are_layers() {
        for (text, layered) in [
            (r#"{"log":"a\nHIT b"}"#, Some(Layer::Json)),
            (r#"sh -c "HIT \"b c\"""#, Some(Layer::Json)),
            (r#"{"log":"HIT C:\\x"}"#, Some(Layer::Json)),
            (r#"CommandLine="HIT \\srv\x y""#, None),
            (r#"CommandLine="HIT corp\niels""#, None),
            (r#"{"a":"x\n","b":1} HIT c"#, None),
            ("HIT -p'a\\nb'", None),
            ("cmd=HIT%20b&x=1", Some(Layer::Percent)),
            ("cmd=HIT&x=%20", None),
            ("HIT a=%20", None),
            ("<td>HIT &quot;b&quot;</td>", Some(Layer::Html)),
            ("HIT a && b & c", None),
        ] {
            assert_eq!(layer(text.as_bytes(), text.find("HIT").unwrap()), layered, "{text}");
        }
    }

    #[test]
    fn layers_are_peeled_one_after_the_other() {
        let text = br#"{"m":"{\"cmd\":\"x\\nHIT \\\"b\\\"\"}"}"#;
        let at = memchr::memmem::find(text, b"HIT").unwrap();
        assert!(any(text, at, |shown, at| shown[at..].starts_with(br#"HIT "b""#) && shown[at - 1] == b'\n'));
        assert!(!any(text, at, |shown, _| shown.starts_with(b"nowhere")));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_it(text in proptest::collection::vec(proptest::sample::select(
            b"\\\"'%&=;#x40u0\n:,aF ".to_vec()), 0..80), at in 0usize..80) {
            let at = at.min(text.len());
            let _ = layer(&text, at);
            let _ = any(&text, at, |shown, at| at > shown.len());
        }
    }
}
