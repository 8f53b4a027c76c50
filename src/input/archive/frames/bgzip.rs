//! Gzip as bgzip writes it: each part tells its own length, and at its end that of its text.

use std::io::Read;
use std::ops::Range;

use super::super::gzip::is_gzip;
use super::{Frame, MOST, bytes};

/// The parts of a file of `size` bytes, if all of them tell, and the length of the text.
pub(super) fn frames<R: Read>(size: u64, at: &impl Fn(Range<u64>) -> R) -> Option<(Vec<Frame>, u64)> {
    let (mut frames, mut text, mut next) = (Vec::new(), 0u64, 0);
    while next < size {
        if frames.len() == MOST {
            return None;
        }
        // The length of the last part's text stands right before.
        let before = u64::from(next > 0) * 4;
        let head = bytes(next - before..size.min(next + 32), at)?;
        if before > 0 {
            text += u64::from(u32::from_le_bytes(head[..4].try_into().ok()?));
        }
        let length = length(&head[before as usize..])?;
        frames.push(Frame { packed: next, text, stream: 0, unpadded: 0 });
        next = next.checked_add(length)?;
    }
    let last = bytes(size.checked_sub(4)?..size, at)?;
    text += u64::from(u32::from_le_bytes(last.try_into().ok()?));
    (next == size).then_some((frames, text))
}

/// The length of the part that `head` begins: the first extra field, named BC, holds one less.
fn length(head: &[u8]) -> Option<u64> {
    let extra = is_gzip(head) && head.get(3)? & 4 != 0 && head.get(12..16)? == b"BC\x02\0";
    let length = u64::from(u16::from_le_bytes([*head.get(16)?, *head.get(17)?])) + 1;
    (extra && length > 26).then_some(length)
}
