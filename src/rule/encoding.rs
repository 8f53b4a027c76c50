//! What announces a password inside text that is encoded as a whole: the encoded forms of the words of its keys.
//!
//! Only characters that the word alone determines may stand in a trigger: in base64 those at its edges share their bits
//! with whatever stands beside it, and a word looks different at each of the three places of a group.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::trigger::{Case, Finder};
use crate::terms::Layer;

/// How the text around a hit is encoded, and what of that the hit tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// Base64. The hit begins at this place, 0 to 3, of a group of four characters.
    Base64(u8),
    /// Base64 of gzip or zlib: the hit is its beginning, a quote before it included.
    Packed,
    /// Base64 of UTF-16 behind the option that the hit is the beginning of.
    Command,
    /// Hexadecimal digits of text. The hit begins with the first digit of a byte.
    Hex,
    /// Hexadecimal digits of the words of a command with NUL between them, behind the hit.
    Title,
    /// The words of a command as numbered fields, each quoted or in hexadecimal digits, behind the hit.
    Arguments,
    /// Hexadecimal digits of what was typed into a terminal, in the line behind the hit.
    Keystrokes,
    /// Lines of an offset, hexadecimal bytes and the same as text.
    HexDump,
    /// Decimal character codes with commas between them.
    CharCodes,
    /// UTF-16 of either byte order.
    Utf16,
    /// Every character is escaped.
    Escaped(Layer),
    /// The letters of another script are escaped, as programs do whose JSON is ASCII.
    Letters,
}

/// Beginnings of English words for passwords that say enough alone.
const STEMS: [&str; 3] = ["passw", "passp", "passc"];

/// Shorter words, with what ends a key behind them.
const KEYS: [&str; 4] = ["pass\"", "pass=", "pwd\"", "pwd="];

/// What the prefilter looks for in encoded text.
pub(super) fn triggers() -> Vec<(Vec<u8>, Case, Finder)> {
    let mut all = Vec::new();
    let mut add = |text: Vec<u8>, case: Case, encoding: Encoding| all.push((text, case, Finder::Encoded(encoding)));
    for word in STEMS.iter().chain(&KEYS).flat_map(|word| cases(word)) {
        for (text, place) in base64_forms(word.as_bytes()) {
            add(text, Case::Exact, Encoding::Base64(place));
        }
    }
    for word in ["pass", "Pass", "pwd"] {
        for (text, place) in base64_forms(&utf16(word)) {
            add(text, Case::Exact, Encoding::Base64(place));
        }
    }
    for start in ["H4sI", "\"eJw", "\"eJx", "\"eJy", "\"eJz"] {
        add(start.into(), Case::Exact, Encoding::Packed);
    }
    add(b"-enc".to_vec(), Case::Any, Encoding::Command);
    for word in ["pass", "Pass", "PASS", "pwd=", "PWD=", "pwd\""] {
        add(hex(word.as_bytes()), Case::Any, Encoding::Hex);
    }
    for word in ["pass", "pwd"] {
        add(hex(&utf16(word)), Case::Any, Encoding::Hex);
    }
    add(b"proctitle=".to_vec(), Case::Exact, Encoding::Title);
    add(b" argc=".to_vec(), Case::Exact, Encoding::Arguments);
    add(b"TTY msg=".to_vec(), Case::Exact, Encoding::Keystrokes);
    // A word of eight letters that a line's end divides keeps one of these whole.
    for word in ["ass", "ASS", "ord", "pwd"] {
        for text in dump_forms(word.as_bytes()) {
            add(text, Case::Any, Encoding::HexDump);
        }
    }
    for word in ["ass", "ASS", "pwd"] {
        let codes: Vec<String> = word.bytes().map(|b| b.to_string()).collect();
        add(codes.join(",").into_bytes(), Case::Exact, Encoding::CharCodes);
        add(codes.join(", ").into_bytes(), Case::Exact, Encoding::CharCodes);
    }
    // The end of a line in either byte order, so that every trigger is looked for in the decoded text; and the words,
    // for strings that stand alone in other bytes.
    for text in [&b"\0\n\0"[..], b"p\0a\0s\0s", b"p\0w\0d"] {
        add(text.to_vec(), Case::Any, Encoding::Utf16);
    }
    for (text, layer) in [
        ("%61%73%73", Layer::Percent),
        ("\\x61\\x73\\x73", Layer::Json),
        ("\\u0061\\u0073\\u0073", Layer::Json),
        ("&#97;&#115;&#115;", Layer::Html),
        ("&#x61;&#x73;&#x73;", Layer::Html),
    ] {
        add(text.into(), Case::Any, Encoding::Escaped(layer));
    }
    all
}

/// What the prefilter looks for besides where escapes may stand in a trigger of `triggers`, or in one of `words`.
pub(super) fn escaped<'w>(
    triggers: &[(Vec<u8>, Case, Finder)],
    words: impl Iterator<Item = &'w [u8]>,
) -> Vec<(Vec<u8>, Case, Finder)> {
    let mut all: Vec<(Vec<u8>, Case, Finder)> = Vec::new();
    for (text, case, finder) in triggers {
        if !matches!(finder, Finder::Pattern(_) | Finder::Dialogue(..)) {
            continue;
        }
        for marks in FORMS {
            let mut form = Vec::with_capacity(3 * text.len());
            for &byte in text {
                match marks.iter().find(|(plain, _)| *plain == byte) {
                    Some((_, mark)) => form.extend_from_slice(mark.as_bytes()),
                    None => form.push(byte),
                }
            }
            if form != *text {
                all.push((form, *case, *finder));
            }
        }
    }
    for word in words {
        let Ok(word) = std::str::from_utf8(word) else { continue };
        if word.is_ascii() {
            continue;
        }
        // Without its first letter, which may be a capital; a short word has the same letters in either case.
        let rest = &word[word.chars().next().map_or(0, char::len_utf8)..];
        let shown = if rest.chars().count() >= 3 && !rest.is_ascii() { rest } else { word };
        let mut units = [0; 2];
        let json = |c: char| c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let json: String = shown.chars().map(escape_with(json)).collect();
        let percent = |c: char| c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
        let percent: String = shown.chars().map(escape_with(percent)).collect();
        all.push((json.into_bytes(), Case::Any, Finder::Encoded(Encoding::Letters)));
        all.push((percent.into_bytes(), Case::Any, Finder::Encoded(Encoding::Escaped(Layer::Percent))));
    }
    all.sort();
    all.dedup();
    let mut known: Vec<_> = triggers.iter().collect();
    known.sort_unstable();
    all.retain(|trigger| known.binary_search(&trigger).is_err());
    all
}

/// What escapes make of the characters that triggers hold: in a query or a form, in a string, in a page.
const FORMS: [&[(u8, &str)]; 8] = [
    &[(b' ', "%20"), (b'\'', "%27"), (b'"', "%22"), (b'=', "%3D")],
    &[(b' ', "+"), (b'\'', "%27"), (b'"', "%22"), (b'=', "%3D")],
    &[(b'/', "\\/")],
    &[(b'\'', "\\u0027"), (b'"', "\\u0022")],
    &[(b'"', "\\\"")],
    &[(b'\'', "&#39;"), (b'"', "&quot;")],
    &[(b'\'', "&#039;"), (b'"', "&#34;")],
    &[(b'\'', "&#x27;"), (b'"', "&#x22;")],
];

/// Leaves ASCII as it is.
fn escape_with(mut escape: impl FnMut(char) -> String) -> impl FnMut(char) -> String {
    move |c| if c.is_ascii() { c.to_string() } else { escape(c) }
}

/// The word as it is written in keys: `pass`, `Pass`, `PASS`.
fn cases(word: &str) -> [String; 3] {
    let (first, rest) = word.split_at(1);
    [word.to_owned(), first.to_uppercase() + rest, word.to_uppercase()]
}

/// The characters of base64 that `word` determines at each of the three places of a group, and the place of the first.
fn base64_forms(word: &[u8]) -> [(Vec<u8>, u8); 3] {
    [0, 1, 2].map(|before| {
        let mut bytes = vec![0; before];
        bytes.extend(word);
        let text = STANDARD_NO_PAD.encode(&bytes).into_bytes();
        let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        (text[first..end].to_vec(), first as u8 % 4)
    })
}

fn utf16(word: &str) -> Vec<u8> {
    word.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// Bytes of a dump: each apart, or in pairs, of which either may begin.
fn dump_forms(word: &[u8]) -> Vec<Vec<u8>> {
    let digits = hex(word);
    let forms = [[2, 4], [4, 6], [2, 6]];
    forms
        .iter()
        .map(|blanks| {
            let mut text = Vec::new();
            for (i, &digit) in digits.iter().enumerate() {
                if blanks.contains(&i) {
                    text.push(b' ');
                }
                text.push(digit);
            }
            text
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_at_every_place_of_base64_whatever_stands_beside_it() {
        for (before, after) in [("", "x"), ("a", "y\n"), ("~~", ""), ("é", "é"), ("{\"user\":1,", "\":2}")] {
            for word in ["passw", "pwd="] {
                let text = STANDARD_NO_PAD.encode(format!("{before}{word}{after}"));
                let forms = base64_forms(word.as_bytes());
                let hit =
                    forms.iter().find_map(|(form, place)| Some((memchr::memmem::find(text.as_bytes(), form)?, *place)));
                let (at, place) = hit.unwrap();
                assert_eq!(at % 4, usize::from(place), "{before:?} {word:?}");
            }
        }
    }

    #[test]
    fn bytes_of_a_dump_stand_apart_or_in_pairs() {
        let forms: Vec<String> = dump_forms(b"ass").into_iter().map(|f| String::from_utf8(f).unwrap()).collect();
        assert_eq!(forms, ["61 73 73", "6173 73", "61 7373"]);
    }

    #[test]
    fn triggers_are_long_enough_to_be_rare() {
        for (text, _, finder) in triggers() {
            let shortest = if finder == Finder::Encoded(Encoding::Utf16) { 3 } else { 4 };
            assert!(text.len() >= shortest, "{finder:?}");
        }
    }
}
