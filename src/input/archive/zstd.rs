//! Zstandard (RFC 8878): one frame at a time, with the memory that its header asks for.

use std::io::{self, BufRead, Read};

use zstd::stream::raw::DParameter;
use zstd::stream::read::Decoder;

use super::super::budget::{Allowance, Grant};
use super::{Fault, Part, reserve};
use crate::terms::SkipReason;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether `head` begins a frame. The bit that is reserved is zero.
pub(super) fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(&MAGIC) && head.get(4).is_some_and(|flags| flags & 8 == 0)
}

/// Reads one frame, which begins with `head`.
pub(super) fn open<'a, B: BufRead + 'a>(head: &[u8], input: B, allowance: &Allowance) -> Result<Frame<'a, B>, Fault> {
    let damaged = || Fault::new(SkipReason::DecodeError, "zstd data is damaged");
    let header = header(head).ok_or_else(|| Fault::new(SkipReason::DecodeError, "zstd data ends early"))?;
    if header.dictionary {
        return Err(Fault::new(SkipReason::Unsupported, "zstd data needs a dictionary"));
    }
    let memory = reserve(allowance, header.window, "zstd")?;
    let mut decoder = Decoder::with_buffer(input).map_err(|_| damaged())?.single_frame();
    // The header was judged above; this only lifts the library's own limit.
    decoder
        .set_parameter(DParameter::WindowLogMax(31))
        .or_else(|_| decoder.set_parameter(DParameter::WindowLogMax(30)))
        .map_err(|_| damaged())?;
    Ok(Frame { decoder, _memory: memory })
}

/// What the beginning of a frame says.
pub(super) struct Header {
    /// Bytes of the header, magic included.
    pub length: usize,
    /// Text that the decoder keeps, in bytes.
    window: u64,
    /// Bytes of text, where it says so.
    pub content: Option<u64>,
    /// Whether every block is followed by a checksum of the frame.
    pub checksum: bool,
    dictionary: bool,
}

/// Reads a frame's header. None where `head` ends before it does.
pub(super) fn header(head: &[u8]) -> Option<Header> {
    let flags = *head.get(4)?;
    let single = flags & 0x20 != 0;
    let mut at = 5;
    let mut window = 0;
    if !single {
        let byte = u64::from(*head.get(at)?);
        let base = 1u64 << (10 + (byte >> 3));
        window = base + base / 8 * (byte & 7);
        at += 1;
    }
    let id = [0, 1, 2, 4][usize::from(flags & 3)];
    let dictionary = little(head.get(at..at + id)?) != 0;
    at += id;
    let size = match flags >> 6 {
        0 => usize::from(single),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let number = little(head.get(at..at + size)?);
    let content = match size {
        0 => None,
        2 => Some(number + 256),
        _ => Some(number),
    };
    if single {
        window = content.unwrap_or(0);
    }
    Some(Header { length: at + size, window, content, checksum: flags & 4 != 0, dictionary })
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

pub(super) struct Frame<'a, B: BufRead> {
    decoder: Decoder<'a, B>,
    _memory: Grant,
}

impl<B: BufRead> Read for Frame<'_, B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer)
    }
}

impl<B: BufRead> Part<B> for Frame<'_, B> {
    fn into_input(self: Box<Self>) -> B {
        self.decoder.finish()
    }
}
