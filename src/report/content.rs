//! What every format reads: a report entry by entry, whether a scan has just made it or a file holds it.
//!
//! Formats see nothing else. An entry is made when it is asked for, and dropped when it is written, so that a format
//! needs no second copy of the report; what leaves something out or renames it stands between the two and is
//! [`Content`] itself.

use std::borrow::Cow;
use std::ops::Range;

use super::Report;
use super::schema::{Account, Exposure, Omitted, Scan, Site, Skipped, Summary, Tool};

/// Entries of a list, in its order.
pub type Entries<'a, T> = Box<dyn Iterator<Item = Cow<'a, T>> + 'a>;

/// A report, entry by entry.
pub trait Content: Sync {
    /// The id of the report, a UUID that sorts by time.
    fn report_id(&self) -> Cow<'_, str>;

    /// What it leaves out on purpose, ascending: its lists are then shorter than `summary` says.
    fn omitted(&self) -> &[Omitted] {
        &[]
    }

    /// What wrote it.
    fn tool(&self) -> &Tool;

    /// What was scanned, and how.
    fn scan(&self) -> &Scan;

    /// Counts that agree with the lists.
    fn summary(&self) -> &Summary;

    /// How many accounts are listed.
    fn listed_accounts(&self) -> usize;

    /// The listed accounts of these numbers, from 0; fewer where there are not as many.
    fn accounts_in(&self, range: Range<usize>) -> Entries<'_, Account<'_>>;

    /// The accounts, worst first, then by name.
    fn accounts(&self) -> Entries<'_, Account<'_>> {
        self.accounts_in(0..self.listed_accounts())
    }

    /// The listed exposures of nobody who can be named, by `uri` and offset.
    fn unattributed(&self) -> Entries<'_, Exposure<'_>>;

    /// The sites, those of most accounts first.
    fn sites(&self) -> Entries<'_, Site<'_>>;

    /// What was not scanned, by `uri`.
    fn skipped(&self) -> Cow<'_, [Skipped]>;
}

impl Content for Report<'_> {
    fn report_id(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }

    fn tool(&self) -> &Tool {
        &self.tool
    }

    fn scan(&self) -> &Scan {
        &self.scan
    }

    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn listed_accounts(&self) -> usize {
        self.accounts.len()
    }

    fn accounts_in(&self, range: Range<usize>) -> Entries<'_, Account<'_>> {
        let accounts = within(&self.accounts, range);
        Box::new(accounts.iter().map(|decided| Cow::Owned(self.account(decided))))
    }

    fn unattributed(&self) -> Entries<'_, Exposure<'_>> {
        Box::new(Report::unattributed(self).map(Cow::Owned))
    }

    fn sites(&self) -> Entries<'_, Site<'_>> {
        Box::new(Report::sites(self).map(Cow::Owned))
    }

    fn skipped(&self) -> Cow<'_, [Skipped]> {
        self.skipped.as_slice().into()
    }
}

/// The part of a list that a range covers.
pub(super) fn within<T>(list: &[T], range: Range<usize>) -> &[T] {
    let end = range.end.min(list.len());
    &list[range.start.min(end)..end]
}
