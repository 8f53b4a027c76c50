//! What text that is encoded as a whole says: the token around a hit, decoded.

use std::io::Read;
use std::ops::Range;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::view::{base64_bytes, hex};
use super::{audit, dump, utf16};
use crate::limits::{DECODED_BYTES, RECORD_BYTES};
use crate::rule::Encoding;
use crate::terms::Layer;

/// Bytes that one byte of a token may unpack to: far more than text does, far less than a bomb.
const EXPANSION: usize = 128;

/// The shortest text that is worth a search, in bytes.
const SHORTEST: usize = 6;

/// Text that was a token.
pub struct Decoded {
    /// The token.
    pub span: Range<usize>,
    /// What it says.
    pub text: Vec<u8>,
    /// For each byte where it stands, where that can be told.
    pub places: Option<Vec<usize>>,
    /// What was undone, outermost first.
    pub layers: Vec<Layer>,
}

/// Whether the text around a hit may be what it announces. Cheap; nearly always right.
pub fn is_plausible(text: &[u8], at: usize, encoding: Encoding) -> bool {
    match encoding {
        Encoding::Base64(place) => {
            let near = &text[..text.len().min(at + 32)];
            base64(near, at, place, 32).is_some()
        }
        Encoding::Packed => packed_token(text, at).len() >= 24,
        Encoding::Command => command_token(text, at).is_some(),
        Encoding::HexDump => dump::is_byte(text, at),
        Encoding::Title => audit::title(text, at).is_some(),
        Encoding::CharCodes => codes_around(text, at).len() >= 16,
        _ => true,
    }
}

/// Decodes the token around the hit at `at`. At most `budget` bytes are made. None where nothing readable is there.
pub fn decode(text: &[u8], at: usize, encoding: Encoding, budget: usize) -> Option<Decoded> {
    let budget = budget.min(DECODED_BYTES);
    match encoding {
        Encoding::Base64(place) => base64(text, at, place, RECORD_BYTES.min(budget)),
        Encoding::Packed => packed(text, at, budget),
        Encoding::Command => {
            let span = command_token(text, at)?;
            let bytes = base64_bytes(&text[span.clone()])?;
            let wide = utf16::decode(&bytes, 0)?;
            Some(Decoded { span, text: wide.text, places: None, layers: vec![Layer::Base64, Layer::Utf16] })
        }
        Encoding::Hex => digits(text, at),
        Encoding::Title => audited(audit::title(text, at)?),
        Encoding::Arguments => audited(audit::arguments(text, at)?),
        Encoding::Keystrokes => audited(audit::keystrokes(text, at)?),
        Encoding::HexDump => {
            let dump = dump::around(text, at)?;
            let (span, places) = (dump.span, Some(dump.places));
            Some(Decoded { span, text: dump.bytes, places, layers: vec![Layer::Hex] })
        }
        Encoding::CharCodes => codes(text, at),
        Encoding::Utf16 => {
            let wide = utf16::decode(text, text[at..].iter().position(|&b| b != 0)? + at)?;
            let places = wide.places.into_iter().map(|place| place as usize).collect();
            Some(Decoded { span: wide.span, text: wide.text, places: Some(places), layers: vec![Layer::Utf16] })
        }
        Encoding::Escaped(_) | Encoding::Letters => None,
    }
}

fn audited(audited: audit::Audited) -> Option<Decoded> {
    let layers = if audited.hex { vec![Layer::Hex] } else { Vec::new() };
    (audited.text.len() >= SHORTEST).then_some(Decoded { span: audited.span, text: audited.text, places: None, layers })
}

/// The token of base64 around `at`, at most `reach` characters to either side. `place` is that of `at` in its group of
/// four, so that a path before the token does not matter.
fn base64(text: &[u8], at: usize, place: u8, reach: usize) -> Option<Decoded> {
    let run = run_around(text, at, reach, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'));
    let place = usize::from(place);
    let start = match at.checked_sub(place).filter(|&start| start >= run.start) {
        Some(start) => start - (start - run.start) / 4 * 4,
        None => at + 4 - place,
    };
    let span = start..run.end;
    if span.is_empty() {
        return None;
    }
    let bytes = base64_bytes(&text[span.clone()])?;
    let hit = (at.max(start) - start) * 6 / 8;
    let (text, mut layers) = readable(&bytes, hit.min(bytes.len().checked_sub(1)?))?;
    layers.insert(0, Layer::Base64);
    Some(Decoded { span, text, places: None, layers })
}

/// The hexadecimal digits around `at`, where a byte begins.
fn digits(text: &[u8], at: usize) -> Option<Decoded> {
    let run = run_around(text, at, RECORD_BYTES, |b| b.is_ascii_hexdigit());
    let start = at - (at - run.start) / 2 * 2;
    let span = start..run.end - (run.end - start) % 2;
    let bytes = hex(&text[span.clone()])?;
    let (text, mut layers) = readable(&bytes, (at - start) / 2)?;
    layers.insert(0, Layer::Hex);
    Some(Decoded { span, text, places: None, layers })
}

/// `108,111,103` around `at`; Java's bytes are signed.
fn codes(text: &[u8], at: usize) -> Option<Decoded> {
    let span = codes_around(text, at);
    let mut bytes = Vec::with_capacity(span.len() / 3);
    let (mut hit, mut place) = (0, span.start);
    let mut utf8 = [0; 4];
    for number in text[span.clone()].split(|&b| b == b',') {
        if place <= at {
            hit = bytes.len();
        }
        place += number.len() + 1;
        let number = number.trim_ascii();
        if number.is_empty() {
            continue;
        }
        match std::str::from_utf8(number).ok()?.parse::<i32>().ok()? {
            code @ -128..=255 => bytes.push(code as u8),
            code => bytes.extend(char::from_u32(code as u32)?.encode_utf8(&mut utf8).as_bytes()),
        }
    }
    let (text, mut layers) = readable(&bytes, hit)?;
    layers.insert(0, Layer::CharCodes);
    Some(Decoded { span, text, places: None, layers })
}

fn codes_around(text: &[u8], at: usize) -> Range<usize> {
    run_around(text, at, RECORD_BYTES, |b| b.is_ascii_digit() || matches!(b, b',' | b' ' | b'-'))
}

/// The token behind the quote at `at`, or at `at` itself.
fn packed_token(text: &[u8], at: usize) -> Range<usize> {
    let start = at + usize::from(text[at] == b'"');
    let rest = &text[start..text.len().min(start + 4 * RECORD_BYTES)];
    start..start + rest.iter().position(|&b| !super::view::is_base64(b)).unwrap_or(rest.len())
}

/// Base64 of gzip or zlib. What unpacks before a fault or the budget's end is read all the same.
fn packed(text: &[u8], at: usize, budget: usize) -> Option<Decoded> {
    let span = packed_token(text, at);
    let bytes = base64_bytes(&text[span.clone()])?;
    let most = budget.min(span.len() * EXPANSION) as u64;
    let mut out = Vec::new();
    // A fault ends the text where it stands: tokens are cut in logs.
    let _ = match bytes.first()? {
        0x1f => MultiGzDecoder::new(&*bytes).take(most).read_to_end(&mut out),
        _ => ZlibDecoder::new(&*bytes).take(most).read_to_end(&mut out),
    };
    (out.len() >= SHORTEST).then_some(Decoded {
        span,
        text: out,
        places: None,
        layers: vec![Layer::Base64, Layer::Gzip],
    })
}

/// The token behind `-enc`, `-EncodedCommand`.
fn command_token(text: &[u8], at: usize) -> Option<Range<usize>> {
    let option = at + 1 + text[at + 1..].iter().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    let gap = text[option..].iter().take(8).take_while(|b| matches!(b, b' ' | b'"' | b'\'' | b'\\' | b'^')).count();
    let start = option + gap;
    let rest = &text[start..text.len().min(start + RECORD_BYTES)];
    let end = start + rest.iter().position(|&b| !super::view::is_base64(b)).unwrap_or(rest.len());
    (gap > 0 && end - start >= 16).then_some(start..end)
}

/// The text around byte `hit` of decoded bytes: of UTF-16, or of bytes without control characters that are mostly UTF-8.
fn readable(bytes: &[u8], hit: usize) -> Option<(Vec<u8>, Vec<Layer>)> {
    let letter = hit + usize::from(bytes.get(hit) == Some(&0));
    if bytes.get(letter + 1) == Some(&0) && bytes.get(letter + 3) == Some(&0) {
        return utf16::decode(bytes, letter).map(|wide| (wide.text, vec![Layer::Utf16]));
    }
    let stretch = run_around(bytes, hit, bytes.len(), |b| !b.is_ascii_control() || matches!(b, b'\t' | b'\n' | b'\r'));
    let mut text = &bytes[stretch.clone()];
    let strange = text.utf8_chunks().map(|chunk| chunk.invalid().len()).sum::<usize>();
    if strange * 10 > text.len() {
        // Bytes of something else beside the text: what is valid around the hit.
        let mut start = stretch.start;
        for chunk in bytes[stretch].utf8_chunks() {
            let end = start + chunk.valid().len();
            if end > hit {
                text = &bytes[start..end];
                break;
            }
            start = end + chunk.invalid().len();
        }
    }
    (text.len() >= SHORTEST).then(|| (text.to_vec(), Vec::new()))
}

/// The run of wanted bytes around `at`, at most `reach` to either side.
fn run_around(text: &[u8], at: usize, reach: usize, wanted: impl Fn(u8) -> bool) -> Range<usize> {
    let low = at.saturating_sub(reach);
    let high = text.len().min(at.saturating_add(reach));
    let start = text[low..at].iter().rposition(|&b| !wanted(b)).map_or(low, |i| low + i + 1);
    let end = text[at..high].iter().position(|&b| !wanted(b)).map_or(high, |i| at + i);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, hit: &str, encoding: Encoding) -> Option<String> {
        let at = text.find(hit).unwrap();
        assert!(is_plausible(text.as_bytes(), at, encoding));
        decode(text.as_bytes(), at, encoding, 1 << 20).map(|d| String::from_utf8_lossy(&d.text).into_owned())
    }

    #[test]
    fn a_token_is_read_whatever_stands_before_it() {
        // {"u":"ann","password":"Quince 19"}
        let token = "eyJ1IjoiYW5uIiwicGFzc3dvcmQiOiJRdWluY2UgMTkifQ";
        for text in [token.to_owned(), format!("/v1/{token}/x"), format!("/api/{token}.c2ln"), format!("d={token}==&x")]
        {
            let plain = said(&text, "GFzc3dvcm", Encoding::Base64(1)).unwrap();
            assert!(plain.contains(r#""password":"Quince 19"}"#), "{text}: {plain}");
        }
    }

    #[test]
    fn bytes_around_a_text_are_left_out() {
        let text = "fe0102706173733d7175696e6365000102";
        assert_eq!(said(text, "70617373", Encoding::Hex).unwrap(), "pass=quince");
        assert_eq!(
            said("[0, 112, 97, 115, 115, 61, 120, -61, -91]", "97, 115", Encoding::CharCodes).unwrap(),
            "pass=xå"
        );
        assert_eq!(said("70006100730073003d007800", "7000", Encoding::Hex).unwrap(), "pass=x");
    }

    #[test]
    fn a_bomb_is_cut() {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b'x'; 8 << 20]).unwrap();
        let bomb = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, packer.finish().unwrap());
        let decoded = decode(bomb.as_bytes(), 0, Encoding::Packed, usize::MAX).unwrap();
        assert!(decoded.text.len() <= DECODED_BYTES && decoded.text.len() <= bomb.len() * EXPANSION);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_it(text in proptest::collection::vec(proptest::sample::select(
            b"aGFzcp=-enc \"H4sIeJw0x17,%\x00\n|:".to_vec()), 1..120), at in 0usize..120) {
            let at = at.min(text.len() - 1);
            for encoding in [Encoding::Base64(0), Encoding::Base64(3), Encoding::Packed, Encoding::Command, Encoding::Hex,
                             Encoding::Title, Encoding::Arguments, Encoding::Keystrokes, Encoding::HexDump,
                             Encoding::CharCodes, Encoding::Utf16] {
                is_plausible(&text, at, encoding);
                if let Some(decoded) = decode(&text, at, encoding, 1 << 16) {
                    proptest::prop_assert!(decoded.span.end <= text.len() && decoded.span.start <= decoded.span.end);
                }
            }
        }
    }
}
