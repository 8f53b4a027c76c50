//! XZ in several blocks or streams: an index at the end of each stream lists its blocks.

use std::io::Read;
use std::ops::Range;

use super::super::METADATA;
use super::super::xz::MAGIC;
use super::{Frame, MOST, bytes};

/// Bytes of a stream's header, and of its footer.
const ENDS: u64 = 12;

/// The blocks of a file of `size` bytes, and the length of its text. Streams are read from the last to the first.
pub(super) fn frames<R: Read>(size: u64, at: &impl Fn(Range<u64>) -> R) -> Option<(Vec<Frame>, u64)> {
    let (mut streams, mut end, mut count) = (Vec::new(), size, 0);
    while end > 0 {
        // Zeros between streams come in fours.
        while bytes(end.checked_sub(4)?..end, at)? == [0; 4] {
            end -= 4;
        }
        let footer = bytes(end.checked_sub(ENDS)?..end, at)?;
        let index_length = (u64::from(u32::from_le_bytes(footer[4..8].try_into().ok()?)) + 1) * 4;
        if !footer.ends_with(b"YZ") || crc(&footer[4..10]) != footer[..4] || index_length > 16 * METADATA {
            return None;
        }
        let index_begin = (end - ENDS).checked_sub(index_length)?;
        let records = records(&bytes(index_begin..end - ENDS, at)?)?;
        count += records.len();
        let packed = records.iter().try_fold(ENDS, |sum, &(unpadded, _)| sum.checked_add(padded(unpadded)?))?;
        end = index_begin.checked_sub(packed)?;
        if count > MOST || !bytes(end..end + ENDS, at)?.starts_with(&MAGIC) {
            return None;
        }
        streams.push((end, records));
    }
    let (mut frames, mut text) = (Vec::with_capacity(count), 0u64);
    for (stream, records) in streams.into_iter().rev() {
        let mut packed = stream + ENDS;
        for (unpadded, length) in records {
            frames.push(Frame { packed, text, stream, unpadded });
            packed += padded(unpadded)?;
            text = text.checked_add(length)?;
        }
    }
    Some((frames, text))
}

/// Some blocks of one stream as a stream of their own, whose last text ends where `end` begins: what stands before them,
/// where they are, and what stands behind them.
pub(super) fn stream<R: Read>(
    blocks: &[Frame],
    end: Frame,
    at: &impl Fn(Range<u64>) -> R,
) -> (Vec<u8>, Range<u64>, Vec<u8>) {
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return (Vec::new(), 0..0, Vec::new()) };
    let header = bytes(first.stream..first.stream + ENDS, at).unwrap_or_default();
    let flags = header.get(6..8).map_or([0; 2], |flags| [flags[0], flags[1]]);
    let mut index = vec![0];
    put(&mut index, blocks.len() as u64);
    for (i, block) in blocks.iter().enumerate() {
        let next = blocks.get(i + 1).unwrap_or(&end);
        put(&mut index, block.unpadded);
        put(&mut index, next.text - block.text);
    }
    index.resize(index.len().next_multiple_of(4), 0);
    index.extend(crc(&index));
    let mut footer = ((index.len() / 4 - 1) as u32).to_le_bytes().to_vec();
    footer.extend(flags);
    let sum = crc(&footer);
    index.extend(sum);
    index.extend(footer);
    index.extend(b"YZ");
    (header, first.packed..last.packed + padded(last.unpadded).unwrap_or(0), index)
}

/// The records of an index: bytes of a block without padding, and of its text.
fn records(index: &[u8]) -> Option<Vec<(u64, u64)>> {
    let (body, sum) = index.split_at(index.len().checked_sub(4)?);
    if crc(body) != sum || *body.first()? != 0 {
        return None;
    }
    let mut rest = &body[1..];
    let count = take(&mut rest)?;
    if count > MOST as u64 {
        return None;
    }
    (0..count).map(|_| Some((take(&mut rest)?, take(&mut rest)?))).collect()
}

/// A number in groups of seven bits, the lowest first.
fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn put(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn padded(length: u64) -> Option<u64> {
    length.checked_next_multiple_of(4)
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    crc32fast::hash(bytes).to_le_bytes()
}
