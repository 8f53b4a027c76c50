//! Finds the record's own time: looks where clocks and numbers can stand, reads outward from there.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use memchr::{memchr_iter, memchr2, memchr2_iter};

use super::civil::{self, Day, Time, at, digits_end, in_word};
use super::context::{self, Place};
use super::{ANY_YEAR, Stamp};

/// Bytes in which loggers write their preamble.
const HEAD: usize = 200;

/// Bytes in which a known key names the record's time.
const FIELDS: usize = 1 << 10;

/// Bytes at the end of a longer JSON record that are searched too: container engines write the time behind the text.
const TAIL: usize = 256;

/// 1990-01-01 to 2100-12-31, in seconds since 1970.
const EPOCHS: std::ops::Range<i64> = 631_152_000..4_133_980_800;

/// The record's own time: at its beginning, in the preamble, or under a key that is known to hold it. Looks at the
/// first KiB, and at the end of longer JSON. `line` may be the first lines of a longer record.
pub fn find(line: &[u8]) -> Option<Stamp> {
    if let Some(stamp) = number_first(line) {
        return Some(stamp);
    }
    let fields = line.len().min(FIELDS);
    if let Some(stamp) = search(line, 0, fields) {
        return if stamp.year.is_some() { Some(stamp) } else { twin(line, &stamp).or(Some(stamp)) };
    }
    let tail = line.len().saturating_sub(TAIL).max(fields);
    (tail < line.len() && line.trim_ascii_start().first() == Some(&b'{')).then(|| search(line, tail, line.len()))?
}

/// The same minute written again with its year, as by a program behind syslog: `Mar 12 09:15:04 lb1 haproxy[2117]:
/// 198.51.100.7:51344 [12/Mar/2026:09:15:04.102]`.
fn twin(line: &[u8], stamp: &Stamp) -> Option<Stamp> {
    let from = stamp.span.end;
    let minute = |civil: DateTime| (civil.month(), civil.day(), civil.hour(), civil.minute());
    memchr_iter(b':', line.get(from..line.len().min(HEAD))?)
        .filter_map(|hit| read_clock(line, from + hit))
        .map(|(other, _)| other)
        .find(|other| other.year.is_some() && minute(other.civil) == minute(stamp.civil))
}

/// Bytes that are tested together for anything like a time: with the 16 that a number may begin behind its separator,
/// whole vectors.
const BLOCK: usize = 112;

/// Tries every colon and equals sign between `from` and `to`: every time of day has a colon, every field one of them.
fn search(line: &[u8], from: usize, to: usize) -> Option<Stamp> {
    (from..to).step_by(BLOCK).find_map(|begin| {
        let block = line.get(begin..to.min(begin + BLOCK))?;
        // The first block of a line nearly always has its time; tests would only cost.
        if begin > 0 && (memchr2(b':', b'=', block).is_none() || !may_hold_time(line, begin)) {
            return None;
        }
        memchr2_iter(b':', b'=', block).find_map(|hit| stamp_at(line, begin + hit))
    })
}

/// Whether a separator in the block at `begin` may belong to a time: a colon between digits, or digits that may be
/// eight in a row. Free of branches, so that it compiles to vector instructions: JSON is full of separators.
fn may_hold_time(line: &[u8], begin: usize) -> bool {
    // A colon's digit may stand before the block, a number begin behind it: `=audit(1773308600`.
    let window = begin.checked_sub(1).and_then(|at| line.get(at..)?.first_chunk::<{ BLOCK + 23 }>());
    let Some(window) = window else { return true };
    let digit = |i: usize| window[i].wrapping_sub(b'0') < 10;
    (0..BLOCK + 16).fold(false, |found, i| {
        found | (digit(i) & (window[i + 1] == b':') & digit(i + 2)) | (digit(i) & digit(i + 3) & digit(i + 7))
    })
}

/// The stamp that the separator at `i` belongs to.
fn stamp_at(line: &[u8], i: usize) -> Option<Stamp> {
    let next = at(line, i + 1);
    if next.is_ascii_digit() && at(line, i) == b':' && i > 0 && at(line, i - 1).is_ascii_digit() {
        return clock_at(line, i);
    }
    match next {
        b'0'..=b'9' | b' ' | b'"' | b'\'' | b'>' | b'a' => number_field(line, i),
        _ => None,
    }
}

/// The record's own stamp whose hour ends at the colon at `colon`.
fn clock_at(line: &[u8], colon: usize) -> Option<Stamp> {
    let (stamp, joint) = read_clock(line, colon)?;
    let place = match joint {
        _ if stamp.span.start >= HEAD => Place::Fields,
        b':' => Place::AccessLog,
        _ => Place::Preamble,
    };
    context::is_own(line, stamp.span.start, place).then_some(stamp)
}

/// The stamp, whosever it is, whose hour ends at the colon at `colon`, and the byte between its date and its clock.
fn read_clock(line: &[u8], colon: usize) -> Option<(Stamp, u8)> {
    if !at(line, colon + 1).is_ascii_digit() || !at(line, colon.checked_sub(1)?).is_ascii_digit() {
        return None;
    }
    let start = match colon.checked_sub(2) {
        Some(tens) if at(line, tens).is_ascii_digit() => tens,
        _ => colon - 1,
    };
    let (date_end, joint) = joint(line, start)?;
    let (begin, day) = date_before(line, date_end)?;
    let time = civil::time(line, start)?;
    let year = day.year.or(time.year);
    // `03/12/2026-09:15:03` is how Suricata writes it, an American. Without a year, seconds tell a log from a listing.
    if (day.american && !time.halves && joint != b'-') || (year.is_none() && !time.seconds) {
        return None;
    }
    Some((stamp(&day, &time, begin)?, joint))
}

fn stamp(day: &Day, time: &Time, begin: usize) -> Option<Stamp> {
    let year = day.year.or(time.year);
    let [month, day, hour, minute, second] =
        [day.month, day.day, time.hour, time.minute, time.second].map(u8::cast_signed);
    let civil = DateTime::new(year.unwrap_or(ANY_YEAR), month, day, hour, minute, second, 0).ok()?;
    Some(Stamp { civil, year, zone: time.zone, span: begin..time.end })
}

/// Where the date ends whose clock begins at `clock`, and the byte between them.
fn joint(line: &[u8], clock: usize) -> Option<(usize, u8)> {
    let before = line.get(..clock)?;
    let (len, joint) = match before {
        [.., b'0'..=b'9', b'T' | b't'] => (1, b'T'),
        [.., b' ', b'-', b' '] => (3, b' '),
        [.., b' ', b'a', b't', b' '] => (4, b' '),
        [.., b',' | b' ', b' '] => (2, b' '),
        [.., b':', b':'] => (2, b':'),
        [.., joint @ (b' ' | b':' | b'-' | b'_' | b',' | b'\t')] => (1, *joint),
        // Fortinet: date=2026-03-12 time=09:15:03
        _ if before.ends_with(b" time=") => (6, b' '),
        _ => return None,
    };
    Some((clock - len, joint))
}

/// The date that ends at `end`, and where it begins: the nearest of the last three words from which all is a date with
/// a year, else a date.
fn date_before(line: &[u8], end: usize) -> Option<(usize, Day)> {
    // Most dates are spelled 2026-03-12: first where that begins.
    let usual = end.checked_sub(10).filter(|_| matches!(at(line, end - 3), b'-' | b'/'));
    if let Some((begin, day)) = usual.and_then(|begin| Some((begin, date_between(line, begin, end)?))) {
        return Some((begin, day));
    }
    let mut found = None;
    let words = (end.saturating_sub(26)..end).rev().filter(|&begin| begins_word(line, begin));
    for begin in words.take(3) {
        if let Some(day) = date_between(line, begin, end) {
            found = Some((begin, day));
            // `Mar 12` may have its year before it.
            if day.year.is_some() {
                break;
            }
        }
    }
    found
}

fn begins_word(line: &[u8], i: usize) -> bool {
    let after_word = i > 0 && in_word(at(line, i - 1));
    in_word(at(line, i)) && (!after_word || context::colour_before(line, i).is_some())
}

/// The date that is all of the text from `begin` to `end`, unless it is the rest of a longer number, name or path.
fn date_between(line: &[u8], begin: usize, end: usize) -> Option<Day> {
    let rest = match begin.checked_sub(1).map(|i| at(line, i)) {
        Some(b'-' | b'/' | b'.' | b'_' | b'%' | b'+' | b'$' | b'@' | b'~' | b'\\') => true,
        _ => !begins_word(line, begin),
    };
    if rest { None } else { civil::day(line.get(begin..end)?) }
}

/// An epoch or a compact date that begins the line: `1773307990.118201 …`, `[1773307990] …`, `#1773307990`,
/// `: 1773307990:0;…` (zsh), `20260312T091457Z …`. A bare number of seconds could be any number.
fn number_first(line: &[u8]) -> Option<Stamp> {
    let (begin, marked) = match line {
        [b'0'..=b'9', ..] => (0, false),
        [b'[' | b'#', b'0'..=b'9', ..] => (1, true),
        [b':', b' ', b'0'..=b'9', ..] => (2, true),
        _ => return None,
    };
    if let Some(stamp) = compact(line, begin) {
        return Some(stamp);
    }
    let digits = digits_end(line, begin) - begin;
    let fraction = at(line, begin + digits) == b'.';
    (marked || fraction || digits > 11).then(|| epoch(line, begin))?
}

/// A number under a known key, whose separator stands at `separator`: `"ts":1711741827.96`, `"time":1773307270000`,
/// `msg=audit(1773308600.118:24287)`.
fn number_field(line: &[u8], separator: usize) -> Option<Stamp> {
    let rest = line.get(separator + 1..)?;
    if at(line, separator) == b'=' && rest.starts_with(b"audit(") {
        return line.get(..separator)?.ends_with(b"msg").then(|| epoch(line, separator + 7))?;
    }
    let mut begin = separator + 1 + usize::from(rest.first() == Some(&b'>'));
    let key_end = begin;
    begin += usize::from(at(line, begin) == b' ');
    begin += usize::from(matches!(at(line, begin), b'"' | b'\''));
    if !at(line, begin).is_ascii_digit() || !at(line, begin + 7).is_ascii_digit() {
        return None;
    }
    let stamp = compact(line, begin).or_else(|| epoch(line, begin))?;
    context::is_time_key(line, key_end).then_some(stamp)
}

/// `20260312T091457` and its fraction and zone.
fn compact(line: &[u8], begin: usize) -> Option<Stamp> {
    let middle = begin + 8;
    if !matches!(at(line, middle), b'T' | b't')
        || digits_end(line, begin) != middle
        || digits_end(line, middle + 1) != middle + 7
    {
        return None;
    }
    let day = civil::day(line.get(begin..middle)?)?;
    let two = |i: usize| (at(line, i) - b'0') * 10 + (at(line, i + 1) - b'0');
    let (hour, minute, second) = (two(middle + 1), two(middle + 3), two(middle + 5));
    let mut end = middle + 7;
    if matches!(at(line, end), b'.' | b',') && at(line, end + 1).is_ascii_digit() {
        end = digits_end(line, end + 1);
    }
    let (zone, end) = civil::zone(line, end).unwrap_or((None, end));
    if hour > 23 || minute > 59 || second > 60 || in_word(at(line, end)) {
        return None;
    }
    let time = Time { hour, minute, second: second.min(59), halves: false, seconds: true, zone, year: None, end };
    stamp(&day, &time, begin)
}

/// The number at `begin` as a time since 1970: seconds or milliseconds with or without a fraction, micro- or
/// nanoseconds, as its length says.
fn epoch(line: &[u8], begin: usize) -> Option<Stamp> {
    let mut end = digits_end(line, begin);
    let unit = match end - begin {
        9 | 10 => 1,
        12 | 13 => 1_000,
        15 | 16 => 1_000_000,
        18 | 19 => 1_000_000_000,
        _ => return None,
    };
    let number =
        line.get(begin..end)?.iter().try_fold(0_i64, |sum, b| sum.checked_mul(10)?.checked_add((b - b'0').into()))?;
    if unit <= 1_000 && at(line, end) == b'.' && at(line, end + 1).is_ascii_digit() {
        end = digits_end(line, end + 1);
    }
    if in_word(at(line, end)) || at(line, end) == b'-' {
        return None;
    }
    let second = Some(number / unit).filter(|second| EPOCHS.contains(second))?;
    let civil = Offset::UTC.to_datetime(Timestamp::from_second(second).ok()?);
    Some(Stamp { civil, year: Some(civil.year()), zone: Some(0), span: begin..end })
}
