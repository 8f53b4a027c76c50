//! Which four bytes of each trigger to look for, and which triggers share a bucket.
//!
//! A table has eight buckets, one a bit. A bucket admits, lookup by lookup, whatever any of its windows admits, so the
//! more unlike its windows are, the more foreign text it lets through. The planner estimates that share and places the
//! windows greedily, the most expensive first; then it takes each out once more and looks for a better place. Triggers
//! in other scripts, with zeros or in base64 find together by themselves.

use super::Trigger;
use super::fingerprint::{Admitted, Fingerprint, WIDTH};
use super::odds::{Crowd, Odds};

/// Buckets of one table: bits of the bytes that a lookup yields.
pub(super) const BUCKETS: usize = 8;

/// The most tables that a position is tested against.
pub(super) const MAX_TABLES: usize = 4;

/// How many triggers make one more table pay: it slows every position down by half of what the first one costs, but
/// crowded buckets let many candidates through. Measured with 90, 220 and 540 triggers.
const TRIGGERS_PER_TABLE: usize = 75;

/// The longest stretch of a trigger, in bytes, in which a window is looked for.
const STRETCH: usize = 64;

/// How many windows of a trigger are tried: the rarest.
const WINDOWS: usize = 4;

/// How many places for a window are estimated in earnest: the best by the rough estimate.
const PLACES: usize = 4;

/// How often every window is placed.
const ROUNDS: usize = 2;

/// The windows and their buckets.
pub(super) struct Plan {
    /// For each trigger, where its window begins in its text. A window ends after [`WIDTH`] bytes or with the text.
    /// Empty triggers have none; zero stands in.
    pub windows: Vec<usize>,
    /// For each trigger, its bucket, counted over all tables.
    pub buckets: Vec<usize>,
    /// What each bucket admits: [`BUCKETS`] for each of one to [`MAX_TABLES`] tables.
    pub admitted: Vec<Admitted>,
}

impl Plan {
    pub fn new(triggers: &[Trigger], fingerprint: Fingerprint) -> Self {
        let odds = Odds::new(fingerprint);
        let choices: Vec<Vec<Window>> = triggers.iter().map(|trigger| windows(trigger, fingerprint, &odds)).collect();
        let tables = triggers.len().div_ceil(TRIGGERS_PER_TABLE).clamp(1, MAX_TABLES);
        let mut placing = Placing::new(&choices, tables * BUCKETS, &odds);
        placing.run();
        Self {
            windows: placing.placed.iter().map(|placed| placed.map_or(0, |(_, window)| window.offset)).collect(),
            buckets: placing.placed.iter().map(|placed| placed.map_or(0, |(bucket, _)| bucket)).collect(),
            admitted: placing.buckets.iter().map(|bucket| bucket.admitted).collect(),
        }
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
fn windows(trigger: &Trigger, fingerprint: Fingerprint, odds: &Odds) -> Vec<Window> {
    let text = &trigger.text[..trigger.text.len().min(STRETCH)];
    let count = if text.is_empty() { 0 } else { text.len().saturating_sub(WIDTH) + 1 };
    let nobody = odds.crowd();
    let window = |offset: usize| {
        let end = text.len().min(offset + WIDTH);
        let admitted = Admitted::by(fingerprint, &text[offset..end]);
        Window { offset, admitted, alone: odds.roughly_with(&nobody, &admitted) }
    };
    let mut windows: Vec<Window> = (0..count).map(window).collect();
    let rarest = |windows: &mut Vec<Window>, count| {
        windows.sort_by(|a, b| a.alone.total_cmp(&b.alone));
        windows.truncate(count);
    };
    rarest(&mut windows, 2 * WINDOWS);
    windows.iter_mut().for_each(|window| window.alone = odds.with(&nobody, window.admitted));
    rarest(&mut windows, WINDOWS);
    windows
}

/// Windows in buckets, while they are being placed.
struct Placing<'a> {
    choices: &'a [Vec<Window>],
    odds: &'a Odds,
    /// For each trigger, its bucket and the window that is looked for.
    placed: Vec<Option<(usize, Window)>>,
    buckets: Vec<Crowd>,
}

impl<'a> Placing<'a> {
    fn new(choices: &'a [Vec<Window>], buckets: usize, odds: &'a Odds) -> Self {
        Self { choices, odds, placed: vec![None; choices.len()], buckets: vec![odds.crowd(); buckets] }
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
        if admitted != self.buckets[bucket].admitted {
            self.buckets[bucket] = self.odds.crowd();
            self.odds.join(&mut self.buckets[bucket], admitted);
        }
    }

    /// Puts the trigger where it lets the least additional text through.
    fn place(&mut self, trigger: usize) {
        let mut places: Vec<(f64, usize, Window)> = Vec::new();
        for &window in &self.choices[trigger] {
            for (index, bucket) in self.buckets.iter().enumerate() {
                if bucket.admitted.covers(window.admitted) {
                    self.placed[trigger] = Some((index, window));
                    return;
                }
                places.push((self.odds.roughly_with(bucket, &window.admitted) - bucket.rough, index, window));
            }
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut best = None;
        let mut least = f64::INFINITY;
        for &(_, index, window) in places.iter().take(PLACES) {
            let bucket = &self.buckets[index];
            let more = self.odds.with(bucket, window.admitted) - bucket.share;
            if more < least {
                (least, best) = (more, Some((index, window)));
            }
        }
        if let Some((index, window)) = best {
            self.placed[trigger] = best;
            self.odds.join(&mut self.buckets[index], window.admitted);
        }
    }
}
