//! The fast search: 64 positions a step with AVX2.
//!
//! For each lookup of the fingerprint a shuffle fetches, at 32 positions at once, the buckets that admit what stands
//! there; what all lookups agree on is a candidate. The text is loaded once for each byte of the window, shifted
//! by one, and several tables are asked while its indices are in registers.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::fingerprint::{HALVES, HIGH, WIDTH, table};
use super::plan::{BUCKETS, Plan};
use super::verify::{BLOCK, Block, Search};

/// Positions of one step.
const STEP: usize = 64;

/// Bytes that one step looks at.
const SPAN: usize = STEP + WIDTH - 1;

/// For each lookup and index, the buckets that admit it.
type Table = [[u8; 16]; HALVES];

/// Tables for a processor that is known to have AVX2, and BMI1 for walking over bits.
pub(super) struct Kernel {
    tables: Vec<Table>,
}

impl Kernel {
    /// None where the processor lacks them.
    pub fn new(plan: &Plan) -> Option<Self> {
        Self::able().then(|| Self { tables: plan.admitted.chunks(BUCKETS).map(table).collect() })
    }

    /// Whether the processor has them.
    pub fn able() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1")
    }

    /// Reports every candidate of the search, in ascending order.
    pub fn run(&self, search: &mut Search) {
        // SAFETY: `new` has made sure that the processor has AVX2 and BMI1, all that `run` enables.
        unsafe {
            match self.tables.as_slice() {
                [a] => run(&[a], search),
                [a, b] => run(&[a, b], search),
                [a, b, c] => run(&[a, b, c], search),
                [a, b, c, d] => run(&[a, b, c, d], search),
                _ => (),
            }
        }
    }
}

/// Fills block after block with the bits of candidates and hands it over.
#[target_feature(enable = "avx2,bmi1")]
fn run<const T: usize>(tables: &[&Table; T], search: &mut Search) {
    let mut registers = [[_mm256_setzero_si256(); HALVES]; T];
    for (registers, table) in registers.iter_mut().zip(tables) {
        for (register, lookup) in registers.iter_mut().zip(*table) {
            *register = both_halves(lookup);
        }
    }
    let bytes = search.bytes();
    let positions = search.positions();
    let mut at = positions.start;
    while at < positions.end {
        let mut block = Block([0; BLOCK]);
        let steps = (positions.end - at).div_ceil(STEP).min(BLOCK);
        for (step, candidates) in block.0.iter_mut().take(steps).enumerate() {
            let rest = &bytes[at + step * STEP..];
            let tail;
            let span = match rest.first_chunk() {
                Some(span) => span,
                None => {
                    tail = padded(rest);
                    &tail
                }
            };
            *candidates = fits(&registers, span);
        }
        search.candidates(at, &mut block);
        at += steps * STEP;
    }
}

/// Zeros stand in for what lies behind the last byte. They may look like a part of a trigger; the comparison does not
/// see them.
#[cold]
fn padded(rest: &[u8]) -> [u8; SPAN] {
    let mut span = [0; SPAN];
    rest.iter().zip(&mut span).for_each(|(from, to)| *to = *from);
    span
}

/// A bit for each of the 64 positions: whether some bucket admits what stands there.
#[inline]
#[target_feature(enable = "avx2")]
fn fits<const T: usize>(tables: &[[__m256i; HALVES]; T], span: &[u8; SPAN]) -> u64 {
    let low = views(span.first_chunk().unwrap_or(&[0; HALF]));
    let high = views(span.last_chunk().unwrap_or(&[0; HALF]));
    let zero = _mm256_setzero_si256();
    let (mut low_any, mut high_any) = (zero, zero);
    // Both halves of the span in turn, so that each lookup is fetched once.
    for table in tables {
        let mut low_all = _mm256_shuffle_epi8(table[0], low[0]);
        let mut high_all = _mm256_shuffle_epi8(table[0], high[0]);
        for k in 1..HALVES {
            low_all = _mm256_and_si256(low_all, _mm256_shuffle_epi8(table[k], low[k]));
            high_all = _mm256_and_si256(high_all, _mm256_shuffle_epi8(table[k], high[k]));
        }
        low_any = _mm256_or_si256(low_any, low_all);
        high_any = _mm256_or_si256(high_any, high_all);
    }
    u64::from(nonzero(low_any)) | u64::from(nonzero(high_any)) << 32
}

/// Bytes that decide over 32 positions.
const HALF: usize = STEP / 2 + WIDTH - 1;

/// The views of 32 positions: the same, in the same order, as `fingerprint::indices`.
#[inline]
#[target_feature(enable = "avx2")]
fn views(span: &[u8; HALF]) -> [__m256i; HALVES] {
    let nibble = _mm256_set1_epi8(0x0f);
    let high_bits = _mm256_set1_epi8(HIGH as i8);
    // Plain loops: a closure passed to a library function would lose the instruction set and with it the registers.
    let (mut low, mut high) = ([_mm256_setzero_si256(); WIDTH], [_mm256_setzero_si256(); WIDTH]);
    for j in 0..WIDTH {
        let text = load(span, j);
        low[j] = _mm256_and_si256(text, nibble);
        high[j] = _mm256_and_si256(_mm256_srli_epi16::<4>(text), high_bits);
    }
    [
        low[0],
        _mm256_xor_si256(high[0], low[0]),
        _mm256_xor_si256(low[1], low[2]),
        _mm256_xor_si256(high[1], low[2]),
        high[2],
        low[3],
    ]
}

/// The 32 bytes from `shift`, which is less than [`WIDTH`].
#[inline]
#[target_feature(enable = "avx2")]
fn load(span: &[u8; HALF], shift: usize) -> __m256i {
    let from = &span[shift..shift + 32];
    // SAFETY: `from` is 32 bytes long, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// Sixteen values in each half of a register, as the shuffle wants them.
#[inline]
#[target_feature(enable = "avx2")]
fn both_halves(lookup: &[u8; 16]) -> __m256i {
    // SAFETY: `lookup` is 16 bytes long, and the load asks for no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(lookup.as_ptr().cast()) })
}

/// A bit for each byte that is not zero.
#[inline]
#[target_feature(enable = "avx2")]
fn nonzero(bytes: __m256i) -> u32 {
    !(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256())) as u32)
}
