//! Ending a scan before its end: when somebody asks for it, or when its time is up.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::Skipped;
use crate::terms::SkipReason;

/// Whether a scan is to end. Looked at before each read and each window, so that it ends within a fraction of a second;
/// what was not scanned by then is named in the report as interrupted. Never, unless the caller says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicUsize>,
    deadline: Option<Instant>,
}

impl Stop {
    /// Ends a scan when `asked` is no longer 0, as a signal handler can make it, or at the deadline.
    pub fn new(asked: Arc<AtomicUsize>, deadline: Option<Instant>) -> Self {
        Self { asked, deadline }
    }

    /// Whether the scan is to end now.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) != 0 || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// An error in place of a read that would come too late.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.is_asked() { Err(io::Error::other(Stopped)) } else { Ok(()) }
    }
}

/// What [`Stop::check`] fails with.
#[derive(Debug)]
struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the scan was ended")
    }
}

impl std::error::Error for Stopped {}

/// Whether `error` came from [`Stop::check`].
pub(super) fn is_stop(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Stopped>())
}

impl Skipped {
    /// A file or member that the scan did not reach, or not to its end.
    pub(crate) fn interrupted(path: String, member: Option<String>) -> Self {
        let detail = "the scan was ended before it was read to its end".to_owned();
        Self { path, member, reason: SkipReason::Interrupted, detail }
    }
}
