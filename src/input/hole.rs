//! Holes of sparse files: bytes that were never written and read as zeros. Hours of zeros hold no log.

use std::fs::{File, Metadata};
use std::ops::Range;

use super::{Piece, Source, Unit};

/// The parts of a file of `size` bytes, each a segment long, without those that lie in a hole together with all that
/// their judgement may look at, `margin` bytes either side. The first part is always there.
pub(super) fn parts(file: &File, size: u64, segment: u64, margin: u64) -> Vec<Range<u64>> {
    let sparse = file.metadata().is_ok_and(|found| has_holes(&found));
    let mut parts = Vec::new();
    let mut number = 0;
    while number * segment < size {
        let from = number * segment;
        let until = size.min(from.saturating_add(segment));
        let data = if sparse && from > 0 { next_data(file, from.saturating_sub(margin)) } else { Some(from) };
        match data {
            Some(data) if data >= until.saturating_add(margin) => number = (data - margin) / segment,
            Some(_) => {
                parts.push(from..until);
                number += 1;
            }
            None => break,
        }
    }
    parts
}

/// The bytes of files cut into `units` that no unit reads, since they lie in holes: with what was read and what was
/// skipped they are the whole of each file.
pub fn holes(sources: &[Source], units: &[Unit]) -> u64 {
    let mut holes = 0;
    let mut last = None;
    for unit in units {
        if let Piece::Part(part) = &unit.piece {
            if last != Some(unit.source) {
                holes += sources[unit.source].size;
            }
            holes -= part.end - part.start;
            last = Some(unit.source);
        }
    }
    holes
}

#[cfg(unix)]
fn has_holes(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::blocks(found).saturating_mul(512) < found.len()
}

#[cfg(not(unix))]
fn has_holes(_: &Metadata) -> bool {
    false
}

/// Where data begins at `offset` or behind it. None where there is only a hole up to the end. `offset` itself where
/// nobody knows.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn next_data(file: &File, offset: u64) -> Option<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(offset)) {
        Ok(data) => Some(data.max(offset)),
        Err(rustix::io::Errno::NXIO) => None,
        Err(_) => Some(offset),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn next_data(_: &File, offset: u64) -> Option<u64> {
    Some(offset)
}
