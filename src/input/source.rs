//! A source: one file or stream, what it was when it was found, and whether it still is that.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A pipe or device that was named by the caller.
    Stream,
    /// Standard input.
    Stdin,
}

/// One file or stream to scan.
#[derive(Clone, Debug)]
pub struct Source {
    /// As given, or as found below what was given.
    pub path: PathBuf,
    /// `path` as text. Lossless: on Unix, bytes that are not UTF-8 are written `\xHH`, and names that hold such bytes
    /// or the text `\x` have every backslash doubled. No two paths share one text.
    pub shown: String,
    /// Bytes when it was found; 0 where the system does not tell. What is appended later belongs to the next scan.
    pub size: u64,
    /// When it was last written.
    pub modified: Option<SystemTime>,
    /// What it is.
    pub kind: Kind,
    /// Named by the caller, so that a symbolic link is followed.
    pub(super) given: bool,
    stamp: Option<Stamp>,
}

impl Source {
    /// Standard input.
    pub fn stdin() -> Self {
        let (path, shown) = (PathBuf::from("-"), "-".to_owned());
        Self { path, shown, size: 0, modified: None, kind: Kind::Stdin, given: true, stamp: None }
    }

    /// What `found` says is at `path`.
    pub(super) fn at(path: PathBuf, found: &Metadata, given: bool) -> Self {
        let kind = if found.is_file() { Kind::File } else { Kind::Stream };
        let size = if kind == Kind::File { found.len() } else { 0 };
        let shown = shown(&path);
        Self { path, shown, size, modified: found.modified().ok(), kind, given, stamp: Stamp::of(found) }
    }

    /// The same for every name of one file. `None` where the system does not tell.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        self.stamp.as_ref().map(|stamp| stamp.identity)
    }

    /// Whether `opened` is the file that was found.
    pub(super) fn is(&self, opened: &Metadata) -> bool {
        opened.is_file() && Stamp::of(opened).map(|stamp| stamp.identity) == self.identity()
    }

    /// Says how the file changed since it was found, given its state `now`, after it was read. Growth is no change: it
    /// is how logs live.
    ///
    /// Size and modification time do not show a rewrite in place whose times were set back, or a hole; the time of the
    /// last status change does. A new name or the loss of one moves it too and harms nothing; so do new permissions,
    /// which are not told apart.
    pub(super) fn change(&self, now: &Metadata) -> Option<&'static str> {
        if now.len() < self.size {
            return Some("the file became shorter");
        }
        if now.len() > self.size {
            return None;
        }
        let rewritten = now.modified().ok() != self.modified
            || self.stamp.as_ref().zip(Stamp::of(now)).is_some_and(|(then, now)| {
                then.changed != now.changed && then.names == now.names && self.is_still_there()
            });
        rewritten.then_some("the file was written to")
    }

    /// Whether the path still leads to the file that was found.
    fn is_still_there(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|there| self.is(&there))
    }
}

/// What tells one state of a file from another.
#[derive(Clone, Debug)]
struct Stamp {
    /// Device and inode.
    identity: (u64, u64),
    /// Seconds and nanoseconds of the last status change.
    changed: (i64, i64),
    /// Number of names.
    names: u64,
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
}

/// See [`Source::shown`].
#[cfg(unix)]
pub(super) fn shown(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;

    shown_bytes(path.as_os_str().as_bytes())
}

/// A name in bytes as text, see [`Source::shown`].
pub(super) fn shown_bytes(bytes: &[u8]) -> String {
    use std::fmt::Write;

    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains("\\x")
    {
        return text.to_owned();
    }
    let mut text = String::new();
    for piece in bytes.utf8_chunks() {
        text.push_str(&piece.valid().replace('\\', "\\\\"));
        for byte in piece.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// See [`Source::shown`].
#[cfg(not(unix))]
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    /// Two files must never share one text, or one hides the other's findings.
    #[test]
    fn paths_are_shown_without_loss() {
        for (path, expected) in [
            (&b"logs/app.log"[..], r"logs/app.log"),
            ("zażółć/日志.log".as_bytes(), "zażółć/日志.log"),
            (br"back\slash", r"back\slash"),
            (b"a\xffb", r"a\xffb"),
            (br"a\xffb", r"a\\xffb"),
            (b"a\\\xff", r"a\\\xff"),
            (b"a\nb", "a\nb"),
            (b"\xe2\x82", r"\xe2\x82"),
        ] {
            assert_eq!(shown(Path::new(OsStr::from_bytes(path))), expected);
        }
    }
}
