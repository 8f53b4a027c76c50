//! What is left of a line when that which was said is cut out: who logged it, and of which conversation it is.
//!
//! Two lines continue one conversation when the words that begin them are the same, apart from those that say who
//! speaks, and nothing that tells conversations apart (a session, a pid, an address) differs.

use std::ops::Range;

use crate::rule::Conversation;

/// A line without what was said.
pub struct Frame<'a> {
    words: Vec<&'a [u8]>,
    turns: Vec<&'a [u8]>,
    ids: Vec<Id<'a>>,
}

/// Something that may tell one conversation from another.
struct Id<'a> {
    label: Label<'a>,
    value: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label<'a> {
    /// `session=…`.
    Named(&'a [u8]),
    /// `[811]`, `(3)`.
    Bracket,
    /// An address with its port.
    Socket,
    /// A number or a word with digits, whatever it means.
    Plain,
}

/// How well the numbers of two lines must agree that nothing names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// All of them.
    Whole,
    /// None of them: the words of both lines tell enough.
    None,
    /// One in two: the number of a thread may change within one conversation.
    Half,
}

/// The longest beginning of a line that is looked at, in bytes.
const FRAME_BYTES: usize = 512;

/// How many words of two lines may differ, and how many must not.
const DIFFERING: &[(usize, usize)] = &[(0, 0), (1, 1), (2, 4)];

impl<'a> Frame<'a> {
    /// The frame of `line` around what was said in it.
    pub fn of(line: &'a [u8], said: Range<usize>, terms: &Conversation) -> Self {
        let mut frame = Self::nothing();
        let before = &line[said.start.saturating_sub(FRAME_BYTES)..said.start];
        frame.read(before, terms, true);
        frame.read(&line[said.end..line.len().min(said.end + FRAME_BYTES)], terms, false);
        frame
    }

    /// The frame of nothing but what was said.
    pub fn nothing() -> Self {
        Self { words: Vec::new(), turns: Vec::new(), ids: Vec::new() }
    }

    /// The frame of a line of an event's dump: the words of the line, and what tells the event's connection.
    pub fn of_event(event: &'a [u8], line: &'a [u8], said: Range<usize>, terms: &Conversation) -> Self {
        let mut frame = Self::of(line, said, terms);
        frame.ids.clear();
        let mut whole = Self::nothing();
        whole.read(&event[..event.len().min(FRAME_BYTES)], terms, false);
        frame.ids.extend(whole.ids.into_iter().filter(|id| matches!(id.label, Label::Named(_))));
        frame
    }

    /// Whether nothing but lines that follow each other makes a conversation.
    pub fn is_bare(&self) -> bool {
        self.words.is_empty() && self.ids.is_empty()
    }

    /// Whether something in the line tells its conversation from others.
    pub fn is_identified(&self) -> bool {
        self.ids.iter().any(|id| id.label != Label::Plain)
    }

    /// Whether the line tells who speaks.
    pub fn tells_turn(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Whether both lines are of one conversation.
    pub fn continues(&self, other: &Self, agreement: Agreement) -> bool {
        self.same_words(other) && self.same_ids(other, agreement)
    }

    /// Whether the ids of both lines agree.
    pub fn same_ids(&self, other: &Self, agreement: Agreement) -> bool {
        let strong = self.ids.iter().map(|id| id.label).filter(|label| *label != Label::Plain);
        for label in strong {
            let (mine, theirs) = (self.values(label), other.values(label));
            if theirs.is_empty() && (label == Label::Socket || matches!(label, Label::Named(_))) {
                continue;
            }
            let shared = mine.iter().filter(|value| theirs.contains(value)).count();
            if shared == 0 || mine.len() == theirs.len() && shared < mine.len() {
                return false;
            }
        }
        let (mine, theirs) = (self.values(Label::Plain), other.values(Label::Plain));
        let shared = mine.iter().filter(|value| theirs.contains(value)).count();
        let most = mine.len().max(theirs.len());
        match agreement {
            Agreement::Whole => shared == most,
            Agreement::Half => shared * 2 >= most,
            Agreement::None => true,
        }
    }

    /// Whether the same side speaks in both lines, as far as they tell.
    pub fn same_turn(&self, other: &Self) -> bool {
        same(&self.turns, &other.turns)
    }

    /// Whether both lines tell who speaks, and it is somebody else.
    pub fn other_turn(&self, other: &Self) -> bool {
        !self.turns.is_empty() && !other.turns.is_empty() && !same(&self.turns, &other.turns)
    }

    fn values(&self, label: Label<'_>) -> Vec<&'a [u8]> {
        self.ids.iter().filter(|id| id.label.same(&label)).map(|id| id.value).collect()
    }

    fn same_words(&self, other: &Self) -> bool {
        let mut theirs: Vec<&[u8]> = other.words.clone();
        let mut common = 0;
        for word in &self.words {
            if let Some(at) = theirs.iter().position(|t| t.eq_ignore_ascii_case(word)) {
                theirs.swap_remove(at);
                common += 1;
            }
        }
        let differing = self.words.len().max(other.words.len()) - common;
        DIFFERING.iter().any(|&(allowed, needed)| differing == allowed && common >= needed)
    }

    /// Reads the words and ids of `text`; `words` where it stands before what was said.
    fn read(&mut self, text: &'a [u8], terms: &Conversation, words: bool) {
        let chunks = Chunks { text, at: 0 };
        let mut label: &[u8] = b"";
        let mut month = false;
        let mut last = 0;
        for span in chunks {
            let gap = &text[last..span.start];
            last = span.end;
            if words {
                self.turn(gap);
            }
            let chunk = &text[span.clone()];
            // The letter of a Python string belongs to its quote.
            if matches!(chunk, b"b" | b"u" | b"r") && matches!(text.get(span.end), Some(b'"' | b'\'')) {
                continue;
            }
            let colon = text.get(span.end) == Some(&b':');
            let assigned = gap.iter().any(|b| matches!(b, b'=' | b':')) && gap.len() <= 4;
            if !chunk.iter().any(u8::is_ascii_digit) {
                if assigned && terms.is_label(label) && !colon {
                    self.ids.push(Id { label: Label::Named(label), value: chunk });
                } else if words {
                    self.words_of(chunk, terms);
                }
                month = terms.is_noise(chunk) && chunk.len() == 3;
                label = chunk;
                continue;
            }
            let day = std::mem::take(&mut month) && chunk.len() <= 2;
            if !day && !is_time(chunk) {
                let value = Id::of(text, &span, label, assigned, terms);
                let kept = words || matches!(value, Some(Id { label: Label::Named(_), .. }));
                self.ids.extend(value.filter(|_| kept));
            }
            label = chunk;
        }
        if words {
            self.turn(&text[last..]);
        }
    }

    /// Angle brackets between the chunks, which often say who speaks.
    fn turn(&mut self, gap: &'a [u8]) {
        let arrow = |b: &u8| matches!(b, b'<' | b'>');
        if let Some(start) = gap.iter().position(arrow) {
            let length = gap[start..].iter().position(|b| !arrow(b)).unwrap_or(gap.len() - start);
            self.turns.push(&gap[start..start + length]);
        }
    }

    fn words_of(&mut self, chunk: &'a [u8], terms: &Conversation) {
        for word in chunk.split(|b| !b.is_ascii_alphabetic() && *b < 0x80).filter(|word| !word.is_empty()) {
            if terms.is_turn(word) {
                self.turns.push(word);
            } else if !terms.is_noise(word) {
                self.words.push(word);
            }
        }
    }
}

impl<'a> Id<'a> {
    /// What the chunk with digits at `span` tells.
    fn of(text: &'a [u8], span: &Range<usize>, label: &'a [u8], assigned: bool, terms: &Conversation) -> Option<Self> {
        let value = &text[span.clone()];
        let name = label.rsplit(|b| !b.is_ascii_alphanumeric() && *b != b'_').next().unwrap_or(label);
        if terms.is_label(name) && !name.is_empty() {
            return Some(Self { label: Label::Named(name), value });
        }
        // `bytes=18`, `"seq":4`: a field that is no conversation's.
        let before = text[..span.start].last().copied();
        if assigned && before != Some(b' ') && before != Some(b'\t') {
            return None;
        }
        let closed = matches!(
            (before, text.get(span.end)),
            (Some(b'['), Some(b']')) | (Some(b'('), Some(b')')) | (Some(b'<'), Some(b'>'))
        );
        // A challenge's code is said, wherever it stands.
        if value == b"334" {
            return None;
        }
        if closed && value.iter().all(u8::is_ascii_digit) {
            return Some(Self { label: Label::Bracket, value });
        }
        let socket = value.iter().rposition(|&b| b == b':').is_some_and(|at| {
            at > 6
                && value.len() - at > 3
                && value[at + 1..].iter().all(u8::is_ascii_digit)
                && value[..at].contains(&b'.')
        });
        Some(Self { label: if socket { Label::Socket } else { Label::Plain }, value })
    }
}

impl Label<'_> {
    fn same(&self, other: &Label<'_>) -> bool {
        match (self, other) {
            (Label::Named(a), Label::Named(b)) => a.eq_ignore_ascii_case(b),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

fn same(a: &[&[u8]], b: &[&[u8]]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// Runs of bytes between blanks, quotes and brackets, the punctuation at their ends left out.
struct Chunks<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for Chunks<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let stop = |i: usize| {
            let byte = self.text[i];
            let digit = |i: Option<usize>| i.and_then(|i| self.text.get(i)).is_some_and(u8::is_ascii_digit);
            byte.is_ascii_whitespace()
                || byte.is_ascii_control()
                || b"\"'`[](){}<>|;=\\".contains(&byte)
                || byte == b',' && !(digit(i.checked_sub(1)) && digit(Some(i + 1)))
        };
        loop {
            let start = (self.at..self.text.len()).find(|&i| !stop(i))?;
            let end = (start..self.text.len()).find(|&i| stop(i)).unwrap_or(self.text.len());
            self.at = end;
            let inner = |i: &usize| self.text[*i].is_ascii_alphanumeric() || self.text[*i] >= 0x80;
            if let (Some(first), Some(last)) = ((start..end).find(inner), (start..end).rfind(inner)) {
                return Some(first..last + 1);
            }
        }
    }
}

/// `10:00:00.123`, `2026-03-12T10:00:00+01:00`, `12-Oct-2026`, `1773307990.118201`.
fn is_time(chunk: &[u8]) -> bool {
    let shape = |b: &u8| b.is_ascii_digit() || b":-/.,+TZ".contains(b);
    let separators = chunk.iter().filter(|b| b":-/".contains(b)).count();
    if chunk.iter().all(shape) {
        let dots = chunk.iter().filter(|&&b| b == b'.').count();
        return separators >= 2 || dots == 1 && separators == 0 || chunk.len() >= 10 && dots == 0 && separators == 0;
    }
    // With the name of a month between its hyphens or slashes.
    separators >= 2
        && chunk.first().is_some_and(u8::is_ascii_digit)
        && chunk.iter().filter(|b| b.is_ascii_alphabetic() && **b != b'T' && **b != b'Z').count() <= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    fn continues(a: &str, b: &str, agreement: Agreement) -> bool {
        let rules = RuleSet::builtin().unwrap();
        let frame = |line: &'static str| {
            let at = line.find('§').unwrap();
            Frame::of(line.as_bytes(), at..at + 2, rules.conversation())
        };
        frame(Box::leak(a.into())).continues(&frame(Box::leak(b.into())), agreement)
    }

    #[test]
    fn lines_of_one_conversation_differ_in_time_and_speaker_only() {
        for (a, b) in [
            ("§", "§"),
            ("CLIENT -> SERVER: §", "SERVER -> CLIENT: §"),
            ("Mar 12 10:00:00 mx smtpd[811]: > §", "Mar 13 10:00:01 mx smtpd[811]: < §"),
            ("2026-03-12 10:00:00,123 DEBUG mail.imap S: §", "2026-03-12 10:00:01,001 INFO mail.imap C: §"),
            (
                r#"{"ts":1773307990,"session":"b7","seq":4,"line":"§"}"#,
                r#"{"ts":1773307991,"session":"b7","seq":5,"line":"§"}"#,
            ),
            ("198.51.100.7:50288 > 192.0.2.1:25 §", "192.0.2.1:25 > 198.51.100.7:50288 §"),
            ("(12) Reply: §", "(12) Request: §"),
        ] {
            assert!(continues(a, b, Agreement::Whole), "{a} / {b}");
        }
    }

    #[test]
    fn another_session_or_another_program_is_another_conversation() {
        for (a, b) in [
            ("mx smtpd[811]: > §", "mx smtpd[812]: < §"),
            ("(12) Reply: §", "(13) Request: §"),
            (r#"{"session":"b7","line":"§"}"#, r#"{"session":"c7","line":"§"}"#),
            ("198.51.100.7:50288 > §", "198.51.100.7:50289 < §"),
            ("S: §", "Connection lost by peer, last word §"),
            ("mx smtpd: §", "mx cleanup started for queue §"),
        ] {
            assert!(!continues(a, b, Agreement::Half), "{a} / {b}");
        }
    }

    #[test]
    fn the_number_of_a_thread_may_change() {
        let (a, b) = (r#""SMTPD" 15356 2564 "SENT: §"#, r#""SMTPD" 15357 2564 "RECEIVED: §"#);
        assert!(!continues(a, b, Agreement::Whole));
        assert!(continues(a, b, Agreement::Half));
    }
}
