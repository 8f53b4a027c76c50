//! A site: one statement of one program that logs passwords. Mending it ends many exposures.

use std::sync::Arc;

use crate::rule::RuleIndex;

use super::account::Seen;

/// What exposures of one site have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SiteKey {
    pub(crate) rule: RuleIndex,
    /// The statement, everything but its constant words `…`.
    pub(crate) template: Arc<str>,
    /// The name of the file without what rotation and packing add.
    pub(crate) family: Arc<str>,
}

/// Counts of one site. Its files and accounts know their sites, so that these are counted exactly in the end.
#[derive(Debug, Default)]
pub(super) struct SiteTally {
    pub(super) exposures: u64,
    pub(super) seen: Seen,
}

/// One site, counted.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) key: SiteKey,
    pub(crate) files: u64,
    pub(crate) exposures: u64,
    pub(crate) accounts: u64,
    pub(crate) seen: Seen,
}
