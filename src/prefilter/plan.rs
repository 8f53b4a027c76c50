//! Which four bytes of each trigger to look for, and which triggers share a bucket.
//!
//! A table has eight buckets, one a bit. A bucket admits, lookup by lookup, whatever any of its windows admits, so the
//! more unlike its windows are, the more foreign text it lets through. The planner estimates that share and places the
//! windows greedily, the most expensive first; then it takes each out once more and looks for a better place. Triggers
//! in other scripts, with zeros or in base64 find together by themselves. A window that is common in logs is avoided
//! too: where it stands, it is compared in vain.
//!
//! That takes long for the triggers of all rules, so their places are kept in the project (`planned`), and only those
//! of a user's own rules are looked for at start.

use super::Trigger;
use super::fingerprint::{Admitted, Fingerprint, WIDTH};
use super::odds::{Crowd, Odds};
use super::planned::{Place, Planned};
use super::sample::SAMPLE;

/// Buckets of one table: bits of the bytes that a lookup yields.
pub(super) const BUCKETS: usize = 8;

/// The most tables that a position is tested against.
pub(super) const MAX_TABLES: usize = 4;

/// How many triggers make one more table pay: it slows every position down by half of what the first one costs, but
/// crowded buckets let many candidates through. Measured with 90, 220 and 540 triggers.
const TRIGGERS_PER_TABLE: usize = 75;

/// The longest stretch of a trigger, in bytes, in which a window is looked for.
const STRETCH: usize = 64;

/// Up to so many triggers are placed anew: fewer tables may do for them.
const FEW: usize = 2 * TRIGGERS_PER_TABLE;

/// How hard the planner tries.
pub(super) struct Effort {
    /// How many windows of a trigger are tried: the rarest.
    pub windows: usize,
    /// How many places for a window are estimated in earnest: the best by the rough estimate.
    pub places: usize,
    /// How often every window is placed.
    pub rounds: usize,
}

/// What a start may cost.
const AT_START: Effort = Effort { windows: 4, places: 4, rounds: 2 };

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
        let planned = Planned::of(fingerprint);
        let known: Vec<Option<Place>> = triggers.iter().map(|trigger| planned.place(trigger)).collect();
        let unknown = known.iter().filter(|place| place.is_none()).count();
        match () {
            () if triggers.len() <= FEW || 2 * unknown > triggers.len() => {
                Self::made(triggers, fingerprint, SAMPLE.as_bytes(), &AT_START)
            }
            () if unknown == 0 => Self::placed(triggers, fingerprint, &known),
            () => Self::completed(triggers, fingerprint, &known),
        }
    }

    /// Places every trigger, as the corpus says.
    pub fn made(triggers: &[Trigger], fingerprint: Fingerprint, corpus: &[u8], effort: &Effort) -> Self {
        let odds = Odds::new(fingerprint, corpus);
        let choices = choices(triggers, fingerprint, &odds, effort, |_| true);
        let tables = triggers.len().div_ceil(TRIGGERS_PER_TABLE).clamp(1, MAX_TABLES);
        let mut placing = Placing::new(&choices, tables * BUCKETS, &odds, effort);
        placing.run();
        placing.plan()
    }

    /// Every trigger where it was planned to be.
    fn placed(triggers: &[Trigger], fingerprint: Fingerprint, places: &[Option<Place>]) -> Self {
        let mut admitted = vec![Admitted::default(); MAX_TABLES * BUCKETS];
        for (trigger, place) in triggers.iter().zip(places) {
            let Some(Place { window, bucket }) = *place else { continue };
            if !trigger.text.is_empty() {
                admitted[bucket] = admitted[bucket].union(Admitted::by(fingerprint, trigger.window(window)));
            }
        }
        let of = |get: fn(Place) -> usize| places.iter().map(|place| place.map_or(0, get)).collect();
        Self { windows: of(|place| place.window), buckets: of(|place| place.bucket), admitted }
    }

    /// Those that were planned where they were planned to be, and the others beside them.
    fn completed(triggers: &[Trigger], fingerprint: Fingerprint, places: &[Option<Place>]) -> Self {
        let odds = Odds::new(fingerprint, SAMPLE.as_bytes());
        let choices = choices(triggers, fingerprint, &odds, &AT_START, |trigger| places[trigger].is_none());
        let mut placing = Placing::new(&choices, MAX_TABLES * BUCKETS, &odds, &AT_START);
        for (trigger, place) in places.iter().enumerate() {
            let Some(Place { window, bucket }) = *place else { continue };
            placing.put(trigger, bucket, Window::at(window, triggers[trigger].window(window), fingerprint));
        }
        (0..triggers.len()).filter(|&trigger| places[trigger].is_none()).for_each(|trigger| placing.place(trigger));
        placing.plan()
    }
}

/// One place where a trigger can be recognized.
#[derive(Clone, Copy)]
struct Window {
    offset: usize,
    admitted: Admitted,
    /// What it costs by itself: the share of positions that it lets through, and comparisons besides.
    alone: f64,
    /// The part of comparisons.
    comparing: f64,
}

impl Window {
    /// These bytes, at `offset` of their trigger. What they cost is not known yet.
    fn at(offset: usize, bytes: &[u8], fingerprint: Fingerprint) -> Self {
        let admitted = Admitted::by(fingerprint, bytes);
        Self { offset, admitted, alone: 0.0, comparing: 0.0 }
    }
}

/// The windows to choose from of each trigger, none of those that are not `wanted`.
fn choices(
    triggers: &[Trigger],
    fingerprint: Fingerprint,
    odds: &Odds,
    effort: &Effort,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Vec<Window>> {
    let choice = |(index, trigger)| match wanted(index) {
        true => windows(trigger, fingerprint, odds, effort),
        false => Vec::new(),
    };
    triggers.iter().enumerate().map(choice).collect()
}

/// The cheapest windows of a trigger, the cheapest first. None for an empty trigger, which is never found.
fn windows(trigger: &Trigger, fingerprint: Fingerprint, odds: &Odds, effort: &Effort) -> Vec<Window> {
    let count = match trigger.text.len().min(STRETCH) {
        0 => 0,
        length if trigger.has_window() => length.saturating_sub(WIDTH) + 1,
        _ => 1,
    };
    let nobody = odds.crowd();
    let window = |offset: usize| {
        let bytes = trigger.window(offset);
        let mut window = Window::at(offset, bytes, fingerprint);
        window.comparing = odds.comparing(bytes);
        window.alone = odds.roughly_with(&nobody, &window.admitted) + window.comparing;
        window
    };
    let mut windows: Vec<Window> = (0..count).map(window).collect();
    let cheapest = |windows: &mut Vec<Window>, count| {
        windows.sort_by(|a, b| a.alone.total_cmp(&b.alone));
        windows.truncate(count);
    };
    cheapest(&mut windows, 2 * effort.windows);
    windows.iter_mut().for_each(|window| window.alone = odds.with(&nobody, window.admitted) + window.comparing);
    cheapest(&mut windows, effort.windows);
    windows
}

/// Windows in buckets, while they are being placed.
struct Placing<'a> {
    choices: &'a [Vec<Window>],
    odds: &'a Odds,
    effort: &'a Effort,
    /// For each trigger, its bucket and the window that is looked for.
    placed: Vec<Option<(usize, Window)>>,
    buckets: Vec<Crowd>,
}

impl<'a> Placing<'a> {
    fn new(choices: &'a [Vec<Window>], buckets: usize, odds: &'a Odds, effort: &'a Effort) -> Self {
        Self { choices, odds, effort, placed: vec![None; choices.len()], buckets: vec![odds.crowd(); buckets] }
    }

    fn run(&mut self) {
        let alone = |trigger: usize| self.choices[trigger].first().map_or(0.0, |window| window.alone);
        let mut order: Vec<usize> = (0..self.choices.len()).collect();
        order.sort_by(|&a, &b| alone(b).total_cmp(&alone(a)));
        for _ in 0..self.effort.rounds {
            for &trigger in &order {
                self.take_out(trigger);
                self.place(trigger);
            }
        }
    }

    fn plan(self) -> Plan {
        Plan {
            windows: self.placed.iter().map(|placed| placed.map_or(0, |(_, window)| window.offset)).collect(),
            buckets: self.placed.iter().map(|placed| placed.map_or(0, |(bucket, _)| bucket)).collect(),
            admitted: self.buckets.iter().map(|bucket| bucket.admitted).collect(),
        }
    }

    fn put(&mut self, trigger: usize, bucket: usize, window: Window) {
        self.placed[trigger] = Some((bucket, window));
        if !self.buckets[bucket].admitted.covers(window.admitted) {
            self.odds.join(&mut self.buckets[bucket], window.admitted);
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

    /// Puts the trigger where it costs the least.
    fn place(&mut self, trigger: usize) {
        let mut places: Vec<(f64, usize, Window)> = Vec::new();
        for &window in &self.choices[trigger] {
            for (index, bucket) in self.buckets.iter().enumerate() {
                let more = match bucket.admitted.covers(window.admitted) {
                    true => 0.0,
                    false => self.odds.roughly_with(bucket, &window.admitted) - bucket.rough,
                };
                places.push((more + window.comparing, index, window));
            }
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut best = None;
        let mut least = f64::INFINITY;
        for &(_, index, window) in places.iter().take(self.effort.places) {
            let bucket = &self.buckets[index];
            let more = match bucket.admitted.covers(window.admitted) {
                true => 0.0,
                false => self.odds.with(bucket, window.admitted) - bucket.share,
            };
            if more + window.comparing < least {
                (least, best) = (more + window.comparing, Some((index, window)));
            }
        }
        if let Some((index, window)) = best {
            self.put(trigger, index, window);
        }
    }
}
