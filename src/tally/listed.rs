//! The exposures that a report lists one by one: the least by place and offset, up to a cap.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::stuffing::Suspects;
use crate::account::AccountKey;
use crate::exposure::{Exposure, Place};
use crate::rule::RuleIndex;
use crate::secret::Fingerprint;
use crate::terms::{Attribution, Channel, Confidence, Layer, Mode, Outcome, Protection, Severity, Side, TimeBasis};

/// What many exposures have in common: one statement that logs passwords makes thousands of exposures of one shape, so
/// they share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Shape {
    pub(crate) rule: RuleIndex,
    pub(crate) mode: Mode,
    pub(crate) channel: Channel,
    pub(crate) protection: Protection,
    pub(crate) layers: Vec<Layer>,
    pub(crate) cwe: Vec<u16>,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) side: Side,
    pub(crate) outcome: Outcome,
    pub(crate) time_basis: TimeBasis,
    pub(crate) field: Option<Arc<str>>,
    pub(crate) attribution: Option<Attribution>,
}

/// One exposure that the report lists.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) place: Arc<Place>,
    /// Byte offset in the member, from 0.
    pub(crate) offset: u64,
    /// Where the window began that `line` counts in. Depends on the chunking, as `line` does; both together do not.
    pub(crate) window: u64,
    /// Newlines between the window's beginning and the secret.
    pub(crate) line: u64,
    pub(crate) column: Option<u32>,
    pub(crate) exact: bool,
    pub(crate) logged_at: Option<i64>,
    pub(crate) record: [u8; 16],
    pub(crate) occurrences: u32,
    /// HMAC of the live password, with a key file only.
    pub(crate) mac: Option<Box<[u8; 32]>>,
    pub(crate) candidates: Vec<AccountKey>,
    /// The client whose password was accepted.
    pub(super) accepted_from: Option<IpAddr>,
    /// The account's password was changed after this was logged.
    pub(super) superseded: bool,
    pub(crate) shape: Arc<Shape>,
}

impl Listed {
    /// An acceptance inside a run of attempts that were mostly rejected is probably a takeover.
    pub(super) fn suspect(&mut self, suspects: &Suspects) {
        if self.accepted_from.is_some_and(|client| suspects.holds(client)) {
            Arc::make_mut(&mut self.shape).severity = Severity::Critical;
        }
    }

    /// By place and offset; then by everything else that the report shows, so that the order, and with it the choice
    /// of the least, never depends on which thread came first.
    fn order(&self, other: &Self) -> Ordering {
        by_position(&self.place, self.offset, &other.place, other.offset)
            .then_with(|| self.shape.cmp(&other.shape))
            .then_with(|| self.logged_at.cmp(&other.logged_at))
            .then_with(|| self.record.cmp(&other.record))
            .then_with(|| (self.column, self.exact).cmp(&(other.column, other.exact)))
            .then_with(|| self.occurrences.cmp(&other.occurrences))
            .then_with(|| self.candidates.cmp(&other.candidates))
            .then_with(|| self.accepted_from.cmp(&other.accepted_from))
            .then_with(|| self.mac.cmp(&other.mac))
    }
}

fn by_position(place: &Arc<Place>, offset: u64, other: &Arc<Place>, other_offset: u64) -> Ordering {
    let places = if Arc::ptr_eq(place, other) { Ordering::Equal } else { place.cmp(other) };
    places.then(offset.cmp(&other_offset))
}

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Equal
    }
}

impl Eq for Listed {}

impl PartialOrd for Listed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Listed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order(other)
    }
}

/// The least exposures seen so far. The largest of them is on top, ready to give way.
#[derive(Debug, Default)]
pub(crate) struct Least(pub(super) BinaryHeap<Listed>);

impl Least {
    /// Whether an exposure there would be among the least: asked before anything is copied.
    pub(super) fn admits(&self, cap: usize, place: &Arc<Place>, offset: u64) -> bool {
        match self.0.peek() {
            Some(top) if self.0.len() >= cap => by_position(place, offset, &top.place, top.offset).is_le(),
            _ => cap > 0,
        }
    }

    pub(super) fn push(&mut self, cap: usize, listed: Listed) {
        if self.0.len() < cap {
            self.0.push(listed);
        } else if let Some(mut top) = self.0.peek_mut()
            && listed < *top
        {
            *top = listed;
        }
    }

    pub(super) fn absorb(&mut self, cap: usize, other: Self) {
        for listed in other.0 {
            self.push(cap, listed);
        }
    }

    /// In ascending order, `cap` at most.
    pub(super) fn into_sorted(self, cap: usize) -> Vec<Listed> {
        let mut listed = self.0.into_sorted_vec();
        listed.truncate(cap);
        listed
    }
}

/// Every shape once. Sharing saves memory only: two equal shapes that are not shared do no harm.
#[derive(Debug, Default)]
pub(super) struct Shapes(HashSet<Arc<Shape>, RandomState>);

impl Shapes {
    /// The listed form of `exposure`, whose account is kept elsewhere.
    pub(super) fn list(&mut self, exposure: Exposure) -> Listed {
        let mut candidates: Vec<AccountKey> = exposure.candidates.into_iter().map(|account| account.key).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let shape = Shape {
            rule: exposure.rule,
            mode: exposure.mode,
            channel: exposure.channel,
            protection: exposure.protection,
            layers: exposure.layers,
            cwe: exposure.cwe,
            severity: exposure.severity,
            confidence: exposure.confidence,
            side: exposure.side,
            outcome: exposure.outcome,
            time_basis: exposure.time_basis,
            field: exposure.field,
            attribution: exposure.attribution,
        };
        Listed {
            place: exposure.place,
            offset: exposure.position.offset,
            window: exposure.position.window,
            line: exposure.position.line.into(),
            column: exposure.position.column,
            exact: exposure.position.exact,
            logged_at: exposure.logged_at,
            record: exposure.record,
            occurrences: exposure.occurrences,
            mac: exposure.fingerprints.first().and_then(|Fingerprint { mac, .. }| *mac).map(Box::new),
            candidates,
            accepted_from: exposure.client.filter(|_| exposure.outcome == Outcome::Success),
            superseded: exposure.superseded,
            shape: self.share(shape),
        }
    }

    pub(super) fn share(&mut self, shape: Shape) -> Arc<Shape> {
        if let Some(known) = self.0.get(&shape) {
            return Arc::clone(known);
        }
        let shape = Arc::new(shape);
        self.0.insert(Arc::clone(&shape));
        shape
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
