//! Text in a page: what came from a log can neither act nor hide, and times read as people write them.

use std::fmt::{self, Write};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::escape::terminal;
use super::super::schema::Time;

/// Text for the content of an element or for an attribute in quotes. What shows nothing or reorders what is shown
/// becomes `\u{202e}`, as at a terminal.
pub(super) fn text(text: &str) -> impl fmt::Display + '_ {
    Text(text)
}

struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaped(f), "{}", terminal(self.0))
    }
}

struct Escaped<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        match c {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            other => self.0.write_char(other),
        }
    }
}

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

    /// No text of a log becomes an element, an attribute or an order of reading.
    #[test]
    fn text_cannot_act() {
        for (from, want) in [
            ("jane@example.com", "jane@example.com"),
            ("<b a='1' c=\"2\">&amp;", "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;"),
            ("\u{202e}gnp.exe\u{200b}\n", "\\u{202e}gnp.exe\\u{200b}\\u{a}"),
            ("דנה ☃ José", "דנה ☃ José"),
        ] {
            assert_eq!(text(from).to_string(), want);
        }
    }

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
