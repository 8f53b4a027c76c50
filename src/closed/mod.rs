//! Exposures that need nothing more: an earlier report has them, the password was reset since, or somebody said so.
//!
//! They are found like all others and counted apart ([`Tally::suppress`]), so that a report tells how many there are and
//! on whose word; nothing else of it counts them. Where several apply, a suppression speaks first, then a reset, then
//! the baseline.

mod baseline;
mod resets;
mod suppressions;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::exposure::Exposure;
use crate::identity::Ids;
use crate::rule::RuleSet;
use crate::secret::FingerprintKey;
use crate::tally::{Suppressed, Tally};
use crate::terms::SuppressedBy;

pub use baseline::Baseline;
pub use resets::Resets;
pub use suppressions::Suppressions;

/// What tells that an exposure needs nothing more. The empty one closes none.
#[derive(Default)]
pub struct Closed {
    /// An earlier report.
    pub baseline: Option<Baseline>,
    /// Which passwords were reset, and when.
    pub resets: Option<Resets>,
    /// What somebody suppressed.
    pub suppressions: Option<Suppressions>,
}

impl Closed {
    /// Counts an exposure where it belongs.
    pub(crate) fn count(
        &self,
        exposure: Exposure,
        (rules, key): (&RuleSet, Option<&FingerprintKey>),
        tally: &mut Tally,
    ) {
        let ids = Ids { key };
        let entry = self.suppressions.as_ref().and_then(|list| list.of(&exposure, rules.id(exposure.rule), ids));
        if let Some(entry) = entry {
            return tally.suppress(&exposure, by(SuppressedBy::Suppression, Some(entry)));
        }
        if self.resets.as_ref().is_some_and(|resets| resets.close(&exposure, ids)) {
            return tally.suppress(&exposure, by(SuppressedBy::Reset, None));
        }
        match &self.baseline {
            Some(baseline) => baseline.count(exposure, ids, tally),
            None => tally.add(exposure),
        }
    }
}

fn by(by: SuppressedBy, entry: Option<Arc<crate::tally::Suppression>>) -> Suppressed {
    Suppressed { by, entry }
}

impl fmt::Debug for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed")
    }
}
