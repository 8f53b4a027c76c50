//! Scans files: one flat list of units, largest first, one task a thread, each with a tally of its own.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::beside::{Spare, beside};
use super::coverage::Coverage;
use super::kept::Kept;
use super::watch::Watch;
use super::windows::Windows;
use super::{Regions, Scanner};
use crate::closed::Closed;
use crate::input::{self, Budget, Buffers, Io, Outcome, Selection, Sink, Skipped, Source, Stop, Unit, Walked};
use crate::locations::Locations;
use crate::tally::Tally;
use crate::terms::SkipReason;

/// How files are found and read. None of it changes what is found.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// How files are read.
    pub io: Io,
    /// Threads; as many as the machine has processors where none is given.
    pub threads: Option<NonZeroUsize>,
    /// Bytes of one window.
    pub chunk: Option<NonZeroUsize>,
    /// The most memory that decoders keep text in, of all threads together, in bytes; 128 MiB where none is given.
    pub decoder_memory: Option<u64>,
    /// Files that are left out and counted: the report itself.
    pub exclude: Vec<PathBuf>,
    /// What else is left out of the walk.
    pub selection: Selection,
    /// When to end early.
    pub stop: Stop,
    /// What tells that an exposure needs nothing more.
    pub closed: Arc<Closed>,
    /// Takes every place that a secret is found in.
    pub locations: Option<Arc<Locations>>,
}

impl ScanOptions {
    /// Finds what a scan of `paths` reads.
    pub fn walk(&self, paths: &[PathBuf]) -> Walked {
        let mut walked = input::walk(paths, &self.selection, self.threads());
        let before = walked.sources.len();
        let excluded: Vec<Excluded> = self.exclude.iter().map(Excluded::at).collect();
        walked.sources.retain(|source| !excluded.iter().any(|excluded| excluded.is(source)));
        walked.excluded += (before - walked.sources.len()) as u64;
        walked
    }

    /// How many threads are used at most.
    fn threads(&self) -> usize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
            .clamp(1, 256)
            .min(input::most_threads())
    }
}

impl Scanner {
    /// Scans files and directories, `-` for standard input.
    pub fn scan_paths(&self, paths: &[PathBuf], options: &ScanOptions) -> Tally {
        let mut reading = input::Options { io: options.io, stop: options.stop.clone(), ..input::Options::default() };
        if let Some(chunk) = options.chunk {
            reading.chunk = chunk.get();
        }
        if let Some(bytes) = options.decoder_memory {
            reading.decoder_memory = bytes;
        }
        self.scan_read(paths, options, &reading)
    }

    /// Scans paths that are read and cut as `reading` says.
    pub(super) fn scan_read(&self, paths: &[PathBuf], options: &ScanOptions, reading: &input::Options) -> Tally {
        let mut walked = options.walk(paths);
        self.redact_names(&mut walked);
        let walked = walked;
        let units = input::plan(&walked.sources, reading);
        let threads = options.threads();
        let watch = Watch::new(self.progress.as_deref(), &walked.sources, &units);
        let budget = input::Budget::new(reading);
        let next = AtomicUsize::new(0);
        let total = Mutex::new(self.tally());
        let partial = Mutex::new(BTreeSet::new());
        let open = Mutex::new(Vec::new());
        let coverage = Coverage::new(&walked.sources);
        let busy = threads.min(units.len().max(1));
        let spare = Spare::new(threads - busy);
        let work = || {
            let mut tally = self.tally();
            let mut notes = options.locations.as_deref().map(Locations::notes);
            let mut buffers = Buffers::default();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                let source = &walked.sources[unit.source];
                let into = Kept::new(self, &options.closed, &mut tally, notes.as_mut());
                let (outcome, paused) = self.unit(source, unit, (reading, &budget, &spare), &mut buffers, into);
                if !paused.is_empty() {
                    let tails = paused.into_iter().map(|(from, regions)| Tail { unit, from, regions });
                    open.lock().unwrap_or_else(PoisonError::into_inner).extend(tails);
                }
                coverage.add(unit.source, outcome.covered);
                tally.counts.bytes_scanned += outcome.bytes;
                tally.counts.members_scanned += outcome.members;
                if !outcome.skipped.is_empty() {
                    partial.lock().unwrap_or_else(PoisonError::into_inner).insert(unit.source);
                }
                outcome.skipped.into_iter().for_each(|skipped| tally.skip(self.without_secret(skipped)));
                watch.unit(unit);
            }
            spare.add();
            total.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        };
        self.run(busy, &work);

        let tails = Mutex::new(open.into_inner().unwrap_or_else(PoisonError::into_inner));
        let follow = || {
            let mut tally = self.tally();
            let mut notes = options.locations.as_deref().map(Locations::notes);
            let mut buffers = Buffers::default();
            let next = || tails.lock().unwrap_or_else(PoisonError::into_inner).pop();
            while let Some(tail) = next() {
                let into = Kept::new(self, &options.closed, &mut tally, notes.as_mut());
                self.follow(&walked.sources[tail.unit.source], tail, reading, &budget, &mut buffers, into);
            }
            total.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        };
        let count = tails.lock().unwrap_or_else(PoisonError::into_inner).len();
        if count > 0 {
            self.run(threads.min(count), &follow);
        }

        let mut tally = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut partial = partial.into_inner().unwrap_or_else(PoisonError::into_inner);
        let holes = input::holes(&walked.sources, &units);
        let lost = coverage.lost(&walked.sources, &holes, &partial);
        // They are zeros: scanned without a look, so that a copy without holes has the same report.
        tally.counts.bytes_scanned += holes.bytes.values().sum::<u64>();
        for (index, skipped) in holes.filled.into_iter().chain(lost) {
            partial.insert(index);
            tally.skip(skipped);
        }
        let given_up = tally.name_given_up();
        let named = |(_, source): &(usize, &Source)| given_up.contains(&source.shown);
        partial.extend(walked.sources.iter().enumerate().filter(named).map(|(index, _)| index));
        tally.counts.files_partial = partial.len() as u64;
        tally.counts.files_scanned = (walked.sources.len() - partial.len()) as u64;
        tally.counts.files_excluded = walked.excluded;
        walked.skipped.into_iter().for_each(|skipped| tally.skip(skipped));
        tally
    }

    /// Reads and scans one unit, and once more if its file changed meanwhile. Returns the regions that are open where it
    /// pauses as well.
    fn unit(
        &self,
        source: &Source,
        unit: &Unit,
        (reading, budget, spare): (&input::Options, &Arc<Budget>, &Spare),
        buffers: &mut Buffers,
        into: Kept<'_, '_>,
    ) -> (Outcome, Vec<(u64, Regions)>) {
        let mut sink = Windows::new(self, source, into);
        let taken = spare.take(source, unit);
        let mut outcome = sink.guarded(|sink| match taken {
            Some(_) => beside(sink, |sink| input::read(source, unit, reading, budget, buffers, sink)),
            None => input::read(source, unit, reading, budget, buffers, sink),
        });
        drop(taken);
        if outcome.torn && sink.forget() {
            outcome = sink.guarded(|sink| input::again(source, unit, reading, budget, buffers, sink, outcome));
        }
        (outcome, sink.finish())
    }

    /// Scans the rows of regions that were open where a part of a file ended, until they end.
    fn follow(
        &self,
        source: &Source,
        tail: Tail<'_>,
        reading: &input::Options,
        budget: &Arc<Budget>,
        buffers: &mut Buffers,
        into: Kept<'_, '_>,
    ) {
        let mut sink = Windows::following(self, source, tail.from, tail.regions, into);
        let index = tail.unit.source;
        let mut unit = input::rest(source, index, &tail.unit.piece, tail.from, reading);
        while let Some(here) = unit.filter(|_| sink.wants_more() && !reading.stop.is_asked()) {
            // What cannot be read was named when its records were scanned; what fails in our own code was not.
            let outcome = sink.guarded(|sink| input::read(source, &here, reading, budget, buffers, sink));
            let failed = outcome.skipped.into_iter().filter(|skipped| skipped.reason == SkipReason::InternalError);
            let failed = failed.map(|skipped| self.without_secret(skipped));
            if sink.name(failed) {
                break;
            }
            unit = input::rest(source, index, &here.piece, sink.next(), reading);
        }
        if reading.stop.is_asked() {
            sink.name(std::iter::once(Skipped::interrupted(source.shown.clone(), None)));
        }
        sink.finish();
    }

    /// Names of members come from the log, too.
    fn without_secret(&self, skipped: Skipped) -> Skipped {
        let member = skipped.member.map(|name| self.redacted(&name));
        Skipped { member, ..skipped }
    }

    /// Runs `work` once on each thread of a pool of its own, never of the caller's.
    fn run(&self, threads: usize, work: &(impl Fn() + Sync)) {
        let mut threads = threads;
        while threads > 1 {
            // Where not as many can be had, fewer will do.
            match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
                Ok(pool) => {
                    pool.broadcast(|_| work());
                    return;
                }
                Err(_) => threads /= 2,
            }
        }
        work();
    }
}

/// The regions that are open where a unit pauses.
struct Tail<'a> {
    unit: &'a Unit,
    from: u64,
    regions: Regions,
}

/// A file that is not to be scanned, wherever it is found.
struct Excluded<'p> {
    path: &'p Path,
    /// Told apart by its inode, where the system has them: to resolve the path of each source takes longer than to read it.
    identity: Option<(u64, u64)>,
}

impl<'p> Excluded<'p> {
    fn at(path: &'p PathBuf) -> Self {
        Self { path, identity: input::identity_at(path) }
    }

    fn is(&self, source: &Source) -> bool {
        match (self.identity, source.identity()) {
            (Some(excluded), Some(found)) => excluded == found,
            // What is not there was not found either.
            (None, Some(_)) => false,
            _ => source.path.canonicalize().is_ok_and(|whole| whole == self.path),
        }
    }
}
