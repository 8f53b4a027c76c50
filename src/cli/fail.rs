//! `--fail-on`: which findings end the program with 1.

use clap::ValueEnum;
use logleak::closed::Baseline;
use logleak::report::schema::Summary;
use logleak::report::{Report, Stored};
use logleak::terms::Severity;

use super::Failure;

/// What makes a job fail
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What makes a job fail")]
pub(super) struct FailArgs {
    /// Exit with 1 only where there is one of these, in place of any exposure
    ///
    /// An action or a severity stands for itself and for what is graver; new_site, with --baseline, for a statement
    /// that the earlier report does not have.
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub(super) fail_on: Vec<FailOn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum FailOn {
    /// An account to review, or to reset
    Review,
    /// An account to reset
    ForceReset,
    /// Anything
    Low,
    /// Usable with effort, or graver
    Medium,
    /// Usable, or graver
    High,
    /// Used
    Critical,
    /// A statement that logs passwords and did not before
    NewSite,
}

impl FailArgs {
    /// Whether the options can be answered.
    pub(super) fn check(&self, baseline: bool) -> Result<(), Failure> {
        match self.fail_on.contains(&FailOn::NewSite) && !baseline {
            true => {
                Err(Failure::new("--fail-on new_site: new since when?").hint("name an earlier report with --baseline"))
            }
            false => Ok(()),
        }
    }

    /// How many exposures the exit code is to speak of: none where nothing that is asked for was found.
    pub(super) fn exposures(&self, found: &Found<'_>) -> u64 {
        let asked = self.fail_on.is_empty() || self.fail_on.iter().any(|what| is_found(*what, found));
        if asked { found.summary.exposures } else { 0 }
    }
}

/// What was found, as far as the exit code speaks of it.
pub(super) struct Found<'a> {
    summary: &'a Summary,
    worst: Option<Severity>,
    new_sites: usize,
}

impl<'a> Found<'a> {
    pub(super) fn of(report: &'a Report<'_>, baseline: Option<&Baseline>) -> Self {
        let new_sites = baseline.map_or(0, |baseline| report.new_sites(|site| baseline.has_site(site)));
        Self { summary: report.summary(), worst: report.worst(), new_sites }
    }

    pub(super) fn stored(report: &'a Stored, baseline: Option<&Baseline>) -> Self {
        let new = |baseline: &Baseline| report.sites.iter().filter(|site| !baseline.has_site(&site.site_id)).count();
        Self { summary: &report.summary, worst: report.worst(), new_sites: baseline.map_or(0, new) }
    }
}

fn is_found(what: FailOn, found: &Found<'_>) -> bool {
    let by = found.summary.accounts_by_action;
    let least = match what {
        FailOn::Review => return by.force_reset + by.review > 0,
        FailOn::ForceReset => return by.force_reset > 0,
        FailOn::NewSite => return found.new_sites > 0,
        FailOn::Low => Severity::Low,
        FailOn::Medium => Severity::Medium,
        FailOn::High => Severity::High,
        FailOn::Critical => Severity::Critical,
    };
    found.worst >= Some(least)
}
