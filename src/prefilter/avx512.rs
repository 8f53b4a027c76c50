//! The fastest search: 64 positions a step where the processor has AVX-512 with byte permutations.
//!
//! One permutation looks up 64 values at once, enough for a byte without its case: four lookups, one for each byte of
//! the window, tell nearly as much as the comparison itself. Lines are counted in passing, while the bytes are in
//! registers.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::ops::Range;

use super::Newlines;
use super::fingerprint::{WIDTH, table};
use super::plan::{BUCKETS, Plan};
use super::verify::{BLOCK, Block, Search};

/// Positions of one step.
const STEP: usize = 64;

/// Bytes by which the memory is asked for what comes: a block. While the candidates of one are looked at, nothing else
/// would ask for the next.
const AHEAD: usize = STEP * BLOCK;

/// Bytes that one step looks at.
const SPAN: usize = STEP + WIDTH - 1;

/// For each place in a window, and each byte as `folded` sees it, the buckets that admit it.
type Table = [[u8; 64]; WIDTH];

/// Tables for a processor that is known to have what [`run`] enables.
pub(super) struct Kernel {
    tables: Vec<Table>,
}

/// `folded` as a matrix over bits, for the instruction that multiplies by one.
const FOLDED: i64 = 0x0102_0408_10c0_0000;

impl Kernel {
    /// None where the processor lacks them.
    pub fn new(plan: &Plan) -> Option<Self> {
        Self::able().then(|| Self { tables: plan.admitted.chunks(BUCKETS).map(table).collect() })
    }

    /// Whether the processor has them.
    pub fn able() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("gfni")
            && is_x86_feature_detected!("popcnt")
    }

    /// Reports every candidate of the search, in ascending order, and counts the newlines that it sees. Returns where
    /// that began and ended.
    pub fn run(&self, search: &mut Search, newlines: &mut Newlines) -> Range<usize> {
        // SAFETY: `new` has made sure that the processor has all that `run` enables.
        unsafe {
            match self.tables.as_slice() {
                [a] => run(&[a], search, newlines),
                [a, b] => run(&[a, b], search, newlines),
                [a, b, c] => run(&[a, b, c], search, newlines),
                [a, b, c, d] => run(&[a, b, c, d], search, newlines),
                _ => 0..0,
            }
        }
    }
}

/// Fills block after block with the bits of candidates and hands it over.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni,popcnt")]
fn run<const T: usize>(tables: &[&Table; T], search: &mut Search, newlines: &mut Newlines) -> Range<usize> {
    let mut registers = [[_mm512_setzero_si512(); WIDTH]; T];
    for (registers, table) in registers.iter_mut().zip(tables) {
        for (register, lookup) in registers.iter_mut().zip(*table) {
            *register = load(lookup);
        }
    }
    let newline = _mm512_set1_epi8(b'\n' as i8);
    let bytes = search.bytes();
    let positions = search.positions();
    let mut at = positions.start;
    while at < positions.end {
        let mut block = Block([0; BLOCK]);
        let mut lines = 0;
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
            fetch(bytes, at + step * STEP + AHEAD);
            let text = load(span.first_chunk().unwrap_or(&[0; STEP]));
            lines += _mm512_cmpeq_epi8_mask(text, newline).count_ones() as usize;
            *candidates = fits(&registers, span);
        }
        search.candidates(at, &mut block);
        at += steps * STEP;
        newlines.add(at, lines);
    }
    positions.start.min(at)..at.min(bytes.len())
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
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn fits<const T: usize>(tables: &[[__m512i; WIDTH]; T], span: &[u8; SPAN]) -> u64 {
    let matrix = _mm512_set1_epi64(FOLDED);
    let mut seen = [_mm512_setzero_si512(); WIDTH];
    for j in 0..WIDTH {
        let text = load(span[j..].first_chunk().unwrap_or(&[0; 64]));
        seen[j] = _mm512_gf2p8affine_epi64_epi8::<0>(text, matrix);
    }
    let mut any = 0;
    for table in tables {
        let first =
            _mm512_and_si512(_mm512_permutexvar_epi8(seen[0], table[0]), _mm512_permutexvar_epi8(seen[1], table[1]));
        let last =
            _mm512_and_si512(_mm512_permutexvar_epi8(seen[2], table[2]), _mm512_permutexvar_epi8(seen[3], table[3]));
        any |= _mm512_test_epi8_mask(first, last);
    }
    any
}

/// Asks for the cache line at an offset, if there is one.
#[inline]
fn fetch(bytes: &[u8], offset: usize) {
    // SAFETY: a hint, which touches nothing and may be given for any address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(offset).cast()) }
}

/// 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load(from: &[u8; 64]) -> __m512i {
    // SAFETY: `from` is 64 bytes long, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}
