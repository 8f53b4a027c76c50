//! The text of a zip's entry held against what the zip says of it; and data whose length stands behind it.

use std::io::{self, BufRead, Read};

use crc32fast::Hasher;

use super::super::super::stream::Peek;
use super::super::Fault;
use super::super::parts::{Single, Unpacked};
use super::entry::{Entry, long};
use crate::terms::SkipReason;

/// A text whose checksum and size are counted on the way.
pub(super) struct Checked<R> {
    inner: R,
    hasher: Hasher,
    bytes: u64,
    ended: bool,
    size: Option<u64>,
    crc: Option<u32>,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(inner: R, entry: &Entry) -> Self {
        Self { inner, hasher: Hasher::new(), bytes: 0, ended: false, size: entry.size, crc: entry.crc }
    }

    /// Whether the text was read to its end.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// What is wrong with a text that was read to its end.
    fn verdict(&self) -> Option<Fault> {
        let wrong = if !self.ended {
            return None;
        } else if self.size.is_some_and(|size| size != self.bytes) {
            "is not as long as the archive says"
        } else if self.crc.is_some_and(|crc| crc != self.hasher.clone().finalize()) {
            "does not have the checksum that the archive says"
        } else {
            return None;
        };
        Some(Fault::new(SkipReason::DecodeError, format!("the text, {} bytes, {wrong}", self.bytes)))
    }
}

impl<R: Read> Checked<io::Take<R>> {
    /// What is wrong, of stored data.
    pub(super) fn finish(mut self) -> Option<Fault> {
        let verdict = self.verdict();
        let _ = io::copy(&mut self.inner, &mut io::sink());
        let early = || Fault::new(SkipReason::DecodeError, "zip data ends early, within this entry");
        (self.inner.limit() > 0).then(early).or(verdict)
    }
}

impl Checked<Unpacked<'_>> {
    /// What is wrong, of packed data in parts.
    pub(super) fn finish_unpacked(self) -> Option<Fault> {
        let verdict = self.verdict();
        self.inner.into_fault().or(verdict)
    }
}

impl<B: Read> Checked<Single<'_, B>> {
    /// How much was unpacked, what is wrong, and the input.
    pub(super) fn finish_single(self) -> (u64, Option<Fault>, B) {
        let (verdict, bytes) = (self.verdict(), self.bytes);
        let (input, fault) = self.inner.into_input();
        (bytes, fault.or(verdict), input)
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.bytes += read as u64;
        self.ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

/// The length of the descriptor that `head` begins with, behind an entry of `size` bytes of text: a mark that may be
/// missing, a checksum, and both sizes in 4 or 8 bytes each.
pub(super) fn descriptor(head: &[u8], size: u64) -> Option<u64> {
    let mark = if head.starts_with(MARK) { 4 } else { 0 };
    let wide = |at: usize| head.get(at..at + 8).map(|n| u64::from(long(n, 0)) | u64::from(long(n, 4)) << 32);
    let narrow = |at: usize| head.get(at..at + 4).map(|n| u64::from(long(n, 0)));
    if wide(mark + 12) == Some(size) {
        return Some(mark as u64 + 20);
    }
    (narrow(mark + 8) == Some(size & 0xffff_ffff)).then_some(mark as u64 + 12)
}

const MARK: &[u8] = b"PK\x07\x08";

/// Data up to the descriptor that tells its length, which is recognised by that length.
pub(super) struct UntilDescriptor<'a, 'b> {
    input: &'a mut Peek<&'b mut dyn Read>,
    hasher: Hasher,
    bytes: u64,
    /// Whether the data is the text, so that the checksum must agree.
    text: bool,
    found: bool,
}

impl<'a, 'b> UntilDescriptor<'a, 'b> {
    pub(super) fn new(input: &'a mut Peek<&'b mut dyn Read>, text: bool) -> Self {
        Self { input, hasher: Hasher::new(), bytes: 0, text, found: false }
    }

    /// What is wrong with data that was read to its end.
    pub(super) fn fault(&self) -> Option<Fault> {
        let detail = "zip data ends early: nothing tells where this entry ends";
        (!self.found).then(|| Fault::new(SkipReason::DecodeError, detail))
    }

    /// The length of the descriptor here, if it is the one.
    fn descriptor(&mut self) -> Option<u64> {
        let head = self.input.peek(24);
        let packed = |at: usize| head.get(at..at + 4).map(|n| u64::from(long(n, 0)));
        if !head.starts_with(MARK) || packed(8) != Some(self.bytes & 0xffff_ffff) {
            return None;
        }
        if self.text && head.get(4..8).map(|n| long(n, 0)) != Some(self.hasher.clone().finalize()) {
            return None;
        }
        let wide =
            head.len() == 24 && packed(12) == Some(self.bytes >> 32) && (self.bytes > 0 || packed(16) == Some(0));
        // What follows decides where both readings are possible: another mark.
        let narrow = self.input.peek(18).get(16..18) == Some(b"PK");
        Some(if wide && !narrow { 24 } else { 16 })
    }
}

impl Read for UntilDescriptor<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.found || buffer.is_empty() {
            return Ok(0);
        }
        if let Some(length) = self.descriptor() {
            super::skip(self.input, length);
            self.found = true;
            return Ok(0);
        }
        let held = self.input.fill_buf()?;
        // Up to the next place where a mark may begin.
        let next = held.get(1..).and_then(|rest| memchr::memmem::find(rest, b"PK").map(|at| at + 1));
        let until =
            next.unwrap_or_else(|| if held.len() > 1 && held.ends_with(b"P") { held.len() - 1 } else { held.len() });
        let taken = until.min(buffer.len());
        buffer[..taken].copy_from_slice(&held[..taken]);
        self.input.consume(taken);
        self.hasher.update(&buffer[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }
}
