//! Holes of sparse files: bytes that were never written and read as zeros. Hours of zeros hold no log.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::ops::Range;

use super::{Piece, Skipped, Source, Unit, file};
use crate::terms::SkipReason;

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

/// The bytes of files that no unit reads.
#[derive(Debug, Default)]
pub struct Holes {
    /// How many they are, by the index of the source.
    pub bytes: BTreeMap<usize, u64>,
    /// Holes that were filled since the units were planned.
    pub filled: Vec<(usize, Skipped)>,
}

/// The holes of files cut into `units`: with what was read they are the whole of each file. Looks again at each: what
/// was written there during the scan was not read.
pub fn holes(sources: &[Source], units: &[Unit]) -> Holes {
    let mut holes = Holes::default();
    for parts in units.chunk_by(|a, b| a.source == b.source) {
        let (index, source) = (parts[0].source, &sources[parts[0].source]);
        let mut next = 0;
        let mut gaps = Vec::new();
        for unit in parts {
            let Piece::Part(part) = &unit.piece else { continue };
            gaps.push(next..part.start);
            next = part.end;
        }
        if next == 0 {
            continue;
        }
        gaps.push(next..source.size);
        gaps.retain(|gap| !gap.is_empty());
        if gaps.is_empty() {
            continue;
        }
        holes.bytes.insert(index, gaps.iter().map(|gap| gap.end - gap.start).sum());
        // A file that cannot be opened any more was named where its parts were read.
        let Ok((file, _)) = file::open(source) else { continue };
        if gaps.iter().any(|gap| next_data(&file, gap.start).is_some_and(|data| data < gap.end)) {
            let (path, detail) = (source.shown.clone(), "a hole in the file was written to".to_owned());
            let skipped = Skipped { path, member: None, reason: SkipReason::ChangedDuringScan, detail };
            holes.filled.push((index, skipped));
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
