//! What all threads of a scan share: bytes that may still be unpacked, and memory for decoders.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::Options;

/// The limits of one scan, shared by its threads.
///
/// Whether a decoder gets its memory depends on the file alone and never on what other threads do: a worker that asks
/// for more than is free waits. Workers that hold memory and wait for more could wait for one another; when nobody else
/// is left who could give any back, the last one to ask goes on over the limit. One at a time does so.
#[derive(Debug)]
pub struct Budget {
    unpacked: AtomicU64,
    most_unpacked: u64,
    memory: Mutex<Memory>,
    freed: Condvar,
    most_memory: u64,
}

#[derive(Debug, Default)]
struct Memory {
    used: u64,
    /// Workers that hold memory.
    holders: usize,
    /// Those of them that wait for more.
    waiting: usize,
}

impl Budget {
    /// The budget of one scan that reads as `options` say.
    pub fn new(options: &Options) -> Arc<Self> {
        Arc::new(Self {
            unpacked: AtomicU64::new(0),
            most_unpacked: options.unpacked_in_all,
            memory: Mutex::new(Memory::default()),
            freed: Condvar::new(),
            most_memory: options.decoder_memory,
        })
    }
}

/// What one worker has of the budget. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    budget: Arc<Budget>,
    held: Rc<Cell<u64>>,
}

impl Allowance {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), held: Rc::default() }
    }

    /// Counts `bytes` that were unpacked. False where all of them together are more than the limit.
    pub(super) fn unpack(&self, bytes: u64) -> bool {
        let before = self.budget.unpacked.fetch_add(bytes, Ordering::Relaxed);
        before.saturating_add(bytes) <= self.budget.most_unpacked
    }

    /// The most bytes that may be unpacked in all.
    pub(super) fn most_unpacked(&self) -> u64 {
        self.budget.most_unpacked
    }

    /// The most memory for decoders, in bytes.
    pub(super) fn most_memory(&self) -> u64 {
        self.budget.most_memory
    }

    /// Memory for a decoder, once it is free. None where this worker alone would have more than the limit.
    pub(super) fn memory(&self, bytes: u64) -> Option<Grant> {
        let held = self.held.get();
        if bytes > self.budget.most_memory.saturating_sub(held) {
            return None;
        }
        let mut memory = self.budget.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = held > 0;
        memory.waiting += usize::from(holds);
        while memory.used.saturating_add(bytes) > self.budget.most_memory && memory.waiting < memory.holders {
            memory = self.budget.freed.wait(memory).unwrap_or_else(PoisonError::into_inner);
        }
        memory.waiting -= usize::from(holds);
        memory.used += bytes;
        memory.holders += usize::from(!holds && bytes > 0);
        self.held.set(held + bytes);
        Some(Grant { bytes, allowance: self.clone() })
    }
}

/// Memory that a decoder may use until this is dropped.
#[derive(Debug)]
pub(super) struct Grant {
    bytes: u64,
    allowance: Allowance,
}

impl Drop for Grant {
    fn drop(&mut self) {
        let Allowance { budget, held } = &self.allowance;
        held.set(held.get() - self.bytes);
        let mut memory = budget.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.used -= self.bytes;
        memory.holders -= usize::from(held.get() == 0 && self.bytes > 0);
        drop(memory);
        budget.freed.notify_all();
    }
}
