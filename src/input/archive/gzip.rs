//! Gzip (RFC 1952): all parts of a concatenated file, the padding between and after them, and what follows.

use std::io::{self, Read};
use std::time::SystemTime;

use flate2::GzHeader;
use flate2::bufread::GzDecoder;

use super::super::stream::{Peek, is_of_input};
use super::Fault;
use crate::terms::SkipReason;

/// Whether `head` begins a gzip part: magic and the method deflate.
pub(super) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b, 8])
}

/// The text of a gzip file. A fault ends the text; ask for it afterwards.
pub(super) struct Gunzip<R> {
    state: State<R>,
    modified: Option<SystemTime>,
    produced: u64,
    limit: u64,
    fault: Option<Fault>,
}

enum State<R> {
    /// Inside a part.
    Packed(Box<GzDecoder<Peek<R>>>),
    /// Behind the last part, in bytes that are not gzip: somebody appended text.
    Plain(Peek<R>),
    Ended,
}

impl<R: Read> Gunzip<R> {
    /// Unpacks `input`, which begins a gzip part, to at most `limit` bytes.
    pub(super) fn new(input: Peek<R>, limit: u64) -> Self {
        let decoder = GzDecoder::new(input);
        let modified = decoder.header().and_then(GzHeader::mtime_as_datetime);
        Self { state: State::Packed(Box::new(decoder)), modified, produced: 0, limit, fault: None }
    }

    /// When the text was last written, as the first part says.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// Why the text ended early, if it did.
    pub(super) fn into_fault(self) -> Option<Fault> {
        self.fault
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.state {
                State::Packed(decoder) => decoder.read(buffer),
                State::Plain(rest) => return rest.read(buffer),
                State::Ended => return Ok(0),
            };
            match read {
                Ok(0) => self.next_part(),
                Err(error) if is_of_input(&error) => return Err(error),
                Err(error) => self.fail(&error),
                Ok(_) => return read,
            }
        }
    }

    /// Goes on behind a part that ended well. Zeros there are padding to a block of a tape or disk.
    fn next_part(&mut self) {
        let State::Packed(decoder) = std::mem::replace(&mut self.state, State::Ended) else { return };
        let mut input = decoder.into_inner();
        input.skip_zeros();
        let head = input.peek(3);
        if is_gzip(head) {
            self.state = State::Packed(Box::new(GzDecoder::new(input)));
        } else {
            // At the end of the input this yields nothing; if the input failed, it yields the error.
            self.state = State::Plain(input);
        }
    }

    fn fail(&mut self, error: &io::Error) {
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "gzip data ends early",
            _ => "gzip data is damaged",
        };
        let detail = format!("{what}, after {} bytes of text", self.produced);
        self.fault = Some(Fault { reason: SkipReason::DecodeError, detail });
        self.state = State::Ended;
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let left = usize::try_from(self.limit - self.produced).unwrap_or(usize::MAX);
        if left == 0 {
            // Whether there is more decides whether something is lost.
            if self.read_some(&mut [0])? > 0 {
                let detail = format!("unpacks to more than {} bytes", self.limit);
                self.fault = Some(Fault { reason: SkipReason::BombLimit, detail });
                self.state = State::Ended;
            }
            return Ok(0);
        }
        let wanted = buffer.len().min(left);
        let read = self.read_some(&mut buffer[..wanted])?;
        self.produced += read as u64;
        Ok(read)
    }
}
