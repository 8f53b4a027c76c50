//! LZ4 frames, today's and those of the kernel's old tools: one frame at a time.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::FrameDecoder;

use super::super::budget::{Allowance, Grant};
use super::{Fault, Part, reserve};

const FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// Whether `head` begins a frame.
pub(super) fn is_lz4(head: &[u8]) -> bool {
    head.starts_with(&LEGACY) || head.starts_with(&FRAME) && head.get(4).is_some_and(|flags| flags >> 6 == 1)
}

/// Reads one frame, which begins with `head`.
pub(super) fn open<B: BufRead>(head: &[u8], input: B, allowance: &Allowance) -> Result<Frame<B>, Fault> {
    let legacy = head.starts_with(&LEGACY);
    // A block packed, two blocks unpacked, and the 64 KiB that the next may refer to.
    let block = match head.get(5).map(|b| b >> 4 & 7) {
        _ if legacy => 8 << 20,
        Some(code @ 4..=7) => 1u64 << (8 + 2 * code),
        _ => 0,
    };
    let memory = reserve(allowance, 3 * block + (64 << 10), "lz4")?;
    Ok(Frame { decoder: FrameDecoder::new(Ends { input, ended: false }), legacy, _memory: memory })
}

/// The decoder takes the end of the input between two blocks for the end of the frame, so the input's end is noted.
struct Ends<B> {
    input: B,
    ended: bool,
}

impl<B: BufRead> Read for Ends<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

pub(super) struct Frame<B: BufRead> {
    decoder: FrameDecoder<Ends<B>>,
    legacy: bool,
    _memory: Grant,
}

impl<B: BufRead> Read for Frame<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        // An old frame has no mark of its end.
        if read == 0 && !buffer.is_empty() && !self.legacy && self.decoder.get_ref().ended {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

impl<B: BufRead> Part<B> for Frame<B> {
    fn into_input(self: Box<Self>) -> B {
        self.decoder.into_inner().input
    }
}
