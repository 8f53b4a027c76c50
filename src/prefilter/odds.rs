//! How often the text of a log passes a set of indices by chance: counted in the sample.

use super::fingerprint::{Admitted, LOOKUPS, WIDTH, indices};
use super::sample::SAMPLE;

/// A rough estimate so small that counting cannot matter: other scripts, binary.
const NEGLIGIBLE: f64 = 1e-7;

/// Words of a block.
const WORDS: usize = 8;

/// Some positions of the sample, a bit each.
type Block = [u64; WORDS];

/// What the sample says about logs.
pub(super) struct Odds {
    /// For each lookup and index, the positions at which the lookup sees the index.
    seen: [[Vec<Block>; 16]; LOOKUPS],
    /// For each lookup, the share of positions that pass each set of the low eight and of the high eight indices.
    rough: [[[f64; 256]; 2]; LOOKUPS],
    count: f64,
}

impl Odds {
    pub fn new() -> Self {
        let places = || SAMPLE.as_bytes().windows(WIDTH);
        let count = places().count();
        let blocks = count.div_ceil(64 * WORDS);
        let mut seen: [[Vec<Block>; 16]; LOOKUPS] =
            std::array::from_fn(|_| std::array::from_fn(|_| vec![[0; WORDS]; blocks]));
        for (at, bytes) in places().enumerate() {
            for (lookup, index) in seen.iter_mut().zip(indices([bytes[0], bytes[1], bytes[2], bytes[3]])) {
                lookup[usize::from(index)][at / (64 * WORDS)][at / 64 % WORDS] |= 1 << (at % 64);
            }
        }
        // One more than counted, so that nothing is taken for impossible.
        let total = (count + 16) as f64;
        let single = |k: usize, index: usize| f64::from(1 + ones(&seen[k][index])) / total;
        let singles: [[f64; 16]; LOOKUPS] = std::array::from_fn(|k| std::array::from_fn(|index| single(k, index)));
        let set = |of: &[f64], set: usize| (0..8).filter(|bit| set >> bit & 1 == 1).map(|bit| of[bit]).sum();
        let half = |of: &[f64]| std::array::from_fn(|s| set(of, s));
        let rough = std::array::from_fn(|k| [half(&singles[k][..8]), half(&singles[k][8..])]);
        Self { seen, rough, count: count as f64 }
    }

    /// The share of positions that pass, as if lookups were independent. Wrong by some factor, but a hundred times
    /// faster than [`Odds::share`], and never zero.
    pub fn rough(&self, admitted: &Admitted) -> f64 {
        let passes = |(odds, set): (&[[f64; 256]; 2], u16)| {
            let [low, high] = set.to_le_bytes().map(usize::from);
            odds[0][low] + odds[1][high]
        };
        self.rough.iter().zip(admitted.0).map(passes).product()
    }

    /// The share of positions that pass. Half of it is what the sample counts; since a few thousand positions cannot
    /// count what is rarer, the other half chains what stands at the first three bytes with what stands at the last
    /// three, given the two between. A trace of the rough estimate decides between equals.
    pub fn share(&self, admitted: &Admitted) -> f64 {
        let rough = self.rough(admitted);
        if rough < NEGLIGIBLE {
            return rough;
        }
        let (mut middle, mut front, mut back, mut all) = (0, 0, 0, 0);
        for block in 0..self.seen[0][0].len() {
            let passes: [Block; LOOKUPS] = std::array::from_fn(|k| self.union(k, admitted.0[k], block));
            (0..WORDS).for_each(|at| {
                let first = passes[0][at] & passes[1][at];
                let between = passes[2][at] & passes[3][at] & passes[4][at];
                let last = passes[5][at];
                middle += between.count_ones();
                front += (first & between).count_ones();
                back += (between & last).count_ones();
                all += (first & between & last).count_ones();
            });
        }
        let chained = f64::from(front) * f64::from(back) / f64::from(middle.max(1));
        (f64::from(all) + chained) / (2.0 * self.count) + rough / 1000.0
    }

    /// The positions of a block at which lookup `k` sees one of `set`.
    fn union(&self, k: usize, mut set: u16, block: usize) -> Block {
        let mut all = [0; WORDS];
        while set != 0 {
            let one = &self.seen[k][set.trailing_zeros() as usize][block];
            all.iter_mut().zip(one).for_each(|(to, from)| *to |= from);
            set &= set - 1;
        }
        all
    }
}

/// How many bits are set.
fn ones(positions: &[Block]) -> u32 {
    positions.iter().flatten().map(|word| word.count_ones()).sum()
}
