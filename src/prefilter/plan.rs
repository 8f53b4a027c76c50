//! Which four bytes of each trigger to look for, and which triggers share a bucket.
//!
//! A table has eight buckets, one a bit. A bucket admits, lookup by lookup, whatever any of its windows admits, so the
//! more unlike its windows are, the more foreign text it lets through. The planner estimates that share and places the
//! windows greedily, the most expensive first; then it takes each out once more and looks for a better place. Triggers
//! in other scripts, with zeros or in base64 find together by themselves.

use std::collections::HashMap;

use super::Trigger;
use super::fingerprint::{Admitted, LOOKUPS, WIDTH};
use super::odds::Odds;

/// Buckets of one table: bits of the bytes that a shuffle looks up.
pub(super) const BUCKETS: usize = 8;

/// The most tables that a position is tested against.
pub(super) const MAX_TABLES: usize = 4;

/// How many triggers make one more table pay: it slows every position down by half of what the first one costs, but
/// crowded buckets let many candidates through. Measured with 90 and 220 triggers.
const TRIGGERS_PER_TABLE: usize = 75;

/// The longest stretch of a trigger, in bytes, in which a window is looked for.
const STRETCH: usize = 64;

/// How many windows of a trigger are tried: the rarest.
const WINDOWS: usize = 6;

/// How many places for a window are estimated in earnest: the best by the rough estimate.
const PLACES: usize = 8;

/// How often every window is placed.
const ROUNDS: usize = 3;

/// For each lookup and index, the buckets that admit it.
pub(super) type Table = [[u8; 16]; LOOKUPS];

/// The windows and their buckets.
pub(super) struct Plan {
    /// One to [`MAX_TABLES`] tables.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub tables: Vec<Table>,
    /// For each trigger, where its window begins in its text. A window ends after [`WIDTH`] bytes or with the text.
    /// Empty triggers have none; zero stands in.
    pub windows: Vec<usize>,
    /// For each trigger, its bucket, counted over all tables.
    pub buckets: Vec<usize>,
}

impl Plan {
    /// Takes 3 ms for 90 triggers and 9 ms for 220.
    pub fn new(triggers: &[Trigger]) -> Self {
        let odds = Odds::new();
        let choices: Vec<Vec<Window>> = triggers.iter().map(|trigger| windows(trigger, &odds)).collect();
        let tables = triggers.len().div_ceil(TRIGGERS_PER_TABLE).clamp(1, MAX_TABLES);
        let mut placing = Placing::new(&choices, tables * BUCKETS, &odds);
        placing.run();
        let windows = placing.placed.iter().map(|placed| placed.map_or(0, |(_, window)| window.offset)).collect();
        let buckets = placing.placed.iter().map(|placed| placed.map_or(0, |(bucket, _)| bucket)).collect();
        Self { tables: placing.tables(), windows, buckets }
    }
}

/// One place where a trigger can be recognized.
#[derive(Clone, Copy)]
struct Window {
    offset: usize,
    admitted: Admitted,
    /// The share of positions that it lets through by itself.
    alone: f64,
}

/// The rarest windows of a trigger, the rarest first. None for an empty trigger, which is never found.
fn windows(trigger: &Trigger, odds: &Odds) -> Vec<Window> {
    let text = &trigger.text[..trigger.text.len().min(STRETCH)];
    let count = if text.is_empty() { 0 } else { text.len().saturating_sub(WIDTH) + 1 };
    let window = |offset: usize| {
        let end = text.len().min(offset + WIDTH);
        let admitted = Admitted::by(&text[offset..end]);
        Window { offset, admitted, alone: odds.share(&admitted) }
    };
    let mut windows: Vec<Window> = (0..count).map(window).collect();
    windows.sort_by(|a, b| a.alone.total_cmp(&b.alone));
    windows.truncate(WINDOWS);
    windows
}

/// Windows in buckets, while they are being placed.
struct Placing<'a> {
    choices: &'a [Vec<Window>],
    odds: &'a Odds,
    /// For each trigger, its bucket and the window that is looked for.
    placed: Vec<Option<(usize, Window)>>,
    buckets: Vec<Bucket>,
    /// Estimates made before: windows return to places where they were.
    known: HashMap<Admitted, f64>,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    admitted: Admitted,
    /// The share of positions that it lets through: the estimate, and the rough one.
    share: f64,
    rough: f64,
}

impl<'a> Placing<'a> {
    fn new(choices: &'a [Vec<Window>], buckets: usize, odds: &'a Odds) -> Self {
        let buckets = vec![Bucket::default(); buckets];
        Self { choices, odds, placed: vec![None; choices.len()], buckets, known: HashMap::new() }
    }

    fn run(&mut self) {
        let alone = |trigger: usize| self.choices[trigger].first().map_or(0.0, |window| window.alone);
        let mut order: Vec<usize> = (0..self.choices.len()).collect();
        order.sort_by(|&a, &b| alone(b).total_cmp(&alone(a)));
        for _ in 0..ROUNDS {
            for &trigger in &order {
                self.take_out(trigger);
                self.place(trigger);
            }
        }
    }

    fn take_out(&mut self, trigger: usize) {
        let Some((bucket, _)) = self.placed[trigger].take() else { return };
        let rest = self.placed.iter().flatten().filter(|(b, _)| *b == bucket);
        let admitted = rest.fold(Admitted::default(), |all, (_, window)| all.union(window.admitted));
        self.fill(bucket, admitted);
    }

    /// Puts the trigger where it lets the least additional text through.
    fn place(&mut self, trigger: usize) {
        let mut places: Vec<(f64, usize, Window)> = Vec::new();
        for &window in &self.choices[trigger] {
            for (index, bucket) in self.buckets.iter().enumerate() {
                let more = self.odds.rough(&bucket.admitted.union(window.admitted)) - bucket.rough;
                places.push((more, index, window));
            }
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut best = None;
        let mut least = f64::INFINITY;
        for &(_, index, window) in places.iter().take(PLACES) {
            let bucket = self.buckets[index];
            let more = self.share(bucket.admitted.union(window.admitted)) - bucket.share;
            if more < least {
                (least, best) = (more, Some((index, window)));
            }
        }
        if let Some((index, window)) = best {
            self.placed[trigger] = best;
            self.fill(index, self.buckets[index].admitted.union(window.admitted));
        }
    }

    fn fill(&mut self, index: usize, admitted: Admitted) {
        if self.buckets[index].admitted != admitted {
            self.buckets[index] = Bucket { admitted, share: self.share(admitted), rough: self.odds.rough(&admitted) };
        }
    }

    fn share(&mut self, admitted: Admitted) -> f64 {
        *self.known.entry(admitted).or_insert_with(|| self.odds.share(&admitted))
    }

    fn tables(&self) -> Vec<Table> {
        let table = |buckets: &[Bucket]| {
            let admits = |k: usize, index: usize| {
                let bit = |bucket: &Bucket| (bucket.admitted.0[k] >> index & 1) as u8;
                buckets.iter().enumerate().fold(0, |all, (i, bucket)| all | bit(bucket) << i)
            };
            std::array::from_fn(|k| std::array::from_fn(|index| admits(k, index)))
        };
        self.buckets.chunks(BUCKETS).map(table).collect()
    }
}
