//! Signals that ask for the end: the scan stops, its report is written, and then the program dies of the signal, so that
//! whoever sent it sees that it worked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The first signal that came, or 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    first: Arc<AtomicUsize>,
}

impl Signals {
    /// From now on, asks instead of dying. A second signal is not asked twice.
    ///
    /// What was ignored at the start, as behind `nohup`, stays ignored. Where a handler cannot be had the signal does
    /// what it always does.
    #[cfg(unix)]
    pub(super) fn catch() -> Self {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
        use signal_hook::flag;
        use std::sync::atomic::AtomicBool;

        let signals = Self::default();
        let (ignored, again) = (ignored(), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if ignored & (1 << (signal - 1)) == 0 {
                // In this order: the second finds the mark of the first.
                let _ = flag::register_conditional_default(signal, Arc::clone(&again));
                let _ = flag::register(signal, Arc::clone(&again));
                let _ = flag::register_usize(signal, Arc::clone(&signals.first), signal.unsigned_abs() as usize);
            }
        }
        // A file that grows over a quota is an error of writing, not a death without a word.
        let _ = flag::register(SIGXFSZ, Arc::default());
        signals
    }

    #[cfg(not(unix))]
    pub(super) fn catch() -> Self {
        Self::default()
    }

    /// No longer 0 when a signal has come.
    pub(super) fn asked(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.first)
    }

    /// Dies of the signal, if one came. Everything must be written by now.
    pub(super) fn end(&self) {
        #[cfg(unix)]
        if let Ok(signal @ 1..) = i32::try_from(self.first.load(Ordering::Relaxed)) {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

/// The signals that were ignored when the program started, a bit each, as far as the system tells.
#[cfg(unix)]
fn ignored() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
