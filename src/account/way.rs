//! How far apart two places of a record are by its structure: the brackets, or the tags, to be left and entered between.

use std::ops::Range;

use crate::rule::Syntax;

/// A way through a text in one direction, which counts brackets as it goes.
pub(super) struct Way {
    at: usize,
    low: i32,
    depth: i32,
    /// Elements are objects too.
    tags: bool,
}

impl Way {
    /// From the byte at `at`.
    pub(super) fn from(at: usize) -> Self {
        Self { at, low: 0, depth: 0, tags: false }
    }

    /// Backward and forward from the secret at `at` under `key`. An element's own tags are no way.
    pub(super) fn both(text: &[u8], at: &Range<usize>, key: &Range<usize>, syntax: Option<Syntax>) -> (Self, Self) {
        let tags = matches!(syntax, Some(Syntax::XmlElement | Syntax::XmlAttribute));
        let element = syntax == Some(Syntax::XmlElement) && key.start > 0 && key.start < at.start;
        if !element {
            return (Self { tags, ..Self::from(at.start) }, Self { tags, ..Self::from(at.start) });
        }
        let closing = text[at.end..].iter().take(CLOSING_BYTES).position(|&b| b == b'>');
        let behind = closing.map_or(at.end, |length| at.end + length + 1);
        (Self { tags, ..Self::from(tag_of(text, key.start)) }, Self { tags, ..Self::from(behind) })
    }

    /// How many brackets must be left or entered from where the way began up to `to`, which is no nearer to that than
    /// the place that was asked for before.
    pub(super) fn brackets(&mut self, text: &[u8], to: usize) -> usize {
        // The tag of an element that names the account is no way either.
        let to = if self.tags { tag_of(text, to) } else { to };
        if self.at <= to {
            for i in self.at..to {
                self.step(self.delta(text, i));
            }
        } else {
            for i in (to..self.at).rev() {
                self.step(-self.delta(text, i));
            }
        }
        self.at = to;
        (self.depth - 2 * self.low).max(0) as usize
    }

    fn step(&mut self, delta: i32) {
        self.depth += delta;
        self.low = self.low.min(self.depth);
    }

    /// Whether the byte at `i` opens something (1), closes it (-1) or does neither.
    fn delta(&self, text: &[u8], i: usize) -> i32 {
        match text[i] {
            b'{' | b'[' | b'(' => 1,
            b'}' | b']' | b')' => -1,
            b'<' if self.tags => match text.get(i + 1) {
                Some(b'/') => -1,
                Some(next) if next.is_ascii_alphabetic() => 1,
                _ => 0,
            },
            b'>' if self.tags && i > 0 && text[i - 1] == b'/' => -1,
            _ => 0,
        }
    }
}

/// How far behind the text of an element the end of its closing tag is looked for, in bytes.
const CLOSING_BYTES: usize = 64;

/// Where the tag begins whose name holds the key at `key`, whatever its prefix: `<wsse:Username>`. The key itself where it
/// is none of a tag's.
fn tag_of(text: &[u8], key: usize) -> usize {
    let low = key.saturating_sub(PREFIX_BYTES);
    let prefix = |b: &u8| b.is_ascii_alphanumeric() || b":_-.".contains(b);
    let open = text[low..key].iter().rposition(|b| !prefix(b)).map(|i| low + i);
    open.filter(|&open| text[open] == b'<').unwrap_or(key)
}

/// The longest prefix of a tag's name, in bytes.
const PREFIX_BYTES: usize = 32;

/// How many brackets must be left or entered on the way from one place to the other.
pub(super) fn brackets_between(text: &[u8], a: usize, b: usize) -> usize {
    Way::from(a).brackets(text, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_tags_are_counted() {
        let find = |text: &[u8], what: &str| memchr::memmem::find(text, what.as_bytes()).unwrap();
        let json = br#"{"a":{"user":1},"b":{"pass":2,"user2":3}}"#;
        assert_eq!(brackets_between(json, find(json, "pass"), find(json, "user\"")), 2);
        assert_eq!(brackets_between(json, find(json, "pass"), find(json, "user2")), 0);
        let xml = b"<r><a><user>u</user></a><b><pass>S</pass><mail>m</mail></b></r>";
        let (at, key) = (find(xml, "S<"), find(xml, "pass"));
        let (mut back, mut on) = Way::both(xml, &(at..at + 1), &(key..key + 4), Some(Syntax::XmlElement));
        assert_eq!(tag_of(b"<s:user>", 3), 0);
        assert_eq!((back.brackets(xml, find(xml, "user")), on.brackets(xml, find(xml, "mail"))), (2, 0));
    }
}
