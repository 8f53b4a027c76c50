//! Where in a chunk could a password be? `Chunk` bytes in, [`Hit`]s out, no occurrence of a trigger missed.
//!
//! Rules name the texts, the triggers, without which they cannot match. Almost every byte of a log ends here, so this
//! pass decides the speed of the whole scan. `plan` picks four telling bytes of every trigger and gathers those of like
//! triggers in buckets; a fast search (`avx512`, `avx2`, or `portable` where those are missing) finds the positions where
//! the four bytes of some bucket might stand; `verify` compares the few it finds byte by byte. What is no hit unless
//! another byte follows is found from that byte (`needed`).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod fingerprint;
mod needed;
mod newlines;
mod odds;
mod plan;
pub(crate) mod planned;
mod portable;
mod sample;
#[cfg(test)]
mod tests;
mod verify;

use std::ops::Range;

use fingerprint::Fingerprint;
pub use newlines::Newlines;
use newlines::count;
use plan::Plan;
use verify::{Search, Verifier};

/// Bytes behind the beginning of a trigger in which what must follow it is looked for.
const FOLLOWS: usize = crate::limits::PATTERN_BEHIND;

/// Bytes that are searched before their lines are counted: the second pass finds them in the first level cache, and the
/// search hides how long the memory takes.
const CACHED: usize = 32 << 10;

/// Whether the case of ASCII letters matters. That of other letters always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Case {
    /// `pass` finds `PaSs`.
    Insensitive,
    /// As written; for base64.
    Exact,
}

/// A text that a rule cannot match without.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trigger {
    /// Any bytes: UTF-8 of any script, UTF-16 with its zeros, base64, digits. An empty text is never found. Texts of
    /// one or two bytes work but stop the search all the time.
    pub text: Vec<u8>,
    /// How letters compare.
    pub case: Case,
    /// A byte without which an occurrence is none: it must stand behind its beginning before any blank or double quote.
    /// URLs stand everywhere, but few have an `@`.
    pub needs: Option<u8>,
}

impl Trigger {
    /// Whether a byte of this trigger and one of a log are the same to it.
    fn same(&self, own: u8, byte: u8) -> bool {
        match self.case {
            Case::Insensitive => own.eq_ignore_ascii_case(&byte),
            Case::Exact => own == byte,
        }
    }

    /// Whether the bytes begin with this trigger.
    fn begins(&self, bytes: &[u8]) -> bool {
        bytes.get(..self.text.len()).is_some_and(|start| match self.case {
            Case::Insensitive => start.eq_ignore_ascii_case(&self.text),
            Case::Exact => start == self.text,
        })
    }

    /// Whether it is looked for by some bytes of its own. An empty one is never found.
    fn has_window(&self) -> bool {
        self.needs.is_none() && !self.text.is_empty()
    }

    /// What is looked for: the bytes of the window at this offset, or the one byte that is needed. Nothing of an empty one.
    fn window(&self, at: usize) -> &[u8] {
        match &self.needs {
            Some(byte) if !self.text.is_empty() => std::slice::from_ref(byte),
            _ => &self.text[at..self.text.len().min(at + fingerprint::WIDTH)],
        }
    }
}

/// An occurrence of a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// Where the trigger's text begins, in bytes from the beginning of what was searched.
    pub offset: usize,
    /// Which trigger, counted from 0 in the list that the prefilter was made of.
    pub trigger: u16,
}

/// All triggers, ready to be searched for. Cheap to share, not cheap to make: once per scanner.
pub struct Prefilter {
    verifier: Verifier,
    mechanism: Mechanism,
}

enum Mechanism {
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Kernel),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Kernel),
    Portable(portable::Kernel),
}

impl Prefilter {
    /// The fastest for this processor. All find the same.
    ///
    /// # Panics
    /// With more than 65 535 triggers.
    pub fn new(triggers: &[Trigger]) -> Self {
        #[cfg(target_arch = "x86_64")]
        return Self::avx512(triggers).or_else(|| Self::avx2(triggers)).unwrap_or_else(|| Self::portable(triggers));
        #[cfg(not(target_arch = "x86_64"))]
        Self::portable(triggers)
    }

    /// None where the processor cannot.
    #[cfg(target_arch = "x86_64")]
    fn avx512(triggers: &[Trigger]) -> Option<Self> {
        let plan = avx512::Kernel::able().then(|| Plan::new(triggers, Fingerprint::Bytes))?;
        let mechanism = Mechanism::Avx512(avx512::Kernel::new(&plan)?);
        Some(Self { verifier: Verifier::new(triggers, &plan.windows), mechanism })
    }

    /// None where the processor cannot.
    #[cfg(target_arch = "x86_64")]
    fn avx2(triggers: &[Trigger]) -> Option<Self> {
        let plan = avx2::Kernel::able().then(|| Plan::new(triggers, Fingerprint::Halves))?;
        let mechanism = Mechanism::Avx2(avx2::Kernel::new(&plan)?);
        Some(Self { verifier: Verifier::new(triggers, &plan.windows), mechanism })
    }

    /// For any processor.
    ///
    /// # Panics
    /// With more than 65 535 triggers.
    pub fn portable(triggers: &[Trigger]) -> Self {
        let plan = Plan::new(triggers, Fingerprint::Bytes);
        let mechanism = Mechanism::Portable(portable::Kernel::new(triggers, &plan));
        Self { verifier: Verifier::new(triggers, &plan.windows), mechanism }
    }

    /// Hands over every occurrence that begins in `range`, overlapping ones of different triggers included, ascending
    /// by offset, then trigger. The text may reach beyond the end of the range, up to that of `bytes`. However a
    /// range is split, the parts together give the same hits. A range that reaches beyond `bytes` is cut.
    ///
    /// Returns how many lines end where in the range: every byte is looked at here anyway.
    pub fn find(&self, bytes: &[u8], range: Range<usize>, mut hits: impl FnMut(Hit)) -> Newlines {
        let end = range.end.min(bytes.len());
        let range = range.start.min(end)..end;
        match &self.mechanism {
            #[cfg(target_arch = "x86_64")]
            Mechanism::Avx512(kernel) => {
                let mut search = Search::new(&self.verifier, bytes, range.clone(), &mut hits);
                let first = search.positions().start.clamp(range.start, end);
                let mut newlines = Newlines::from(range.start);
                newlines.add(first, count(bytes, range.start..first));
                let seen = kernel.run(&mut search, &mut newlines);
                search.finish();
                newlines.end(bytes, seen.end.max(first), end);
                newlines
            }
            #[cfg(target_arch = "x86_64")]
            Mechanism::Avx2(kernel) => self.in_pieces(bytes, range, &mut hits, |search| kernel.run(search)),
            Mechanism::Portable(kernel) => self.in_pieces(bytes, range, &mut hits, |search| kernel.run(search)),
        }
    }

    /// Searches and counts by turns.
    fn in_pieces(
        &self,
        bytes: &[u8],
        range: Range<usize>,
        hits: &mut dyn FnMut(Hit),
        run: impl Fn(&mut Search),
    ) -> Newlines {
        let mut newlines = Newlines::from(range.start);
        for start in range.clone().step_by(CACHED) {
            let piece = start..range.end.min(start + CACHED);
            let mut search = Search::new(&self.verifier, bytes, piece.clone(), hits);
            run(&mut search);
            search.finish();
            newlines.add(piece.end, count(bytes, piece));
        }
        newlines.end(bytes, range.end, range.end);
        newlines
    }
}
