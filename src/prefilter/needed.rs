//! Triggers that are none unless a certain byte follows, found from that byte.
//!
//! `://` stands in every other line of an access log, hardly ever with an `@` in the same word. To stop at each and look
//! ahead took a third of the time of a search; the `@` is rarer.

use super::{FOLLOWS, Hit, Trigger};

/// The triggers that need one and the same byte.
pub(super) struct Needed {
    pub byte: u8,
    triggers: Vec<(u16, Trigger)>,
}

impl Needed {
    /// A group for each byte that some trigger needs.
    pub fn of(triggers: &[Trigger]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (index, trigger) in triggers.iter().enumerate() {
            let Some(byte) = trigger.needs.filter(|_| !trigger.text.is_empty()) else { continue };
            let one = (index as u16, trigger.clone());
            match groups.iter_mut().find(|group| group.byte == byte) {
                Some(group) => group.triggers.push(one),
                None => groups.push(Self { byte, triggers: vec![one] }),
            }
        }
        groups
    }

    /// The occurrences that the needed byte at `at` makes valid: those behind the last byte before it that ends a search.
    pub fn hits(&self, bytes: &[u8], at: usize, mut found: impl FnMut(Hit)) {
        let least = (at + 1).saturating_sub(FOLLOWS);
        let start = memchr::memrchr3(b' ', b'"', self.byte, &bytes[least..at]).map_or(least, |end| least + end + 1);
        for (index, trigger) in &self.triggers {
            let (one, other) = (trigger.text[0].to_ascii_lowercase(), trigger.text[0].to_ascii_uppercase());
            for offset in memchr::memchr2_iter(one, other, &bytes[start..=at]).map(|i| start + i) {
                if trigger.begins(&bytes[offset..]) {
                    found(Hit { offset, trigger: *index });
                }
            }
        }
    }

    /// The same for the first byte from `start` on that ends a search, if it is the needed one.
    pub fn first_hits(&self, bytes: &[u8], start: usize, found: impl FnMut(Hit)) {
        let rest = &bytes[start..bytes.len().min(start.saturating_add(FOLLOWS))];
        match memchr::memchr3(b' ', b'"', self.byte, rest) {
            Some(end) if rest[end] == self.byte => self.hits(bytes, start + end, found),
            _ => (),
        }
    }
}
