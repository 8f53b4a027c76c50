//! Cuts sources into units of work.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use super::archive::{Directory, Frames};
use super::content::Content;
use super::file::{self, Packing, Unreadable};
use super::{Kind, Options, Skipped, Source, hole};
use crate::terms::SkipReason;

/// What one worker reads at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Index of the source.
    pub source: usize,
    /// What of it.
    pub piece: Piece,
}

/// What a unit is of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// All of it.
    Whole,
    /// Bytes of a plain file, never none.
    Part(Range<u64>),
    /// Some entries of a zip.
    Entries(Arc<Directory>, Range<usize>),
    /// One group of frames of a packed text.
    Frames(Arc<Frames>, usize),
    /// A packed text from an offset on, for a second look at it.
    Rest(Arc<Frames>, u64),
}

/// Smaller packed files are read whole: no worker is busy with one for long.
const CUT: u64 = 1 << 20;

/// How much longer a packed byte takes than a plain one: it holds some five of text, and decoders are slower than scans.
const PACKED: u64 = 20;

/// Lists the units of all sources, those that take longest first, so that no worker is left with a large one at the end.
///
/// Streams come first, since nobody knows how long they are. Plain files longer than a segment are cut into segments,
/// without those that a hole takes up; zips into entries, and packed texts between frames, where their format tells of
/// them. Units of one source stay together and in order.
pub fn plan(sources: &[Source], options: &Options) -> Vec<Unit> {
    let mut ranked = Vec::with_capacity(sources.len());
    for (index, source) in sources.iter().enumerate() {
        let pieces = match source.kind {
            Kind::File => pieces(source, options),
            Kind::Stream | Kind::Stdin => vec![(u64::MAX, Piece::Whole)],
        };
        let longest = pieces.iter().map(|(weight, _)| *weight).max().unwrap_or(0);
        ranked.push((longest, source.size, index, pieces));
    }
    ranked.sort_by_key(|&(weight, size, index, _)| (Reverse(weight), Reverse(size), index));
    let units = ranked
        .into_iter()
        .flat_map(|(_, _, source, pieces)| pieces.into_iter().map(move |(_, piece)| Unit { source, piece }));
    units.collect()
}

/// The pieces of a file, with what each weighs.
fn pieces(source: &Source, options: &Options) -> Vec<(u64, Piece)> {
    let (size, segment) = (source.size, options.segment());
    let whole = |weight| vec![(weight, Piece::Whole)];
    if size <= segment.min(CUT) {
        return whole(size);
    }
    // A file that cannot be opened is left whole, so that its fault is named once.
    let Ok((opened, _)) = file::open(source) else { return whole(size) };
    let content = Content::of(opened);
    source.remember(&content);
    match file::packing(&content, source, options) {
        Err(_) => whole(size),
        Ok(Packing::None) if size <= segment => whole(size),
        Ok(Packing::None) => {
            let margin = (options.behind + options.ahead) as u64;
            hole::parts(content.file(), size, segment, margin)
                .into_iter()
                .map(|part| (segment, Piece::Part(part)))
                .collect()
        }
        Ok(Packing::Directory(directory)) => {
            let units = directory.units();
            let directory = Arc::new(directory);
            let piece = |range| Piece::Entries(Arc::clone(&directory), range);
            let mut pieces: Vec<_> =
                units.into_iter().map(|(range, bytes)| (bytes.saturating_mul(PACKED), piece(range))).collect();
            // Entries need no order among themselves.
            pieces.sort_by_key(|(weight, _)| Reverse(*weight));
            pieces
        }
        Ok(Packing::Format(format)) => match file::frames(&content, source, format, options) {
            None => whole(size.saturating_mul(PACKED)),
            Some(frames) => {
                let frames = Arc::new(frames);
                let weight = |group| frames.weight(group).saturating_mul(PACKED);
                (0..frames.count()).map(|group| (weight(group), Piece::Frames(Arc::clone(&frames), group))).collect()
            }
        },
    }
}

/// What follows `from` in the text that `piece` is of, for a second look at it: of a plain file a few windows. `from` is
/// where a window began when the file was read as planned, and the windows are the same again. None behind the end.
pub fn rest(source: &Source, index: usize, piece: &Piece, from: u64, options: &Options) -> Option<Unit> {
    match piece {
        Piece::Part(_) => {
            let segment = options.segment();
            let end = source.size.min((from / segment + 1) * segment);
            let stop = end.min(from + options.chunk() as u64 * WINDOWS);
            (from < stop).then_some(Unit { source: index, piece: Piece::Part(from..stop) })
        }
        Piece::Frames(frames, _) if from < frames.length() => {
            Some(Unit { source: index, piece: Piece::Rest(Arc::clone(frames), from) })
        }
        Piece::Frames(..) | Piece::Rest(..) | Piece::Whole | Piece::Entries(..) => None,
    }
}

/// Windows of a plain file that are looked at once more before anybody asks whether it is enough.
const WINDOWS: u64 = 4;

/// What a source is, in a word: `pipe`, `stdin`, `plain`, or how the file is packed, such as `gzip`.
///
/// # Errors
/// Where the file cannot be read.
pub fn kind(source: &Source, options: &Options) -> Result<&'static str, Skipped> {
    match source.kind {
        Kind::Stream => return Ok("pipe"),
        Kind::Stdin => return Ok("stdin"),
        Kind::File => {}
    }
    let packing = file::open(source)
        .and_then(|(opened, _)| file::packing(&Content::of(opened), source, options).map_err(Unreadable::Io));
    match packing {
        Ok(packing) => Ok(packing.name()),
        Err(Unreadable::Io(error)) => Err(Skipped::io(source.shown.clone(), &error)),
        Err(Unreadable::Replaced) => Err(Skipped {
            path: source.shown.clone(),
            member: None,
            reason: SkipReason::ChangedDuringScan,
            detail: file::REPLACED.to_owned(),
        }),
    }
}
