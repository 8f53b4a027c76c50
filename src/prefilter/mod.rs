//! Where in a chunk could a password be? `Chunk` bytes in, [`Hit`]s out, no occurrence of a trigger missed.
//!
//! Rules name the texts, the triggers, without which they cannot match. Almost every byte of a log ends here, so this
//! pass decides the speed of the whole scan. `plan` picks four telling bytes of every trigger and gathers those of like
//! triggers in buckets; a fast search (`avx2`, or `portable` where that is missing) finds the positions where the four
//! bytes of some bucket might stand; `verify` compares the few it finds byte by byte.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod fingerprint;
mod odds;
mod plan;
mod portable;
mod sample;
#[cfg(test)]
mod tests;
mod verify;

use std::ops::Range;

use plan::Plan;
use verify::{Search, Verifier};

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
    Avx2(avx2::Kernel),
    Portable(portable::Kernel),
}

impl Mechanism {
    /// The fastest that this processor has.
    fn fastest(triggers: &[Trigger], plan: &Plan) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(kernel) = avx2::Kernel::new(&plan.tables) {
            return Self::Avx2(kernel);
        }
        Self::portable(triggers, plan)
    }

    fn portable(triggers: &[Trigger], plan: &Plan) -> Self {
        Self::Portable(portable::Kernel::new(triggers, plan))
    }
}

impl Prefilter {
    /// For this processor: AVX2 where it has it, portable otherwise. Both find the same.
    ///
    /// # Panics
    /// With more than 65 535 triggers.
    pub fn new(triggers: &[Trigger]) -> Self {
        Self::planned(triggers, &Plan::new(triggers), Mechanism::fastest)
    }

    /// For any processor.
    ///
    /// # Panics
    /// With more than 65 535 triggers.
    pub fn portable(triggers: &[Trigger]) -> Self {
        Self::planned(triggers, &Plan::new(triggers), Mechanism::portable)
    }

    fn planned(triggers: &[Trigger], plan: &Plan, mechanism: fn(&[Trigger], &Plan) -> Mechanism) -> Self {
        assert!(triggers.len() <= usize::from(u16::MAX), "more triggers than a hit can number");
        Self { verifier: Verifier::new(triggers, &plan.windows), mechanism: mechanism(triggers, plan) }
    }

    /// Hands over every occurrence that begins in `range`, overlapping ones of different triggers included, ascending
    /// by offset, then trigger. The text may reach beyond the end of the range, up to that of `bytes`. However a
    /// range is split, the parts together give the same hits. A range that reaches beyond `bytes` is cut.
    pub fn find(&self, bytes: &[u8], range: Range<usize>, mut hits: impl FnMut(Hit)) {
        let mut search = Search::new(&self.verifier, bytes, range, &mut hits);
        match &self.mechanism {
            #[cfg(target_arch = "x86_64")]
            Mechanism::Avx2(kernel) => kernel.run(&mut search),
            Mechanism::Portable(kernel) => kernel.run(&mut search),
        }
        search.finish();
    }
}
