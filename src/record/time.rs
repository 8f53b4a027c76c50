//! When a record was logged: finds the record's own time in the spellings that logs use, and makes an instant of it.
//!
//! [`find`] reads what is written and nothing else; [`resolve`] adds what the writer left out (year, zone) from a
//! [`Clock`] that the caller knows. Neither looks at the machine's clock, time zone or locale, so that the same log
//! gives the same report everywhere.

mod civil;
mod context;
mod name;
mod scan;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::terms::TimeBasis;

pub use name::year_in_name;
pub use scan::find;

/// The years that a log can have been written in. Anything else is an id, a birthday or a broken clock.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// Stands for an unwritten year in [`Stamp::civil`]: a leap year, so that 29 February is a day of it.
const ANY_YEAR: i16 = 2000;

/// A time as written, to the second. Missing parts are known to be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Date and clock as written; the year means something only where `year` is known.
    civil: DateTime,
    /// The year, where it was written. From 1990 to 2100.
    pub year: Option<i16>,
    /// Seconds east of UTC, where an offset, an unambiguous zone name or an epoch was written.
    pub zone: Option<i32>,
    /// The bytes of the line that say so.
    pub span: Range<usize>,
}

/// What the caller knows about the log, for what its stamps leave out.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The zone of stamps that name none. UTC unless the user says otherwise.
    pub zone: TimeZone,
    /// The year of stamps that name none: from the nearest dated record, the file's name or its modification time.
    pub year_hint: Option<i16>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, year_hint: None }
    }
}

/// The moment of a stamp, in seconds since 1970 UTC, and what it rests on: a year from the clock outweighs a zone from
/// the clock. None where the year is unknown, or where the date does not exist in that year.
pub fn resolve(stamp: &Stamp, clock: &Clock) -> Option<(i64, TimeBasis)> {
    let civil = in_year(stamp, stamp.year.or(clock.year_hint)?)?;
    let moment = match stamp.zone {
        Some(seconds) => Offset::from_seconds(seconds).ok()?.to_timestamp(civil).ok()?,
        None => clock.zone.to_ambiguous_timestamp(civil).compatible().ok()?,
    };
    let basis = match (stamp.year, stamp.zone) {
        (None, _) => TimeBasis::YearInferred,
        (Some(_), None) => TimeBasis::ZoneAssumed,
        (Some(_), Some(_)) => TimeBasis::LogTimestamp,
    };
    Some((moment.as_second(), basis))
}

impl Stamp {
    /// The year that brings a stamp without one closest to `moment` (seconds since 1970 UTC): for the time of a dated
    /// record nearby. A log that runs through New Year needs the moment, not its year.
    pub fn year_near(&self, moment: i64) -> Option<i16> {
        let base = Timestamp::from_second(moment).ok()?.to_zoned(TimeZone::UTC).year();
        let distance = |year: i16| Some(naive(self, year)?.abs_diff(moment));
        (base.saturating_sub(1)..=base.saturating_add(1))
            .filter_map(|year| Some((distance(year)?, year)))
            .min()
            .map(|(_, year)| year)
    }

    /// The last year in which a stamp without one is not after `moment` (seconds since 1970 UTC, a day's grace for the
    /// unknown zone): for a modification time, which no record of the file can be later than.
    pub fn year_until(&self, moment: i64) -> Option<i16> {
        let limit = Timestamp::from_second(moment).ok()?.checked_add(24.hours()).ok()?;
        let base = limit.to_zoned(TimeZone::UTC).year();
        // Eight years reach back to a leap year even across 1900 and 2100.
        (base.saturating_sub(8)..=base).rev().find(|&year| naive(self, year).is_some_and(|at| at <= limit.as_second()))
    }
}

/// The stamp's date and clock in `year`; none for 29 February of a common year.
fn in_year(stamp: &Stamp, year: i16) -> Option<DateTime> {
    stamp.civil.with().year(year).build().ok()
}

/// The stamp in `year` as if its clock showed UTC.
fn naive(stamp: &Stamp, year: i16) -> Option<i64> {
    Some(Offset::UTC.to_timestamp(in_year(stamp, year)?).ok()?.as_second())
}
