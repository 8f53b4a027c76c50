//! `scan --partial`: what one job of many counted, for `logleak merge`.

use logleak::report::ScanFacts;
use logleak::tally::partial::{self, FORMAT, Header, Part};
use logleak::{Scanner, Tally};
use uuid::Uuid;

use super::exit::Exit;
use super::output::{Target, Written};
use super::{Failure, say};

/// A part of a larger scan
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A part of a larger scan")]
pub(super) struct PartialArgs {
    /// Write a partial result in place of a report: all that `logleak merge` needs to add up the parts of one scan
    ///
    /// It is NDJSON, holds no secret, and names the accounts and the clients of the logs. With --key-file merged parts
    /// tell whether their passwords are the same.
    #[arg(long, conflicts_with_all = ["format", "redact_accounts", "fail_on"])]
    pub(super) partial: bool,
}

/// Writes what a scan counted.
pub(super) fn write(
    scanner: &Scanner,
    tally: Tally,
    facts: ScanFacts<'_>,
    (target, quiet, zero): (&Target, bool, bool),
) -> Result<Exit, Failure> {
    let rules = scanner.rules();
    let part = Part {
        source: facts.source.clone(),
        inputs: facts.inputs,
        started_at: facts.started.as_second(),
        finished_at: facts.finished.as_second(),
        id: Uuid::now_v7().to_string(),
    };
    let header = Header {
        format: FORMAT.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules_version: facts.rules_version,
        rules: rules.rules().map(|(_, rule)| rule.id.clone()).collect(),
        key_id: facts.key.map(|key| key.id().to_owned()),
        max_exposures: 0,
        policy: facts.policy.name().to_owned(),
        sandbox: facts.sandbox.to_owned(),
        scope: facts.scope,
        interrupted: facts.interrupted,
        lower_bounds: Vec::new(),
        upper_bounds: Vec::new(),
        parts: vec![part],
    };
    let (exposures, complete) = (tally.exposures(), tally.skipped().is_empty() && !facts.interrupted);
    let written = target.write(|out| partial::write(header, facts.source.as_deref(), tally, out))?;
    if !quiet && written == Written::Whole {
        say(&told(exposures, complete, target));
    }
    Ok(Exit::of(exposures, complete, zero))
}

/// One line for a person.
pub(super) fn told(exposures: u64, complete: bool, target: &Target) -> String {
    let unscanned = if complete { "" } else { "; NOT everything could be scanned" };
    let target = target.to_string();
    let target = logleak::report::escape::terminal(&target);
    format!("logleak: {exposures} exposures{unscanned}; add up the parts with: logleak merge\n  partial   {target}\n")
}
