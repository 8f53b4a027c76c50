//! Commands of Redis and its kin as lists of quoted words, on one line or a word a line: which of them is a password.

use std::ops::Range;

use super::around::Around;
use super::{Spoken, Told};
use crate::record::view::{backslash, unescape};
use crate::terms::Outcome;

/// The most words of a command that are read.
const WORDS: usize = 40;

/// How far before the word that was hit its command may begin, in words.
const BEFORE: usize = 4;

/// How many bytes before the quote a trigger may begin: `) "auth"`.
const BEFORE_QUOTE: usize = 3;

/// A word of a command.
struct Word {
    /// In the text, without quotes.
    span: Range<usize>,
    text: Vec<u8>,
}

/// Where the word begins that a hit at `at` speaks of: triggers may hold what stands before its quote.
fn word_at(line: &[u8], at: usize) -> usize {
    let before = line.get(at..).unwrap_or(&[]).iter().take(BEFORE_QUOTE).position(|b| *b == b'"');
    at + before.unwrap_or(0)
}

/// Whether a quoted word stands at `at` or at once behind it, with nothing but quoted words before it in its command: behind a bare word
/// (`username "Auth" "…"`) it is that word's own.
pub fn begins(line: &[u8], at: usize) -> bool {
    let at = word_at(line, at);
    let mut before = line.get(..at).unwrap_or(&[]).trim_ascii_end();
    for _ in 0..BEFORE {
        let Some(word) = before.strip_suffix(b"\"") else { break };
        let Some(open) = memchr::memrchr(b'"', word) else { break };
        before = word[..open].trim_ascii_end();
    }
    let alone = !before.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'=' | b','));
    alone && line.get(at) == Some(&b'"') && quoted_end(line, at).is_some()
}

/// The passwords of the command that holds the word at `at`.
pub fn read(around: &Around<'_>, at: usize) -> Vec<Spoken> {
    let range = around.line_of(at);
    let line = around.line(&range);
    let at = range.start + word_at(line, at - range.start);
    let (words, certain) = match list_item(line) {
        Some(item) if range.start + item.open == at => listed(around, &range, item.number),
        _ => inline(line, range.start, at - range.start),
    };
    passwords(&words, certain).into_iter().map(|(account, word)| spoken(account, &words[word])).collect()
}

fn spoken(account: Option<&[u8]>, word: &Word) -> Spoken {
    let mark = usize::from(word.text.first() == Some(&b'>'));
    Spoken {
        secret: word.text[mark..].to_vec(),
        span: word.span.start + mark..word.span.end,
        told: Told::of(account.map(<[u8]>::to_vec), Outcome::Unknown),
        layer: None,
    }
}

/// Which words are passwords, and whose. `certain` where the log itself shows that the words are a command.
fn passwords(words: &[Word], certain: bool) -> Vec<(Option<&[u8]>, usize)> {
    let lower: Vec<Vec<u8>> = words.iter().take(3).map(|word| word.text.to_ascii_lowercase()).collect();
    let head: Vec<&[u8]> = lower.iter().map(Vec::as_slice).collect();
    let name = |i: usize| words.get(i).map(|word| word.text.as_slice());
    match &*head {
        [b"acl", b"setuser", ..] => (3..words.len())
            .filter(|&i| words[i].text.starts_with(b">") && words[i].text.len() > 1)
            .map(|i| (name(2), i))
            .collect(),
        [b"auth", _] if certain => vec![(None, 1)],
        [b"auth", _, _] if certain && words.len() == 3 => vec![(name(1), 2)],
        [b"hello", version, b"auth"] if version.iter().all(u8::is_ascii_digit) && words.len() >= 5 => {
            vec![(name(3), 4)]
        }
        [b"config", b"set", b"requirepass" | b"masterauth"] if words.len() == 4 => vec![(None, 3)],
        [b"migrate", ..] if certain => migrated(words),
        _ => Vec::new(),
    }
}

/// `MIGRATE host port key db timeout AUTH password`, `… AUTH2 user password`.
fn migrated(words: &[Word]) -> Vec<(Option<&[u8]>, usize)> {
    let option = |name: &[u8]| words.iter().position(|word| word.text.eq_ignore_ascii_case(name));
    if let Some(at) = option(b"auth2").filter(|at| at + 2 < words.len()) {
        return vec![(Some(words[at + 1].text.as_slice()), at + 2)];
    }
    option(b"auth").filter(|at| at + 1 < words.len()).map(|at| (None, at + 1)).into_iter().collect()
}

/// The quoted words of one line that stand in a row with the one at `at`; and whether they stand where the monitor
/// writes commands, behind `[0 198.51.100.7:50288] ` and up to the line's end.
fn inline(line: &[u8], base: usize, at: usize) -> (Vec<Word>, bool) {
    let mut words = Vec::new();
    let mut open = at;
    // Back to the first word of the command.
    for _ in 0..BEFORE {
        let Some(before) = line[..open].strip_suffix(b"\" ") else { break };
        let Some(start) = memchr::memrchr(b'"', before) else { break };
        open = start;
    }
    let monitored = line[..open].ends_with(b"] ");
    let mut whole = false;
    while words.len() < WORDS {
        let Some(close) = quoted_end(line, open) else { break };
        words.push(word(line, base, open, close));
        whole = line[close + 1..].trim_ascii().is_empty();
        if !line[close + 1..].starts_with(b" \"") {
            break;
        }
        open = close + 2;
    }
    (words, monitored && whole)
}

/// The words of a list with a word a line, whose numbers follow each other: `1) "acl"`; and whether they stand where
/// the slow log lists commands, as the fourth item of an entry. Other lists are of keys.
fn listed(around: &Around<'_>, line: &Range<usize>, number: usize) -> (Vec<Word>, bool) {
    let item = |range: &Range<usize>, expected: usize| {
        let shown = around.line(range);
        let found = list_item(shown).filter(|item| item.number == expected)?;
        Some(word(shown, range.start, found.open, quoted_end(shown, found.open)?))
    };
    let mut words: Vec<Word> = Vec::new();
    let mut first = line.clone();
    for (back, range) in around.before(line).take(BEFORE).enumerate() {
        let Some(word) = number.checked_sub(back + 1).filter(|n| *n > 0).and_then(|n| item(&range, n)) else { break };
        words.insert(0, word);
        first = range;
    }
    if words.len() + 1 != number {
        return (Vec::new(), false);
    }
    words.extend(item(line, number));
    for (ahead, range) in around.after(line).take(WORDS).enumerate() {
        let Some(word) = item(&range, number + ahead + 1) else { break };
        words.push(word);
    }
    let logged = around.line(&first).trim_ascii_start().starts_with(b"4) 1) ");
    (words, logged)
}

fn word(line: &[u8], base: usize, open: usize, close: usize) -> Word {
    Word { span: base + open + 1..base + close, text: unescape(&line[open + 1..close], backslash).into_owned() }
}

/// One line of a list.
struct Item {
    number: usize,
    /// Its quote, in the line.
    open: usize,
}

/// `    4) 1) "acl"`: the innermost number, and the word.
fn list_item(line: &[u8]) -> Option<Item> {
    let open = memchr::memchr(b'"', &line[..line.len().min(80)])?;
    let head = line[..open].strip_suffix(b") ")?;
    let digits = head.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let clean = line[..open].iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'\t' | b')'));
    let closed = quoted_end(line, open)? + 1 == line.trim_ascii_end().len();
    let number = std::str::from_utf8(&head[head.len() - digits..]).ok()?.parse().ok()?;
    (clean && closed && (1..=3).contains(&digits)).then_some(Item { number, open })
}

/// Where the string that opens at `open` closes.
fn quoted_end(line: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        if line[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}
