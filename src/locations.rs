//! Every place that a secret was found in, for whoever purges the logs: no cap, and no more memory for many than for few.
//!
//! Threads note places as they find them, a few bytes each. Whenever a thread has enough of them they are sorted and
//! appended to one temporary file that has no name; in the end these runs are merged. So the order is that of the places,
//! whatever the threads, and what is held is a buffer for each thread, then a buffer for each run out of a fixed sum.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::exposure::{Exposure, Place};
use crate::tally::Tally;

/// How many places a thread holds.
const RUN: usize = if cfg!(test) { 16 } else { 1 << 16 };

/// Bytes that are read ahead, of all runs together, and of one at least.
const BUFFERS: usize = 64 << 20;
const BUFFER: usize = 64 * Noted::BYTES;

/// One place, as it is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Noted {
    /// The number of its file; while runs are sorted and merged, its rank among the files.
    place: u32,
    /// Where the record begins.
    record: u64,
    offset: u64,
    window: u64,
    line: u32,
}

impl Noted {
    const BYTES: usize = 32;

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.place.to_le_bytes());
        bytes[4..12].copy_from_slice(&self.record.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.offset.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.window.to_le_bytes());
        bytes[28..].copy_from_slice(&self.line.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let long = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let short = |at: usize| {
            let mut four = [0; 4];
            four.copy_from_slice(&bytes[at..at + 4]);
            u32::from_le_bytes(four)
        };
        Self { place: short(0), record: long(4), offset: long(12), window: long(20), line: short(28) }
    }
}

/// Places of all threads.
pub struct Locations {
    shared: Mutex<Shared>,
}

struct Shared {
    file: File,
    numbers: HashMap<Arc<Place>, u32>,
    places: Vec<Arc<Place>>,
    /// Where each run ends in the file.
    runs: Vec<u64>,
    /// What the disk said.
    fault: Option<io::Error>,
}

/// One place, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    uri: &'a str,
    line: u64,
    record_offset: u64,
}

impl Locations {
    /// Notes places in a file without a name in `folder`.
    ///
    /// # Errors
    /// Where no file can be made there.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        let (numbers, places, runs) = (HashMap::new(), Vec::new(), Vec::new());
        Ok(Self { shared: Mutex::new(Shared { file, numbers, places, runs, fault: None }) })
    }

    /// A notebook for one thread.
    pub(crate) fn notes(&self) -> Notes<'_> {
        Notes { of: self, noted: Vec::new(), current: None }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes every place, an object a line, by `uri`, offset of the record, and line; each once. `tally` is that of the
    /// scan: it knows the lines of whole files. Returns how many there were.
    ///
    /// # Errors
    /// What `out` says, or said the temporary file.
    pub fn write(&self, tally: &Tally, out: &mut dyn Write) -> io::Result<u64> {
        let mut shared = self.lock();
        if let Some(fault) = shared.fault.take() {
            return Err(fault);
        }
        let order = order(&shared.places, 0..shared.places.len());
        let mut ranks = vec![0u32; order.len()];
        order.iter().zip(0..).for_each(|(&place, rank)| ranks[place] = rank);
        let lines = tally.lines();
        let Shared { file, places, runs, .. } = &mut *shared;
        let mut merge = Merge::new(runs, ranks);
        let (mut last, mut count) = (None, 0);
        while let Some(noted) = merge.next(file)? {
            let place = &places[order[noted.place as usize]];
            let before = lines.get(place).map_or(0, |lines| lines.before(noted.window));
            let line = before.saturating_add(noted.line.into()).saturating_add(1);
            if last.replace((noted.place, noted.record, line)) == Some((noted.place, noted.record, line)) {
                continue;
            }
            serde_json::to_writer(&mut *out, &Written { uri: &place.uri, line, record_offset: noted.record })?;
            out.write_all(b"\n")?;
            count += 1;
        }
        out.flush()?;
        Ok(count)
    }
}

impl fmt::Debug for Locations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locations")
    }
}

/// Numbers of places in the order of their names.
fn order(places: &[Arc<Place>], numbers: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut order: Vec<usize> = numbers.into_iter().collect();
    order.sort_unstable_by(|&one, &other| places[one].cmp(&places[other]));
    order
}

/// What one thread notes.
pub(crate) struct Notes<'a> {
    of: &'a Locations,
    noted: Vec<Noted>,
    /// The place of the last exposure: nearly always that of the next one.
    current: Option<(Arc<Place>, u32)>,
}

impl Notes<'_> {
    pub(crate) fn note(&mut self, exposure: &Exposure) {
        let place = self.number(&exposure.place);
        let position = &exposure.position;
        self.noted.push(Noted {
            place,
            record: exposure.record_offset,
            offset: position.offset,
            window: position.window,
            line: position.line,
        });
        if self.noted.len() >= RUN {
            self.spill();
        }
    }

    fn number(&mut self, place: &Arc<Place>) -> u32 {
        if let Some((current, number)) = &self.current
            && Arc::ptr_eq(current, place)
        {
            return *number;
        }
        let mut shared = self.of.lock();
        let next = shared.places.len() as u32;
        let number = *shared.numbers.entry(Arc::clone(place)).or_insert(next);
        if number == next {
            shared.places.push(Arc::clone(place));
        }
        self.current = Some((Arc::clone(place), number));
        number
    }

    /// Appends what is held to the file, in order.
    fn spill(&mut self) {
        if self.noted.is_empty() {
            return;
        }
        let mut shared = self.of.lock();
        let mut used: Vec<usize> = self.noted.iter().map(|noted| noted.place as usize).collect();
        used.sort_unstable();
        used.dedup();
        let ranks: HashMap<u32, usize> =
            order(&shared.places, used).into_iter().enumerate().map(|(rank, place)| (place as u32, rank)).collect();
        self.noted.sort_unstable_by_key(|noted| (ranks.get(&noted.place).copied(), *noted));
        let bytes: Vec<u8> = self.noted.drain(..).flat_map(Noted::to_bytes).collect();
        let end = shared.runs.last().copied().unwrap_or_default();
        let written = shared.file.seek(SeekFrom::Start(end)).and_then(|_| shared.file.write_all(&bytes));
        match written {
            Ok(()) => shared.runs.push(end + bytes.len() as u64),
            // Said in the end, when somebody listens.
            Err(error) => shared.fault = Some(error),
        }
    }
}

impl Drop for Notes<'_> {
    fn drop(&mut self) {
        self.spill();
    }
}

/// Runs, merged.
struct Merge {
    runs: Vec<Run>,
    /// The next place of each run that has one, by its rank.
    next: BinaryHeap<Reverse<(Noted, usize)>>,
    ranks: Vec<u32>,
    started: bool,
}

/// One run: what of it is in memory, and where the rest of it stands.
struct Run {
    buffer: Vec<u8>,
    at: usize,
    rest: std::ops::Range<u64>,
}

impl Merge {
    fn new(ends: &[u64], ranks: Vec<u32>) -> Self {
        let begins = std::iter::once(0).chain(ends.iter().copied());
        let runs = begins.zip(ends).map(|(from, to)| Run { buffer: Vec::new(), at: 0, rest: from..*to }).collect();
        Self { runs, next: BinaryHeap::new(), ranks, started: false }
    }

    fn next(&mut self, file: &mut File) -> io::Result<Option<Noted>> {
        if !std::mem::replace(&mut self.started, true) {
            (0..self.runs.len()).try_for_each(|run| self.refill(file, run))?;
        }
        let Some(Reverse((noted, run))) = self.next.pop() else { return Ok(None) };
        self.refill(file, run)?;
        Ok(Some(noted))
    }

    /// Puts the next place of a run among those to choose from.
    fn refill(&mut self, file: &mut File, number: usize) -> io::Result<()> {
        let most = (BUFFERS / self.runs.len().max(1) / Noted::BYTES * Noted::BYTES).clamp(BUFFER, 1 << 20);
        let run = &mut self.runs[number];
        if run.at == run.buffer.len() {
            let length = (run.rest.end - run.rest.start).min(most as u64);
            run.buffer.resize(length as usize, 0);
            file.seek(SeekFrom::Start(run.rest.start))?;
            file.read_exact(&mut run.buffer)?;
            (run.at, run.rest.start) = (0, run.rest.start + length);
        }
        if let Some(bytes) = run.buffer.get(run.at..run.at + Noted::BYTES) {
            run.at += Noted::BYTES;
            let mut noted = Noted::from_bytes(bytes);
            noted.place = self.ranks.get(noted.place as usize).copied().unwrap_or_default();
            self.next.push(Reverse((noted, number)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::Position;
    use crate::tally::sample::{BYTES, exposure, newlines, place};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Sorted, each once, none missing, the same for every number of threads: as a set of all of them has it.
        #[test]
        fn every_place_once_in_order(
            found in proptest::collection::vec((0u8..3, 0u64..40, 0u64..3), 0..200), threads in 1usize..5, chunk in 1u64..90,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let locations = Locations::new(folder.path()).unwrap();
            let mut tally = Tally::new(0);
            for file in 0..3 {
                for from in (0..BYTES).step_by(chunk as usize) {
                    tally.window(&place(file), from, newlines(from, from + chunk));
                }
            }
            let mut notes: Vec<Notes<'_>> = (0..threads).map(|_| locations.notes()).collect();
            let mut expected = std::collections::BTreeSet::new();
            for (index, (file, record, within)) in found.into_iter().enumerate() {
                let (record, offset) = (record * 4, record * 4 + within);
                let window = offset / chunk * chunk;
                let line = newlines(window, offset) as u32;
                let position = Position { offset, window, line, column: None, exact: true };
                let exposure = Exposure { place: place(file), position, record_offset: record, ..exposure() };
                notes[index % threads].note(&exposure);
                expected.insert((place(file).uri.clone(), record, newlines(0, offset) + 1));
            }
            drop(notes);
            let mut out = Vec::new();
            let count = locations.write(&tally, &mut out).unwrap();
            let lines: Vec<String> = expected
                .iter()
                .map(|(uri, record, line)| format!("{{\"uri\":\"{uri}\",\"line\":{line},\"record_offset\":{record}}}\n"))
                .collect();
            prop_assert_eq!(count, lines.len() as u64);
            prop_assert_eq!(String::from_utf8(out).unwrap(), lines.concat());
        }
    }
}
