//! Six four-bit views of four neighbouring bytes, and sets over them.
//!
//! A shuffle instruction looks up sixteen values at once, so every test the fast search makes is "is this four-bit
//! index in that set". The usual choice, the low and the high half of each byte, wastes half of its eight tests on
//! text: nearly all bytes are letters, whose high halves say next to nothing. Mixing halves with one another lets six
//! tests tell more than those eight, so more triggers can share a bucket. Which mixtures do best was found by trial on
//! real logs. No lookup sees bit 5, the case of a letter, so ignoring the case costs nothing.

/// How many bytes a window has, at most.
pub(super) const WIDTH: usize = 4;

/// How many four-bit lookups one table makes.
pub(super) const LOOKUPS: usize = 6;

/// The bits of a byte's high half that take part: all but the case bit.
pub(super) const HIGH: u8 = 0x0d;

/// The index, below sixteen, that each lookup sees for the four bytes at a position. The first two lookups see byte 0,
/// the next three bytes 1 and 2, the last byte 3.
pub(super) fn indices(bytes: [u8; WIDTH]) -> [u8; LOOKUPS] {
    let low = bytes.map(|byte| byte & 0x0f);
    let high = bytes.map(|byte| byte >> 4 & HIGH);
    [low[0], high[0] ^ low[0], low[1] ^ low[2], high[1] ^ low[2], high[2], low[3]]
}

/// For each lookup, the set of indices that pass it. A position is a candidate when it passes all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Admitted(pub(super) [u16; LOOKUPS]);

impl Admitted {
    /// What a window admits: its bytes, in either case, and any byte after its end.
    pub(super) fn by(window: &[u8]) -> Self {
        let spellings: [Vec<u8>; WIDTH] =
            std::array::from_fn(|j| window.get(j).map_or_else(|| (0..=u8::MAX).collect(), |byte| vec![*byte]));
        let mut sets = Self::default();
        // A lookup sees byte 0, or byte 3, or some of bytes 1 and 2: only these two need be varied together.
        for &b in &spellings[1] {
            for &c in &spellings[2] {
                sets.add(indices([spellings[0][0], b, c, spellings[3][0]]));
            }
        }
        let (b, c) = (spellings[1][0], spellings[2][0]);
        spellings[0].iter().for_each(|&a| sets.add(indices([a, b, c, spellings[3][0]])));
        spellings[3].iter().for_each(|&d| sets.add(indices([spellings[0][0], b, c, d])));
        sets
    }

    fn add(&mut self, seen: [u8; LOOKUPS]) {
        self.0.iter_mut().zip(seen).for_each(|(set, index)| *set |= 1 << index);
    }

    /// What either admits.
    pub(super) fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k] | other.0[k]))
    }
}
