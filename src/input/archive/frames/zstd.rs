//! Zstandard in several frames, each of which tells how long its text is. Blocks tell their own length, so that the end
//! of a frame is found by stepping from one to the next.

use std::io::Read;
use std::ops::Range;

use super::super::parts::Skippable;
use super::super::zstd::{header, is_zstd};
use super::{Frame, MOST, bytes};

/// The frames of a file of `size` bytes, if all of them tell, and the length of the text.
pub(super) fn frames<R: Read>(size: u64, at: &impl Fn(Range<u64>) -> R) -> Option<(Vec<Frame>, u64)> {
    let (mut frames, mut text, mut next) = (Vec::new(), 0u64, 0);
    while next < size {
        if frames.len() == MOST {
            return None;
        }
        let head = bytes(next..size.min(next + 18), at)?;
        if Skippable::<&[u8]>::begins(&head) {
            next = next.checked_add(8 + u64::from(u32::from_le_bytes(head[4..8].try_into().ok()?)))?;
            continue;
        }
        if !is_zstd(&head) {
            return None;
        }
        let header = header(&head)?;
        frames.push(Frame { packed: next, text, stream: 0, unpadded: 0 });
        text = text.checked_add(header.content?)?;
        next = behind_blocks(next + header.length as u64, at)? + u64::from(header.checksum) * 4;
    }
    (next == size).then_some((frames, text))
}

/// Where the blocks that begin at `next` end.
fn behind_blocks<R: Read>(mut next: u64, at: &impl Fn(Range<u64>) -> R) -> Option<u64> {
    loop {
        let block = bytes(next..next + 3, at)?;
        let word = u64::from(block[0]) | u64::from(block[1]) << 8 | u64::from(block[2]) << 16;
        // A block of one byte repeated stores that byte.
        let length = match word >> 1 & 3 {
            1 => 1,
            3 => return None,
            _ => word >> 3,
        };
        next += 3 + length;
        if word & 1 == 1 {
            return Some(next);
        }
    }
}
