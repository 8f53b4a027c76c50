//! Times as a person gives them: a day, a moment in any spelling that logs use, or how long ago.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::{Span, Timestamp, Zoned};
use logleak::record::time::{Clock, find, resolve};

/// Reads a time, in seconds since 1970 UTC: a day from its first second to its last, everything else as one second.
/// `now` tells the zone of times that name none, and what durations count back from. None for what is no time.
pub(super) fn read(text: &str, now: &Zoned) -> Option<RangeInclusive<i64>> {
    let text = text.trim();
    day(text, now).or_else(|| ago(text, now).or_else(|| logged(text, now)).map(|at| at..=at))
}

/// `2026-11-03`.
fn day(text: &str, now: &Zoned) -> Option<RangeInclusive<i64>> {
    let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date: Date = text.parse().ok().filter(|_| shaped)?;
    let first = |date: Date| Some(date.to_zoned(now.time_zone().clone()).ok()?.timestamp().as_second());
    Some(first(date)?..=first(date.tomorrow().ok()?)? - 1)
}

/// `7d`, `2 weeks ago`.
fn ago(text: &str, now: &Zoned) -> Option<i64> {
    let span: Span = text.parse().ok()?;
    Some(now.checked_sub(span.abs()).ok()?.timestamp().as_second())
}

/// A time as logs write it, and nothing else. One without a year is the last such before now.
fn logged(text: &str, now: &Zoned) -> Option<i64> {
    let stamp = find(text.as_bytes())?;
    let whole = stamp.span == (0..text.len());
    let clock = Clock { zone: now.time_zone().clone(), year_hint: stamp.year_until(now.timestamp().as_second()) };
    let (at, _) = resolve(&stamp, &clock).filter(|_| whole)?;
    Timestamp::from_second(at).ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    /// A time that is misread leaves out the wrong records.
    #[test]
    fn days_moments_and_durations() {
        let now: Zoned = "2026-11-20T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
        for (text, first, last) in [
            ("2026-11-03", "2026-11-02T23:00:00Z", "2026-11-03T22:59:59Z"),
            // The day on which clocks go back has 25 hours.
            ("2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"),
            ("2026-11-03T10:11:12Z", "2026-11-03T10:11:12Z", "2026-11-03T10:11:12Z"),
            (" 2026-11-03T10:11:12+05:30 ", "2026-11-03T04:41:12Z", "2026-11-03T04:41:12Z"),
            ("2026-11-03 10:11:12", "2026-11-03T09:11:12Z", "2026-11-03T09:11:12Z"),
            ("03/Nov/2026:10:11:12 +0000", "2026-11-03T10:11:12Z", "2026-11-03T10:11:12Z"),
            ("Nov  3 10:11:12", "2026-11-03T09:11:12Z", "2026-11-03T09:11:12Z"),
            ("Dec 24 18:00:00", "2025-12-24T17:00:00Z", "2025-12-24T17:00:00Z"),
            ("7d", "2026-11-13T11:00:00Z", "2026-11-13T11:00:00Z"),
            ("36h", "2026-11-18T23:00:00Z", "2026-11-18T23:00:00Z"),
            ("2 weeks ago", "2026-11-06T11:00:00Z", "2026-11-06T11:00:00Z"),
            ("1mo", "2026-10-20T10:00:00Z", "2026-10-20T10:00:00Z"),
        ] {
            assert_eq!(read(text, &now), Some(seconds(first)..=seconds(last)), "{text}");
        }
        for text in ["", "yesterday", "7", "7x", "2026-13-01", "2026-11", "2026-11-03T10:11:12Z or so", "x 7d", "-"] {
            assert_eq!(read(text, &now), None, "{text}");
        }
    }
}
