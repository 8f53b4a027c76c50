//! A zip whose only member is itself, to whatever depth one unpacks it.
//!
//! Its text repeats itself as a program does that prints its own source: of the two things that deflate can say, "the next
//! bytes are" and "repeat the last bytes", each announces the other. Every announcement is made ten bytes long, so that
//! their numbers need no solving. The idea is Russ Cox's (research.swtch.com/zip); the checksum, which covers itself,
//! is not searched for as he did but solved: it is linear in its bits.

use super::pack::{How, Zip, inflate};
use super::*;

/// Bytes of an announcement.
const UNIT: usize = 10;

/// Bits from the lowest of the first byte on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn bit(&mut self, bit: usize) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        *self.bytes.last_mut().unwrap() |= (bit as u8 & 1) << (self.count % 8);
        self.count += 1;
    }

    /// A number, its lowest bit first.
    fn number(&mut self, value: usize, bits: usize) {
        (0..bits).for_each(|i| self.bit(value >> i));
    }

    /// A code, its highest bit first.
    fn code(&mut self, value: usize, bits: usize) {
        (0..bits).rev().for_each(|i| self.bit(value >> i));
    }

    /// Codes of deflate begin with where the highest bit of a number is and some bits behind it; the others follow.
    fn split(value: usize, behind: usize) -> (usize, usize) {
        let rest = (value | 1).ilog2().saturating_sub(behind as u32) as usize;
        ((rest << behind) + (value >> rest), rest)
    }

    /// `length` bytes from `distance` before.
    fn copy(&mut self, length: usize, distance: usize) {
        let (code, rest) = Self::split(length - 3, 2);
        self.code(code + 1, 7);
        self.number(length - 3, rest);
        let (code, rest) = Self::split(distance - 1, 1);
        self.code(code, 5);
        self.number(distance - 1, rest);
    }
}

/// "Nothing follows", "the next `count` bytes are".
fn literal(count: usize) -> Vec<u8> {
    let stored = |count: u16| [&[0][..], &count.to_le_bytes(), &(!count).to_le_bytes()].concat();
    [stored(0), stored(count as u16)].concat()
}

/// "Repeat the last bytes", by these copies of that distance.
fn copies(lengths: &[usize], last: bool) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.number(usize::from(last) | 1 << 1, 3);
    lengths.iter().for_each(|&length| bits.copy(length, lengths.iter().sum()));
    bits.code(0, 7);
    if !last {
        // "Nothing follows", which ends with a byte.
        bits.number(0, 3);
        bits.bytes.extend([0, 0, 0xff, 0xff]);
    }
    bits.bytes
}

/// "Repeat the last `count` bytes".
fn repeat(count: usize) -> Vec<u8> {
    let ways = (3..count - 2).map(|first| copies(&[first, count - first], false));
    ways.into_iter().find(|way| way.len() == UNIT).expect("some way has the length")
}

/// What an archive of this one member has before and behind its data.
fn around(name: &str, packed: usize, size: usize, crc: u32) -> (Vec<u8>, Vec<u8>) {
    let mut zip = Zip::default();
    zip.add_data(name, &vec![0; packed], size as u64, crc, How { method: 8, ..How::default() });
    let whole = zip.finish(false);
    let begin = 30 + name.len();
    (whole[..begin].to_vec(), whole[begin + packed..].to_vec())
}

/// The deflated data, for what stands before and behind it in the file.
fn packed(before: &[u8], behind: &[u8]) -> Vec<u8> {
    let last = |rest: usize| copies(&[behind.len() + rest], true);
    let end = last(last(0).len());
    let (lb, rb) = (literal(before.len() + UNIT), repeat(before.len() + UNIT));
    let (l0, l1, l4, r4) = (literal(0), literal(UNIT), literal(4 * UNIT), repeat(4 * UNIT));
    let le = literal(behind.len() + end.len());
    let said: [&[u8]; 32] = [
        &lb, before, &lb, &rb, &l1, &rb, &l1, &l1, &l4, &rb, &l1, &l1, &l4, &r4, &l4, &r4, &l4, &r4, &l4, &r4, &l4,
        &r4, &l0, &l0, &le, &r4, &l0, &l0, &le, &end, behind, &end,
    ];
    said.concat()
}

fn quine(name: &str, crc: u32) -> Vec<u8> {
    let (before, behind) = around(name, 0, 0, 0);
    let length = packed(&before, &behind).len();
    let (before, behind) = around(name, length, before.len() + length + behind.len(), crc);
    let data = packed(&before, &behind);
    assert!(inflate(&data) == [&before[..], &data, &behind].concat(), "it unpacks to itself");
    [before, data, behind].concat()
}

/// The checksum of a file that holds it, if there is one: the sum of its bits' own contributions, each as it is.
fn checksum(of: impl Fn(u32) -> Vec<u8>) -> Option<u32> {
    let sum = |crc: u32| crc32fast::hash(&of(crc));
    let none = sum(0);
    let mut basis: Vec<(u32, u32)> = Vec::new();
    let reduced = |basis: &[(u32, u32)], mut value: u32, mut bits: u32| {
        for &(other, its) in basis {
            if value ^ other < value {
                (value, bits) = (value ^ other, bits ^ its);
            }
        }
        (value, bits)
    };
    for bit in (0..32).map(|i| 1 << i) {
        let one = reduced(&basis, bit ^ sum(bit) ^ none, bit);
        if one.0 != 0 {
            basis.push(one);
            basis.sort_by(|a, b| b.cmp(a));
        }
    }
    let (left, bits) = reduced(&basis, none, 0);
    (left == 0).then_some(bits)
}

/// It ends at the depth limit, which is named, and is damaged nowhere.
#[test]
fn a_zip_that_holds_itself_ends() {
    let named = |i: usize| format!("{i:05}.zip");
    let name = (0..).map(named).find(|name| checksum(|crc| quine(name, crc)).is_some()).unwrap();
    let crc = checksum(|crc| quine(&name, crc)).unwrap();
    let bytes = quine(&name, crc);
    assert_eq!(crc32fast::hash(&bytes), crc, "it knows its own checksum");
    let (_, outcome) = members_of(&bytes, &small(1000));
    assert_eq!(reasons(&outcome), [SkipReason::DepthLimit]);
    let deepest = outcome.skipped[0].member.as_ref().unwrap();
    assert!(deepest.split("!/").all(|step| step == name) && deepest.contains("!/"), "{deepest}");
}
