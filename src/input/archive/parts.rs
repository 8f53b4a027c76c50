//! The text of packed data: all parts of a concatenated file, the padding between and after them, and what follows.

use std::io::{self, BufRead, Read};
use std::time::SystemTime;

use super::super::budget::Allowance;
use super::super::stream::{Peek, is_of_input};
use super::{Codec, Fault, Format, HEAD, Part, sniff};
use crate::terms::SkipReason;

/// The text of packed data. A fault ends the text; ask for it afterwards.
pub(super) struct Unpacked<'a> {
    state: State<'a>,
    codec: Codec,
    modified: Option<SystemTime>,
    meter: Meter,
    allowance: Allowance,
    fault: Option<Fault>,
}

type Input<'a> = Peek<&'a mut dyn Read>;

enum State<'a> {
    /// Inside a part.
    Packed(Box<dyn Part<Input<'a>> + 'a>),
    /// Behind the last part, in bytes that are not packed: somebody appended text.
    Plain(Input<'a>),
    Ended,
}

impl<'a> Unpacked<'a> {
    /// Unpacks `input`, which begins a part of `codec`, to at most `limit` bytes.
    pub(super) fn new(input: Input<'a>, codec: Codec, limit: u64, allowance: &Allowance) -> Self {
        let mut new = Self {
            state: State::Ended,
            codec,
            modified: None,
            meter: Meter::new(limit, allowance),
            allowance: allowance.clone(),
            fault: None,
        };
        new.open(input, codec);
        if let State::Packed(part) = &new.state {
            new.modified = part.modified();
        }
        new
    }

    /// When the text was last written, as the first part says.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// Why the text ended early, if it did.
    pub(super) fn into_fault(self) -> Option<Fault> {
        self.fault
    }

    fn open(&mut self, mut input: Input<'a>, codec: Codec) {
        self.codec = codec;
        let mut head = [0; HEAD];
        let seen = input.peek(HEAD);
        let length = seen.len();
        head[..length].copy_from_slice(seen);
        match codec.open(&head[..length], input, &self.allowance) {
            Ok(part) => self.state = State::Packed(part),
            Err(fault) => self.end(fault),
        }
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.state {
                State::Packed(part) => part.read(buffer),
                State::Plain(rest) => return rest.read(buffer),
                State::Ended => return Ok(0),
            };
            match read {
                Ok(0) => self.next_part(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_of_input(&error) => return Err(error),
                Err(error) => {
                    let fault = Fault::of(&error, self.codec.name(), self.meter.produced);
                    self.end(fault);
                }
                Ok(_) => return read,
            }
        }
    }

    /// Goes on behind a part that ended well. Zeros there are padding to a block of a tape or disk.
    fn next_part(&mut self) {
        let State::Packed(part) = std::mem::replace(&mut self.state, State::Ended) else { return };
        let mut input = part.into_input();
        input.skip_zeros();
        match sniff(input.peek(HEAD)) {
            Some(Format::Packed(codec)) => self.open(input, codec),
            Some(Format::Tar | Format::Zip | Format::Foreign(_)) => {
                let detail = format!("an archive follows the {} data; it was scanned as bytes", self.codec.name());
                self.fault = Some(Fault { reason: SkipReason::Unsupported, detail });
                self.state = State::Plain(input);
            }
            None => {
                if is_binary(input.peek(HEAD)) {
                    let detail =
                        format!("bytes that are no text follow the {} data; they were scanned", self.codec.name());
                    self.fault = Some(Fault { reason: SkipReason::DecodeError, detail });
                }
                // At the end of the input this yields nothing; if the input failed, it yields the error.
                self.state = State::Plain(input);
            }
        }
    }

    fn end(&mut self, fault: Fault) {
        self.fault = Some(fault);
        self.state = State::Ended;
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let room = self.meter.room(buffer.len());
        if room == 0 {
            // Whether there is more decides whether something is lost.
            if self.read_some(&mut [0])? > 0 {
                self.end(self.meter.full());
            }
            return Ok(0);
        }
        let read = self.read_some(&mut buffer[..room])?;
        if let Err(fault) = self.meter.count(read) {
            self.end(fault);
        }
        Ok(read)
    }
}

/// Whether bytes are certainly no text: a damaged part, rather than something that was appended.
fn is_binary(head: &[u8]) -> bool {
    head.iter().any(|&byte| byte < b' ' && !matches!(byte, b'\t'..=b'\r' | 0x1b | 8))
}

/// Counts what is really produced, and knows when it is too much.
pub(super) struct Meter {
    pub produced: u64,
    limit: u64,
    allowance: Allowance,
}

impl Meter {
    pub(super) fn new(limit: u64, allowance: &Allowance) -> Self {
        Self { produced: 0, limit, allowance: allowance.clone() }
    }

    /// How many of `wanted` bytes may be produced.
    pub(super) fn room(&self, wanted: usize) -> usize {
        wanted.min(usize::try_from(self.limit - self.produced).unwrap_or(usize::MAX))
    }

    /// Counts `bytes`. An error where the whole scan produced too much.
    pub(super) fn count(&mut self, bytes: usize) -> Result<(), Fault> {
        self.produced += bytes as u64;
        if self.allowance.unpack(bytes as u64) {
            return Ok(());
        }
        let detail = format!("the whole scan unpacks to more than {} bytes", self.allowance.most_unpacked());
        Err(Fault { reason: SkipReason::BombLimit, detail })
    }

    /// There is more than the limit.
    pub(super) fn full(&self) -> Fault {
        Fault { reason: SkipReason::BombLimit, detail: format!("unpacks to more than {} bytes", self.limit) }
    }
}

/// A frame that decoders are to pass over: the length stands behind its magic.
pub(super) struct Skippable<B> {
    input: B,
    header: usize,
    left: u64,
}

impl<B: BufRead> Skippable<B> {
    /// Whether `head` begins such a frame, of zstd or lz4.
    pub(super) fn begins(head: &[u8]) -> bool {
        matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, _, _, _, _, ..])
    }

    pub(super) fn new(head: &[u8], input: B) -> Self {
        let length = head.get(4..8).map_or(0, |l| u32::from_le_bytes([l[0], l[1], l[2], l[3]]));
        Self { input, header: 8, left: u64::from(length) }
    }
}

impl<B: BufRead> Read for Skippable<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() && self.header as u64 + self.left > 0 {
            let held = self.input.fill_buf()?.len();
            if held == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let header = held.min(self.header);
            let body = (held - header).min(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.input.consume(header + body);
            self.header -= header;
            self.left -= body as u64;
        }
        Ok(0)
    }
}

impl<B: BufRead> Part<B> for Skippable<B> {
    fn into_input(self: Box<Self>) -> B {
        self.input
    }
}

/// The text of one part, from an input that goes on behind it. A fault ends the text; ask for it afterwards.
pub(super) struct Single<'a, B> {
    part: Box<dyn Part<B> + 'a>,
    name: &'static str,
    meter: Meter,
    fault: Option<Fault>,
}

impl<'a, B> Single<'a, B> {
    /// The text of `part`, at most `limit` bytes of it. `name` is what people call its packing.
    pub(super) fn new(part: Box<dyn Part<B> + 'a>, name: &'static str, limit: u64, allowance: &Allowance) -> Self {
        Self { part, name, meter: Meter::new(limit, allowance), fault: None }
    }

    /// The input where the part ended, and why it ended early, if it did.
    pub(super) fn into_input(self) -> (B, Option<Fault>) {
        (self.part.into_input(), self.fault)
    }
}

impl<B> Read for Single<'_, B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.fault.is_some() {
            return Ok(0);
        }
        let room = self.meter.room(buffer.len());
        let mut one = [0];
        let into = if room == 0 { &mut one[..] } else { &mut buffer[..room] };
        match self.part.read(into) {
            Ok(0) => Ok(0),
            Ok(_) if room == 0 => {
                self.fault = Some(self.meter.full());
                Ok(0)
            }
            Ok(read) => {
                self.fault = self.meter.count(read).err();
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted || is_of_input(&error) => Err(error),
            Err(error) => {
                self.fault = Some(Fault::of(&error, self.name, self.meter.produced));
                Ok(0)
            }
        }
    }
}
