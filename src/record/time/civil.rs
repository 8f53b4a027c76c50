//! The spellings of a date, of a clock time, and of the zone, year and half of the day that may follow it.

use super::{YEARS, words};

/// A date as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub year: Option<i16>,
    pub month: u8,
    pub day: u8,
    /// `03/12/2026` is March in the United States and December elsewhere: only a twelve-hour clock tells.
    pub american: bool,
}

/// A clock time as written, with everything that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    /// `AM` or `PM` was written.
    pub halves: bool,
    /// Seconds were written.
    pub seconds: bool,
    /// Seconds east of UTC.
    pub zone: Option<i32>,
    /// A year after the clock, as `ctime` writes it.
    pub year: Option<i16>,
    /// Where it ends.
    pub end: usize,
}

/// The byte at `i`, or NUL beyond the end: no spelling holds a NUL.
pub(super) fn at(line: &[u8], i: usize) -> u8 {
    line.get(i).copied().unwrap_or(0)
}

/// Whether `byte` is part of a word; bytes of other alphabets count as letters.
pub(super) fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// One part of a date.
#[derive(Clone, Copy)]
enum Part<'a> {
    /// Value and number of digits.
    Number(u32, usize),
    Word(&'a [u8]),
}

/// Reads a date that is all of `text`.
pub(super) fn day(text: &[u8]) -> Option<Day> {
    use Part::{Number, Word};
    let (first, rest) = part(text)?;
    if rest.is_empty() {
        return match first {
            Number(n, 8) => written(Some(n / 10_000), n / 100 % 100, n % 100),
            _ => None,
        };
    }
    if let (Word([b'I' | b'W' | b'E' | b'F']), Some((Number(n, 4), []))) = (first, part(rest)) {
        // The loggers of Google and Kubernetes: I0312 09:15:04.118201
        return written(None, n / 100, n % 100);
    }
    let (gap, rest) = separator(rest)?;
    let (second, rest) = part(rest)?;
    if rest.is_empty() {
        return match (first, second) {
            (Number(month, 2), Number(day, 2)) if matches!(gap, b'-' | b'/') => written(None, month, day),
            (Number(day, 1..=2), Word(month)) | (Word(month), Number(day, 1..=2)) if gap == b' ' => {
                written(None, words::month(month)?.into(), day)
            }
            _ => None,
        };
    }
    let (next_gap, rest) = separator(rest)?;
    let (third, rest) = part(rest)?;
    if !rest.is_empty() {
        return None;
    }
    match (first, second, third) {
        (Number(year, 4), Number(month, 1..=2), Number(day, 1..=2)) if gap == next_gap && gap != b' ' => {
            written(Some(year), month, day)
        }
        (Number(a, 1..=2), Number(b, 1..=2), Number(year, digits @ (2 | 4))) if gap == next_gap && gap != b' ' => {
            year_last(a, b, year, digits == 4, gap)
        }
        (Number(day, 1..=2), Word(month), Number(year, 4))
        | (Word(month), Number(day, 1..=2), Number(year, 4))
        | (Number(year, 4), Word(month), Number(day, 1..=2)) => written(Some(year), words::month(month)?.into(), day),
        (Number(day, 2), Word(month), Number(year, 2)) if gap == b'-' => {
            written(Some(2_000 + year), words::month(month)?.into(), day)
        }
        _ => None,
    }
}

/// `12.03.2026` has the day first; `03/12/2026` and `03-12-2026` leave open which is which, unless one is above 12. A
/// year of two digits must be told from a day and a month besides: only `month/day/year` with a day above 12 is sure.
fn year_last(a: u32, b: u32, year: u32, full: bool, gap: u8) -> Option<Day> {
    let year = if full { year } else { 2_000 + year };
    if gap == b'.' {
        return if full { written(Some(year), b, a) } else { None };
    }
    if a > 12 {
        return if full { written(Some(year), b, a) } else { None };
    }
    let american = b <= 12 && a != b;
    Some(Day { american, ..written(Some(year), a, b)? })
}

fn written(year: Option<u32>, month: u32, day: u32) -> Option<Day> {
    let year = match year {
        Some(year) => Some(i16::try_from(year).ok().filter(|year| YEARS.contains(year))?),
        None => None,
    };
    Some(Day { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()?, american: false })
}

/// The number or the word that `text` begins with, and what follows it.
fn part(text: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let number = text.first()?.is_ascii_digit();
    let end = text.iter().position(|&b| !in_word(b) || b.is_ascii_digit() != number).unwrap_or(text.len());
    let (head, rest) = text.split_at_checked(end).filter(|_| (1..=12).contains(&end))?;
    if !number {
        return Some((Part::Word(head), rest));
    }
    let value = if end <= 8 { head.iter().fold(0, |sum, b| sum * 10 + u32::from(b - b'0')) } else { return None };
    Some((Part::Number(value, end), rest))
}

/// What parts a date: one of `-` `/` `.`, or blanks with the comma or the dot of an abbreviation before them, which
/// count as a blank.
fn separator(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [gap @ (b'-' | b'/'), rest @ ..] => Some((*gap, rest)),
        [b' ' | b'.' | b',', b' ', b' ', rest @ ..] | [b' ' | b'.' | b',', b' ', rest @ ..] => Some((b' ', rest)),
        [gap @ (b' ' | b'.'), rest @ ..] => Some((*gap, rest)),
        _ => None,
    }
}

/// Reads the clock time that begins at `start`: `h:mm` or `hh:mm:ss`, a fraction, the half of the day, the zone, the
/// year.
pub(super) fn time(line: &[u8], start: usize) -> Option<Time> {
    let (hour, i) = short(line, start, 1)?;
    let (minute, mut i) = (at(line, i) == b':').then(|| short(line, i + 1, 2))??;
    let mut second = 0;
    let seconds = at(line, i) == b':' && at(line, i + 1).is_ascii_digit();
    if seconds {
        (second, i) = short(line, i + 1, 2)?;
        if matches!(at(line, i), b'.' | b',' | b':') && at(line, i + 1).is_ascii_digit() {
            i = digits_end(line, i + 1);
        }
    }
    let half = half_of_day(line, i);
    let (hour, i) = match half {
        Some((after_noon, end)) => (in_half(hour, after_noon)?, end),
        None => (hour, i),
    };
    let (zone, year, end) = zone_and_year(line, i);
    if hour > 23 || minute > 59 || second > 60 || in_word(at(line, end)) {
        return None;
    }
    Some(Time { hour, minute, second: second.min(59), halves: half.is_some(), seconds, zone, year, end })
}

/// `PM` at `i`, after a blank or none: whether it is after noon, and where it ends.
fn half_of_day(line: &[u8], i: usize) -> Option<(bool, usize)> {
    // Java and JavaScript write a narrow no-break space (U+202F), others U+00A0.
    let from = match line.get(i..)? {
        [b' ', ..] => i + 1,
        [0xe2, 0x80, 0xaf, ..] => i + 3,
        [0xc2, 0xa0, ..] => i + 2,
        _ => i,
    };
    let (after_noon, len) = words::half_of_day(line.get(from..)?)?;
    (!in_word(at(line, from + len))).then_some((after_noon, from + len))
}

/// The hour of the day; 24-hour clocks with a superfluous `PM` exist.
fn in_half(hour: u8, after_noon: bool) -> Option<u8> {
    match (hour, after_noon) {
        (12, false) => Some(0),
        (13.., false) | (0, true) => None,
        (1..12, true) => Some(hour + 12),
        _ => Some(hour),
    }
}

/// The zone and the year behind a clock, in either order, and where they end.
fn zone_and_year(line: &[u8], i: usize) -> (Option<i32>, Option<i16>, usize) {
    let (offset, end) = zone(line, i).unwrap_or((None, i));
    let Some((year, end)) = trailing_year(line, end) else { return (offset, None, end) };
    let (later, end) = if offset.is_none() { zone(line, end).unwrap_or((None, end)) } else { (None, end) };
    (offset.or(later), Some(year), end)
}

/// A number of at least `least` and at most two digits at `i`, with no third one after it.
fn short(line: &[u8], i: usize, least: usize) -> Option<(u8, usize)> {
    let tens = at(line, i).wrapping_sub(b'0');
    if tens > 9 {
        return None;
    }
    let ones = at(line, i + 1).wrapping_sub(b'0');
    if ones > 9 {
        return (least == 1).then_some((tens, i + 1));
    }
    (!at(line, i + 2).is_ascii_digit()).then_some((tens * 10 + ones, i + 2))
}

pub(super) fn digits_end(line: &[u8], i: usize) -> usize {
    line.get(i..).map_or(i, |rest| i + rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len()))
}

/// The zone at `i`, after one blank or none: its offset, if that is known, and where it ends.
pub(super) fn zone(line: &[u8], i: usize) -> Option<(Option<i32>, usize)> {
    let spaced = at(line, i) == b' ';
    let start = i + usize::from(spaced);
    match at(line, start) {
        b'Z' | b'z' if !in_word(at(line, start + 1)) => Some((Some(0), start + 1)),
        b'+' | b'-' => {
            let (offset, end) = offset(line, start, spaced)?;
            Some((Some(offset), end))
        }
        b'A'..=b'Z' => {
            let end = (start..start + 5).find(|&j| !at(line, j).is_ascii_uppercase())?;
            let named = words::zone(line.get(start..end)?)?;
            if named == Some(0) && matches!(at(line, end), b'+' | b'-') {
                let (offset, end) = offset(line, end, false)?;
                return Some((Some(offset), end));
            }
            (!in_word(at(line, end))).then_some((named, end))
        }
        _ => None,
    }
}

/// `+hh:mm`, `+hhmm` and `+hh` at `i`, within 14 hours and in quarters. After a blank, `-12` is something else.
fn offset(line: &[u8], i: usize, spaced: bool) -> Option<(i32, usize)> {
    let end = digits_end(line, i + 1).min(i + 6);
    let number = |from: usize, to: usize| {
        Some(line.get(from..to)?.iter().fold(0, |sum, b| sum * 10 + i32::from(b.wrapping_sub(b'0'))))
    };
    let (hours, minutes, end) = match end - (i + 1) {
        4 => (number(i + 1, i + 3)?, number(i + 3, i + 5)?, end),
        1 | 2 if at(line, end) == b':' && digits_end(line, end + 1) == end + 3 => {
            (number(i + 1, end)?, number(end + 1, end + 3)?, end + 3)
        }
        1 | 2 if !spaced && !matches!(at(line, end), b'.' | b'-' | b':') => (number(i + 1, end)?, 0, end),
        _ => return None,
    };
    if hours > 14 || minutes > 59 || minutes % 15 != 0 || in_word(at(line, end)) {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    Some((if at(line, i) == b'-' { -seconds } else { seconds }, end))
}

/// ` 2026` at `i`, and where it ends.
fn trailing_year(line: &[u8], i: usize) -> Option<(i16, usize)> {
    let digits = line.get(i..)?.strip_prefix(b" ")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_digit)
        || in_word(at(line, i + 5))
        || matches!(at(line, i + 5), b'-' | b'/' | b'.')
    {
        return None;
    }
    let year = digits.iter().fold(0, |sum, b| sum * 10 + i16::from(b - b'0'));
    YEARS.contains(&year).then_some((year, i + 5))
}
