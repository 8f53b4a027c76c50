//! Zip by its central directory, which stands at the end of a file: its entries can be read side by side.
//!
//! The directory says where entries begin; what it says of sizes limits what is read and allocates nothing. Bytes of the
//! file that belong to no entry are scanned as text: before the archive, between its entries, and behind them. An entry
//! that reaches into the next one is named and not unpacked: honest archives have none, and overlapping entries are how
//! a few bytes become terabytes.

use std::io::{self, Read};
use std::ops::Range;

use super::entry::{Entry, HEADER, RECORD, long, short};
use super::{Peek, body, checked};
use crate::input::stream::Input;
use crate::input::{Job, Member};
use crate::terms::SkipReason;

/// The longest comment, and the record that it stands in: the end of the directory lies in so many bytes of the file's.
const TAIL: u64 = 22 + 0xffff;

/// Data of entries that are read as one unit of work.
const UNIT: u64 = 1 << 20;

/// The entries of an archive, in the order of their data.
#[derive(Debug, PartialEq, Eq)]
pub struct Directory {
    slots: Vec<Slot>,
    /// Where the directory begins.
    begin: u64,
    /// Whether entries were left out, since they are too many.
    more: bool,
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    /// Offset in the file of the local header.
    header: u64,
    /// Offset in the file of the record in the directory.
    record: u64,
    /// Bytes of its data, as the directory says.
    packed: u64,
}

impl Directory {
    /// Cuts the entries into units of work, with the bytes that each unpacks.
    pub(in crate::input) fn units(&self) -> Vec<(Range<usize>, u64)> {
        let (mut units, mut start, mut bytes) = (Vec::new(), 0, 0u64);
        for (index, slot) in self.slots.iter().enumerate() {
            bytes = bytes.saturating_add(slot.packed);
            if bytes >= UNIT || index + 1 == self.slots.len() {
                units.push((start..index + 1, bytes));
                (start, bytes) = (index + 1, 0);
            }
        }
        units
    }

    /// All entries.
    pub(in crate::input) fn all(&self) -> Range<usize> {
        0..self.slots.len()
    }

    /// Bytes of a file of `size` bytes that [`Directory::scan`] answers for with these entries: their headers and data,
    /// and what lies between; with the first ones also what lies before them, and the directory itself.
    pub(in crate::input) fn covered(&self, entries: Range<usize>, size: u64) -> u64 {
        let header = |index: usize| self.slots.get(index).map_or(self.begin, |slot| slot.header);
        let own = header(entries.end) - header(entries.start);
        if entries.start == 0 { own + header(0) + size.saturating_sub(self.begin) } else { own }
    }

    /// Unpacks and scans some entries, and the bytes of no entry before the next. `at` reads a part of the file.
    pub(in crate::input) fn scan<R: Read>(
        &self,
        entries: Range<usize>,
        size: u64,
        at: impl Fn(Range<u64>) -> R,
        job: &mut Job<'_>,
    ) {
        let outer = Member { name: None, modified: job.source.modified };
        if entries.start == 0 {
            if let Some(first) = self.slots.first() {
                self.text(0..first.header, &at, &outer, job);
            }
            if self.more {
                job.skip(&outer, SkipReason::BombLimit, format!("more than {} entries", job.options.members));
            }
        }
        for index in entries {
            let slot = self.slots[index];
            let next = self.slots.get(index + 1).map_or(self.begin, |next| next.header);
            let end = self.entry(slot, next, size, &at, &outer, job);
            self.text(end.min(next)..next, &at, &outer, job);
        }
    }

    /// Unpacks and scans one entry. Returns where its data and what belongs to it end.
    fn entry<R: Read>(
        &self,
        slot: Slot,
        next: u64,
        size: u64,
        at: &impl Fn(Range<u64>) -> R,
        outer: &Member<'_>,
        job: &mut Job<'_>,
    ) -> u64 {
        let mut record = Input::new(at(slot.record..size), &job.options.stop);
        let Some((entry, _)) = Entry::central(&mut Peek::new(&mut record as &mut dyn Read)) else {
            if let Some(error) = record.failed() {
                job.skip_io(error);
            }
            return slot.header;
        };
        let mut input = Input::new(at(slot.header..size), &job.options.stop);
        let mut peek = Peek::new(&mut input as &mut dyn Read);
        let packed = entry.packed.unwrap_or(0);
        let local = Entry::is_at(peek.peek(HEADER)).then(|| Entry::local(&mut peek)).flatten();
        let name = Member { name: Some(&entry.name), modified: entry.modified.or(outer.modified) };
        let Some(local) = local else {
            job.skip(&name, SkipReason::DecodeError, "the directory names an entry that is not there");
            return slot.header;
        };
        let data = slot.header + peek.position();
        let mut end = data.saturating_add(packed);
        if end > next {
            // One fault for all of them: there may be millions.
            job.skip(outer, SkipReason::BombLimit, "entries overlap others; their bytes were scanned, not unpacked");
            return slot.header;
        }
        let entry = Entry { encrypted: entry.encrypted || local.encrypted, ..entry };
        body(&entry, &mut peek, outer, 1, job);
        if local.size.is_none() {
            let mut head = Vec::new();
            let _ = at(end..next.min(end.saturating_add(24))).read_to_end(&mut head);
            end += checked::descriptor(&head, entry.size.unwrap_or(0)).unwrap_or(0);
        }
        drop(peek);
        if let Some(error) = input.failed() {
            job.skip_io(error);
        }
        end
    }

    /// Scans bytes of no entry. Zeros between entries put them where a page of memory begins.
    fn text<R: Read>(&self, part: Range<u64>, at: &impl Fn(Range<u64>) -> R, outer: &Member<'_>, job: &mut Job<'_>) {
        if part.is_empty() {
            return;
        }
        let mut input = Input::new(at(part.clone()), &job.options.stop);
        let mut peek = Peek::new(&mut input as &mut dyn Read);
        peek.skip_zeros();
        let from = part.start + peek.position();
        job.piece(&mut peek, from, outer);
        drop(peek);
        if let Some(error) = input.failed() {
            job.skip_io(error);
        }
    }
}

/// Reads the directory of a file of `size` bytes, if it ends with one. `at` reads a part of the file.
pub(in crate::input) fn directory<R: Read>(
    size: u64,
    most: u64,
    at: impl Fn(Range<u64>) -> R,
) -> io::Result<Option<Directory>> {
    let from = size.saturating_sub(TAIL);
    let mut tail = Vec::with_capacity((size - from) as usize);
    at(from..size).read_to_end(&mut tail)?;
    for end in marks(&tail) {
        let record = &tail[end..];
        // The comment reaches to the end of the file.
        if record.len() >= 22 && record.len() == 22 + usize::from(short(record, 20)) {
            let found = entries(&tail[..end], record, from + end as u64, size, most, &at)?;
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    Ok(None)
}

/// Where the directory may end, the last place first. Every file is asked, and a log holds no byte 5.
fn marks(tail: &[u8]) -> impl Iterator<Item = usize> {
    let begins = |five: usize| five.checked_sub(2).filter(|&at| tail[at..].starts_with(b"PK\x05\x06"));
    memchr::memrchr_iter(5, tail).filter_map(begins)
}

/// Reads the entries that the `record` at `end` tells of. `before` is what stands before it.
fn entries<R: Read>(
    before: &[u8],
    record: &[u8],
    end: u64,
    size: u64,
    most: u64,
    at: &impl Fn(Range<u64>) -> R,
) -> io::Result<Option<Directory>> {
    let mut length = u64::from(long(record, 12));
    let mut offset = u64::from(long(record, 16));
    let mut behind = end;
    // Numbers that do not fit stand in a record of its own, to which a locator points.
    if let Some(locator) = before.len().checked_sub(20).map(|at| &before[at..]).filter(|l| l.starts_with(b"PK\x06\x07"))
    {
        let quad = |bytes: &[u8], at: usize| u64::from(long(bytes, at)) | u64::from(long(bytes, at + 4)) << 32;
        let mut large = Vec::new();
        // Where a prefix moved everything, the record stands right before its locator all the same.
        for place in [quad(locator, 8), (end - 20).saturating_sub(56)] {
            large.clear();
            at(place.min(size)..size.min(place.saturating_add(56))).read_to_end(&mut large)?;
            if large.len() == 56 && large.starts_with(b"PK\x06\x06") {
                (length, offset, behind) = (quad(&large, 40), quad(&large, 48), place);
                break;
            }
        }
    }
    let Some(begin) = behind.checked_sub(length) else { return Ok(None) };
    let Some(prefix) = begin.checked_sub(offset) else { return Ok(None) };
    let mut found = Directory { slots: Vec::new(), begin, more: false };
    let mut bytes = at(begin..behind);
    let mut input = Peek::new(&mut bytes as &mut dyn Read);
    let mut next = begin;
    while next.saturating_add(RECORD as u64) <= behind {
        let Some((entry, length)) = Entry::central(&mut input) else { return Ok(None) };
        let Some(header) = entry.offset.checked_add(prefix).filter(|&header| header < begin) else { return Ok(None) };
        if found.slots.len() as u64 == most {
            found.more = true;
            break;
        }
        found.slots.push(Slot { header, record: next, packed: entry.packed.unwrap_or(0) });
        next += length;
    }
    found.slots.sort_unstable();
    // Damage may have met one of them; text that looks like a directory has none at all.
    let ends = [found.slots.first().copied(), found.slots.last().copied()];
    for slot in ends.into_iter().flatten() {
        let mut head = Vec::new();
        at(slot.header..slot.header + HEADER as u64).read_to_end(&mut head)?;
        if Entry::is_at(&head) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
