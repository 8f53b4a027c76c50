//! The part of a log's own time that a report is about.

use crate::exposure::{Exposure, Findings};
use crate::terms::Dismissal;

/// From when to when, in seconds since 1970 UTC, both included. Unbounded by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first second.
    pub since: Option<i64>,
    /// The last second.
    pub until: Option<i64>,
}

impl Period {
    /// Hands on an exposure that was logged then, or nobody knows when. Others are counted.
    pub(super) fn report(self, exposure: Exposure, into: &mut impl Findings) {
        if exposure.logged_at.is_none_or(|at| self.holds(at)) {
            into.expose(exposure);
        } else {
            into.dismiss(Dismissal::OutsidePeriod);
        }
    }

    /// Whether a report is about what was logged then.
    pub(super) fn holds(self, at: i64) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
    }
}
