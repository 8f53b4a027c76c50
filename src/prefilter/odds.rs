//! How often the text of a log passes a set of indices by chance, and how often it is what was looked for: counted in a
//! corpus.

use rustc_hash::FxHashMap as HashMap;

use super::fingerprint::{Admitted, Fingerprint, LOOKUPS, WIDTH};

/// A rough estimate so small that counting cannot matter: other scripts, binary.
const NEGLIGIBLE: f64 = 1e-7;

/// What it costs to compare a window that is there with its triggers, as a multiple of what it costs to tell that a
/// candidate is none. Measured.
const COMPARISON: f64 = 4.0;

/// Positions of the corpus, a bit each.
type Positions = Box<[u64]>;

/// What the corpus says about logs.
pub(super) struct Odds {
    /// For each lookup and index, the positions at which the lookup sees the index.
    seen: [Vec<Positions>; LOOKUPS],
    /// For each lookup and index, the share of positions.
    single: [[f64; 64]; LOOKUPS],
    /// How often each four bytes stand in the corpus, either case as one.
    exact: HashMap<[u8; WIDTH], u32>,
    count: f64,
    /// Words of a [`Positions`].
    words: usize,
}

/// What some windows admit together, with what it takes to tell quickly what one more would let through.
#[derive(Clone)]
pub(super) struct Crowd {
    pub admitted: Admitted,
    /// For each lookup, the positions that pass, and their share.
    passing: [Positions; LOOKUPS],
    shares: [f64; LOOKUPS],
    /// The share of positions that all lookups let through: the estimate, and a rough one.
    pub share: f64,
    pub rough: f64,
}

impl Odds {
    pub fn new(fingerprint: Fingerprint, corpus: &[u8]) -> Self {
        let places = || corpus.windows(WIDTH);
        let words = corpus.len().div_ceil(64);
        let none = || vec![0; words].into_boxed_slice();
        let mut seen: [Vec<Positions>; LOOKUPS] = std::array::from_fn(|_| vec![none(); fingerprint.values()]);
        let mut exact = HashMap::default();
        for (at, bytes) in places().enumerate() {
            *exact.entry(folded(bytes)).or_insert(0) += 1;
            for (lookup, index) in seen.iter_mut().zip(fingerprint.indices([bytes[0], bytes[1], bytes[2], bytes[3]])) {
                lookup[usize::from(index)][at / 64] |= 1 << (at % 64);
            }
        }
        let count = places().count() as f64;
        // One more than counted, so that nothing is taken for impossible.
        let total = count + fingerprint.values() as f64;
        let share = |positions: &Positions| f64::from(1 + ones(positions)) / total;
        let single = std::array::from_fn(|k| std::array::from_fn(|index| seen[k].get(index).map_or(0.0, share)));
        Self { seen, single, exact, count, words }
    }

    /// What it costs that a window stands in logs where its trigger does not: the share of positions at which it is
    /// compared, weighed against candidates.
    pub fn comparing(&self, window: &[u8]) -> f64 {
        let times = match <&[u8; WIDTH]>::try_from(window) {
            Ok(_) => self.exact.get(&folded(window)).copied().unwrap_or(0),
            // Of the few short ones, whatever begins with them.
            Err(_) => self
                .exact
                .iter()
                .filter(|(bytes, _)| folded(window)[..window.len()] == bytes[..window.len()])
                .map(|(_, n)| n)
                .sum(),
        };
        COMPARISON * f64::from(times) / self.count
    }

    /// Nobody yet.
    pub fn crowd(&self) -> Crowd {
        let passing = std::array::from_fn(|_| vec![0; self.words].into_boxed_slice());
        Crowd { admitted: Admitted::default(), passing, shares: [0.0; LOOKUPS], share: 0.0, rough: 0.0 }
    }

    /// Lets one more into the crowd.
    pub fn join(&self, crowd: &mut Crowd, one: Admitted) {
        for k in 0..LOOKUPS {
            for index in bits(one.0[k] & !crowd.admitted.0[k]) {
                crowd.shares[k] += self.single[k][index];
                crowd.passing[k].iter_mut().zip(&self.seen[k][index]).for_each(|(to, from)| *to |= from);
            }
        }
        crowd.admitted = crowd.admitted.union(one);
        crowd.rough = crowd.shares.iter().product();
        crowd.share = self.with(crowd, Admitted::default());
    }

    /// The share of positions that the crowd and one more would let through, as if lookups were independent. Wrong by
    /// some factor, but a hundred times faster than [`Odds::with`], and never zero.
    pub fn roughly_with(&self, crowd: &Crowd, one: &Admitted) -> f64 {
        (0..LOOKUPS).map(|k| crowd.shares[k] + self.more(crowd, one, k)).product()
    }

    fn more(&self, crowd: &Crowd, one: &Admitted, k: usize) -> f64 {
        bits(one.0[k] & !crowd.admitted.0[k]).map(|index| self.single[k][index]).sum()
    }

    /// The share of positions that the crowd and one more would let through: as the sample counts, with a trace of the
    /// rough estimate, which decides between equals.
    pub fn with(&self, crowd: &Crowd, one: Admitted) -> f64 {
        let rough = self.roughly_with(crowd, &one);
        if rough < NEGLIGIBLE {
            return rough;
        }
        let mut all = vec![u64::MAX; self.words].into_boxed_slice();
        let mut passing = all.clone();
        for k in 0..LOOKUPS {
            passing.copy_from_slice(&crowd.passing[k]);
            for index in bits(one.0[k] & !crowd.admitted.0[k]) {
                passing.iter_mut().zip(&self.seen[k][index]).for_each(|(to, from)| *to |= from);
            }
            all.iter_mut().zip(&passing).for_each(|(all, passing)| *all &= passing);
        }
        f64::from(ones(&all)) / self.count + rough / 1000.0
    }
}

/// Four bytes, zeros where there are fewer, either case as one.
fn folded(window: &[u8]) -> [u8; WIDTH] {
    std::array::from_fn(|i| window.get(i).map_or(0, |byte| byte | 0x20))
}

/// The bits that are set.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

/// How many bits are set.
fn ones(positions: &Positions) -> u32 {
    positions.iter().map(|word| word.count_ones()).sum()
}
