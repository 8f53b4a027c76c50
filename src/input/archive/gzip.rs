//! Gzip (RFC 1952): one part at a time.

use std::io::{self, BufRead, Read};
use std::time::SystemTime;

use flate2::GzHeader;
use flate2::bufread::{DeflateDecoder, GzDecoder};

use super::Part;

/// Whether `head` begins a part: magic and the method deflate.
pub(super) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b, 8])
}

/// Reads one part.
pub(super) fn open<B: BufRead>(input: B) -> Gzip<B> {
    Gzip(GzDecoder::new(input))
}

pub(super) struct Gzip<B>(GzDecoder<B>);

impl<B: BufRead> Read for Gzip<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<B: BufRead> Part<B> for Gzip<B> {
    fn modified(&self) -> Option<SystemTime> {
        self.0.header().and_then(GzHeader::mtime_as_datetime)
    }

    fn into_input(self: Box<Self>) -> B {
        self.0.into_inner()
    }
}

/// Reads deflated data without a wrapper, as zip holds it.
pub(super) fn open_raw<B: BufRead>(input: B) -> Raw<B> {
    Raw(DeflateDecoder::new(input))
}

pub(super) struct Raw<B>(DeflateDecoder<B>);

impl<B: BufRead> Read for Raw<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<B: BufRead> Part<B> for Raw<B> {
    fn into_input(self: Box<Self>) -> B {
        self.0.into_inner()
    }
}
