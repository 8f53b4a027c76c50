//! UTF-16 inside bytes: which byte order, where it begins and ends, and what it says.
//!
//! Letters of ASCII stand between zeros in either byte order, so a short text reads the same in both and only its ends
//! and its other letters tell them apart.

use std::ops::Range;

/// Bytes to either side that decide about the byte order. Constant, so that every split of the input decides alike.
const NEAR: usize = 256;

/// So many units in a row whose bytes are both printable ASCII are ASCII, not UTF-16: text of another encoding begins.
const FOREIGN: usize = 8;

/// One way to read bytes as UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading {
    /// The high byte stands first.
    pub big: bool,
    /// Whether units begin at odd offsets of the member.
    pub odd: bool,
}

/// Text that was UTF-16.
pub struct Wide {
    /// Where it stood.
    pub span: Range<usize>,
    /// As UTF-8.
    pub text: Vec<u8>,
    /// For each byte of `text` where its unit begins.
    pub places: Vec<u32>,
}

impl Reading {
    /// The reading in which the byte at `letter` is a low byte, as far as the text around tells. `offset` is where `bytes`
    /// begin in the member: where nothing tells, text is aligned.
    pub fn around(bytes: &[u8], letter: usize, offset: u64) -> Self {
        let letter_odd = (offset + letter as u64) % 2 == 1;
        let ascii = |start: usize, high: usize| {
            let low = start - start.min(NEAR) / 2 * 2;
            let units = bytes[low..bytes.len().min(start + NEAR)].chunks_exact(2);
            units.filter(|unit| unit[high] == 0 && is_ascii_text(unit[1 - high])).count()
        };
        let little = ascii(letter, 1);
        let big = letter.checked_sub(1).map_or(0, |start| ascii(start, 0));
        let big = if little == big { letter_odd } else { big > little };
        Self { big, odd: letter_odd != big }
    }

    /// Whether the text around `at`, where a unit begins, is mostly letters of ASCII.
    pub fn is_likely(self, bytes: &[u8], at: usize) -> bool {
        let low = at - (at.min(32) & !1);
        let units = bytes[low..bytes.len().min(at + 32)].chunks_exact(2);
        units.filter(|unit| unit[usize::from(!self.big)] == 0 && is_ascii_text(unit[usize::from(self.big)])).count()
            >= 4
    }

    /// Where the unit with the byte at `at` begins.
    pub fn unit(self, at: usize, offset: u64) -> usize {
        let odd = (offset + at as u64) % 2 == 1;
        if odd == self.odd { at } else { at.saturating_sub(1) }
    }

    fn read(self, unit: &[u8]) -> u16 {
        let pair = [unit[0], unit[1]];
        if self.big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }

    /// The text around the unit at `at`.
    pub fn run(self, bytes: &[u8], at: usize) -> Range<usize> {
        let ahead = self.reach(bytes[at..].chunks_exact(2));
        let behind = self.reach(bytes[at % 2..at].rchunks_exact(2));
        at - behind..at + ahead
    }

    /// How many bytes of these units are text.
    fn reach<'u>(self, units: impl Iterator<Item = &'u [u8]>) -> usize {
        let (mut count, mut foreign, mut nothing) = (0, 0, false);
        for unit in units {
            let code = self.read(unit);
            let control = code < 0x20 && !matches!(code, 0 | 9 | 10 | 13) || code >= 0xfffe;
            if control || code == 0 && nothing {
                break;
            }
            nothing = code == 0;
            foreign = if unit.iter().all(|byte| (0x20..0x7f).contains(byte)) { foreign + 1 } else { 0 };
            count += 1;
            if foreign == FOREIGN {
                break;
            }
        }
        (count - foreign - usize::from(nothing && count > foreign)) * 2
    }

    /// Decodes `span`. A line that is too long is cut wherever the member's offset, which `offset` tells, is a multiple of
    /// `line` bytes, so that whoever sees but the end of it cuts it at the same places.
    pub fn decode(self, bytes: &[u8], span: Range<usize>, offset: u64, line: usize) -> Wide {
        let mut wide = Wide { span: span.clone(), text: Vec::new(), places: Vec::new() };
        let mut line_start = span.start;
        let mut at = span.start;
        while at + 2 <= span.end {
            let unit = self.read(&bytes[at..]);
            let low = bytes[at..span.end].get(2..4).map(|next| self.read(next));
            let mut chars = char::decode_utf16([unit].into_iter().chain(low));
            let c = chars.next().and_then(Result::ok).unwrap_or('\u{fffd}');
            let cut = (offset + at as u64) / line as u64 != (offset + at as u64 + 2) / line as u64;
            let overlong = cut && at - line_start >= line;
            if c != '\u{feff}' {
                wide.push(c, at);
            }
            at += 2 * c.len_utf16();
            if c == '\n' {
                line_start = at;
            } else if overlong {
                // The line goes on: where it was cut before decides nothing, since another window may not show it.
                wide.push('\n', at);
            }
        }
        wide
    }
}

impl Wide {
    fn push(&mut self, c: char, at: usize) {
        let mut utf8 = [0; 4];
        let utf8 = c.encode_utf8(&mut utf8).as_bytes();
        self.text.extend_from_slice(utf8);
        self.places.extend(utf8.iter().map(|_| at as u32));
    }
}

fn is_ascii_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e)
}

/// The text of `bytes` that are UTF-16 around the letter at `letter`.
pub fn decode(bytes: &[u8], letter: usize) -> Option<Wide> {
    let reading = Reading::around(bytes, letter, 0);
    let at = reading.unit(letter, 0);
    if !reading.is_likely(bytes, at) && bytes.len() > 24 {
        return None;
    }
    let span = reading.run(bytes, at);
    (span.len() >= 8).then(|| reading.decode(bytes, span, 0, usize::MAX / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn both_byte_orders_are_read_to_their_last_letter_wherever_they_stand() {
        for text in ["pwd=x", "user=jörg pwd=€5 😀 ünï", "login=анна pwd=Осень17"] {
            for big in [false, true] {
                for (before, after) in
                    [(&b""[..], &b""[..]), (b"\x01", b"\x02\x02\x02"), (b"\x02\x02", b"plain text of ASCII")]
                {
                    let bytes = [before, &encoded(text, big), after].concat();
                    let letter = memchr::memmem::find(&bytes, b"p\0w\0d").unwrap();
                    let wide = decode(&bytes, letter).unwrap();
                    let shown = String::from_utf8(wide.text).unwrap();
                    assert!(shown.contains(text), "{text} {big} {before:?}: {shown}");
                }
            }
        }
    }

    #[test]
    fn a_long_line_is_cut_where_the_member_says() {
        let bytes = encoded(&"x".repeat(100), false);
        let reading = Reading { big: false, odd: false };
        let cuts = |from: usize| {
            let wide = reading.decode(&bytes, from..200, 0, 40);
            let newlines = wide.text.iter().zip(&wide.places).filter(|(b, _)| **b == b'\n');
            newlines.map(|(_, place)| *place).filter(|&place| place >= 120).collect::<Vec<_>>()
        };
        assert_eq!(cuts(0), [120, 160, 200]);
        for from in (0..80).step_by(2) {
            assert_eq!(cuts(from), cuts(0), "shown from {from}");
        }
    }
}
