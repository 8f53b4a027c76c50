//! What the page shows beside the report's own summary: counted over the exposures that the report lists.

use std::collections::{BTreeMap, HashMap};

use super::super::content::Content;
use super::super::schema::Exposure;
use super::chart::Timeline;
use crate::terms::{Action, ActionReason, Channel, Protection};

/// Sums over everything that is listed.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Exposures that the report lists one by one.
    pub(super) listed: u64,
    /// By time; none where no exposure has one.
    pub(super) timeline: Option<Timeline>,
    /// By what carried them.
    pub(super) channels: BTreeMap<Channel, u64>,
    /// By how they were protected.
    pub(super) protections: BTreeMap<Protection, u64>,
    /// By file or member.
    pub(super) files: HashMap<String, u64>,
    /// Accounts to review, by what speaks against a reset.
    pub(super) reasons: BTreeMap<ActionReason, u64>,
}

impl Figures {
    /// Looks at every listed exposure once.
    pub(super) fn of(report: &dyn Content) -> Self {
        let summary = report.summary();
        let period = summary.first_seen.zip(summary.last_seen);
        let timeline = period.map(|(first, last)| Timeline::new(first.seconds(), last.seconds()));
        let mut figures = Self { timeline, ..Self::default() };
        for account in report.accounts() {
            if account.action == Action::Review {
                account.action_reasons.iter().for_each(|reason| *figures.reasons.entry(*reason).or_default() += 1);
            }
            account.exposures.iter().for_each(|exposure| figures.add(exposure));
        }
        report.unattributed().for_each(|exposure| figures.add(&exposure));
        figures
    }

    fn add(&mut self, exposure: &Exposure<'_>) {
        self.listed += 1;
        *self.channels.entry(exposure.channel).or_default() += 1;
        *self.protections.entry(exposure.protection).or_default() += 1;
        match self.files.get_mut(&*exposure.location.uri) {
            Some(known) => *known += 1,
            None => _ = self.files.insert(exposure.location.uri.clone().into_owned(), 1),
        }
        if let (Some(at), Some(timeline)) = (exposure.logged_at, &mut self.timeline) {
            timeline.add(at.seconds(), exposure.mode);
        }
    }

    /// The files of most exposures, and how many there are in all.
    pub(super) fn worst_files(&self, most: usize) -> Vec<(&str, u64)> {
        let mut files: Vec<(&str, u64)> = self.files.iter().map(|(uri, many)| (uri.as_str(), *many)).collect();
        files.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        files.truncate(most);
        files
    }
}
