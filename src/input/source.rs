//! A source: one file or stream, what it was when it was found, and whether it still is that.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use super::content::Content;
use super::state::{Ends, State};

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
    state: Option<State>,
    ends: OnceLock<Ends>,
}

impl Source {
    /// Standard input, under a name that tells more than `-` does.
    pub fn stdin(name: Option<&str>) -> Self {
        let (path, shown) = (PathBuf::from("-"), name.unwrap_or("-").to_owned());
        Self {
            path,
            shown,
            size: 0,
            modified: None,
            kind: Kind::Stdin,
            linked: true,
            state: None,
            ends: OnceLock::new(),
        }
    }

    /// What `found` says is at `path`.
    pub(super) fn at(path: PathBuf, found: &Metadata, linked: bool) -> Self {
        let kind = if found.is_file() { Kind::File } else { Kind::Stream };
        let size = if kind == Kind::File { found.len() } else { 0 };
        let shown = shown(&path);
        let (modified, state) = (found.modified().ok(), Some(State::of(found)));
        Self { path, shown, size, modified, kind, linked, state, ends: OnceLock::new() }
    }

    /// The same for every name of one file. `None` where the system does not tell.
    pub fn identity(&self) -> Option<(u64, u64)> {
        self.state.as_ref().and_then(State::identity)
    }

    /// Whether `opened` is the file that was found.
    pub(super) fn is(&self, opened: &Metadata) -> bool {
        opened.is_file() && identity(opened) == self.identity()
    }

    /// Says how `file`, which is this one, changed since it was found. See [`State::change`].
    pub(super) fn change(&self, file: &File) -> Option<&'static str> {
        self.change_since(self.state.as_ref()?, file)
    }

    /// The same since it was in the state `then`.
    pub(super) fn change_since(&self, then: &State, file: &File) -> Option<&'static str> {
        let now = State::of(&file.metadata().ok()?);
        then.change(&now, &self.path, || self.ends.get().is_none_or(|ends| ends.are_of(file)))
    }

    /// Keeps what tells growth from a new beginning, of the file at its first opening.
    pub(super) fn remember(&self, content: &Content) {
        if self.size > 0
            && self.ends.get().is_none()
            && let Some(ends) = Ends::of(content, self.size)
        {
            // Whoever came first read the same.
            let _ = self.ends.set(ends);
        }
    }

    /// The same file as it is `now`.
    pub(super) fn renewed(&self, now: &Metadata) -> Self {
        Self {
            size: now.len(),
            modified: now.modified().ok(),
            state: Some(State::of(now)),
            ends: OnceLock::new(),
            ..self.clone()
        }
    }
}

/// Device and inode, where the system has them.
pub(super) fn identity(found: &Metadata) -> Option<(u64, u64)> {
    State::of(found).identity()
}

/// Device and inode of what is at a path, a link itself, where the system has them.
pub fn identity_at(path: &Path) -> Option<(u64, u64)> {
    identity(&path.symlink_metadata().ok()?)
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
