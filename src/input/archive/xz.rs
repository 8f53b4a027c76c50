//! XZ: one stream at a time, with as much memory as it turns out to need.

use std::io::{self, BufRead, Read};

use liblzma::stream::{Action, Error, Status, Stream as Lzma};

use super::super::budget::{Allowance, Grant};
use super::{Fault, Part, refuse, reserve};
use crate::terms::SkipReason;

pub(super) const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];

/// The memory that a decoder begins with.
const LEAST: u64 = 1 << 20;

/// Whether `head` begins a stream.
pub(super) fn is_xz(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Reads one stream.
pub(super) fn open<B: BufRead>(input: B, allowance: &Allowance) -> Result<Stream<B>, Fault> {
    let memory = vec![reserve(allowance, LEAST.min(allowance.most_memory()), "xz")?];
    let decoder = Lzma::new_stream_decoder(LEAST, 0)
        .map_err(|_| Fault::new(SkipReason::InternalError, "no memory for a decoder"))?;
    Ok(Stream { input, decoder, limit: LEAST, memory, allowance: allowance.clone(), ended: false })
}

pub(super) struct Stream<B> {
    input: B,
    decoder: Lzma,
    /// What the decoder may use, of which `memory` is the proof.
    limit: u64,
    memory: Vec<Grant>,
    allowance: Allowance,
    ended: bool,
}

impl<B> Stream<B> {
    /// Lets the decoder have a quarter more, up to everything.
    fn grow(&mut self) -> io::Result<()> {
        let more = (self.limit / 4).min(self.allowance.most_memory().saturating_sub(self.limit));
        if more == 0 {
            return Err(refuse(too_much(&self.allowance)));
        }
        self.memory.push(self.allowance.memory(more).ok_or_else(|| refuse(too_much(&self.allowance)))?);
        self.limit += more;
        // Refused only where the limit is still too small, which the next step shows.
        let _ = self.decoder.set_memlimit(self.limit);
        Ok(())
    }
}

fn too_much(allowance: &Allowance) -> Fault {
    super::too_much_memory(allowance, "xz")
}

impl<B: BufRead> Read for Stream<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buffer.is_empty() {
            let packed = self.input.fill_buf()?;
            let finished = packed.is_empty();
            let action = if finished { Action::Finish } else { Action::Run };
            let (taken, given) = (self.decoder.total_in(), self.decoder.total_out());
            let status = self.decoder.process(packed, buffer, action);
            let taken = (self.decoder.total_in() - taken) as usize;
            let given = (self.decoder.total_out() - given) as usize;
            self.input.consume(taken);
            match status {
                Ok(Status::StreamEnd) => self.ended = true,
                Ok(_) if given == 0 && finished => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(Error::MemLimit) => self.grow()?,
                // What was given before it is asked for again.
                Err(_) if given > 0 => {}
                Err(Error::Options) => {
                    return Err(refuse(Fault::new(SkipReason::Unsupported, "xz data uses a filter that is not known")));
                }
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
            if given > 0 {
                return Ok(given);
            }
        }
        Ok(0)
    }
}

impl<B: BufRead> Part<B> for Stream<B> {
    fn into_input(self: Box<Self>) -> B {
        self.input
    }
}
