//! From paths to sources. The input cannot steer it: no ignore files, no links that are followed unasked.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use walkdir::{DirEntry, WalkDir};

use super::source::{identity, shown};
use super::{Globs, Kind, Skipped, Source};
use crate::terms::SkipReason;

/// What is left out of a walk because the caller asks for it. Nothing by default, except what links lead to.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Follow symbolic links that are met. Each folder is entered and each file read once.
    pub follow: bool,
    /// Which files, by name.
    pub globs: Globs,
    /// Stay on the file system of each path that was given.
    pub one_file_system: bool,
    /// How many folders deep: 1 is the files of a given folder itself.
    pub max_depth: Option<usize>,
    /// Only files that were written to then or later. Files whose time is unknown are kept.
    pub newer_than: Option<SystemTime>,
    /// What standard input is called in the report.
    pub stdin_name: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Walked {
    /// What is to be read, by path. One name of each file.
    pub sources: Vec<Source>,
    /// What could not be looked at.
    pub skipped: Vec<Skipped>,
    /// Symbolic links, pipes, devices and sockets met in directories, further names of a file, and what the selection
    /// leaves out. A folder that is not entered counts once.
    pub excluded: u64,
}

/// Finds all files at and below `paths`. `-` is standard input.
///
/// A symbolic link, a pipe or a device is read where it is itself named, and excluded where it is met. The order of
/// `paths` makes no difference, nor do `threads`. Where the system has no inode numbers, each name of a file is a source of
/// its own.
pub fn walk(paths: &[PathBuf], selection: &Selection, threads: usize) -> Walked {
    let mut walk =
        Walk { selection, walked: Walked::default(), entered: HashMap::new(), met: Vec::new(), threads, pool: None };
    // With links, which name of a folder is entered depends on which comes first.
    let mut paths: Vec<&PathBuf> = paths.iter().collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        if path.as_os_str() == "-" {
            walk.walked.sources.push(Source::stdin(selection.stdin_name.as_deref()));
            continue;
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => walk.tree(path, &found),
            Ok(found) if is_socket(&found) => walk.skip(path, SkipReason::Unsupported, "a socket"),
            Ok(found) => {
                let name = Path::new(path.file_name().unwrap_or(OsStr::new("")));
                walk.file(Source::at(path.clone(), &found, true), name);
            }
            Err(error) => walk.fail(path, &error),
        }
    }
    walk.finish()
}

/// One call of [`walk`].
struct Walk<'a> {
    selection: &'a Selection,
    walked: Walked,
    /// The folders that were entered by way of links or may be, and the least depth of each.
    entered: HashMap<(u64, u64), usize>,
    /// Files of the folder that is walked through which nobody has asked the system about.
    met: Vec<DirEntry>,
    threads: usize,
    pool: Option<rayon::ThreadPool>,
}

/// Files that are asked about together.
const TOGETHER: usize = 4096;

/// Files for which other threads are worth their start.
const MANY: usize = 512;

impl Walk<'_> {
    /// Walks through the folder at `root`, which is one by way of a link or not.
    fn tree(&mut self, root: &Path, found: &Metadata) {
        let selection = self.selection;
        let device = identity(found).filter(|_| selection.one_file_system).map(|(device, _)| device);
        let mut entries = WalkDir::new(root).min_depth(1).follow_links(selection.follow).sort_by_file_name();
        if let Some(depth) = selection.max_depth {
            entries = entries.max_depth(depth);
        }
        if selection.max_depth == Some(0) || !self.enter(found, 0) {
            self.walked.excluded += 1;
            return;
        }
        let mut entries = entries.into_iter();
        while let Some(entry) = entries.next() {
            let found = match entry {
                Ok(entry) if entry.file_type().is_file() && !entry.path_is_symlink() => {
                    self.met.push(entry);
                    if self.met.len() == TOGETHER {
                        self.settle(root, device);
                    }
                    continue;
                }
                entry => entry.and_then(|entry| Ok((entry.metadata()?, entry))),
            };
            if self.meet(found, root, device) == Way::Past {
                entries.skip_current_dir();
            }
        }
        self.settle(root, device);
    }

    /// Asks the system about the files that were met, on all threads where there are many: that takes longer than to
    /// find them.
    fn settle(&mut self, root: &Path, device: Option<u64>) {
        let met = std::mem::take(&mut self.met);
        if self.pool.is_none() && self.threads > 1 && met.len() >= MANY {
            // Where no threads can be had, this one will do.
            self.pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().ok();
        }
        let ask = |entry: DirEntry| entry.metadata().map(|found| (found, entry));
        let found: Vec<_> = match &self.pool {
            Some(pool) => pool.install(|| met.into_par_iter().map(ask).collect()),
            None => met.into_iter().map(ask).collect(),
        };
        for found in found {
            self.meet(found, root, device);
        }
    }

    /// Takes what was met below `root`, unless it is left out.
    fn meet(&mut self, found: walkdir::Result<(Metadata, DirEntry)>, root: &Path, device: Option<u64>) -> Way {
        let selection = self.selection;
        let (found, entry) = match found {
            Ok(found) => found,
            // A link back to a folder on the way to it, which is being walked through.
            Err(error) if error.loop_ancestor().is_some() => {
                self.walked.excluded += 1;
                return Way::On;
            }
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let error = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
                self.fail(&path, &error);
                return Way::On;
            }
        };
        let elsewhere = device.is_some() && identity(&found).map(|(device, _)| device) != device;
        let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let excluded = elsewhere || selection.globs.exclude(entry.path(), below);
        if found.is_dir() {
            let deepest = selection.max_depth.is_some_and(|depth| entry.depth() >= depth);
            if excluded || deepest || !self.enter(&found, entry.depth()) {
                self.walked.excluded += 1;
                return Way::Past;
            }
        } else if excluded || !found.is_file() {
            self.walked.excluded += 1;
        } else {
            let below = below.to_owned();
            let is_link = entry.path_is_symlink();
            self.file(Source::at(entry.into_path(), &found, is_link), &below);
        }
        Way::On
    }

    /// Takes a file that was met or given, unless the selection leaves it out.
    fn file(&mut self, source: Source, below: &Path) {
        let Selection { globs, newer_than, .. } = self.selection;
        let older = source.kind == Kind::File
            && newer_than.zip(source.modified).is_some_and(|(least, modified)| modified < least);
        if older || globs.exclude(&source.path, below) || !globs.include(&source.path, below) {
            self.walked.excluded += 1;
        } else {
            self.walked.sources.push(source);
        }
    }

    /// Whether a folder is to be entered. Links can lead to one folder in more ways than can be counted, so it is
    /// entered again only where less of the allowed depth is used up.
    fn enter(&mut self, found: &Metadata, depth: usize) -> bool {
        let Some(identity) = identity(found).filter(|_| self.selection.follow) else { return true };
        let depth = if self.selection.max_depth.is_some() { depth } else { 0 };
        match self.entered.get(&identity) {
            Some(&least) if least <= depth => false,
            _ => {
                self.entered.insert(identity, depth);
                true
            }
        }
    }

    /// Sorts, and drops what was found twice. Only names that differ count as excluded.
    fn finish(self) -> Walked {
        let mut walked = self.walked;
        // Of two entries of one path the given one stays, since it may be a link.
        walked.sources.sort_by(|a, b| a.path.cmp(&b.path).then(b.linked.cmp(&a.linked)));
        walked.sources.dedup_by(|a, b| a.path == b.path);
        let mut seen = HashSet::new();
        let before = walked.sources.len();
        walked.sources.retain(|source| source.identity().is_none_or(|identity| seen.insert(identity)));
        walked.excluded += (before - walked.sources.len()) as u64;
        walked.skipped.sort();
        walked.skipped.dedup();
        walked
    }

    fn skip(&mut self, path: &Path, reason: SkipReason, detail: &str) {
        self.walked.skipped.push(Skipped { path: shown(path), member: None, reason, detail: detail.to_owned() });
    }

    fn fail(&mut self, path: &Path, error: &io::Error) {
        self.walked.skipped.push(Skipped::io(shown(path), error));
    }
}

/// Where a walk goes from an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// On: into it, where it is a folder.
    On,
    /// Past a folder.
    Past,
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
