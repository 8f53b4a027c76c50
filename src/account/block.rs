//! The account in the lines around a record that names none itself.

use std::ops::Range;

use super::Owner;
use super::attribute::{LINE_BYTES, mentioned};
use super::named::{Named, fields, nearest};
use crate::record::Text;
use crate::record::field::key_around;
use crate::record::view::{backslash, unescape};
use crate::rule::{RuleSet, Vocabulary};
use crate::terms::Attribution;

/// How many lines before and behind its record an account may stand alone.
const LINES_BEFORE: usize = 12;
const LINES_AFTER: usize = 6;

/// The lines around a record, the escapes of strings undone.
struct Block {
    text: Vec<u8>,
    /// Where the record stands in them.
    record: Range<usize>,
    /// Whether more lines stand before.
    cut: bool,
}

/// Whom the lines around the record name: the nearest that names anybody. Where names and passwords take turns, the block
/// tells which come first. Where two names stand together, it may be either: requests are interleaved, or names listed.
pub(super) fn same_block(rules: &RuleSet, text: Text<'_>, record: Range<usize>) -> Owner {
    let block = Block::around(text, record);
    let (shown, at) = (&block.text, &block.record);
    let mut named = fields(rules, shown, 0..shown.len(), at, &(0..0), None);
    named.retain(|field| !field.weak && !at.contains(&field.key));
    let Some(key) = block.nearest_key(rules.vocabulary(), &named) else {
        return match mentioned(rules, shown, at.start) {
            Some(account) => Owner::Known(account, Attribution::SameBlock),
            None => Owner::Nobody,
        };
    };
    let line = block.line(key);
    let beyond = if key < at.start { line.checked_sub(1) } else { Some(line + 1) };
    let (near, far): (Vec<Named>, Vec<Named>) = named.into_iter().partition(|field| block.line(field.key) == line);
    let others =
        far.into_iter().filter(|field| Some(block.line(field.key)) == beyond && block.same_key(field.key, key));
    match (nearest(near, false), nearest(others.collect(), false)) {
        (None, _) => Owner::Nobody,
        (Some(account), Some(other)) if other != account => Owner::OneOf(vec![account, other]),
        (Some(account), _) => Owner::Known(account, Attribution::SameBlock),
    }
}

impl Block {
    fn around(text: Text<'_>, record: Range<usize>) -> Self {
        let short = |line: &Range<usize>| line.len() <= LINE_BYTES;
        let before = text.lines_before(record.start, LINES_BEFORE).take_while(short);
        let (lines, first) = before.fold((0, record.start), |(lines, _), line| (lines + 1, line.start));
        let last =
            text.lines_after(record.end + 1, LINES_AFTER).take_while(short).last().map_or(record.end, |line| line.end);
        let plain = |part: Range<usize>| unescape(&text.bytes[part], backslash).into_owned();
        let (mut shown, own, behind) =
            (plain(first..record.start), plain(record.clone()), plain(record.end..last.max(record.end)));
        let record = shown.len()..shown.len() + own.len();
        shown.extend(own);
        shown.extend(behind);
        Self { text: shown, record, cut: lines == LINES_BEFORE }
    }

    /// The line of an offset, from the first.
    fn line(&self, at: usize) -> usize {
        memchr::memchr_iter(b'\n', &self.text[..at]).count()
    }

    fn same_key(&self, one: usize, other: usize) -> bool {
        let key = |at: usize| &self.text[key_around(&self.text, at)];
        key(one).eq_ignore_ascii_case(key(other))
    }

    /// The key that names the account: the nearest, or of two that are the same on either side the one in whose order the
    /// block goes on.
    fn nearest_key(&self, words: &Vocabulary, named: &[Named]) -> Option<usize> {
        let ahead = named.partition_point(|field| field.key < self.record.start);
        let before = named[..ahead].last().map(|field| field.key);
        let behind = named[ahead..].first().map(|field| field.key);
        let (Some(one), Some(other)) = (before, behind) else { return before.or(behind) };
        // A blank line parts what belongs together.
        let parts =
            |text: &[u8]| [&b"\n\n"[..], b"\n\r\n"].iter().any(|blank| memchr::memmem::find(text, blank).is_some());
        let ahead_parted = parts(&self.text[one..self.record.start]);
        let behind_parted = parts(&self.text[self.record.end.min(other)..other]);
        if ahead_parted != behind_parted {
            return Some(if behind_parted { one } else { other });
        }
        let first = match self.same_key(one, other) && self.is_of_fields(one) {
            true => self.names_come_first(words, &named[..ahead], one),
            false => self.record.start - one <= other - self.record.end.min(other),
        };
        Some(if first { one } else { other })
    }

    /// Whether every line from `at` to the record begins with a key and its separator: a log's own lines do not.
    fn is_of_fields(&self, at: usize) -> bool {
        let begin = memchr::memrchr(b'\n', &self.text[..at]).map_or(0, |i| i + 1);
        self.text[begin..self.record.start].split(|b| *b == b'\n').all(|line| {
            let Some(first) = line.iter().position(|b| b.is_ascii_alphanumeric() || !b.is_ascii()) else {
                return line.is_empty();
            };
            // A time of day has the signs of a field, `10:00`, and no key.
            let sign = line[key_around(line, first).end..].iter().find(|b| !matches!(b, b' ' | b'\t' | b'"' | b'\''));
            !line[first].is_ascii_digit() && matches!(sign, Some(b':' | b'=' | b'>'))
        })
    }

    /// Whether the lines above the record, up to a blank one, begin with a name under this key and not with a password.
    fn names_come_first(&self, words: &Vocabulary, named: &[Named], key: usize) -> bool {
        let mut first = None;
        let mut end = self.record.start;
        for line in self.text[..end].split_inclusive(|b| *b == b'\n').rev() {
            let range = end - line.len()..end;
            end = range.start;
            if line.trim_ascii().is_empty() {
                return first == Some(true);
            }
            if named.iter().any(|field| range.contains(&field.key) && self.same_key(field.key, key)) {
                first = Some(true);
            } else if begins_with_password(words, line) {
                first = Some(false);
            }
        }
        // What stands above is not known; nearly always the name comes first.
        self.cut || first == Some(true)
    }
}

/// Whether the first word of a line is the key of a password.
fn begins_with_password(words: &Vocabulary, line: &[u8]) -> bool {
    let first = line.iter().position(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
    first.is_some_and(|at| words.password(&line[key_around(line, at)]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands together names whose it is, however much nearer the next name is in lines.
    #[test]
    fn blank_lines_part_accounts() {
        let rules = RuleSet::builtin().unwrap();
        for (log, want) in [
            ("login: wren\nchangetype: modify\nreplace: it\nLEAK\n\nlogin: finch\n", "wren"),
            ("login: finch\n\nLEAK\nhost: db1\nport: 5\nlogin: wren\n", "wren"),
            (
                "dn: uid=wren,dc=example,dc=com\nreplace: it\nLEAK\n\ndn: uid=finch,dc=example,dc=com\n",
                "uid=wren,dc=example,dc=com",
            ),
        ] {
            let start = log.find("LEAK").unwrap();
            let owner = same_block(&rules, Text::new(log.as_bytes(), 0), start..start + 4);
            let Owner::Known(account, _) = owner else { panic!("nobody: {log}") };
            assert_eq!(account.key.identity, want, "{log}");
        }
    }
}
