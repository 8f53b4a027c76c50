//! Text in a page, and times as people write them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub(super) use super::super::escape::html as text;
use super::super::schema::Time;

/// The day of a time, in UTC.
pub(super) fn day(seconds: i64) -> Date {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

/// `3 Nov 2026`.
pub(super) fn date(date: Date) -> String {
    format!("{} {}", date.day(), month(date))
}

/// `Nov 2026`.
pub(super) fn month(date: Date) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = MONTHS.get(usize::try_from(date.month()).unwrap_or(1) - 1).copied().unwrap_or_default();
    format!("{name} {}", date.year())
}

/// `3 Nov 2026, 10:11 UTC`.
pub(super) fn moment(at: Time) -> String {
    let minutes = at.seconds().rem_euclid(86_400) / 60;
    format!("{}, {:02}:{:02} UTC", date(day(at.seconds())), minutes / 60, minutes % 60)
}

/// From one day to another, without saying twice what they share: `3 – 19 Nov 2026`.
pub(super) fn period(first: Time, last: Time) -> String {
    let (first, last) = (day(first.seconds()), day(last.seconds()));
    if first == last {
        return date(last);
    }
    let begin = if (first.year(), first.month()) == (last.year(), last.month()) {
        first.day().to_string()
    } else if first.year() == last.year() {
        date(first).trim_end_matches(char::is_numeric).trim_end().to_owned()
    } else {
        date(first)
    };
    format!("{begin} – {}", date(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_short() {
        let at = |text: &str| {
            let at: Timestamp = format!("{text}T10:00:00Z").parse().unwrap();
            Time::from_seconds(at.as_second()).unwrap()
        };
        for (first, last, want) in [
            ("2026-11-03", "2026-11-03", "3 Nov 2026"),
            ("2026-11-03", "2026-11-19", "3 – 19 Nov 2026"),
            ("2026-10-03", "2026-11-19", "3 Oct – 19 Nov 2026"),
            ("2025-12-31", "2026-01-01", "31 Dec 2025 – 1 Jan 2026"),
        ] {
            assert_eq!(period(at(first), at(last)), want);
        }
        assert_eq!(moment(at("2026-01-09")), "9 Jan 2026, 10:00 UTC");
    }
}
