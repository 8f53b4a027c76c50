//! Cuts sources into units of work.

use std::cmp::Reverse;
use std::fs::File;
use std::ops::Range;

use super::{Kind, Options, Skipped, Source, file, form, hole};
use crate::terms::SkipReason;

/// What one worker reads at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Index of the source.
    pub source: usize,
    /// The bytes of a plain file, never empty. `None` is the whole source.
    pub part: Option<Range<u64>>,
}

/// Lists the units of all sources, those that take longest first, so that no worker is left with a large one at the end.
///
/// Streams come first, since nobody knows how long they are. Plain files longer than a segment are cut into segments,
/// which stay together and in order, without those that a hole takes up; packed files cannot be cut.
pub fn plan(sources: &[Source], options: &Options) -> Vec<Unit> {
    let segment = options.segment();
    let margin = (options.behind + options.ahead) as u64;
    let mut ranked = Vec::with_capacity(sources.len());
    for (index, source) in sources.iter().enumerate() {
        let plain = if source.kind == Kind::File && source.size > segment { plain(source) } else { None };
        if let Some(file) = plain {
            ranked.push((segment, source.size, index, hole::parts(&file, source.size, segment, margin)));
        } else {
            let weight = if source.kind == Kind::File { source.size } else { u64::MAX };
            ranked.push((weight, source.size, index, Vec::new()));
        }
    }
    ranked.sort_by_key(|&(weight, size, index, _)| (Reverse(weight), Reverse(size), index));
    let mut units = Vec::with_capacity(ranked.len());
    for (_, _, source, parts) in ranked {
        if parts.is_empty() {
            units.push(Unit { source, part: None });
        } else {
            units.extend(parts.into_iter().map(|part| Unit { source, part: Some(part) }));
        }
    }
    units
}

/// The part of a plain file from `from` on, a few windows long, for a second look at it. `from` is where a window began
/// when the file was read as planned, and the windows of the part are the same again. None behind the end.
pub fn part(source: &Source, index: usize, from: u64, options: &Options) -> Option<Unit> {
    let segment = options.segment();
    let end = source.size.min((from / segment + 1) * segment);
    let stop = end.min(from + options.chunk() as u64 * WINDOWS);
    (from < stop).then_some(Unit { source: index, part: Some(from..stop) })
}

/// Windows of a [`part`].
const WINDOWS: u64 = 4;

/// What a source is, in a word: `pipe`, `stdin`, `plain`, or how the file is packed, such as `gzip`.
///
/// # Errors
/// Where the file cannot be read.
pub fn kind(source: &Source) -> Result<&'static str, Skipped> {
    match source.kind {
        Kind::Stream => return Ok("pipe"),
        Kind::Stdin => return Ok("stdin"),
        Kind::File => {}
    }
    let head = file::open(source).and_then(|opened| file::head(&opened).map_err(file::Unreadable::Io));
    match head {
        Ok(head) => Ok(form(&head).unwrap_or("plain")),
        Err(file::Unreadable::Io(error)) => Err(Skipped::io(source.shown.clone(), &error)),
        Err(file::Unreadable::Replaced) => Err(Skipped {
            path: source.shown.clone(),
            member: None,
            reason: SkipReason::ChangedDuringScan,
            detail: "something else took the place of the file".to_owned(),
        }),
    }
}

/// The file, where it may be cut. One that cannot be opened is left whole, so that its fault is named once.
fn plain(source: &Source) -> Option<File> {
    let opened = file::open(source).ok()?;
    let head = file::head(&opened).ok()?;
    form(&head).is_none().then_some(opened)
}
