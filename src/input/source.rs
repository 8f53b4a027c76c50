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
    /// `path` as text. Lossless: on Unix, bytes that are not UTF-8 are written `%HH`, and names that hold such bytes, or
    /// text that looks like one written so, have every `%` written `%25`. No two paths share one text.
    pub shown: String,
    /// Bytes when it was found; 0 where the system does not tell. What is appended later belongs to the next scan.
    pub size: u64,
    /// When it was last written.
    pub modified: Option<SystemTime>,
    /// What it is.
    pub kind: Kind,
    /// A symbolic link at the path is followed: the caller named it, or wants all of them followed.
    pub(super) linked: bool,
    stamp: Option<Stamp>,
}

impl Source {
    /// Standard input, under a name that tells more than `-` does.
    pub fn stdin(name: Option<&str>) -> Self {
        let (path, shown) = (PathBuf::from("-"), name.unwrap_or("-").to_owned());
        Self { path, shown, size: 0, modified: None, kind: Kind::Stdin, linked: true, stamp: None }
    }

    /// What `found` says is at `path`.
    pub(super) fn at(path: PathBuf, found: &Metadata, linked: bool) -> Self {
        let kind = if found.is_file() { Kind::File } else { Kind::Stream };
        let size = if kind == Kind::File { found.len() } else { 0 };
        let shown = shown(&path);
        Self { path, shown, size, modified: found.modified().ok(), kind, linked, stamp: Stamp::of(found) }
    }

    /// The same for every name of one file. `None` where the system does not tell.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        self.stamp.as_ref().map(|stamp| stamp.identity)
    }

    /// Whether `opened` is the file that was found.
    pub(super) fn is(&self, opened: &Metadata) -> bool {
        opened.is_file() && identity(opened) == self.identity()
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

/// Device and inode, where the system has them.
pub(super) fn identity(found: &Metadata) -> Option<(u64, u64)> {
    Stamp::of(found).map(|stamp| stamp.identity)
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
        && !bytes.windows(3).any(|code| code[0] == b'%' && code[1..].iter().all(u8::is_ascii_hexdigit))
    {
        return text.to_owned();
    }
    let mut text = String::new();
    for piece in bytes.utf8_chunks() {
        text.push_str(&piece.valid().replace('%', "%25"));
        for byte in piece.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
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
            (&b"logs/app.log"[..], "logs/app.log"),
            ("zażółć/日志.log".as_bytes(), "zażółć/日志.log"),
            (b"100%.log", "100%.log"),
            (b"50%off", "50%off"),
            (b"a\xffb", "a%FFb"),
            (b"a%FFb", "a%25FFb"),
            (b"a%ffb", "a%25ffb"),
            (b"a%\xff", "a%25%FF"),
            (b"a\nb", "a\nb"),
            (br"back\slash", r"back\slash"),
            (b"\xe2\x82", "%E2%82"),
        ] {
            assert_eq!(shown(Path::new(OsStr::from_bytes(path))), expected);
        }
    }
}
