//! How far a scan is, for whoever watches it: counters that its threads add to and a clock reads.
//!
//! Threads add once a window, once a unit and once for each account that is new to them, so that the hot path does not
//! feel it. None of it is in the report.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::account::AccountKey;

/// Words of 64 bits in which accounts leave their mark: 256 KiB, some percent off at several millions of them.
const WORDS: usize = 1 << 15;

/// What a scan has done so far.
#[derive(Debug)]
pub struct Progress {
    scanned: AtomicU64,
    total: AtomicU64,
    done: AtomicU64,
    marks: Vec<AtomicU64>,
    marked: AtomicU64,
}

impl Default for Progress {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        let marks = std::iter::repeat_with(zero).take(WORDS).collect();
        Self { scanned: zero(), total: zero(), done: zero(), marks, marked: zero() }
    }
}

impl Progress {
    /// Bytes scanned, after decompression.
    pub fn scanned(&self) -> u64 {
        self.scanned.load(Relaxed)
    }

    /// Bytes of all files, as they lie on disk; none before they were found, or where there are streams only.
    pub fn total(&self) -> Option<u64> {
        Some(self.total.load(Relaxed)).filter(|total| *total > 0)
    }

    /// How many of those are done with. Grows unit by unit: a packed file that cannot be cut is done at its end.
    pub fn done(&self) -> u64 {
        self.done.load(Relaxed)
    }

    /// About how many accounts were found: each leaves a mark, and two may share one.
    pub fn accounts(&self) -> u64 {
        let (marks, marked) = ((WORDS * 64) as f64, self.marked.load(Relaxed) as f64);
        (-marks * (1.0 - marked / marks).max(f64::MIN_POSITIVE).ln()).round() as u64
    }

    /// Sets what there is to do.
    pub(crate) fn begin(&self, bytes: u64) {
        self.total.store(bytes, Relaxed);
    }

    /// Counts a window.
    pub(crate) fn window(&self, bytes: usize) {
        self.scanned.fetch_add(bytes as u64, Relaxed);
    }

    /// Counts what a unit is of its file.
    pub(crate) fn unit(&self, bytes: u64) {
        self.done.fetch_add(bytes, Relaxed);
    }

    /// Counts an account, whoever saw it before.
    pub(super) fn account(&self, key: &AccountKey) {
        // Whoever writes logs may know the hash: then the figure is too small, and nothing else.
        let mut hash = DefaultHasher::new();
        key.hash(&mut hash);
        let mark = hash.finish() as usize % (WORDS * 64);
        let bit = 1 << (mark % 64);
        if self.marks[mark / 64].fetch_or(bit, Relaxed) & bit == 0 {
            self.marked.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::IdentityKind;

    /// Many threads meet the same accounts: each is counted once, or nearly.
    #[test]
    fn accounts_are_counted_once() {
        let progress = Progress::default();
        for round in 0..3 {
            for number in 0..200_000 {
                let identity = format!("{number}@example.com");
                progress.account(&AccountKey { realm: None, kind: IdentityKind::Email, identity });
            }
            assert!((198_000..=202_000).contains(&progress.accounts()), "{round}: {}", progress.accounts());
        }
    }

    #[test]
    fn nothing_is_known_at_first() {
        let progress = Progress::default();
        assert_eq!((progress.total(), progress.done(), progress.scanned(), progress.accounts()), (None, 0, 0, 0));
    }
}
