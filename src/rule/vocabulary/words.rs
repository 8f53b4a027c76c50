//! The words that a key consists of.

/// The longest key that is looked at, in bytes; of a longer one only its end names anything.
const KEY_BYTES: usize = 96;

/// A key's words in lower case, without allocation where the key is ASCII.
pub(in crate::rule) struct Words {
    text: [u8; KEY_BYTES * 2],
    ends: [u8; 16],
    count: usize,
}

impl Default for Words {
    fn default() -> Self {
        Self { text: [0; KEY_BYTES * 2], ends: [0; 16], count: 0 }
    }
}

impl Words {
    /// Splits at punctuation, at digits and where the case changes. Words are kept with one space between them.
    pub(in crate::rule) fn split(&mut self, key: &[u8]) {
        let key = &key[key.len().saturating_sub(KEY_BYTES)..];
        if key.is_ascii() {
            return self.split_cased(key, u8::is_ascii_uppercase);
        }
        // Other scripts: lower case by Unicode, no case borders.
        let lower = String::from_utf8_lossy(key).to_lowercase();
        self.split_cased(lower.as_bytes(), |_| false);
    }

    fn split_cased(&mut self, key: &[u8], upper: impl Fn(&u8) -> bool) {
        let mut at = 0usize;
        let mut begin = 0usize;
        let class = |b: u8| if b.is_ascii_digit() { 1 } else { u8::from(b.is_ascii_alphabetic() || b >= 0x80) * 2 };
        for (i, &byte) in key.iter().enumerate() {
            let now = class(byte);
            let before = if i == 0 { 0 } else { class(key[i - 1]) };
            let camel = upper(&byte)
                && i > 0
                && (!upper(&key[i - 1]) && before == 2
                    || upper(&key[i - 1]) && key.get(i + 1).is_some_and(|n| n.is_ascii_lowercase()));
            // Digits inside a short word belong to it: md5, b64, sha1.
            let joins = now == 1 && before == 2 && matches!(key[begin_of(key, i)..i].len(), 1..=3);
            if (now != before && !joins || camel) && at > begin {
                begin = self.close(at);
                at = begin;
                if self.count == self.ends.len() {
                    return;
                }
            }
            if now != 0 && at < self.text.len() - 1 {
                self.text[at] = byte.to_ascii_lowercase();
                at += 1;
            }
        }
        if at > begin {
            self.close(at);
        }
    }

    fn close(&mut self, end: usize) -> usize {
        self.text[end] = b' ';
        self.ends[self.count] = end as u8;
        self.count += 1;
        end + 1
    }

    pub(in crate::rule) fn len(&self) -> usize {
        self.count
    }

    fn begin(&self, i: usize) -> usize {
        if i == 0 { 0 } else { usize::from(self.ends[i - 1]) + 1 }
    }

    pub(in crate::rule) fn get(&self, i: usize) -> &[u8] {
        &self.text[self.begin(i)..usize::from(self.ends[i])]
    }

    pub(in crate::rule) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.count).map(|i| self.get(i))
    }

    pub(super) fn phrase(&self, begin: usize, end: usize) -> &[u8] {
        if begin >= end { &[] } else { &self.text[self.begin(begin)..usize::from(self.ends[end - 1])] }
    }
}

/// Where the run of letters before `end` begins.
fn begin_of(key: &[u8], end: usize) -> usize {
    let letters = key[..end].iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    end - letters
}

/// How words end: refuses most keys within a few steps. Every key of every record that leaks is asked.
pub(super) struct Ends {
    /// For each last letter the letters that stand before it in some word.
    before: [u32; 26],
    /// Whether a word ends in a digit.
    digit: bool,
}

impl Ends {
    /// The ends of words in lower case.
    pub(super) fn of<'w>(words: impl Iterator<Item = &'w [u8]>) -> Self {
        let mut ends = Self { before: [0; 26], digit: false };
        for word in words {
            match word {
                [.., last] if last.is_ascii_digit() => ends.digit = true,
                [.., before, last] if letter(*last).is_some() => {
                    // A letter alone may stand behind anything.
                    let before = letter(*before).map_or(u32::MAX, |before| 1 << before);
                    letter(*last).into_iter().for_each(|last| ends.before[last] |= before);
                }
                [last] => letter(*last).into_iter().for_each(|last| ends.before[last] = u32::MAX),
                _ => {}
            }
        }
        ends
    }

    /// Whether the last word of `key` may be one of these. False only where it is none.
    pub(super) fn may_end(&self, key: &[u8]) -> bool {
        match key {
            [.., last] if last.is_ascii_digit() => self.digit && !key.iter().all(u8::is_ascii_digit),
            [.., before, last] => match (letter(*before), letter(*last)) {
                (Some(before), Some(last)) => self.before[last] >> before & 1 == 1,
                _ => true,
            },
            _ => true,
        }
    }
}

/// The place of a letter in the alphabet, whatever its case.
fn letter(byte: u8) -> Option<usize> {
    byte.is_ascii_alphabetic().then(|| usize::from(byte.to_ascii_lowercase() - b'a'))
}
