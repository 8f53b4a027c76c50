//! Scans files: one flat list of units, largest first, one task a thread, each with a tally of its own.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Member, Regions, Scanner};
use crate::exposure::Place;
use crate::input::{self, Budget, Buffers, Io, Selection, Sink, Skipped, Source, Stop, Unit, Walked, Window};
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
    /// The most memory that decoders keep text in, of all threads together, in bytes; 128 MiB where none is given.
    pub decoder_memory: Option<u64>,
    /// Files that are left out and counted: the report itself.
    pub exclude: Vec<PathBuf>,
    /// What else is left out of the walk.
    pub selection: Selection,
    /// When to end early.
    pub stop: Stop,
}

impl ScanOptions {
    /// Finds what a scan of `paths` reads.
    pub fn walk(&self, paths: &[PathBuf]) -> Walked {
        let mut walked = input::walk(paths, &self.selection);
        let before = walked.sources.len();
        walked.sources.retain(|source| !is_one_of(&source.path, &self.exclude));
        walked.excluded += (before - walked.sources.len()) as u64;
        walked
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
        let threads = options
            .threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
            .clamp(1, 256);

        let budget = input::Budget::new(reading);
        let next = AtomicUsize::new(0);
        let total = Mutex::new(self.tally());
        let partial = Mutex::new(BTreeSet::new());
        let open = Mutex::new(Vec::new());
        let work = || {
            let mut tally = self.tally();
            let mut buffers = Buffers::default();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                let source = &walked.sources[unit.source];
                let mut sink = Windows::new(self, source, &mut tally);
                let outcome = input::read(source, unit, reading, &budget, &mut buffers, &mut sink);
                if !sink.paused.is_empty() {
                    let tails = sink.paused.into_iter().map(|(from, regions)| Tail { unit, from, regions });
                    open.lock().unwrap_or_else(PoisonError::into_inner).extend(tails);
                }
                tally.counts.bytes_scanned += outcome.bytes;
                tally.counts.members_scanned += outcome.members;
                if !outcome.skipped.is_empty() {
                    partial.lock().unwrap_or_else(PoisonError::into_inner).insert(unit.source);
                }
                outcome.skipped.into_iter().for_each(|skipped| tally.skip(self.without_secret(skipped)));
            }
            total.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        };
        self.run(threads.min(units.len().max(1)), &work);

        let tails = Mutex::new(open.into_inner().unwrap_or_else(PoisonError::into_inner));
        let follow = || {
            let mut tally = self.tally();
            let mut buffers = Buffers::default();
            let next = || tails.lock().unwrap_or_else(PoisonError::into_inner).pop();
            while let Some(tail) = next() {
                self.follow(&walked.sources[tail.unit.source], tail, reading, &budget, &mut buffers, &mut tally);
            }
            total.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        };
        let count = tails.lock().unwrap_or_else(PoisonError::into_inner).len();
        if count > 0 {
            self.run(threads.min(count), &follow);
        }

        let mut tally = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        let partial = partial.into_inner().unwrap_or_else(PoisonError::into_inner);
        tally.counts.files_partial = partial.len() as u64;
        tally.counts.files_scanned = (walked.sources.len() - partial.len()) as u64;
        tally.counts.files_excluded = walked.excluded;
        // They are zeros: scanned without a look, so that a copy without holes has the same report.
        tally.counts.bytes_scanned += input::holes(&walked.sources, &units);
        walked.skipped.into_iter().for_each(|skipped| tally.skip(skipped));
        tally
    }

    /// Scans the rows of regions that were open where a part of a file ended, until they end.
    fn follow(
        &self,
        source: &Source,
        tail: Tail<'_>,
        reading: &input::Options,
        budget: &Arc<Budget>,
        buffers: &mut Buffers,
        tally: &mut Tally,
    ) {
        let mut sink =
            Windows { regions: tail.regions, next: tail.from, rows: true, ..Windows::new(self, source, tally) };
        let index = tail.unit.source;
        let mut unit = input::rest(source, index, &tail.unit.piece, tail.from, reading);
        while let Some(here) = unit.filter(|_| !sink.regions.is_empty()) {
            // What cannot be read was named when its records were scanned.
            input::read(source, &here, reading, budget, buffers, &mut sink);
            unit = input::rest(source, index, &here.piece, sink.next, reading);
        }
        if reading.stop.is_asked() {
            tally.skip(Skipped::interrupted(source.shown.clone(), None));
        }
    }

    /// Names of members come from the log, too.
    fn without_secret(&self, skipped: Skipped) -> Skipped {
        let member = skipped.member.map(|name| self.redacted(&name));
        Skipped { member, ..skipped }
    }

    /// Runs `work` once on each thread of a pool of its own, never of the caller's.
    fn run(&self, threads: usize, work: &(impl Fn() + Sync)) {
        let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()).flatten();
        // Where no threads can be had the work is done on this one.
        let Some(pool) = pool else { return work() };
        pool.broadcast(|_| work());
    }
}

/// The regions that are open where a unit pauses.
struct Tail<'a> {
    unit: &'a Unit,
    from: u64,
    regions: Regions,
}

/// Scans the windows of a unit, member by member.
struct Windows<'a> {
    scanner: &'a Scanner,
    source: &'a Source,
    tally: &'a mut Tally,
    member: Option<Member>,
    /// The name of `member` as its archive has it.
    name: Option<String>,
    /// Those of the member that are open where the last window ended.
    regions: Regions,
    /// Where the next window of the member begins, if it goes on.
    next: u64,
    /// The regions that were open where the unit paused.
    paused: Vec<(u64, Regions)>,
    /// Only rows: everything else was scanned before.
    rows: bool,
}

impl<'a> Windows<'a> {
    fn new(scanner: &'a Scanner, source: &'a Source, tally: &'a mut Tally) -> Self {
        Self {
            scanner,
            source,
            tally,
            member: None,
            name: None,
            regions: Regions::default(),
            next: 0,
            paused: Vec::new(),
            rows: false,
        }
    }
}

impl Sink for Windows<'_> {
    fn window(&mut self, member: &input::Member<'_>, window: Window<'_>) {
        if self.member.is_none() || self.name.as_deref() != member.name {
            self.name = member.name.map(str::to_owned);
            let place = Place::new(
                self.scanner.source.as_deref(),
                self.source.shown.clone(),
                member.name.map(|name| self.scanner.redacted(name)),
            );
            let modified =
                member.modified.and_then(|at| jiff::Timestamp::try_from(at).ok()).map(jiff::Timestamp::as_second);
            self.member = Some(Member { year_hint: time::year_in_name(&place.uri), modified, place: Arc::new(place) });
        }
        // No region reaches from one member into the next, or over a gap.
        let begin = window.offset + window.own.start as u64;
        if begin != self.next || begin == 0 {
            self.regions = Regions::default();
        }
        self.next = begin + window.own.len() as u64;
        match &self.member {
            Some(member) if self.rows => self.scanner.scan_rows(member, &window, &mut self.regions, self.tally),
            Some(member) => self.scanner.scan_window(member, &window, &mut self.regions, self.tally),
            None => {}
        }
    }

    fn pause(&mut self, at: u64) {
        // What is followed goes on in the next unit.
        if !self.rows && !self.regions.is_empty() && at == self.next {
            self.paused.push((at, std::mem::take(&mut self.regions)));
        }
    }

    fn wants_more(&self) -> bool {
        !self.rows || !self.regions.is_empty()
    }
}

fn is_one_of(path: &Path, excluded: &[PathBuf]) -> bool {
    !excluded.is_empty() && path.canonicalize().is_ok_and(|whole| excluded.contains(&whole))
}
