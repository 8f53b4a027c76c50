//! Scans files: one flat list of units, largest first, one task a thread, each with a tally of its own.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Member, Scanner};
use crate::exposure::Place;
use crate::input::{self, Buffers, Io, Sink, Source, Window};
use crate::record::time;
use crate::tally::Tally;

/// How files are found and read. None of it changes what is found.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// How files are read.
    pub io: Io,
    /// Threads; as many as the machine has processors where none is given.
    pub threads: Option<NonZeroUsize>,
    /// Bytes of one window.
    pub chunk: Option<NonZeroUsize>,
    /// Files that are left out and counted: the report itself.
    pub exclude: Vec<PathBuf>,
}

impl Scanner {
    /// Scans files and directories, `-` for standard input.
    pub fn scan_paths(&self, paths: &[PathBuf], options: &ScanOptions) -> Tally {
        let mut reading = input::Options { io: options.io, ..input::Options::default() };
        if let Some(chunk) = options.chunk {
            reading.chunk = chunk.get();
        }
        let mut walked = input::walk(paths);
        let before = walked.sources.len();
        walked.sources.retain(|source| !is_one_of(&source.path, &options.exclude));
        walked.excluded += (before - walked.sources.len()) as u64;
        let units = input::plan(&walked.sources, &reading);
        let threads = options
            .threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
            .clamp(1, 256);

        let next = AtomicUsize::new(0);
        let total = Mutex::new(self.tally());
        let partial = Mutex::new(BTreeSet::new());
        let work = || {
            let mut tally = self.tally();
            let mut buffers = Buffers::default();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                let source = &walked.sources[unit.source];
                let mut sink = Windows { scanner: self, source, tally: &mut tally, member: None };
                let outcome = input::read(source, unit, &reading, &mut buffers, &mut sink);
                tally.counts.bytes_scanned += outcome.bytes;
                tally.counts.members_scanned += outcome.members;
                if !outcome.skipped.is_empty() {
                    partial.lock().unwrap_or_else(PoisonError::into_inner).insert(unit.source);
                }
                outcome.skipped.into_iter().for_each(|skipped| tally.skip(skipped));
            }
            total.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        };
        self.run(threads.min(units.len().max(1)), &work);

        let mut tally = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        let partial = partial.into_inner().unwrap_or_else(PoisonError::into_inner);
        tally.counts.files_partial = partial.len() as u64;
        tally.counts.files_scanned = (walked.sources.len() - partial.len()) as u64;
        tally.counts.files_excluded = walked.excluded;
        walked.skipped.into_iter().for_each(|skipped| tally.skip(skipped));
        tally
    }

    /// Runs `work` once on each thread of a pool of its own, never of the caller's.
    fn run(&self, threads: usize, work: &(impl Fn() + Sync)) {
        let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()).flatten();
        // Where no threads can be had the work is done on this one.
        let Some(pool) = pool else { return work() };
        pool.broadcast(|_| work());
    }
}

/// Scans the windows of a unit, member by member.
struct Windows<'a> {
    scanner: &'a Scanner,
    source: &'a Source,
    tally: &'a mut Tally,
    member: Option<Member>,
}

impl Sink for Windows<'_> {
    fn window(&mut self, member: &input::Member<'_>, window: Window<'_>) {
        let known = self.member.as_ref().filter(|m| m.place.member.as_deref() == member.name);
        if known.is_none() {
            let place =
                Place::new(self.scanner.source.as_deref(), self.source.shown.clone(), member.name.map(str::to_owned));
            let modified =
                member.modified.and_then(|at| jiff::Timestamp::try_from(at).ok()).map(jiff::Timestamp::as_second);
            self.member = Some(Member { year_hint: time::year_in_name(&place.uri), modified, place: Arc::new(place) });
        }
        if let Some(member) = &self.member {
            self.scanner.scan_window(member, &window, self.tally);
        }
    }
}

fn is_one_of(path: &Path, excluded: &[PathBuf]) -> bool {
    !excluded.is_empty() && path.canonicalize().is_ok_and(|whole| excluded.contains(&whole))
}
