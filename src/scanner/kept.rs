//! Where a thread keeps what it finds: its tally, unless an exposure needs nothing more, and the list of places.

use std::sync::Arc;

use super::Scanner;
use crate::closed::Closed;
use crate::exposure::{Exposure, Findings, Place};
use crate::locations::Notes;
use crate::tally::Tally;
use crate::terms::Dismissal;

/// What a thread fills.
pub(super) struct Kept<'a, 'l> {
    pub(super) closed: &'a Closed,
    pub(super) tally: &'a mut Tally,
    pub(super) notes: Option<&'a mut Notes<'l>>,
}

/// Fills it with what a scanner finds.
pub(super) struct Found<'a, 'l> {
    pub(super) scanner: &'a Scanner,
    pub(super) kept: Kept<'a, 'l>,
}

impl Findings for Found<'_, '_> {
    fn expose(&mut self, exposure: Exposure) {
        if let Some(notes) = &mut self.kept.notes {
            notes.note(&exposure);
        }
        self.kept.closed.count(exposure, (&self.scanner.rules, self.scanner.key()), self.kept.tally);
    }

    fn dismiss(&mut self, why: Dismissal) {
        self.kept.tally.dismiss(why);
    }

    fn window(&mut self, place: &Arc<Place>, offset: u64, newlines: u64) {
        self.kept.tally.window(place, offset, newlines);
    }
}
