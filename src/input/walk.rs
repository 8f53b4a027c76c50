//! From paths to sources. The input cannot steer it: no ignore files, no links that are followed.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::source::shown;
use super::{Skipped, Source};
use crate::terms::SkipReason;

/// What was found.
#[derive(Debug, Default)]
pub struct Walked {
    /// What is to be read, by path. One name of each file.
    pub sources: Vec<Source>,
    /// What could not be looked at.
    pub skipped: Vec<Skipped>,
    /// Symbolic links, pipes, devices and sockets met in directories, and further names of a file.
    pub excluded: u64,
}

/// Finds all files at and below `paths`. `-` is standard input.
///
/// A symbolic link, a pipe or a device is read where it is itself named, and excluded where it is met. The order of
/// `paths` makes no difference. Where the system has no inode numbers, each name of a file is a source of its own.
pub fn walk(paths: &[PathBuf]) -> Walked {
    let mut walked = Walked::default();
    for path in paths {
        if path.as_os_str() == "-" {
            walked.sources.push(Source::stdin());
            continue;
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => walked.tree(path),
            Ok(found) if is_socket(&found) => walked.skip(path, SkipReason::Unsupported, "a socket"),
            Ok(found) => walked.sources.push(Source::at(path.clone(), &found, true)),
            Err(error) => walked.fail(path, &error),
        }
    }
    walked.keep_one_name_each();
    walked.skipped.sort();
    walked.skipped.dedup();
    walked
}

impl Walked {
    fn tree(&mut self, root: &Path) {
        // The root is a directory, by way of a link or not.
        for entry in WalkDir::new(root).min_depth(1).sort_by_file_name() {
            let found = entry.and_then(|entry| Ok((entry.metadata()?, entry)));
            match found {
                Ok((found, _)) if found.is_dir() => {}
                Ok((found, entry)) if found.is_file() => {
                    self.sources.push(Source::at(entry.into_path(), &found, false));
                }
                Ok(_) => self.excluded += 1,
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    // Without an error of the system it is a loop of links, which are not followed.
                    let error = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
                    self.fail(&path, &error);
                }
            }
        }
    }

    /// Sorts, and drops what was found twice. Only names that differ count as excluded.
    fn keep_one_name_each(&mut self) {
        // Of two entries of one path the given one stays, since it may be a link.
        self.sources.sort_by(|a, b| a.path.cmp(&b.path).then(b.given.cmp(&a.given)));
        self.sources.dedup_by(|a, b| a.path == b.path);
        let mut seen = HashSet::new();
        let before = self.sources.len();
        self.sources.retain(|source| source.identity().is_none_or(|identity| seen.insert(identity)));
        self.excluded += (before - self.sources.len()) as u64;
    }

    fn skip(&mut self, path: &Path, reason: SkipReason, detail: &str) {
        self.skipped.push(Skipped { path: shown(path), member: None, reason, detail: detail.to_owned() });
    }

    fn fail(&mut self, path: &Path, error: &io::Error) {
        self.skipped.push(Skipped::io(shown(path), error));
    }
}

#[cfg(unix)]
fn is_socket(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_socket(_: &Metadata) -> bool {
    false
}
