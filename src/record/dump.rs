//! Hexadecimal dumps: an offset, sixteen bytes, and the same as text, line by line.
//!
//! As `xxd`, `hexdump -C`, `od -A x -t x1z`, `tcpdump -X`, Wireshark, Netty and wpa_supplicant print them.

use std::ops::Range;

/// Bytes of one line, at most.
const LINE: usize = 32;

/// The longest line, in bytes.
const LINE_BYTES: usize = 160;

/// Lines of a dump without offsets, to either side of the one that was found.
const LINES: usize = 128;

/// A dump is cut where its offset is a multiple of this, so that a long one is several records of the same extent
/// whichever of its lines a hit stands in.
const PIECE: u64 = 2 << 10;

/// The bytes of one line.
struct Line {
    /// The offset that it begins with; none where the dump has none.
    offset: Option<u64>,
    /// Where its pairs of digits stand.
    pairs: Vec<usize>,
}

/// What a dump shows, and for each byte where its digits stand.
pub struct Dump {
    /// The lines.
    pub span: Range<usize>,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where each stands.
    pub places: Vec<usize>,
}

/// Whether a line goes on with the dump of the line before it; none where it is no line of a dump that tells.
pub fn continues(line: &[u8]) -> Option<bool> {
    match line.first() {
        Some(b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'|' | b' ' | b'\t') => {}
        Some(b'+') if line.starts_with(b"+--------+") => return Some(true),
        _ => return None,
    }
    let own = read(first_line(line))?;
    let framed = matches!(line[0], b'|' | b' ' | b'\t');
    match own.offset? {
        0 => framed.then_some(true),
        offset => Some(offset % PIECE != 0),
    }
}

/// Whether a byte of a dump stands at `at`. A hit in the column of text is none.
pub fn is_byte(text: &[u8], at: usize) -> bool {
    let own = line_around(text, at);
    read(&text[own.clone()]).is_some_and(|line| line.pairs.iter().any(|&pair| own.start + pair == at))
}

/// The dump around `at`.
pub fn around(text: &[u8], at: usize) -> Option<Dump> {
    if !is_byte(text, at) {
        return None;
    }
    let own = line_around(text, at);
    let first = read(&text[own.clone()])?;
    let mut dump = Dump { span: own.clone(), bytes: Vec::new(), places: Vec::new() };
    let mut offset = first.offset;
    let mut lines = vec![(own.start, first)];
    while lines.len() <= LINES && dump.span.start > 0 && offset.is_none_or(|offset| offset % PIECE != 0) {
        let before = line_around(text, dump.span.start - 1);
        let Some(line) = read(&text[before.clone()]).filter(|line| follows(line, offset)) else { break };
        offset = line.offset;
        dump.span.start = before.start;
        lines.push((before.start, line));
    }
    lines.reverse();
    for _ in 0..LINES {
        let Some((_, last)) = lines.last() else { break };
        if dump.span.end >= text.len() {
            break;
        }
        let behind = line_around(text, dump.span.end + 1);
        let Some(line) = read(&text[behind.clone()]) else { break };
        if line.offset.is_some_and(|offset| offset % PIECE == 0) || !follows(last, line.offset) {
            break;
        }
        dump.span.end = behind.end;
        lines.push((behind.start, line));
    }
    for (start, line) in lines {
        for pair in line.pairs {
            let place = start + pair;
            dump.bytes.push(digit(text[place])? << 4 | digit(text[place + 1])?);
            dump.places.push(place);
        }
    }
    Some(dump)
}

/// Whether the line of `offset` follows on this one.
fn follows(line: &Line, offset: Option<u64>) -> bool {
    match (line.offset, offset) {
        (Some(before), Some(offset)) => before < offset && offset - before <= line.pairs.len() as u64,
        (before, offset) => before == offset,
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    let text = &text[..text.len().min(LINE_BYTES)];
    &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())]
}

fn line_around(text: &[u8], at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let low = at.saturating_sub(LINE_BYTES);
    let start = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |i| low + i + 1);
    let high = text.len().min(at + LINE_BYTES);
    start..memchr::memchr(b'\n', &text[at..high]).map_or(high, |i| at + i)
}

/// Reads a line: blanks, an offset with something behind it, groups of one or two bytes, the text.
fn read(line: &[u8]) -> Option<Line> {
    let mut at = line.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'|')).count();
    let indented = at > 0;
    let mut offset = None;
    let digits_at = at + if line[at..].starts_with(b"0x") { 2 } else { 0 };
    let digits = line[digits_at..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let behind = &line[digits_at + digits..];
    let mark = behind.first().is_some_and(|b| matches!(b, b':' | b'|')) || behind.starts_with(b"  ");
    if matches!(digits, 4..=8) && mark {
        let number = std::str::from_utf8(&line[digits_at..digits_at + digits]).ok()?;
        offset = Some(u64::from_str_radix(number, 16).ok()?);
        at = digits_at + digits + usize::from(behind[0] != b' ');
    }
    let mut pairs = Vec::new();
    while pairs.len() < LINE {
        let blanks = line[at..].iter().take_while(|&&b| b == b' ').count();
        let digits = line[at + blanks..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let start = at + blanks;
        // Two or four digits stand apart; wider gaps end the bytes, but for the one in the middle.
        let ends = line.get(start + digits).is_none_or(|b| matches!(b, b' ' | b'|' | b'\t' | b'\r'));
        if !matches!(digits, 2 | 4) || !ends || blanks == 0 && !pairs.is_empty() || blanks > 2 && !pairs.is_empty() {
            break;
        }
        pairs.extend((start..start + digits).step_by(2));
        at = start + digits;
    }
    let known = offset.is_some() && !pairs.is_empty() || indented && pairs.len() >= 4;
    (known && is_shown(line, at, &pairs)).then_some(Line { offset, pairs })
}

/// Whether the text behind the bytes shows them, or nothing stands there. The bytes of a text that ends in what could be
/// digits are not all bytes: `is_shown` accepts any text of at most their number, framed or not.
fn is_shown(line: &[u8], at: usize, pairs: &[usize]) -> bool {
    let rest = line[at..].trim_ascii();
    rest.is_empty() || rest.len() <= pairs.len() + 8
}

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dumps of `user=larch&pwd=Quince-19\r\n`.
    const DUMPS: [&str; 5] = [
        "00000000: 7573 6572 3d6c 6172 6368 2670 7764 3d51  user=larch&pwd=Q\n00000010: 7569 6e63 652d 3139 0d0a                 uince-19..\n",
        "00000000  75 73 65 72 3d 6c 61 72  63 68 26 70 77 64 3d 51  |user=larch&pwd=Q|\n00000010  75 69 6e 63 65 2d 31 39  0d 0a                    |uince-19..|\n0000001a\n",
        "\t0x0000:  7573 6572 3d6c 6172 6368 2670 7764 3d51  user=larch&pwd=Q\n\t0x0010:  7569 6e63 652d 3139 0d0a                 uince-19..\n",
        "|00000000| 75 73 65 72 3d 6c 61 72 63 68 26 70 77 64 3d 51 |user=larch&pwd=Q|\n|00000010| 75 69 6e 63 65 2d 31 39 0d 0a                   |uince-19..      |\n",
        "     75 73 65 72 3d 6c 61 72 63 68 26 70 77 64 3d 51   user=larch&pwd=Q\n     75 69 6e 63 65 2d 31 39 0d 0a                     uince-19..      \n",
    ];

    #[test]
    fn the_bytes_of_every_kind_of_dump_are_joined() {
        for text in DUMPS {
            let text = format!("10:00 sent:\n{text}10:01 done\n");
            let hit = ["70 77 64", "70 7764", "7077 64"].iter().find_map(|hit| text.find(hit)).unwrap();
            let dump = around(text.as_bytes(), hit).unwrap();
            assert_eq!(String::from_utf8_lossy(&dump.bytes), "user=larch&pwd=Quince-19\r\n", "{text}");
            assert_eq!(dump.places[11], hit, "each byte knows where its digits stand");
        }
    }

    #[test]
    fn a_dump_is_one_record_and_nothing_else_is() {
        for text in &DUMPS[..2] {
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!((continues(lines[0].as_bytes()), continues(lines[1].as_bytes())), (None, Some(true)), "{text}");
        }
        for line in
            ["2026-03-12 10:00:00 INFO", "10:00:00 12 34 56", "deadbeef  not bytes at all", "4096 bytes read", ""]
        {
            assert_eq!(continues(line.as_bytes()), None, "{line}");
        }
        let piece = "00000800: 7573 6572 3d6c 6172 6368 2670 7764 3d51  user=larch&pwd=Q";
        assert_eq!(continues(piece.as_bytes()), Some(false), "a long dump is several records");
        assert_eq!(continues(format!("  {piece}").as_bytes()), Some(false), "indented or not");
        assert!(around(b"load 0.61 73 73 12", 7).is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_it(text in proptest::collection::vec(proptest::sample::select(b"0a61 |:\n\tx".to_vec()), 0..200),
                             at in 0usize..200) {
            continues(&text);
            around(&text, at.min(text.len()));
        }
    }
}
