//! Tar: ustar, PAX, GNU long names, sparse files, and what stands behind the end.
//!
//! Every block is an entry's data, an entry's description, zeros, or scanned as bytes: no reading of the headers can
//! hide anything. An archive goes on behind the blocks of zeros that end it, since tools append, and readers that stop
//! there miss what somebody put behind.

mod header;
mod sparse;

use std::io::{self, Read};

use self::header::{BLOCK, Extended, Header};
use super::super::stream::Peek;
use super::super::{Job, Member};
use super::{METADATA, inside, unpack};
use crate::terms::SkipReason;

pub(super) use self::header::is_tar;

/// Scans all entries of the archive `member`.
pub(super) fn scan(input: &mut Peek<&mut dyn Read>, member: &Member<'_>, depth: usize, job: &mut Job<'_>) {
    let (mut next, mut global) = (Extended::default(), Extended::default());
    let (mut entries, mut ended) = (0, false);
    loop {
        let block = input.peek(BLOCK);
        if block.is_empty() {
            break;
        }
        if block.len() == BLOCK && block.iter().all(|&byte| byte == 0) {
            skip(input, BLOCK as u64);
            ended = true;
            continue;
        }
        ended = false;
        let Some(mut header) = Header::read(block) else {
            strange(input, member, job);
            continue;
        };
        entries += 1;
        if entries > job.options.members {
            return job.skip(member, SkipReason::BombLimit, format!("more than {} entries", job.options.members));
        }
        skip(input, BLOCK as u64);
        match header.kind {
            b'x' | b'X' | b'L' | b'K' | b'g' => {
                let into = if header.kind == b'g' { &mut global } else { &mut next };
                describe(input, &header, into, member, job);
                continue;
            }
            _ => {}
        }
        let about = std::mem::take(&mut next);
        header.amend(&global);
        header.amend(&about);
        entry(input, header, &global, &about, member, depth, job);
    }
    if !ended {
        job.skip(member, SkipReason::DecodeError, "tar data ends without the mark of its end: entries may be missing");
    }
}

/// Reads what describes the next entry, or all that follow. What is too long to keep is scanned as text.
fn describe(
    input: &mut Peek<&mut dyn Read>,
    header: &Header,
    into: &mut Extended,
    member: &Member<'_>,
    job: &mut Job<'_>,
) {
    if header.size <= METADATA {
        let mut text = Vec::new();
        // Bounded by the size; an error is met again by the next read.
        let _ = input.by_ref().take(header.size).read_to_end(&mut text);
        if (text.len() as u64) < header.size {
            job.skip(member, SkipReason::DecodeError, "tar data ends early, within the description of an entry");
        }
        into.add(header.kind, &text);
    } else {
        let detail = format!("the description of an entry claims {} bytes; it was scanned as bytes", header.size);
        job.skip(member, SkipReason::TooLarge, detail);
        text_of(&mut input.by_ref().take(header.size), &header.name, member, job);
    }
    fill(input, header.size, member, job);
}

/// Unpacks and scans one entry.
fn entry(
    input: &mut Peek<&mut dyn Read>,
    header: Header,
    global: &Extended,
    about: &Extended,
    outer: &Member<'_>,
    depth: usize,
    job: &mut Job<'_>,
) {
    // Links, devices and directories have no data, whatever size is written.
    if matches!(header.kind, b'1'..=b'6') {
        return;
    }
    let name = inside(outer, &header.name);
    let member = Member { name: Some(&name), modified: header.modified.or(outer.modified) };
    let mut data = input.by_ref().take(header.size);
    let map = sparse::map(&header, &[global, about], &mut data);
    match map {
        None => unpack(&mut data, &member, depth, job),
        Some(Ok(map)) => unpack(&mut sparse::Text::new(&mut data, map), &member, depth, job),
        Some(Err(())) => {
            job.skip(&member, SkipReason::DecodeError, "the map of a sparse file is damaged; it was scanned as bytes");
            unpack(&mut data, &member, depth, job);
        }
    }
    let _ = io::copy(&mut data, &mut io::sink());
    if data.limit() > 0 {
        job.skip(&member, SkipReason::DecodeError, "tar data ends early, within this entry");
    }
    fill(input, header.size, outer, job);
}

/// Scans what is no header, up to the next one.
fn strange(input: &mut Peek<&mut dyn Read>, member: &Member<'_>, job: &mut Job<'_>) {
    let whole = input.peek(BLOCK).len() == BLOCK;
    let detail = if whole {
        "tar data is damaged: bytes between its entries were scanned as text"
    } else {
        "tar data ends within a block: its last bytes were scanned as text"
    };
    job.skip(member, SkipReason::DecodeError, detail);
    let from = input.position();
    job.piece(&mut Strange { input, left: 0 }, from, member);
}

/// Blocks that are no headers.
struct Strange<'a, 'b> {
    input: &'a mut Peek<&'b mut dyn Read>,
    /// Bytes of the block that is begun.
    left: usize,
}

impl Read for Strange<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let block = self.input.peek(BLOCK);
            if Header::read(block).is_some() {
                return Ok(0);
            }
            self.left = block.len();
        }
        // At the end this yields nothing, or the error that the input ended with.
        let wanted = if self.left == 0 { buffer.len() } else { self.left.min(buffer.len()) };
        let read = self.input.read(&mut buffer[..wanted])?;
        self.left = self.left.saturating_sub(read);
        Ok(read)
    }
}

fn text_of(data: &mut dyn Read, name: &str, outer: &Member<'_>, job: &mut Job<'_>) {
    let name = inside(outer, name);
    job.text(data, &Member { name: Some(&name), ..*outer });
}

/// Passes over what fills the last block of `size` bytes. Where that is not zeros it is scanned: it may be data whose
/// size is a lie, and old tools left there whatever their memory held.
fn fill(input: &mut Peek<&mut dyn Read>, size: u64, archive: &Member<'_>, job: &mut Job<'_>) {
    let padding = size.wrapping_neg() % BLOCK as u64;
    if input.peek(padding as usize).iter().any(|&byte| byte != 0) {
        let from = input.position();
        job.piece(&mut input.by_ref().take(padding), from, archive);
    } else {
        skip(input, padding);
    }
}

fn skip(input: &mut Peek<&mut dyn Read>, bytes: u64) {
    // An error is met again by the next read.
    let _ = io::copy(&mut input.take(bytes), &mut io::sink());
}
