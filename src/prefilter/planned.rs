//! Places of the triggers of the built-in rules, found once and for all with more time and more logs than a start has.
//!
//! `planned.txt` has a line for each trigger: a digest of it, then where its window begins and in which bucket it is,
//! first for AVX-512, then for the other searches. Only speed depends on it: a trigger that is not there is placed at
//! start, a line whose trigger is gone does nothing. How to make it anew is told by the test that finds it lacking.

use rustc_hash::FxHashMap as HashMap;

use super::fingerprint::Fingerprint;
use super::{Case, Trigger};

const PLACES: &str = include_str!("planned.txt");

/// Where a trigger is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where in its text its window begins.
    pub window: usize,
    /// Its bucket, counted over all tables.
    pub bucket: usize,
}

/// The places that are kept.
pub(super) struct Planned(HashMap<u64, Place>);

impl Planned {
    /// Those for one way to look at windows.
    pub fn of(fingerprint: Fingerprint) -> Self {
        Self(PLACES.lines().filter_map(|line| place(line, fingerprint)).collect())
    }

    /// Where a trigger was planned to be.
    pub fn place(&self, trigger: &Trigger) -> Option<Place> {
        self.0.get(&digest(trigger)).copied().filter(|place| place.window < trigger.text.len().max(1))
    }
}

fn place(line: &str, fingerprint: Fingerprint) -> Option<(u64, Place)> {
    let mut words = line.split(' ');
    let digest = u64::from_str_radix(words.next()?, 16).ok()?;
    let mut numbers = words.map_while(|word| word.parse().ok());
    let skipped = if fingerprint == Fingerprint::Bytes { 0 } else { 2 };
    let (window, bucket) = (numbers.nth(skipped)?, numbers.next()?);
    (bucket < super::plan::MAX_TABLES * super::plan::BUCKETS).then_some((digest, Place { window, bucket }))
}

/// FNV-1a of a trigger.
fn digest(trigger: &Trigger) -> u64 {
    let mark = u8::from(trigger.case == Case::Exact);
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    std::iter::once(&mark).chain(&trigger.text).fold(0xcbf2_9ce4_8422_2325, step)
}

/// The lines for these triggers: planned on the sample and what else is given of logs.
#[cfg(test)]
pub(crate) fn lines(triggers: &[Trigger], logs: &[u8]) -> String {
    use super::plan::{Effort, Plan};
    use super::sample::SAMPLE;
    use std::fmt::Write;

    const AT_LEISURE: Effort = Effort { windows: 8, places: 12, rounds: 4 };
    let corpus = [SAMPLE.as_bytes(), logs].concat();
    let [bytes, halves] =
        [Fingerprint::Bytes, Fingerprint::Halves].map(|of| Plan::made(triggers, of, &corpus, &AT_LEISURE));
    let mut lines: Vec<String> = Vec::new();
    for (i, trigger) in triggers.iter().enumerate() {
        let mut line = format!("{:016x}", digest(trigger));
        for plan in [&bytes, &halves] {
            write!(line, " {} {}", plan.windows[i], plan.buckets[i]).unwrap();
        }
        lines.push(line);
    }
    // Of equal triggers of two rules, the first.
    lines.sort_by(|a, b| a[..16].cmp(&b[..16]));
    lines.dedup_by(|a, b| a[..16] == b[..16]);
    lines.join("\n") + "\n"
}

/// Whether a place is kept for a trigger, however it is looked for.
#[cfg(test)]
pub(crate) fn knows(trigger: &Trigger) -> bool {
    [Fingerprint::Bytes, Fingerprint::Halves].into_iter().all(|of| Planned::of(of).place(trigger).is_some())
}
