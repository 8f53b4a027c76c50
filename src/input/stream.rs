//! Windows over anything that can be read: a buffer of fixed size slides over the text.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use super::buffer::{Buffer, wipe};
use super::{Options, Stop, Window};

/// The least by which the buffer slides, so that small windows do not mean that context is moved for each.
const SLIDE: usize = 64 << 10;

/// Hands on the part `own` of a member, whose text `input` delivers from offset `from` on, at most
/// [`Options::behind`] before `own`. An error ends the text: what came before is handed on. No window reaches over one
/// of `cuts`, which are in order. `each` says whether it wants the next.
pub(super) fn windows(
    input: &mut dyn Read,
    from: u64,
    own: Range<u64>,
    cuts: &[u64],
    options: &Options,
    buffer: &mut Buffer,
    each: &mut dyn FnMut(Lent<'_>) -> bool,
) {
    let (behind, ahead, chunk) = (options.behind as u64, options.ahead as u64, options.chunk());
    let capacity = options.behind + options.ahead + 1 + chunk.max(SLIDE);
    let mut held = Held { buffer, capacity, filled: 0, offset: from, ended: false };
    let mut next = own.start;
    while next < own.end {
        let cut = cuts.get(cuts.partition_point(|&cut| cut <= next)).copied().unwrap_or(u64::MAX);
        let stop = own.end.min(next.saturating_add(chunk as u64)).min(cut);
        // One byte more than is shown tells whether the member ends there.
        let first = next.saturating_sub(behind).max(from);
        held.hold(input, first, stop.saturating_add(ahead + 1));
        let stop = stop.min(held.end());
        if stop <= next {
            break;
        }
        let shown = first..held.end().min(stop + ahead);
        let last = held.ended && shown.end == held.end();
        if !each(held.lend(next..stop, shown, last, behind)) {
            break;
        }
        next = stop;
    }
}

/// The text between two offsets of a member.
struct Held<'a> {
    buffer: &'a mut Buffer,
    /// Bytes that the buffer may hold, and those that it holds.
    capacity: usize,
    filled: usize,
    /// Offset in the member of the first byte.
    offset: u64,
    /// Whether the member ends here.
    ended: bool,
}

impl Held<'_> {
    /// Where the text ends.
    fn end(&self) -> u64 {
        self.offset + self.filled as u64
    }

    /// The window over `own`, which shows `shown` of the text. What follows it needs `behind` bytes before its end.
    fn lend(&mut self, own: Range<u64>, shown: Range<u64>, last: bool, behind: u64) -> Lent<'_> {
        let needed = own.end.saturating_sub(behind).max(self.offset);
        let place = |at: u64| (at - self.offset) as usize;
        Lent {
            own: (own.start - shown.start) as usize..(own.end - shown.start) as usize,
            offset: shown.start,
            last,
            shown: place(shown.start)..place(shown.end),
            needed: place(needed)..self.filled,
            capacity: self.capacity,
            buffer: self.buffer,
            begins: &mut self.offset,
            filled: &mut self.filled,
        }
    }

    /// Drops what lies before `first` if room is needed, and reads until `past`, or to the end.
    fn hold(&mut self, input: &mut dyn Read, first: u64, past: u64) {
        let end = self.end();
        let bytes = self.buffer.sized(self.capacity);
        if past - self.offset > self.capacity as u64 {
            let dropped = first.min(end) - self.offset;
            bytes.copy_within(dropped as usize..self.filled, 0);
            self.filled -= dropped as usize;
            self.offset += dropped;
        }
        while !self.ended && self.offset + (self.filled as u64) < past && self.filled < bytes.len() {
            match input.read(&mut bytes[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.ended = true,
            }
        }
        self.buffer.used(self.filled);
    }
}

/// A window in a buffer that the reader can do without, if it gets another.
pub struct Lent<'a> {
    /// As [`Window::own`].
    pub own: Range<usize>,
    /// As [`Window::offset`].
    pub offset: u64,
    /// As [`Window::last`].
    pub last: bool,
    /// The part of the buffer that the window shows.
    shown: Range<usize>,
    /// The part that is needed for what follows.
    needed: Range<usize>,
    capacity: usize,
    buffer: &'a mut Buffer,
    /// Offset in the member of the buffer's first byte, and how much it holds.
    begins: &'a mut u64,
    filled: &'a mut usize,
}

impl Lent<'_> {
    /// The window.
    pub fn window(&mut self) -> Window<'_> {
        let bytes = &self.buffer.sized(self.capacity)[self.shown.clone()];
        Window { bytes, own: self.own.clone(), offset: self.offset, last: self.last }
    }

    /// The bytes that a window of the same place shows of the buffer that [`Lent::exchange`] gives.
    pub fn shown(&self) -> Range<usize> {
        self.shown.clone()
    }

    /// Gives the buffer for another, into which only what is still needed is copied: a fraction of the window.
    pub fn exchange(self, mut other: Buffer) -> Buffer {
        let needed = &self.buffer.sized(self.capacity)[self.needed.clone()];
        other.sized(self.capacity)[..needed.len()].copy_from_slice(needed);
        other.used(needed.len());
        *self.begins += self.needed.start as u64;
        *self.filled = self.needed.len();
        std::mem::replace(self.buffer, other)
    }
}

/// The bytes of a source, below all decoders. Keeps the error that ended it, so that no decoder takes the blame.
pub(super) struct Input<R> {
    inner: R,
    stop: Stop,
    taken: u64,
    failed: Option<io::Error>,
}

/// Passes through decoders in place of the error that [`Input`] keeps.
#[derive(Debug)]
struct InputFailed;

impl std::fmt::Display for InputFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the input failed")
    }
}

impl std::error::Error for InputFailed {}

/// Whether `error` is one that an [`Input`] below keeps.
pub(super) fn is_of_input(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<InputFailed>())
}

impl<R: Read> Input<R> {
    pub(super) fn new(inner: R, stop: &Stop) -> Self {
        Self { inner, stop: stop.clone(), taken: 0, failed: None }
    }

    /// Bytes that were read.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn failed(&self) -> Option<&io::Error> {
        self.failed.as_ref()
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.failed.is_none() {
            match self.stop.check().and_then(|()| self.inner.read(buffer)) {
                Ok(n) => {
                    self.taken += n as u64;
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.failed = Some(error),
            }
        }
        Err(io::Error::other(InputFailed))
    }
}

/// A reader whose next bytes can be looked at before they are read.
pub(super) struct Peek<R> {
    inner: R,
    buffer: Vec<u8>,
    held: Range<usize>,
    /// The most bytes that the buffer ever held.
    most: usize,
    taken: u64,
}

impl<R> Drop for Peek<R> {
    fn drop(&mut self) {
        wipe(&mut self.buffer[..self.most]);
    }
}

impl<R: Read> Peek<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, buffer: vec![0; 64 << 10], held: 0..0, most: 0, taken: 0 }
    }

    /// Bytes that were read.
    pub(super) fn position(&self) -> u64 {
        self.taken
    }

    /// The next `n` bytes; fewer where the input ends or fails before. At most 64 KiB.
    pub(super) fn peek(&mut self, n: usize) -> &[u8] {
        let n = n.min(self.buffer.len());
        if self.held.start + n > self.buffer.len() {
            self.buffer.copy_within(self.held.clone(), 0);
            self.held = 0..self.held.len();
        }
        while self.held.len() < n {
            match self.inner.read(&mut self.buffer[self.held.end..]) {
                Ok(0) => break,
                Ok(read) => self.held.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The next read meets it again.
                Err(_) => break,
            }
        }
        self.most = self.most.max(self.held.end);
        &self.buffer[self.held.start..self.held.end.min(self.held.start + n)]
    }

    /// Reads zeros up to the next other byte, or to where the input ends or fails.
    pub(super) fn skip_zeros(&mut self) {
        loop {
            if self.peek(1) != [0] {
                return;
            }
            let text = &self.buffer[self.held.clone()];
            let zeros = text.iter().position(|&byte| byte != 0).unwrap_or(text.len());
            self.consume(zeros);
        }
    }
}

impl<R: Read> Read for Peek<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.held.is_empty() && buffer.len() >= self.buffer.len() {
            let read = self.inner.read(buffer)?;
            self.taken += read as u64;
            return Ok(read);
        }
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Peek<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.held.is_empty() {
            self.held = 0..0;
            self.held.end = self.inner.read(&mut self.buffer)?;
            self.most = self.most.max(self.held.end);
        }
        Ok(&self.buffer[self.held.clone()])
    }

    fn consume(&mut self, n: usize) {
        let n = n.min(self.held.len());
        self.held.start += n;
        self.taken += n as u64;
    }
}
