//! What lines are put together from. Formatting by hand: `write!` would take longer than the disk.

/// Appends the pieces in order.
macro_rules! put {
    ($out:expr; $($piece:expr),+ $(,)?) => {{ $($crate::synthetic::piece::Piece::put(&$piece, $out);)+ }};
}
pub(super) use put;

/// Something that a line holds.
pub trait Piece {
    fn put(&self, out: &mut Vec<u8>);
}

impl Piece for &str {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl Piece for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut digits = [0; 10];
        let mut at = digits.len();
        let mut rest = *self;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        out.extend_from_slice(&digits[at..]);
    }
}

/// SplitMix64: small, quick, and the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// Less than `bound`, every number about as often.
    pub fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }

    pub fn address(&mut self) -> Address {
        Address(self.next() as u32)
    }
}

/// Milliseconds since the log began; about ten lines a second, and 28 days until it begins anew.
#[derive(Default)]
pub struct Clock(u64);

impl Clock {
    const DAYS: u64 = 28;

    pub fn advance(&mut self, random: &mut Random) {
        self.0 = (self.0 + u64::from(random.below(200))) % (Self::DAYS * 86_400_000);
    }

    /// Day of March 2026, hour, minute, second, millisecond.
    fn fields(&self) -> [u32; 5] {
        let seconds = self.0 / 1000;
        [
            (seconds / 86_400) as u32 + 1,
            (seconds / 3600 % 24) as u32,
            (seconds / 60 % 60) as u32,
            (seconds % 60) as u32,
            (self.0 % 1000) as u32,
        ]
    }

    /// `01/Mar/2026:10:11:12 +0000`
    pub fn access(&self) -> Access {
        Access(self.fields())
    }

    /// `2026-03-01T10:11:12.345Z`
    pub fn iso(&self) -> Iso {
        Iso(self.fields())
    }

    /// `Mar  1 10:11:12`
    pub fn syslog(&self) -> Syslog {
        Syslog(self.fields())
    }
}

pub struct Access([u32; 5]);

impl Piece for Access {
    fn put(&self, out: &mut Vec<u8>) {
        let [day, hour, minute, second, _] = self.0;
        put!(out; Two(day), "/Mar/2026:", Two(hour), ":", Two(minute), ":", Two(second), " +0000");
    }
}

pub struct Iso([u32; 5]);

impl Piece for Iso {
    fn put(&self, out: &mut Vec<u8>) {
        let [day, hour, minute, second, milli] = self.0;
        put!(out; "2026-03-", Two(day), "T", Two(hour), ":", Two(minute), ":", Two(second), ".");
        put!(out; Digit(milli / 100), Two(milli % 100), "Z");
    }
}

pub struct Syslog([u32; 5]);

impl Piece for Syslog {
    fn put(&self, out: &mut Vec<u8>) {
        let [day, hour, minute, second, _] = self.0;
        put!(out; if day < 10 { "Mar  " } else { "Mar " }, day, " ");
        put!(out; Two(hour), ":", Two(minute), ":", Two(second));
    }
}

/// Its last two digits.
pub struct Two(pub u32);

impl Piece for Two {
    fn put(&self, out: &mut Vec<u8>) {
        put!(out; Digit(self.0 / 10), Digit(self.0));
    }
}

struct Digit(u32);

impl Piece for Digit {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(b'0' + (self.0 % 10) as u8);
    }
}

/// An IPv4 address of `10.0.0.0/8`.
#[derive(Clone, Copy)]
pub struct Address(u32);

impl Piece for Address {
    fn put(&self, out: &mut Vec<u8>) {
        let [_, b, c, d] = self.0.to_be_bytes().map(u32::from);
        put!(out; "10.", b, ".", c, ".", d);
    }
}

/// 16 lower-case hexadecimal digits.
#[derive(Clone, Copy)]
pub struct Hex(pub u64);

impl Piece for Hex {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend((0..16).rev().map(|i| b"0123456789abcdef"[(self.0 >> (4 * i)) as usize & 15]));
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes in base64, padded.
pub struct Base64<'a>(pub &'a [u8]);

impl Piece for Base64<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        for triple in self.0.chunks(3) {
            let byte = |i: usize| u32::from(triple.get(i).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            let sextet = |i: usize| if i > triple.len() { b'=' } else { BASE64[(bits >> (18 - 6 * i)) as usize & 63] };
            out.extend([sextet(0), sextet(1), sextet(2), sextet(3)]);
        }
    }
}
