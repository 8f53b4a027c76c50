//! Zip from its beginning to its end, as a stream has it: local headers tell the entries apart.
//!
//! A file is read by its [`directory`] instead. Both read an entry's data in the same way, which is here.

mod checked;
mod directory;
mod entry;

use std::io::{self, Read};

use self::checked::{Checked, UntilDescriptor};
use self::entry::{Entry, HEADER};
use super::super::stream::Peek;
use super::super::{Job, Member};
use super::parts::{Single, Unpacked};
use super::{Codec, Fault, gzip, inside, unpack};
use crate::terms::SkipReason;

pub use self::directory::Directory;
pub(in super::super) use self::directory::directory;

/// Whether `head` begins an archive: a local header whose fields can be true, or the end of an empty archive.
pub(super) fn is_zip(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"PK\x07\x08").or(head.strip_prefix(b"PK00")).unwrap_or(head);
    let empty = |end: &[u8]| end.len() == 22 && end[4..20].iter().all(|&byte| byte == 0);
    Entry::is_at(head) || head.starts_with(b"PK\x05\x06") && empty(head)
}

/// Scans all entries of the archive `outer`, and what follows it.
pub(super) fn scan(input: &mut Peek<&mut dyn Read>, outer: &Member<'_>, depth: usize, job: &mut Job<'_>) {
    if matches!(input.peek(4), b"PK\x07\x08" | b"PK00") {
        skip(input, 4);
    }
    let (mut entries, mut ended) = (0, false);
    loop {
        if Entry::is_at(input.peek(HEADER)) {
            entries += 1;
            if entries > job.options.members {
                return job.skip(outer, SkipReason::BombLimit, format!("more than {} entries", job.options.members));
            }
            ended = false;
            let Some(entry) = Entry::local(input) else {
                return job.skip(outer, SkipReason::DecodeError, "zip data ends early, within an entry's header");
            };
            body(&entry, input, outer, depth, job);
        } else if let Some(length) = structure(input.peek(HEADER + 16)) {
            ended = ended || input.peek(4) == b"PK\x05\x06";
            skip(input, length);
        } else {
            break;
        }
    }
    if !ended {
        job.skip(outer, SkipReason::DecodeError, "zip data ends early or is damaged; its rest was scanned as bytes");
    }
    let from = input.position();
    job.piece(input, from, outer);
}

/// The length of what `head` begins, where it is a part of the directory.
fn structure(head: &[u8]) -> Option<u64> {
    let short = |at: usize| head.get(at..at + 2).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]])));
    let long = |at: usize| Some(short(at)? | short(at + 2)? << 16);
    match head.get(..4)? {
        b"PK\x01\x02" => Some(46 + short(28)? + short(30)? + short(32)?),
        b"PK\x05\x06" => Some(22 + short(20)?),
        // A descriptor of sizes that were known before, in 4 or 8 bytes each.
        b"PK\x07\x08" => Some(if head.get(16..18) == Some(b"PK") { 16 } else { 24 }),
        b"PK\x06\x06" => Some((long(4)? | long(8)? << 32).checked_add(12)?.min(1 << 20)),
        b"PK\x06\x07" => Some(20),
        b"PK\x06\x08" => Some(8 + long(4)?.min(1 << 20)),
        b"PK\x05\x05" => Some(6 + short(4)?),
        _ => None,
    }
}

/// Unpacks and scans the data of `entry`, at which `input` stands. Afterwards `input` stands behind it.
fn body(entry: &Entry, input: &mut Peek<&mut dyn Read>, outer: &Member<'_>, depth: usize, job: &mut Job<'_>) {
    let name = inside(outer, &entry.name);
    let member = Member { name: Some(&name), modified: entry.modified.or(outer.modified) };
    if entry.folder {
        return data(entry, input, &member, job);
    }
    if entry.encrypted {
        job.skip(&member, SkipReason::Encrypted, "needs a password; it was scanned as bytes");
        return data(entry, input, &member, job);
    }
    let codec = match entry.method {
        0 => None,
        8 => None,
        12 => Some(Codec::Bzip2),
        20 | 93 => Some(Codec::Zstd),
        95 => Some(Codec::Xz),
        other => {
            let detail = format!("zip method {other} is not unpacked; it was scanned as bytes");
            job.skip(&member, SkipReason::Unsupported, detail);
            return data(entry, input, &member, job);
        }
    };
    let fault = match (entry.method, codec, entry.packed) {
        (0, _, Some(packed)) => {
            let mut text = Checked::new(input.by_ref().take(packed), entry);
            unpack(&mut text, &member, depth, job);
            text.finish()
        }
        (0, _, None) => {
            let mut text = UntilDescriptor::new(input, true);
            unpack(&mut text, &member, depth, job);
            let _ = io::copy(&mut text, &mut io::sink());
            text.fault()
        }
        (_, Some(codec), Some(packed)) => {
            let mut data = input.by_ref().take(packed);
            let mut text =
                Checked::new(Unpacked::new(Peek::new(&mut data), codec, job.options.unpacked, &job.allowance), entry);
            unpack(&mut text, &member, depth, job);
            text.finish_unpacked()
        }
        (_, codec, packed) => single(entry, codec, packed, input, &member, depth, job),
    };
    if let Some(Fault { reason, detail }) = fault {
        job.skip(&member, reason, detail);
    }
}

/// Unpacks data that is deflated, or whose length only its decoder finds.
fn single(
    entry: &Entry,
    codec: Option<Codec>,
    packed: Option<u64>,
    input: &mut Peek<&mut dyn Read>,
    member: &Member<'_>,
    depth: usize,
    job: &mut Job<'_>,
) -> Option<Fault> {
    let head = input.peek(super::HEAD).to_vec();
    let data = input.by_ref().take(packed.unwrap_or(u64::MAX));
    let part = match codec {
        None => Box::new(gzip::open_raw(data)),
        Some(codec) => match codec.open(&head, data, &job.allowance) {
            Ok(part) => part,
            Err(fault) => return Some(fault),
        },
    };
    let name = codec.map_or("deflated", Codec::name);
    let mut text = Checked::new(Single::new(part, name, job.options.unpacked, &job.allowance), entry);
    unpack(&mut text, member, depth, job);
    let ended = text.ended();
    let (produced, fault, mut data) = text.finish_single();
    if packed.is_none() {
        // A stream goes on behind the descriptor, if the decoder found the end.
        let length = checked::descriptor(input.peek(24), produced).unwrap_or(0);
        skip(input, length);
        return fault;
    }
    let left = io::copy(&mut data, &mut io::sink()).unwrap_or(0);
    let more = || {
        let detail = format!("{left} bytes behind the packed data of this entry were not read");
        Fault::new(SkipReason::DecodeError, detail)
    };
    fault.or_else(|| (left > 0 && ended).then(more))
}

/// Scans the data of `entry` as it is.
fn data(entry: &Entry, input: &mut Peek<&mut dyn Read>, member: &Member<'_>, job: &mut Job<'_>) {
    match entry.packed {
        Some(0) => {}
        Some(packed) => {
            job.text(&mut input.by_ref().take(packed), member);
        }
        None => job.text(&mut UntilDescriptor::new(input, false), member),
    }
}

fn skip(input: &mut Peek<&mut dyn Read>, bytes: u64) {
    // An error is met again by the next read.
    let _ = io::copy(&mut input.take(bytes), &mut io::sink());
}
