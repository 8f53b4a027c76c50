//! Where a thread keeps what it finds: counted, unless nothing more is to be done about it, and its place noted.

use std::sync::Arc;

use super::Scanner;
use crate::closed::Closed;
use crate::exposure::{Exposure, Findings, GivenUp, Masked, Place};
use crate::locations::Notes;
use crate::tally::Tally;
use crate::terms::Dismissal;

/// Where a thread keeps what it finds: its tally, unless it needs nothing more, and the list of places.
pub(super) struct Kept<'a, 'l> {
    scanner: &'a Scanner,
    closed: &'a Closed,
    tally: &'a mut Tally,
    notes: Option<&'a mut Notes<'l>>,
}

impl<'a, 'l> Kept<'a, 'l> {
    pub(super) fn new(
        scanner: &'a Scanner,
        closed: &'a Closed,
        tally: &'a mut Tally,
        notes: Option<&'a mut Notes<'l>>,
    ) -> Self {
        Self { scanner, closed, tally, notes }
    }

    /// The same with another tally, where there is one.
    pub(super) fn instead<'b>(&'b mut self, own: Option<&'b mut Tally>) -> Kept<'b, 'l> {
        let tally = own.unwrap_or(self.tally);
        Kept { scanner: self.scanner, closed: self.closed, tally, notes: self.notes.as_deref_mut() }
    }

    /// Whether what was found can be dropped again: what a baseline has taken for old cannot.
    pub(super) fn may_forget(&self) -> bool {
        self.closed.baseline.is_none()
    }

    /// What was counted.
    pub(super) fn tally(&mut self) -> &mut Tally {
        self.tally
    }
}

impl Findings for Kept<'_, '_> {
    fn expose(&mut self, exposure: Exposure) {
        if let Some(notes) = &mut self.notes {
            notes.note(&exposure);
        }
        self.closed.count(exposure, (&self.scanner.rules, self.scanner.key()), self.tally);
    }

    fn dismiss(&mut self, why: Dismissal) {
        self.tally.dismiss(why);
    }

    fn masked(&mut self, masked: Masked<'_>) {
        self.tally.masked(masked);
    }

    fn window(&mut self, place: &Arc<Place>, offset: u64, newlines: u64) {
        self.tally.window(place, offset, newlines);
    }

    fn give_up(&mut self, place: &Arc<Place>, what: GivenUp) {
        self.tally.give_up(place, what);
    }
}
