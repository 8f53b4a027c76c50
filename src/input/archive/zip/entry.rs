//! What a zip says of one entry, in its local header and in the central directory.

use std::io::Read;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::super::source::shown_bytes;
use super::super::super::stream::Peek;

/// Bytes of a local header before its name.
pub(super) const HEADER: usize = 30;

/// Bytes of a record of the central directory before its name.
pub(super) const RECORD: usize = 46;

/// One entry.
pub(super) struct Entry {
    pub name: String,
    pub method: u16,
    pub encrypted: bool,
    /// A directory: a name without a text.
    pub folder: bool,
    /// Bytes of its data. None where they stand behind the data.
    pub packed: Option<u64>,
    /// Bytes of its text.
    pub size: Option<u64>,
    /// Checksum of its text.
    pub crc: Option<u32>,
    pub modified: Option<SystemTime>,
    /// Where its local header begins, as the directory says.
    pub offset: u64,
}

impl Entry {
    /// Whether a local header stands at the beginning of `head`: the mark, and fields that are possible.
    pub(super) fn is_at(head: &[u8]) -> bool {
        head.len() >= HEADER
            && head.starts_with(b"PK\x03\x04")
            // The version that it takes to unpack, and the system; text is larger.
            && head[4] < 0x60 && head[5] < 0x20
            && head[9] == 0
    }

    /// Reads the local header that `input` stands at. None where it ends early.
    pub(super) fn local(input: &mut Peek<&mut dyn Read>) -> Option<Self> {
        let mut fixed = [0; HEADER];
        input.read_exact(&mut fixed).ok()?;
        let flags = short(&fixed, 6);
        let (name, extra) = variable(input, short(&fixed, 26), short(&fixed, 28))?;
        let (mut packed, mut size) = (u64::from(long(&fixed, 18)), u64::from(long(&fixed, 22)));
        let mut offset = 0;
        large(&extra, &mut size, &mut packed, &mut offset);
        let mut entry = Self::new(&name, flags, short(&fixed, 8), &fixed[10..14]);
        // Behind the data stand a checksum and the sizes, unless a writer that knew them wrote them here as well.
        if flags & 8 == 0 || packed > 0 {
            entry.packed = Some(packed);
        }
        if flags & 8 == 0 {
            (entry.size, entry.crc) = (Some(size), Some(long(&fixed, 14)));
        }
        Some(entry)
    }

    /// Reads the record of the central directory that `input` stands at, and how many bytes it takes.
    pub(super) fn central(input: &mut Peek<&mut dyn Read>) -> Option<(Self, u64)> {
        let mut fixed = [0; RECORD];
        input.read_exact(&mut fixed).ok()?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (name_length, extra_length, comment) = (short(&fixed, 28), short(&fixed, 30), short(&fixed, 32));
        let (name, extra) = variable(input, name_length, extra_length)?;
        let (mut packed, mut size) = (u64::from(long(&fixed, 20)), u64::from(long(&fixed, 24)));
        let mut entry = Self::new(&name, short(&fixed, 8), short(&fixed, 10), &fixed[12..16]);
        entry.offset = u64::from(long(&fixed, 42));
        large(&extra, &mut size, &mut packed, &mut entry.offset);
        (entry.packed, entry.size, entry.crc) = (Some(packed), Some(size), Some(long(&fixed, 16)));
        let length = RECORD as u64 + u64::from(name_length) + u64::from(extra_length) + u64::from(comment);
        super::skip(input, u64::from(comment));
        Some((entry, length))
    }

    fn new(name: &[u8], flags: u16, method: u16, stamp: &[u8]) -> Self {
        let name = shown_bytes(name);
        Self {
            encrypted: flags & 1 != 0 || method == 99,
            folder: name.ends_with('/'),
            name,
            method,
            packed: None,
            size: None,
            crc: None,
            modified: time(short(stamp, 0), short(stamp, 2)),
            offset: 0,
        }
    }
}

fn variable(input: &mut Peek<&mut dyn Read>, name: u16, extra: u16) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut both = vec![0; usize::from(name) + usize::from(extra)];
    input.read_exact(&mut both).ok()?;
    let extra = both.split_off(usize::from(name));
    Some((both, extra))
}

/// Replaces what does not fit into 32 bits: those of the three that are full stand in an extra field, in this order.
fn large(mut extra: &[u8], size: &mut u64, packed: &mut u64, offset: &mut u64) {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let Some((field, rest)) = rest.split_at_checked(usize::from(short(head, 2))) else { return };
        extra = rest;
        if short(head, 0) != 1 {
            continue;
        }
        let mut numbers = field.chunks_exact(8).map(|n| u64::from_le_bytes(n.try_into().unwrap_or_default()));
        for value in [&mut *size, &mut *packed, &mut *offset] {
            if *value == u64::from(u32::MAX)
                && let Some(number) = numbers.next()
            {
                *value = number;
            }
        }
    }
}

pub(super) fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from(short(bytes, at)) | u32::from(short(bytes, at + 2)) << 16
}

/// The time of MS-DOS, which knows no zone: taken for UTC, since it only helps to guess a year.
fn time(time: u16, date: u16) -> Option<SystemTime> {
    let part = |of: u16, shift: u16, mask: u16| i8::try_from(of >> shift & mask).unwrap_or(0);
    let (year, month, day) = (1980 + i16::from(part(date, 9, 0x7f)), part(date, 5, 15), part(date, 0, 31));
    let (hour, minute, second) = (part(time, 11, 31), part(time, 5, 63), part(time, 0, 31) * 2);
    let at = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let seconds = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    // The beginning of that calendar is what writers put who know no time.
    let unknown = (year, month, day) == (1980, 1, 1);
    (!unknown).then(|| UNIX_EPOCH.checked_add(Duration::from_secs(seconds.try_into().ok()?))).flatten()
}
