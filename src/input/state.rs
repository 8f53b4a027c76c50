//! What tells one state of a file from another, and what became of it in between.

use std::fs::{File, Metadata};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use super::content::{At, Content};

/// The state of a file.
#[derive(Clone, Debug)]
pub(super) struct State {
    size: u64,
    modified: Option<SystemTime>,
    stamp: Option<Stamp>,
}

/// What only some systems tell.
#[derive(Clone, Debug)]
struct Stamp {
    /// Device and inode.
    identity: (u64, u64),
    /// Seconds and nanoseconds of the last status change.
    changed: (i64, i64),
    /// Number of names.
    names: u64,
}

impl State {
    pub(super) fn of(found: &Metadata) -> Self {
        Self { size: found.len(), modified: found.modified().ok(), stamp: Stamp::of(found) }
    }

    /// Device and inode, where the system has them.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        self.stamp.as_ref().map(|stamp| stamp.identity)
    }

    /// Says how a file changed from this state to its state `now`. `path` led to it. `is_appended` says of a file that
    /// is longer whether what it held before is still there: growth is no change, it is how logs live.
    ///
    /// Size and modification time do not show a rewrite in place whose times were set back, or a hole; the time of the
    /// last status change does. A new name or the loss of one moves it too and harms nothing; so do new permissions,
    /// which are not told apart.
    pub(super) fn change(&self, now: &Self, path: &Path, is_appended: impl FnOnce() -> bool) -> Option<&'static str> {
        if now.size < self.size {
            return Some("the file became shorter");
        }
        if now.size > self.size {
            return (!is_appended()).then_some("the file was cut off and grew again");
        }
        let rewritten = now.modified != self.modified
            || self.stamp.as_ref().zip(now.stamp.as_ref()).is_some_and(|(then, now)| {
                then.changed != now.changed && then.names == now.names && then.is_still_at(path)
            });
        rewritten.then_some("the file was written to")
    }
}

impl Stamp {
    #[cfg(unix)]
    fn of(found: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let changed = (found.ctime(), found.ctime_nsec());
        Some(Self { identity: (found.dev(), found.ino()), changed, names: found.nlink() })
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }

    /// Whether the path still leads to the file.
    fn is_still_at(&self, path: &Path) -> bool {
        std::fs::metadata(path)
            .is_ok_and(|there| there.is_file() && Self::of(&there).is_some_and(|there| there.identity == self.identity))
    }
}

/// Bytes of each end that tell whether a file was only appended to.
const SAMPLE: u64 = 512;

/// The ends of a file as it was when it was first opened, as checksums: a log that was cut off and written anew begins
/// with other times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    size: u64,
    first: u32,
    last: u32,
}

impl Ends {
    /// The ends of the first `size` bytes of a file. None where they cannot be read or are not there.
    pub(super) fn of(content: &Content, size: u64) -> Option<Self> {
        Self::read(size, |part| content.at(part))
    }

    fn read<'f>(size: u64, at: impl Fn(Range<u64>) -> At<'f>) -> Option<Self> {
        let mut buffer = [0; SAMPLE as usize];
        let mut sum = |offset: u64| {
            let bytes = &mut buffer[..size.min(SAMPLE) as usize];
            at(offset..size).read_exact(bytes).ok()?;
            Some(crc32fast::hash(bytes))
        };
        let first = sum(0)?;
        let last = if size > SAMPLE { sum(size - SAMPLE)? } else { first };
        Some(Self { size, first, last })
    }

    /// Whether `file` still has them.
    pub(super) fn are_of(self, file: &File) -> bool {
        Self::read(self.size, |part| At::live(file, part)) == Some(self)
    }
}
