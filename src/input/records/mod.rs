//! Logs whose records are kept in a form of their own, read as text: each record is one line of JSON.
//!
//! Recognised by content, plain or unpacked. A line number is then the number of the record, and an offset that of the
//! text made of it. Each form is read as a stream, in memory that does not depend on what the log declares.

mod evtx;
mod export;

use std::io::{BufRead, Write};

use super::{Job, Member};
use crate::terms::SkipReason;

/// A form of log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    /// Windows event log.
    Evtx,
    /// systemd journal in its export format.
    Export,
    /// systemd journal as journald keeps it. Most of its texts stand in it as they are, the longer ones packed.
    Journal,
}

impl Log {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Evtx => "evtx",
            Self::Export => "journal export",
            Self::Journal => "journal",
        }
    }
}

/// Knows a log by its first bytes.
pub(super) fn sniff(head: &[u8]) -> Option<Log> {
    const MAGIC: [(&[u8], Log); 3] =
        [(b"ElfFile\0", Log::Evtx), (b"__CURSOR=", Log::Export), (b"LPKSHHRH", Log::Journal)];
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, log)| *log)
}

/// Scans the records of a log.
pub(super) fn scan(log: Log, mut input: &mut dyn BufRead, member: &Member<'_>, job: &mut Job<'_>) {
    let lost = match log {
        Log::Evtx => {
            let mut text = evtx::Evtx::new(input);
            job.text(&mut text, member);
            text.lost()
        }
        Log::Export => {
            let mut text = export::Export::new(input);
            job.text(&mut text, member);
            text.lost()
        }
        Log::Journal => {
            let detail =
                "a journal is scanned as bytes, its packed texts are not read; journalctl -o export writes it as text";
            job.skip(member, SkipReason::Unsupported, detail);
            return job.text(&mut input, member);
        }
    };
    if let Some(detail) = lost {
        job.skip(member, SkipReason::DecodeError, detail);
    }
}

/// How a line end inside a value is written. The blanks keep the escape apart from the words around it, which are then
/// read like those of a log of lines.
const LINE_END: &[u8] = b" \\n ";

/// Writes bytes as the inside of a JSON string. Those that are not UTF-8 stay as they are.
fn escape(bytes: &[u8], text: &mut Vec<u8>) {
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend_from_slice(&[b'\\', byte]),
            b'\n' => text.extend_from_slice(LINE_END),
            b'\r' => {}
            b'\t' => text.extend_from_slice(b"\\t"),
            0..0x20 => {
                // Writing to memory cannot fail.
                let _ = write!(text, "\\u{byte:04x}");
            }
            _ => text.push(byte),
        }
    }
}
