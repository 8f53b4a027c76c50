//! Bzip2: one stream at a time.

use std::io::{self, BufRead, Read};

use bzip2::bufread::BzDecoder;

use super::super::budget::{Allowance, Grant};
use super::{Fault, Part, reserve};

/// What a decoder of the largest block size takes.
const MEMORY: u64 = 4 << 20;

/// Whether `head` begins a stream: magic, block size, and the magic of a block or of the stream's end.
pub(super) fn is_bzip2(head: &[u8]) -> bool {
    let Some((magic, rest)) = head.split_at_checked(4) else { return false };
    magic.starts_with(b"BZh")
        && (b'1'..=b'9').contains(&magic[3])
        && (rest.starts_with(&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
            || rest.starts_with(&[0x17, 0x72, 0x45, 0x38, 0x50]))
}

/// Reads one stream.
pub(super) fn open<B: BufRead>(input: B, allowance: &Allowance) -> Result<Stream<B>, Fault> {
    Ok(Stream { _memory: reserve(allowance, MEMORY, "bzip2")?, decoder: BzDecoder::new(input) })
}

pub(super) struct Stream<B> {
    decoder: BzDecoder<B>,
    _memory: Grant,
}

impl<B: BufRead> Read for Stream<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer)
    }
}

impl<B: BufRead> Part<B> for Stream<B> {
    fn into_input(self: Box<Self>) -> B {
        self.decoder.into_inner()
    }
}
