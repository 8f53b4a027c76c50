//! Packed input: recognised by content, never by name, and unpacked layer by layer without a file of its own.
//!
//! A format is one file here, a value of [`Format`], its magic in [`sniff`], and an arm in [`unpack`]. No decoder
//! allocates by a size that its input declares; only bytes that were really produced count.

mod gzip;

use std::io::Read;

use super::stream::Peek;
use super::{Job, Member, records};
use crate::terms::SkipReason;

/// The most bytes that one packed stream may unpack to.
pub(super) const UNPACKED_BYTES: u64 = 1 << 40;

/// How many layers of packing are peeled off.
const DEPTH: usize = 8;

/// Bytes that [`sniff`] needs to see.
pub(super) const HEAD: usize = 512;

/// How a source or a member is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Gzip,
}

impl Format {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
        }
    }
}

/// Why a packed stream was not unpacked to its end.
struct Fault {
    reason: SkipReason,
    detail: String,
}

/// Knows a format by its first bytes. `None` is text.
pub(super) fn sniff(head: &[u8]) -> Option<Format> {
    gzip::is_gzip(head).then_some(Format::Gzip)
}

/// Unpacks `input`, from below `depth` layers, and scans every text in it. `member` is what is known of it so far.
pub(super) fn unpack(input: &mut dyn Read, member: &Member<'_>, depth: usize, job: &mut Job<'_>) {
    let mut input = Peek::new(input);
    if let Some(log) = records::sniff(input.peek(HEAD)) {
        return records::scan(log, &mut input, member, job);
    }
    match sniff(input.peek(HEAD)) {
        None => job.text(&mut input, member),
        Some(_) if depth == DEPTH => {
            job.skip(member, SkipReason::DepthLimit, format!("packed more than {DEPTH} times"));
        }
        Some(Format::Gzip) => {
            let mut text = gzip::Gunzip::new(input, job.options.unpacked);
            let inner = Member { modified: text.modified().or(member.modified), ..*member };
            unpack(&mut text, &inner, depth + 1, job);
            if let Some(Fault { reason, detail }) = text.into_fault() {
                job.skip(member, reason, detail);
            }
        }
    }
}
