//! Regular files: opened without trust in what was found before, read at a position or mapped.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::archive::{Directory, Format, Frames};
use super::budget::Allowance;
use super::stream::Input;
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
    let file = match open(job.source) {
        Ok(file) => file,
        Err(Unreadable::Io(error)) => return job.skip_io(&error),
        Err(Unreadable::Replaced) => {
            return job.skip(&member, SkipReason::ChangedDuringScan, "something else took the place of the file");
        }
    };
    let at = |part: Range<u64>| At { file: &file, offset: part.start, end: part.end };
    match &unit.piece {
        Piece::Part(part) => {
            plain(&file, part.clone(), &member, job);
            job.sink.pause(part.end);
        }
        Piece::Entries(directory, entries) => directory.scan(entries.clone(), job.source.size, at, job),
        Piece::Frames(frames, group) => seam::group(frames, *group, at, job),
        Piece::Rest(frames, from) => seam::rest(frames, *from, at, job),
        Piece::Whole => match packing(&file, job.source, job.options) {
            Ok(Packing::None) => plain(&file, 0..u64::MAX, &member, job),
            Ok(Packing::Format(_)) => job.stream(at(0..u64::MAX)),
            Ok(Packing::Directory(directory)) => directory.scan(directory.all(), job.source.size, at, job),
            Err(error) => return job.skip_io(&error),
        },
    }
    if let Some(change) = file.metadata().ok().and_then(|now| job.source.change(&now)) {
        job.skip(&member, SkipReason::ChangedDuringScan, change);
    }
}

/// Opens what [`Source::at`] found. Never waits for the other end of a pipe that took its place.
pub(super) fn open(source: &Source) -> Result<File, Unreadable> {
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
    if source.is(&opened) { Ok(file) } else { Err(Unreadable::Replaced) }
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

/// Finds out how `file` is packed.
pub(super) fn packing(file: &File, source: &Source, options: &Options) -> io::Result<Packing> {
    let at = |part: Range<u64>| At { file, offset: part.start, end: part.end };
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
pub(super) fn frames(file: &File, source: &Source, format: Format, options: &Options) -> Option<Frames> {
    let Format::Packed(codec) = format else { return None };
    let at = |part: Range<u64>| At { file, offset: part.start, end: part.end };
    // A look at the beginning, whose memory is asked for again when it is read.
    let allowance = Allowance::new(&Budget::new(options));
    Frames::find(codec, source.size, options, &allowance, at)
}

/// Scans the part `own` of a plain file.
fn plain(file: &File, own: Range<u64>, member: &Member<'_>, job: &mut Job<'_>) {
    // Files of the system's own claim to be empty and are not.
    let end = if job.source.size == 0 { u64::MAX } else { job.source.size };
    let own = own.start..own.end.min(end);
    if own.start == 0 {
        job.outcome.members += 1;
    }
    let next = if may_map(file, job) { map(file, own.clone(), member, job) } else { own.start };
    if next < own.end {
        let from = next.saturating_sub(job.options.behind as u64);
        let mut input = Input::new(At { file, offset: from, end }, &job.options.stop);
        job.slide(&mut input, from, next..own.end, member);
        if let Some(error) = input.failed() {
            job.skip_io(error);
        }
    }
}

/// Scans `own` in mappings. Returns how far that went.
fn map(file: &File, own: Range<u64>, member: &Member<'_>, job: &mut Job<'_>) -> u64 {
    let Job { source, options, sink, outcome, .. } = job;
    let (source, options): (&Source, &Options) = (source, options);
    map::windows(file, source.size, own, options, &mut |window| {
        outcome.bytes += window.own.len() as u64;
        sink.window(member, window);
        !options.stop.is_asked()
    })
}

fn may_map(file: &File, job: &Job<'_>) -> bool {
    let Ok(now) = file.metadata() else { return false };
    let whole = job.source.size > 0 && now.len() >= job.source.size;
    whole
        && match job.options.io {
            Io::Map => true,
            Io::Read => false,
            Io::Auto => is_settled(&now) && is_local(file),
        }
}

fn is_settled(now: &Metadata) -> bool {
    let age = now.modified().ok().and_then(|modified| modified.elapsed().ok());
    now.len() >= SETTLED_SIZE && age.is_some_and(|age| age >= SETTLED_AGE)
}

/// Whether the file lies on a file system that is known to be on this machine. On others an input error of the network
/// or of a user's program would be a fatal signal.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_local(file: &File) -> bool {
    // ext, xfs, btrfs, bcachefs, f2fs, zfs, tmpfs, ramfs, overlay, squashfs, erofs, iso9660.
    const LOCAL: [u64; 12] = [
        0xef53,
        0x5846_5342,
        0x9123_683e,
        0xca45_1a4e,
        0xf2f5_2010,
        0x2fc1_2fc1,
        0x0102_1994,
        0x8584_58f6,
        0x794c_7630,
        0x7371_7368,
        0xe0f5_e1e2,
        0x9660,
    ];
    // The field's type differs between machines, the numbers do not.
    rustix::fs::fstatfs(file).is_ok_and(|system| LOCAL.contains(&(system.f_type as u64 & 0xffff_ffff)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_local(_: &File) -> bool {
    false
}

/// A file from `offset` to `end`, read at positions, so that threads share no cursor.
struct At<'a> {
    file: &'a File,
    offset: u64,
    end: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(self.file, &mut buffer[..wanted], self.offset)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(self.file, &mut buffer[..wanted], self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
