//! Messages that a container runtime cut into several lines.
//!
//! Docker writes what a program printed as strings of JSON, 16 KiB of it at most in each: a part that is not the last
//! has no line feed at its end. CRI tags parts with `P` and the last of them with `F`. Lines of the other stream may
//! stand between. Whatever record one part is, its message is the same text; which of its hits a record answers for is
//! told by where they stand.

use std::ops::Range;

use super::Text;
use super::view::View;
use crate::limits::RECORD_BYTES;

/// How many lines to either side the parts of one message are looked for.
const LINES: usize = 32;

/// How far from the end of its line a hit may be cut off from what it announces, in bytes.
const TAIL: usize = 256;

/// A message of several lines.
pub struct Message {
    /// All of it, each byte where it stands.
    pub view: View<'static>,
    /// What the line that was asked for holds of it.
    pub own: Range<usize>,
}

/// A line that a runtime wrote.
struct Part {
    /// What was printed.
    said: Range<usize>,
    /// `stdout` or `stderr`.
    stream: Range<usize>,
    /// The message ends with it.
    last: bool,
    /// A string of JSON.
    quoted: bool,
}

/// The message that the line at `start` is a part of. None where it is whole, and where no runtime wrote it.
pub fn message(text: Text<'_>, start: usize) -> Option<Message> {
    let line = start..text.line_end(start);
    let own = part(text.bytes, line.clone())?;
    let near = |line: &Range<usize>| line.start + RECORD_BYTES > start && line.end < start + RECORD_BYTES;
    let same =
        |other: &Part| other.quoted == own.quoted && text.bytes[other.stream.clone()] == text.bytes[own.stream.clone()];
    let mut said = Vec::new();
    for line in text.lines_before(start, LINES).take_while(near) {
        let Some(other) = part(text.bytes, line) else { break };
        if same(&other) {
            if other.last {
                break;
            }
            said.insert(0, other.said);
        }
    }
    said.push(own.said.clone());
    if !own.last {
        for line in text.lines_after(line.end + 1, LINES).take_while(near) {
            let Some(other) = part(text.bytes, line) else { break };
            if same(&other) {
                said.push(other.said);
                if other.last {
                    break;
                }
            }
        }
    }
    (said.len() > 1).then(|| Message { view: View::joined(text.bytes, &said, own.quoted), own: own.said })
}

/// Whether what the hit at `at` announces may stand in the next line of its message. Cheap where its line goes on.
pub fn is_cut_off(text: Text<'_>, at: usize) -> bool {
    let limit = text.bytes.len().min(at + TAIL);
    let Some(end) = memchr::memchr(b'\n', &text.bytes[at..limit]).map(|i| at + i) else { return false };
    part(text.bytes, text.line_start(at)..end).is_some_and(|part| !part.last && part.said.contains(&at))
}

fn part(bytes: &[u8], line: Range<usize>) -> Option<Part> {
    let shown = &bytes[line.clone()];
    let shown = shown.strip_suffix(b"\r").unwrap_or(shown);
    let part = if shown.starts_with(b"{\"log\":") { quoted(shown)? } else { tagged(shown)? };
    let moved = |range: Range<usize>| line.start + range.start..line.start + range.end;
    Some(Part { said: moved(part.said), stream: moved(part.stream), ..part })
}

/// `{"log":"…","stream":"stdout","time":"…"}`.
fn quoted(line: &[u8]) -> Option<Part> {
    let blanks = |at: usize| line[at..].iter().take_while(|b| **b == b' ').count();
    let open = 7 + blanks(7);
    let key = memchr::memmem::rfind(line, b"\"stream\":")?;
    let value = key + 9 + blanks(key + 9);
    let end = value + 1 + memchr::memchr(b'"', line.get(value + 1..)?)?;
    let close = line[..key].trim_ascii_end().strip_suffix(b",")?.trim_ascii_end().len().checked_sub(1)?;
    if line.get(open) != Some(&b'"') || line[close] != b'"' || close <= open || line[value] != b'"' {
        return None;
    }
    let said = open + 1..close;
    let text = &line[said.clone()];
    let slashes = text.strip_suffix(b"n").map_or(0, |head| head.iter().rev().take_while(|b| **b == b'\\').count());
    Some(Part { said, stream: value + 1..end, last: slashes % 2 == 1, quoted: true })
}

/// `2026-03-12T10:00:03.000000001Z stdout P …`.
fn tagged(line: &[u8]) -> Option<Part> {
    let first = memchr::memchr(b' ', &line[..line.len().min(48)])?;
    let dated = line.first().is_some_and(u8::is_ascii_digit) && line[..first].contains(&b'T') && first >= 20;
    let rest = &line[first + 1..];
    if !dated || !(rest.starts_with(b"stdout ") || rest.starts_with(b"stderr ")) {
        return None;
    }
    let tag = first + 8;
    let last = match line.get(tag..tag + 2)? {
        b"P " => false,
        b"F " => true,
        _ => return None,
    };
    Some(Part { said: tag + 2..line.len(), stream: first + 1..first + 7, last, quoted: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(log: &str, of: &str) -> Option<String> {
        let text = Text::new(log.as_bytes(), 0);
        let message = message(text, text.line_start(log.find(of).unwrap()))?;
        let view = &message.view;
        let at = memchr::memmem::find(view.text(), of.as_bytes()).unwrap();
        assert_eq!(view.origin(at), log.find(of).unwrap(), "bytes know where they stand");
        assert!(message.own.contains(&view.origin(at)), "and whose they are");
        Some(String::from_utf8(view.text().to_vec()).unwrap())
    }

    #[test]
    fn parts_of_one_stream_are_one_message_whichever_is_asked() {
        let docker = concat!(
            "{\"log\":\"before\\n\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
            "{\"log\":\"{\\\"user\\\":\\\"hka\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
            "{\"log\":\"noise\\n\",\"stream\":\"stderr\",\"time\":\"t\"}\n",
            "{\"log\":\"ram\\\",\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
            "{\"log\":\"\\\"x\\\":1}\\n\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
            "{\"log\":\"after\\n\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
        );
        for of in ["hka", "ram", "1}"] {
            assert_eq!(joined(docker, of).unwrap(), "{\"user\":\"hkaram\",\"x\":1}\n");
        }
        assert!(joined(docker, "before").is_none() && joined(docker, "after").is_none());
        let stamp = "2026-03-01T10:00:00.000000001Z";
        let cri = format!("{stamp} stdout F a\n{stamp} stdout P b \n{stamp} stderr F c\n{stamp} stdout F dd\n");
        assert_eq!(joined(&cri, "b ").unwrap(), "b dd");
        assert_eq!(joined(&cri, "dd").unwrap(), "b dd");
        assert!(joined(&cri, "c\n").is_none());
    }

    #[test]
    fn only_the_end_of_a_part_that_goes_on_cuts_anything_off() {
        let line = "{\"log\":\"a password\",\"stream\":\"stdout\",\"time\":\"t\"}\n";
        let at = line.find("pass").unwrap();
        assert!(is_cut_off(Text::new(line.as_bytes(), 0), at));
        let whole = line.replace("password", "password\\n");
        assert!(!is_cut_off(Text::new(whole.as_bytes(), 0), at));
        let long = line.replace("password", &format!("password{}", "x".repeat(TAIL)));
        assert!(!is_cut_off(Text::new(long.as_bytes(), 0), at));
    }
}
