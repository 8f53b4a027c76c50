//! What can go wrong. Errors name the file or the option and the way out, never what a log holds.

use std::fmt;
use std::path::{Path, PathBuf};

/// A fault that keeps a scan from starting or a report from being written. Faults of single inputs are data in the
/// report instead ([`crate::input::Skipped`]).
#[derive(Debug)]
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Rule { file: String, line: Option<usize>, reason: String },
    Key { path: PathBuf, reason: &'static str },
    Accounts { path: PathBuf, line: Option<u64>, reason: &'static str },
    Partial { path: PathBuf, line: Option<u64>, reason: &'static str },
    List { path: PathBuf, line: Option<u64>, reason: String },
    Report { path: PathBuf, line: Option<usize>, reason: String },
    File { path: PathBuf, doing: &'static str, error: std::io::ErrorKind },
    Setup { reason: String },
}

impl Error {
    /// A rule file that cannot be used. `reason` speaks of the rule only.
    pub(crate) fn rule(file: &str, line: Option<usize>, reason: impl Into<String>) -> Self {
        Self { kind: Kind::Rule { file: file.to_owned(), line, reason: reason.into() } }
    }

    /// A key file that cannot be used.
    pub(crate) fn key(path: &Path, reason: &'static str) -> Self {
        Self { kind: Kind::Key { path: path.to_owned(), reason } }
    }

    /// A file of known accounts that cannot be used. `reason` never quotes the line.
    pub(crate) fn accounts(path: &Path, line: Option<u64>, reason: &'static str) -> Self {
        Self { kind: Kind::Accounts { path: path.to_owned(), line, reason } }
    }

    /// A partial result that cannot be added. `reason` never quotes it.
    pub(crate) fn partial(path: &Path, line: Option<u64>, reason: &'static str) -> Self {
        Self { kind: Kind::Partial { path: path.to_owned(), line, reason } }
    }

    /// A file of ours that says what to leave out, and cannot be used. `reason` speaks of its form only.
    pub(crate) fn list(path: &Path, line: Option<u64>, reason: impl Into<String>) -> Self {
        Self { kind: Kind::List { path: path.to_owned(), line, reason: reason.into() } }
    }

    /// A report that cannot be read. `reason` never quotes it.
    pub(crate) fn report(path: &Path, line: Option<usize>, reason: impl Into<String>) -> Self {
        Self { kind: Kind::Report { path: path.to_owned(), line, reason: reason.into() } }
    }

    /// A file of our own (report, key, rule folder) on which `doing` failed.
    pub(crate) fn file(path: &Path, doing: &'static str, error: &std::io::Error) -> Self {
        Self { kind: Kind::File { path: path.to_owned(), doing, error: error.kind() } }
    }

    /// Something else that keeps the scan from starting.
    pub(crate) fn setup(reason: impl Into<String>) -> Self {
        Self { kind: Kind::Setup { reason: reason.into() } }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Rule { file, line: Some(line), reason } => write!(f, "rule file {file}, line {line}: {reason}"),
            Kind::Rule { file, line: None, reason } => write!(f, "rule file {file}: {reason}"),
            Kind::Key { path, reason } => write!(f, "key file {}: {reason}", path.display()),
            Kind::Accounts { path, line: Some(line), reason } => {
                write!(f, "accounts file {}, line {line}: {reason}", path.display())
            }
            Kind::Accounts { path, line: None, reason } => write!(f, "accounts file {}: {reason}", path.display()),
            Kind::Partial { path, line: Some(line), reason } => write!(f, "{}, line {line}: {reason}", path.display()),
            Kind::Partial { path, line: None, reason } => write!(f, "{}: {reason}", path.display()),
            Kind::List { path, line: Some(line), reason } => write!(f, "{}, line {line}: {reason}", path.display()),
            Kind::List { path, line: None, reason } => write!(f, "{}: {reason}", path.display()),
            Kind::Report { path, line: Some(line), reason } => {
                write!(f, "report {}, line {line}: {reason}", path.display())
            }
            Kind::Report { path, line: None, reason } => write!(f, "report {}: {reason}", path.display()),
            Kind::File { path, doing, error } => write!(f, "cannot {doing} {}: {error}", path.display()),
            Kind::Setup { reason } => f.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}
