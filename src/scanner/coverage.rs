//! Holds against each other, for every file, how long it was and what became of its bytes.
//!
//! What was read to its end, what lies in holes, and what is named as not scanned must be the whole file. That it is so
//! follows from how files are cut and read; that it was so is counted here in every scan, since a scanner that misses
//! half of a file in silence looks like one that found nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::input::{Holes, Kind, Skipped, Source};
use crate::terms::SkipReason;

/// The bytes of each source that units answered for.
pub(super) struct Coverage(Vec<AtomicU64>);

impl Coverage {
    pub(super) fn new(sources: &[Source]) -> Self {
        Self(sources.iter().map(|_| AtomicU64::new(0)).collect())
    }

    /// Counts `bytes` of the source with this index.
    pub(super) fn add(&self, index: usize, bytes: u64) {
        self.0[index].fetch_add(bytes, Ordering::Relaxed);
    }

    /// Names the files of which bytes are missing. Those of `partial` are named already.
    pub(super) fn lost(&self, sources: &[Source], holes: &Holes, partial: &BTreeSet<usize>) -> Vec<(usize, Skipped)> {
        let mut lost = Vec::new();
        for (index, (source, covered)) in sources.iter().zip(&self.0).enumerate() {
            let holes = holes.bytes.get(&index).copied().unwrap_or(0);
            let covered = covered.load(Ordering::Relaxed).saturating_add(holes);
            // What is appended meanwhile may be read as well.
            if source.kind == Kind::File && covered < source.size && !partial.contains(&index) {
                let detail = format!("{} of its {} bytes were not scanned", source.size - covered, source.size);
                let path = source.shown.clone();
                lost.push((index, Skipped { path, member: None, reason: SkipReason::InternalError, detail }));
            }
        }
        lost
    }
}
