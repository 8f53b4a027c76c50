//! Sparse files in a tar: their pieces are scanned where they stood, and the holes between them are not made real.

use std::io::{self, Read};
use std::vec;

use super::METADATA;
use super::header::{BLOCK, Extended, Header, decimal, number};
use crate::limits;

/// Zeros shown for a hole, whatever its size: no judgement looks farther than this, so more would change nothing.
const HOLE: u64 = (limits::BEHIND + limits::AHEAD) as u64;

/// Offset and length of each piece of a file, as far as its data stands in the archive.
pub(super) type Map = Vec<(u64, u64)>;

/// The map of a sparse entry, however it is written; none for others. Reads from `data` what belongs to the map.
pub(super) fn map(header: &Header, extended: &[&Extended], data: &mut io::Take<impl Read>) -> Option<Result<Map, ()>> {
    if header.kind == b'S' {
        return Some(old(header, data).ok_or(()));
    }
    let about = extended.iter().rev().find(|about| about.map_in_data || !about.map.is_empty())?;
    Some(if about.map_in_data { in_data(data).ok_or(()) } else { Ok(about.map.clone()) })
}

/// GNU's own: four pieces in the header, more in blocks before the data, which do not count as data.
fn old(header: &Header, data: &mut io::Take<impl Read>) -> Option<Map> {
    let mut map = Map::new();
    let pieces = |map: &mut Map, field: &[u8]| {
        for piece in field.chunks_exact(24) {
            let (offset, length) = (number(&piece[..12])?, number(&piece[12..])?);
            if offset != 0 || length != 0 {
                map.push((offset, length));
            }
        }
        Some(())
    };
    pieces(&mut map, &header.block[386..482])?;
    let mut more = header.block[482] != 0;
    while more && (map.len() * 24) < METADATA as usize {
        let mut block = [0; BLOCK];
        data.get_mut().read_exact(&mut block).ok()?;
        pieces(&mut map, &block[..504])?;
        more = block[504] != 0;
    }
    (!more).then_some(map)
}

/// PAX 1.0: decimal lines at the beginning of the data, filled up to a block.
fn in_data(data: &mut io::Take<impl Read>) -> Option<Map> {
    let (mut numbers, mut line, mut wanted, mut read) = (Vec::new(), Vec::new(), None, 0);
    while wanted.is_none_or(|wanted| numbers.len() < wanted) {
        let mut block = [0; BLOCK];
        data.read_exact(&mut block).ok()?;
        read += BLOCK;
        if read > METADATA as usize {
            return None;
        }
        for byte in block {
            if wanted.is_some_and(|wanted| numbers.len() >= wanted) {
                break;
            }
            if byte != b'\n' {
                line.push(byte);
                continue;
            }
            let number = decimal(&line)?;
            line.clear();
            match wanted {
                None => wanted = Some(usize::try_from(number).ok()?.checked_mul(2)?),
                Some(_) => numbers.push(number),
            }
        }
    }
    Some(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

/// The text of a sparse file: its pieces, and zeros for the holes before them.
pub(super) struct Text<'a> {
    data: &'a mut dyn Read,
    pieces: vec::IntoIter<(u64, u64)>,
    hole: u64,
    piece: u64,
    /// Offset behind the piece.
    end: u64,
    rest: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(data: &'a mut dyn Read, map: Map) -> Self {
        Self { data, pieces: map.into_iter(), hole: 0, piece: 0, end: 0, rest: false }
    }
}

impl Read for Text<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.hole == 0 && self.piece == 0 && !self.rest {
            match self.pieces.next() {
                Some((offset, length)) => {
                    self.hole = offset.saturating_sub(self.end).min(HOLE);
                    self.piece = length;
                    self.end = offset.saturating_add(length);
                }
                // Data that no piece claims.
                None => self.rest = true,
            }
        }
        if self.hole > 0 {
            let zeros = buffer.len().min(self.hole as usize);
            buffer[..zeros].fill(0);
            self.hole -= zeros as u64;
            return Ok(zeros);
        }
        if self.rest {
            return self.data.read(buffer);
        }
        let wanted = buffer.len().min(usize::try_from(self.piece).unwrap_or(usize::MAX));
        let read = self.data.read(&mut buffer[..wanted])?;
        self.piece -= read as u64;
        if read == 0 && wanted > 0 {
            // The data ends early, which the entry notices.
            (self.piece, self.rest) = (0, true);
        }
        Ok(read)
    }
}
