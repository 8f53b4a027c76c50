//! Regular files: opened without trust in what was found before, read at a position or mapped.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::archive::{Directory, Format, Frames};
use super::budget::Allowance;
use super::content::Content;
use super::state::State;
use super::stream::Input;
use super::system::{is_local, is_made_up};
use super::{Budget, Io, Job, Member, Options, Piece, Source, Unit, archive, map, seam};
use crate::terms::SkipReason;

/// Smaller files are read: a mapping costs more than it saves.
const SETTLED_SIZE: u64 = 1 << 20;

/// Files written to more recently are read: a mapped file that is cut off kills its reader.
const SETTLED_AGE: Duration = Duration::from_secs(10);

/// Why a file cannot be read.
pub(super) enum Unreadable {
    Io(io::Error),
    /// The path leads to something else than what was found.
    Replaced,
}

/// Reads `unit` of the job's source, which is a regular file.
pub(super) fn read(unit: &Unit, job: &mut Job<'_>) {
    let member = job.whole();
    let (file, opened) = match open(job.source) {
        Ok(opened) => opened,
        Err(Unreadable::Io(error)) => return job.skip_io(&error),
        Err(Unreadable::Replaced) => return job.skip(&member, SkipReason::ChangedDuringScan, REPLACED),
    };
    // With --io map short files are mapped as well.
    let content = match (&unit.piece, job.options.io) {
        (Piece::Whole, Io::Auto | Io::Read) => Content::whole(file, job.source.size),
        _ => Content::of(file),
    };
    job.source.remember(&content);
    let at = |part| content.at(part);
    match &unit.piece {
        Piece::Part(part) => {
            plain(&content, part.clone(), &member, job);
            job.sink.pause(part.end);
        }
        Piece::Entries(directory, entries) => {
            directory.scan(entries.clone(), job.source.size, at, job);
            job.outcome.covered += directory.covered(entries.clone(), job.source.size);
        }
        Piece::Frames(frames, group) => {
            seam::group(frames, *group, at, job);
            job.outcome.covered += frames.weight(*group);
        }
        Piece::Rest(frames, from) => seam::rest(frames, *from, at, job),
        Piece::Whole => match packing(&content, job.source, job.options) {
            Ok(Packing::None) => plain(&content, 0..u64::MAX, &member, job),
            Ok(Packing::Format(_)) => job.stream(at(0..u64::MAX)),
            Ok(Packing::Directory(directory)) => {
                directory.scan(directory.all(), job.source.size, at, job);
                job.outcome.covered += directory.covered(directory.all(), job.source.size);
            }
            Err(error) => return job.skip_io(&error),
        },
    }
    let again = matches!(unit.piece, Piece::Part(_) | Piece::Whole);
    close(content.file(), &opened, again, job);
}

/// Compares a file that was read with what it was. Where it changed in between, `again` says whether it can be read
/// once more: of an archive that is read in pieces, one alone says nothing.
fn close(file: &File, opened: &Metadata, again: bool, job: &mut Job<'_>) {
    let member = job.whole();
    if let Some(change) = job.source.change(file) {
        // What changed before it was opened was read in one state.
        job.outcome.torn |= job.source.change_since(&State::of(opened), file).is_some();
        job.skip(&member, SkipReason::ChangedDuringScan, change);
    } else if job.outcome.torn {
        job.skip(&member, SkipReason::IoError, "a part of the mapped file could not be read");
    }
    job.outcome.torn &= again;
}

/// What is at a path is not what was found there.
pub(super) const REPLACED: &str = "something else took the place of the file";

/// Opens what [`Source::at`] found. Never waits for the other end of a pipe that took its place.
pub(super) fn open(source: &Source) -> Result<(File, Metadata), Unreadable> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        if !source.linked {
            flags |= OFlags::NOFOLLOW;
        }
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(&source.path).map_err(|error| {
        if !source.linked && is_link(&source.path) { Unreadable::Replaced } else { Unreadable::Io(error) }
    })?;
    let opened = file.metadata().map_err(Unreadable::Io)?;
    if source.is(&opened) { Ok((file, opened)) } else { Err(Unreadable::Replaced) }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_symlink())
}

/// How a file is packed.
pub(super) enum Packing {
    /// It is text.
    None,
    Format(Format),
    /// It ends with the directory of a zip, whatever it begins with.
    Directory(Directory),
}

impl Packing {
    /// What people call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::Format(format) => format.name(),
            Self::Directory(_) => "zip",
        }
    }
}

/// Finds out how a file is packed.
pub(super) fn packing(content: &Content, source: &Source, options: &Options) -> io::Result<Packing> {
    let at = |part| content.at(part);
    let mut head = Vec::with_capacity(archive::HEAD);
    at(0..archive::HEAD as u64).read_to_end(&mut head)?;
    let format = archive::sniff(&head);
    if matches!(format, None | Some(Format::Zip | Format::Foreign(_)))
        && let Some(directory) = archive::directory(source.size, options.members, at)?
    {
        return Ok(Packing::Directory(directory));
    }
    let format = format.or_else(|| archive::by_name(&source.shown, &head).map(Format::Foreign));
    Ok(format.map_or(Packing::None, Packing::Format))
}

/// The frames of a file that can be cut between them.
pub(super) fn frames(content: &Content, source: &Source, format: Format, options: &Options) -> Option<Frames> {
    let Format::Packed(codec) = format else { return None };
    let at = |part| content.at(part);
    // A look at the beginning, whose memory is asked for again when it is read.
    let allowance = Allowance::new(&Budget::new(options));
    Frames::find(codec, source.size, options, &allowance, at)
}

/// Scans the part `own` of a plain file.
fn plain(content: &Content, own: Range<u64>, member: &Member<'_>, job: &mut Job<'_>) {
    // Files of the system's own claim to be empty and are not.
    let end = if job.source.size == 0 { u64::MAX } else { job.source.size };
    let own = own.start..own.end.min(end);
    if own.start == 0 {
        job.outcome.members += 1;
    }
    let before = job.outcome.bytes;
    let file = content.file();
    let reached =
        if !content.is_held() && may_map(file, job) { map(file, own.clone(), member, job) } else { own.start };
    if reached < own.end {
        let from = reached.saturating_sub(job.options.behind as u64);
        let mut input = Input::new(content.at(from..end), &job.options.stop);
        job.slide(&mut input, from, reached..own.end, member);
        if let Some(error) = input.failed() {
            job.skip_io(error);
        }
    }
    let read = job.outcome.bytes - before;
    // Made up files are as long as they turn out to be.
    let whole = end < u64::MAX && read < own.end - own.start && is_made_up(file);
    job.outcome.covered += if whole { own.end - own.start } else { read };
}

/// Scans `own` in mappings. Returns how far that went.
fn map(file: &File, own: Range<u64>, member: &Member<'_>, job: &mut Job<'_>) -> u64 {
    let Job { source, options, sink, outcome, .. } = job;
    let (source, options): (&Source, &Options) = (source, options);
    let reached = map::windows(file, source.size, own, options, &mut |window| {
        outcome.bytes += window.own.len() as u64;
        sink.window(member, window);
        !options.stop.is_asked()
    });
    outcome.torn |= reached.torn;
    reached.next
}

fn may_map(file: &File, job: &Job<'_>) -> bool {
    let Ok(now) = file.metadata() else { return false };
    let whole = job.source.size > 0 && now.len() >= job.source.size;
    whole
        && match job.options.io {
            Io::Map => !is_made_up(file),
            Io::Read => false,
            Io::Auto => is_settled(&now) && is_local(file),
        }
}

/// Whether a file has been left alone for a while.
fn is_settled(now: &Metadata) -> bool {
    let age = now.modified().ok().and_then(|modified| modified.elapsed().ok());
    now.len() >= SETTLED_SIZE && age.is_some_and(|age| age >= SETTLED_AGE)
}
