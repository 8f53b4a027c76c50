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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Selection, walk};

    /// One byte that nobody answers for is named, unless the file is named already.
    #[test]
    fn a_missing_byte_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c", "d"] {
            std::fs::write(folder.path().join(name), [b'x'; 100]).unwrap();
        }
        let sources = walk(&[folder.path().to_owned()], &Selection::default(), 1).sources;
        let coverage = Coverage::new(&sources);
        for (index, bytes) in [(0, 60), (0, 40), (1, 99), (2, 50), (3, 9)] {
            coverage.add(index, bytes);
        }
        let holes = Holes { bytes: [(2, 50)].into(), filled: Vec::new() };
        let lost = coverage.lost(&sources, &holes, &BTreeSet::from([3]));
        let [(1, skipped)] = &*lost else { panic!("{lost:?}") };
        assert!(skipped.path.ends_with("/b"));
        assert_eq!(skipped.reason, SkipReason::InternalError);
        assert_eq!(skipped.detail, "1 of its 100 bytes were not scanned");
    }
}
