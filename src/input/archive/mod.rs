//! Packed input: recognised by content, never by name, and unpacked layer by layer without a file of its own.
//!
//! Data that packs one text is a [`Codec`]: a file here that reads one part of it, and arms in `Codec`. The parts, their
//! padding and what follows them are [`parts`]. Archives of many members are [`tar`] and [`zip`]. What is known and not
//! read is [`foreign`]: it is named, and scanned as bytes. No decoder allocates by a size that its input declares, except
//! for memory that the [`super::budget`] granted; only bytes that were really produced count.

mod bzip2;
mod foreign;
mod frames;
mod gzip;
mod lz4;
mod parts;
mod tar;
mod xz;
mod zip;
mod zstd;

use std::io::{self, BufRead, Read};
use std::time::SystemTime;

use self::parts::{Skippable, Unpacked};
use super::budget::{Allowance, Grant};
use super::stream::Peek;
use super::{Job, Member};
use crate::terms::SkipReason;

pub(super) use self::foreign::by_name;
pub use self::frames::Frames;
pub use self::zip::Directory;
pub(super) use self::zip::directory;

/// The most bytes that one packed stream may unpack to.
pub(super) const UNPACKED_BYTES: u64 = 1 << 40;

/// The most bytes that one scan may unpack.
pub(super) const UNPACKED_IN_ALL: u64 = 10 << 40;

/// The most memory that decoders may use together.
pub(super) const DECODER_MEMORY: u64 = 128 << 20;

/// The most members of one archive.
pub(super) const MEMBERS: u64 = 10_000_000;

/// The most bytes that describe one member of an archive: names, and what else stands beside its data.
pub(super) const METADATA: u64 = 1 << 20;

/// How many layers of packing are peeled off.
const DEPTH: usize = 8;

/// Bytes that [`sniff`] needs to see.
pub(super) const HEAD: usize = 512;

/// How a source or a member is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One text.
    Packed(Codec),
    Tar,
    Zip,
    /// A format that is known and not read, by name.
    Foreign(&'static str),
}

/// What packs one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Lz4,
    /// A frame without text, of zstd or lz4.
    Skippable,
}

/// One part of packed data: reads its text, and gives the input back where it ended.
trait Part<B>: Read {
    /// When the text was last written, as far as the part tells.
    fn modified(&self) -> Option<SystemTime> {
        None
    }

    /// The input behind the part, once all of its text was read.
    fn into_input(self: Box<Self>) -> B;
}

impl Codec {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Skippable => "skippable",
        }
    }

    /// Reads one part of `input`, which begins with `head`.
    fn open<'a, B: BufRead + 'a>(
        self,
        head: &[u8],
        input: B,
        allowance: &Allowance,
    ) -> Result<Box<dyn Part<B> + 'a>, Fault> {
        Ok(match self {
            Self::Gzip => Box::new(gzip::open(input)),
            Self::Bzip2 => Box::new(bzip2::open(input, allowance)?),
            Self::Xz => Box::new(xz::open(input, allowance)?),
            Self::Zstd => Box::new(zstd::open(head, input, allowance)?),
            Self::Lz4 => Box::new(lz4::open(head, input, allowance)?),
            Self::Skippable => Box::new(Skippable::new(head, input)),
        })
    }
}

/// Why packed data was not unpacked to its end.
#[derive(Clone, Debug)]
struct Fault {
    reason: SkipReason,
    detail: String,
}

impl Fault {
    fn new(reason: SkipReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// What a decoder's `error` means, after `produced` bytes of text. Its own words may quote anything.
    fn of(error: &io::Error, name: &str, produced: u64) -> Self {
        if let Some(Refused(fault)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return fault.clone();
        }
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends early",
            _ => "is damaged",
        };
        Self::new(SkipReason::DecodeError, format!("{name} data {what}, after {produced} bytes of text"))
    }
}

/// A fault on its way through [`Read`].
#[derive(Debug)]
struct Refused(Fault);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl std::error::Error for Refused {}

fn refuse(fault: Fault) -> io::Error {
    io::Error::other(Refused(fault))
}

/// Memory for a decoder.
fn reserve(allowance: &Allowance, bytes: u64, name: &str) -> Result<Grant, Fault> {
    allowance.memory(bytes).ok_or_else(|| too_much_memory(allowance, name))
}

fn too_much_memory(allowance: &Allowance, name: &str) -> Fault {
    let most = allowance.most_memory() >> 20;
    Fault::new(SkipReason::TooLarge, format!("{name} data needs more memory to unpack than the {most} MiB allowed"))
}

/// Knows a format by its first bytes. `None` is text.
pub(super) fn sniff(head: &[u8]) -> Option<Format> {
    Some(match head {
        _ if gzip::is_gzip(head) => Format::Packed(Codec::Gzip),
        _ if bzip2::is_bzip2(head) => Format::Packed(Codec::Bzip2),
        _ if xz::is_xz(head) => Format::Packed(Codec::Xz),
        _ if zstd::is_zstd(head) => Format::Packed(Codec::Zstd),
        _ if lz4::is_lz4(head) => Format::Packed(Codec::Lz4),
        _ if Skippable::<&[u8]>::begins(head) => Format::Packed(Codec::Skippable),
        _ if zip::is_zip(head) => Format::Zip,
        _ if tar::is_tar(head) => Format::Tar,
        _ => Format::Foreign(foreign::name(head)?),
    })
}

/// Unpacks `input`, from below `depth` layers, and scans every text in it. `member` is what is known of it so far.
pub(super) fn unpack(input: &mut dyn Read, member: &Member<'_>, depth: usize, job: &mut Job<'_>) {
    let mut input = Peek::new(input);
    match sniff(input.peek(HEAD)) {
        None => {
            let named = member.name.unwrap_or(&job.source.shown);
            if let Some(name) = by_name(named, input.peek(HEAD)) {
                foreign(name, member, job);
            }
            job.text(&mut input, member);
        }
        Some(_) if depth == DEPTH => {
            job.skip(member, SkipReason::DepthLimit, format!("packed more than {DEPTH} times"));
        }
        Some(Format::Packed(codec)) => {
            let mut text = Unpacked::new(input, codec, job.options.unpacked, &job.allowance);
            let inner = Member { modified: text.modified().or(member.modified), ..*member };
            unpack(&mut text, &inner, depth + 1, job);
            if let Some(Fault { reason, detail }) = text.into_fault() {
                job.skip(member, reason, detail);
            }
        }
        Some(Format::Tar) => tar::scan(&mut input, member, depth + 1, job),
        Some(Format::Zip) => zip::scan(&mut input, member, depth + 1, job),
        Some(Format::Foreign(name)) => {
            foreign(name, member, job);
            job.text(&mut input, member);
        }
    }
}

/// Names what is known and not read.
fn foreign(name: &str, member: &Member<'_>, job: &mut Job<'_>) {
    job.skip(member, SkipReason::Unsupported, format!("{name} data is not unpacked; it was scanned as bytes"));
}

/// The name of `name` inside `outer`.
fn inside(outer: &Member<'_>, name: &str) -> String {
    outer.name.map_or_else(|| name.to_owned(), |outer| format!("{outer}!/{name}"))
}
