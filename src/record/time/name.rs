//! The year that a file's name gives to the records inside.

use super::YEARS;

/// How much of a date a name spells: the more, the surer the year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    Year,
    Month,
    Day,
}

/// The year in a path: `access-2026-03-12.log`, `u_ex260312.log`, `messages-20260312.gz`, `app.2026.log`,
/// `logs/2026/03/app.log`. The last part of the path that has one counts, and in it the fullest date.
pub fn year_in_name(path: &str) -> Option<i16> {
    path.rsplit(['/', '\\', '!']).find_map(|part| year_in_part(part.as_bytes()))
}

fn year_in_part(name: &[u8]) -> Option<i16> {
    let mut best: Option<(Detail, i16)> = None;
    let mut from = 0;
    while let Some(skip) = name.get(from..)?.iter().position(u8::is_ascii_digit) {
        let begin = from + skip;
        let len = name.get(begin..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        from = begin + len;
        let found = year_in_digits(name, begin, len);
        if found.map(|(detail, _)| detail) > best.map(|(detail, _)| detail) {
            best = found;
        }
    }
    best.map(|(_, year)| year)
}

/// The year in the digits of `name` that begin at `begin`.
fn year_in_digits(name: &[u8], begin: usize, len: usize) -> Option<(Detail, i16)> {
    let digits = name.get(begin..begin + len)?;
    let number =
        |from: usize, to: usize| Some(digits.get(from..to)?.iter().fold(0, |n, b| n * 10 + i16::from(b - b'0')));
    let (before, after) = (name.get(..begin)?, name.get(begin + len..)?);
    // IIS writes the year with two digits: u_ex260312.log, hourly u_ex26031209.log.
    if matches!(len, 6 | 8) && [b"ex", b"in", b"nc"].iter().any(|kind| ends_with_word(before, *kind)) {
        let year = number(0, 2)?;
        let year = if year < 90 { 2_000 + year } else { 1_900 + year };
        return is_day(number(2, 4)?, number(4, 6)?).then_some((Detail::Day, year));
    }
    let year = number(0, 4).filter(|year| YEARS.contains(year))?;
    match len {
        4 if in_date(after, true) || in_date(before, false) => Some((Detail::Month, year)),
        4 => Some((Detail::Year, year)),
        // 202603 has no other reading; 201012 could be a day of 2020.
        6 => (is_month(number(4, 6)?) && !is_day(number(2, 4)?, number(4, 6)?)).then_some((Detail::Month, year)),
        8 | 10 | 12 | 14 => is_day(number(4, 6)?, number(6, 8)?).then_some((Detail::Day, year)),
        _ => None,
    }
}

/// Whether a month stands beside a year: two digits after, or before, a separator.
fn in_date(text: &[u8], after: bool) -> bool {
    let beside = match (after, text) {
        (true, [b'-' | b'_' | b'.', tens, ones, rest @ ..]) => Some((tens, ones, rest.first())),
        (false, [rest @ .., tens, ones, b'-' | b'_' | b'.']) => Some((tens, ones, rest.last())),
        _ => None,
    };
    beside.is_some_and(|(tens, ones, next)| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit() && !next.is_some_and(u8::is_ascii_digit);
        digits && is_month(i16::from(tens - b'0') * 10 + i16::from(ones - b'0'))
    })
}

fn ends_with_word(text: &[u8], word: &[u8]) -> bool {
    let Some(head) = text.len().checked_sub(word.len()).and_then(|at| text.split_at_checked(at)) else { return false };
    head.1.eq_ignore_ascii_case(word) && !head.0.last().is_some_and(u8::is_ascii_alphanumeric)
}

fn is_month(month: i16) -> bool {
    (1..=12).contains(&month)
}

fn is_day(month: i16, day: i16) -> bool {
    is_month(month) && (1..=31).contains(&day)
}
