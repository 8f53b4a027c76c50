//! Windows over mapped files.
//!
//! A file is mapped one segment at a time and unmapped as the scan passes, so that resident memory stays bounded. The
//! page cache is left alone: populating a mapping makes its readers wait for one another, and advice to read ahead
//! slows interleaved readers down. A file that is cut off under its map is answered for in [`super::fault`].
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Range;

use memmap2::{Mmap, MmapOptions};

use super::fault::Guard;
use super::{Options, Window};

/// How far a file was read by its maps.
pub(super) struct Reached {
    /// The next byte to read: the system may refuse to map, and the rest is then to be read in another way.
    pub next: u64,
    /// The file did not hold what was mapped: the last window showed zeros that are not its own.
    pub torn: bool,
}

/// Hands on the part `own` of a file of `end` bytes. `each` says whether it wants the next.
pub(super) fn windows(
    file: &File,
    end: u64,
    own: Range<u64>,
    options: &Options,
    each: &mut dyn FnMut(Window<'_>) -> bool,
) -> Reached {
    let (behind, ahead, chunk) = (options.behind as u64, options.ahead as u64, options.chunk() as u64);
    // Whole chunks, so that the windows are those of a file that is read.
    let step = (options.segment() / chunk).max(1) * chunk;
    let own = own.start..own.end.min(end);
    let mut next = own.start;
    while next < own.end {
        let stop = own.end.min(next.saturating_add(step));
        let Ok(mapped) = Mapped::new(file, next.saturating_sub(behind)..end.min(stop.saturating_add(ahead))) else {
            break;
        };
        while next < stop {
            let until = stop.min(next + chunk);
            let shown = next.saturating_sub(behind)..end.min(until.saturating_add(ahead));
            let more = each(Window {
                own: (next - shown.start) as usize..(until - shown.start) as usize,
                offset: shown.start,
                last: shown.end == end,
                bytes: mapped.text(shown),
            });
            next = until;
            if mapped.guard.zeros().is_some() {
                return Reached { next, torn: true };
            }
            if !more {
                return Reached { next, torn: false };
            }
        }
    }
    Reached { next, torn: false }
}

/// A mapped part of a file.
struct Mapped {
    /// Before the map, so that it is dropped first.
    guard: Guard,
    map: Mmap,
    /// Offset in the file of the first byte.
    offset: u64,
}

impl Mapped {
    /// Maps `range`, which lies within the file and is not empty.
    fn new(file: &File, range: Range<u64>) -> io::Result<Self> {
        let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        let mut options = MmapOptions::new();
        options.offset(range.start).len(length);
        // SAFETY: the mapping is private to this value, read-only, and unmapped when it is dropped. The file may be
        // written to or cut off meanwhile by others, which no program can prevent: callers map files that have
        // settled, unless the user asks for more, decide on what they see once, and compare the file's state after.
        let map = unsafe { options.map(file)? };
        let guard = Guard::new(&map).ok_or(io::ErrorKind::Unsupported)?;
        Ok(Self { guard, map, offset: range.start })
    }

    fn text(&self, range: Range<u64>) -> &[u8] {
        &self.map[(range.start - self.offset) as usize..(range.end - self.offset) as usize]
    }
}
