//! What the fast searches see of four neighbouring bytes: a few small indices, and sets over them.
//!
//! A shuffle looks up 16 values at once, a permutation of AVX-512 64, so every test that a fast search makes is "is this
//! index in that set". No index sees bit 5, the case of a letter, so ignoring the case costs nothing.

/// How many bytes a window has, at most.
pub(super) const WIDTH: usize = 4;

/// The most lookups that a fingerprint makes.
pub(super) const LOOKUPS: usize = 6;

/// Lookups of [`Fingerprint::Halves`].
pub(super) const HALVES: usize = 6;

/// The bits of a byte's high half that take part in [`Fingerprint::Halves`]: all but the case bit.
pub(super) const HIGH: u8 = 0x0d;

/// A way to look at the bytes of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fingerprint {
    /// Six indices below 16. The usual choice, the low and the high half of each byte, wastes half of its eight tests
    /// on text: nearly all bytes are letters, whose high halves say next to nothing. Mixing halves with one another
    /// lets six tests tell more than those eight. Which mixtures do best was found by trial on real logs.
    Halves,
    /// An index below 64 for each of the four bytes: nearly as good as the byte itself.
    Bytes,
}

impl Fingerprint {
    /// How many different values an index has.
    pub fn values(self) -> usize {
        match self {
            Self::Halves => 16,
            Self::Bytes => 64,
        }
    }

    /// What each lookup sees of the bytes at a position. The first two lookups see byte 0, or bytes 0 and 1, the last
    /// two see nothing of the first byte. Lookups that are not made see zero.
    pub fn indices(self, bytes: [u8; WIDTH]) -> [u8; LOOKUPS] {
        match self {
            Self::Halves => {
                let low = bytes.map(|byte| byte & 0x0f);
                let high = bytes.map(|byte| byte >> 4 & HIGH);
                [low[0], high[0] ^ low[0], low[1] ^ low[2], high[1] ^ low[2], high[2], low[3]]
            }
            Self::Bytes => {
                let [a, b, c, d] = bytes.map(folded);
                [a, b, c, d, 0, 0]
            }
        }
    }
}

/// Six bits of a byte: all but the case, and the two highest as one.
pub(super) fn folded(byte: u8) -> u8 {
    byte & 0x1f | ((byte >> 6 ^ byte >> 7) & 1) << 5
}

/// For each lookup, the set of indices that pass it. A position is a candidate when it passes all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Admitted(pub(super) [u64; LOOKUPS]);

impl Admitted {
    /// What a window admits: its bytes, in either case, and any byte after its end.
    pub fn by(fingerprint: Fingerprint, window: &[u8]) -> Self {
        let spellings: [Vec<u8>; WIDTH] =
            std::array::from_fn(|j| window.get(j).map_or_else(|| (0..=u8::MAX).collect(), |byte| vec![*byte]));
        let mut sets = Self::default();
        let mut add = |bytes| {
            let seen = fingerprint.indices(bytes);
            sets.0.iter_mut().zip(seen).for_each(|(set, index)| *set |= 1 << index);
        };
        // A lookup sees byte 0, or byte 3, or some of bytes 1 and 2: only these two need be varied together, and where
        // both are free, what is seen of them together is the low half of byte 2.
        let together = if spellings[1].len() == 1 { spellings[2].len() } else { spellings[2].len().min(16) };
        for &b in &spellings[1] {
            for &c in &spellings[2][..together] {
                add([spellings[0][0], b, c, spellings[3][0]]);
            }
        }
        let (b, c) = (spellings[1][0], spellings[2][0]);
        spellings[2].iter().for_each(|&c| add([spellings[0][0], b, c, spellings[3][0]]));
        spellings[0].iter().for_each(|&a| add([a, b, c, spellings[3][0]]));
        spellings[3].iter().for_each(|&d| add([spellings[0][0], b, c, d]));
        sets
    }

    /// What either admits.
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k] | other.0[k]))
    }

    /// Whether all that `other` admits is admitted.
    pub fn covers(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| other & !own == 0)
    }
}

/// For `N` lookups and `V` indices, the buckets that admit them, a bit each.
pub(super) fn table<const V: usize, const N: usize>(buckets: &[Admitted]) -> [[u8; V]; N] {
    let admits = |k: usize, index: usize| {
        buckets.iter().enumerate().fold(0, |all, (bit, admitted)| all | ((admitted.0[k] >> index & 1) as u8) << bit)
    };
    std::array::from_fn(|k| std::array::from_fn(|index| admits(k, index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_window_admits_whatever_may_follow_it() {
        for fingerprint in [Fingerprint::Halves, Fingerprint::Bytes] {
            for window in [&b"@"[..], b"p", b":@", b"pwd"] {
                let admitted = Admitted::by(fingerprint, window);
                let mut every = Admitted::default();
                for rest in 0..1_u32 << (8 * 3_usize.min(WIDTH - window.len())) {
                    let mut bytes = [0; WIDTH];
                    bytes[..window.len()].copy_from_slice(window);
                    let free = rest.to_le_bytes();
                    bytes[window.len()..].copy_from_slice(&free[..WIDTH - window.len()]);
                    for (set, index) in every.0.iter_mut().zip(fingerprint.indices(bytes)) {
                        *set |= 1 << index;
                    }
                }
                assert!(admitted.covers(every) && every.covers(admitted), "{fingerprint:?} {window:?}");
            }
        }
    }
}
