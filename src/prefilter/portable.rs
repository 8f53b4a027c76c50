//! The search on any processor: one lookup for each of the four bytes at a position.
//!
//! Without shuffles there is no need for halves of bytes: a table of 256 holds, for each place in the window, the
//! buckets in which that byte may stand there. Same windows, same buckets, same comparison as the fast search.

use super::Trigger;
use super::fingerprint::WIDTH;
use super::plan::{BUCKETS, MAX_TABLES, Plan};
use super::verify::{BLOCK, Block, Search};

/// Positions that are tested before the first branch.
const STEP: usize = 8;

/// Bytes that decide over them.
const SPAN: usize = STEP + WIDTH - 1;

/// Every bucket has its bit.
const _: () = assert!(BUCKETS * MAX_TABLES <= u32::BITS as usize);

/// For each place in a window, and each byte, the buckets that admit it.
pub(super) struct Kernel {
    tables: Box<[[u32; 256]; WIDTH]>,
}

impl Kernel {
    pub fn new(triggers: &[Trigger], plan: &Plan) -> Self {
        let mut tables = Box::new([[0; 256]; WIDTH]);
        let places = triggers.iter().zip(&plan.windows).zip(&plan.buckets);
        for ((trigger, &window), &bucket) in places.filter(|((trigger, _), _)| !trigger.text.is_empty()) {
            for (j, table) in tables.iter_mut().enumerate() {
                match trigger.window(window).get(j) {
                    Some(&own) => {
                        let spellings = [own, own.to_ascii_lowercase(), own.to_ascii_uppercase()];
                        for byte in spellings.into_iter().filter(|&byte| trigger.same(own, byte)) {
                            table[usize::from(byte)] |= 1 << bucket;
                        }
                    }
                    None => table.iter_mut().for_each(|buckets| *buckets |= 1 << bucket),
                }
            }
        }
        Self { tables }
    }

    /// Reports every candidate of the search, in ascending order.
    pub fn run(&self, search: &mut Search) {
        let bytes = search.bytes();
        let positions = search.positions();
        for from in positions.clone().step_by(64 * BLOCK) {
            let mut block = Block([0; BLOCK]);
            for at in (from..positions.end.min(from + 64 * BLOCK)).step_by(STEP) {
                // Near the last byte every position is a candidate.
                let fits = bytes[at..].first_chunk().map_or(0xff, |span| self.fits(span));
                block.0[(at - from) / 64] |= fits << ((at - from) % 64);
            }
            search.candidates(from, &mut block);
        }
    }

    /// A bit for each position: whether some bucket admits what stands there.
    #[inline]
    fn fits(&self, span: &[u8; SPAN]) -> u64 {
        let buckets: [u32; STEP] =
            std::array::from_fn(|i| self.buckets([span[i], span[i + 1], span[i + 2], span[i + 3]]));
        if buckets.iter().fold(0, |any, b| any | b) == 0 {
            return 0;
        }
        buckets.iter().enumerate().fold(0, |all, (i, &b)| all | u64::from(b != 0) << i)
    }

    /// The buckets that admit four bytes.
    #[inline]
    fn buckets(&self, bytes: [u8; WIDTH]) -> u32 {
        (0..WIDTH).fold(u32::MAX, |all, j| all & self.tables[j][usize::from(bytes[j])])
    }
}
