//! The end of a scan at a glance, for a person at a terminal or the log of a CI job: how many accounts, the worst of
//! them, where it leaks, what was not scanned, and what to run next.

use std::fmt::{self, Write};
use std::path::Path;
use std::time::Duration;

use logleak::RuleSet;
use logleak::report::escape::terminal;
use logleak::report::schema::{Status, Summary, Time};
use logleak::report::words::{bytes, count, masked, number};
use logleak::report::{Headline, Report};
use logleak::terms::{Action, Mode};

use super::output::Target;
use super::paint::Paint;

/// How many accounts of each action, sites, and skipped inputs are named.
const NAMED: usize = 3;

/// Columns of a terminal, and how many of them a row of an account needs besides its name and what is said of it.
const WIDTH: usize = 80;
const FRAME: usize = 26;

/// Characters of a statement, and of what else comes from outside.
const STATEMENT: usize = 62;
const TEXT: usize = 160;

/// The summary: one line that says it all, then rows of a label and what belongs to it. Names from logs are escaped, and
/// no line begins with one. `rules` are those of the scan.
pub(super) fn text(report: &Report<'_>, rules: &RuleSet, elapsed: Duration, target: &Target, paint: Paint) -> String {
    let mut out = Rows { out: String::new(), paint };
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, report, rules, elapsed, target);
    out.out
}

fn write_all(rows: &mut Rows, report: &Report<'_>, rules: &RuleSet, elapsed: Duration, target: &Target) -> fmt::Result {
    let summary = report.summary();
    let (paint, found) = (rows.paint, found(report));
    let verdict = match (summary.exposures, unscanned(report)) {
        (0, None) => paint.bold(&found),
        (0, Some(but)) => format!("{}{}", paint.bold(&found), paint.alarm(but)),
        (_, None) => paint.alarm(&found),
        (_, Some(but)) => format!("{}{}", paint.alarm(&found), paint.alarm(but)),
    };
    writeln!(rows.out, "logleak: {verdict}")?;
    accounts(rows, report, "reset", Action::ForceReset, summary.accounts_by_action.force_reset)?;
    accounts(rows, report, "review", Action::Review, summary.accounts_by_action.review)?;
    let worst = sites(rows, report, rules)?;
    if summary.exposures > 0 {
        let of = |mode| number(summary.exposures_by_mode.get(&mode).copied().unwrap_or_default());
        let (stored, transmitted) = (of(Mode::Stored), of(Mode::Transmitted));
        let all = number(summary.exposures);
        rows.row("exposures", format_args!("{all}: {transmitted} transmitted, {stored} stored"))?;
        if summary.unattributed_exposures > 0 {
            let nameless = number(summary.unattributed_exposures);
            rows.row("", format_args!("{nameless} of nobody who could be named"))?;
        }
    }
    rows.row("scanned", read(summary, elapsed))?;
    skipped(rows, report)?;
    rows.row("report", terminal(&target.to_string()))?;
    next(rows, target, worst.as_deref())
}

fn found(report: &Report<'_>) -> String {
    let summary = report.summary();
    match (summary.accounts, summary.exposures) {
        (0, 0) => "no exposed passwords found".to_owned(),
        (0, exposures) => format!("{}, no account could be named", count(exposures, "exposed password")),
        (accounts, _) => {
            let by = summary.accounts_by_action;
            let accounts = count(accounts, "exposed account");
            format!("{accounts}: {} to reset, {} to review", number(by.force_reset), number(by.review))
        }
    }
}

/// What the verdict does not hold for.
fn unscanned(report: &Report<'_>) -> Option<&'static str> {
    match report.scan().status {
        Status::Complete => None,
        Status::Partial => Some("; NOT everything could be scanned"),
        Status::Interrupted => Some("; the scan was interrupted"),
    }
}

fn accounts(rows: &mut Rows, report: &Report<'_>, label: &str, action: Action, all: u64) -> fmt::Result {
    let named: Vec<Headline<'_>> = report.headlines().filter(|one| one.action == action).take(NAMED).collect();
    let about = |one: &Headline<'_>| match one.reasons.first() {
        Some(reason) => reason.name().to_owned(),
        None => seen(one.exposures, one.last_seen),
    };
    let longest = named.iter().map(|one| about(one).chars().count()).max().unwrap_or_default();
    // A name that is cut ends in `…`.
    let room = (WIDTH - FRAME).saturating_sub(longest + 1).max(20);
    let name = |one: &Headline<'_>| format!("{:.room$}", terminal(one.account));
    let width = named.iter().map(|one| name(one).chars().count()).max().unwrap_or_default();
    for (place, one) in named.iter().enumerate() {
        let (name, severity) = (name(one), one.severity.name());
        let label = if place == 0 { label } else { "" };
        rows.row(label, format_args!("{name:<width$}  {severity:<8}  {}", rows.paint.faint(&about(one))))?;
    }
    rows.more(all.saturating_sub(named.len() as u64))
}

fn seen(exposures: u64, last: Option<Time>) -> String {
    let day = last.map(|last| format!(", last {:.10}", last.to_string())).unwrap_or_default();
    format!("{}{day}", count(exposures, "exposure"))
}

/// The statements that leak of most accounts, and the rule of the worst.
fn sites(rows: &mut Rows, report: &Report<'_>, rules: &RuleSet) -> Result<Option<String>, fmt::Error> {
    let (mut all, mut worst) = (0, None);
    for site in report.sites() {
        all += 1;
        if all > NAMED {
            continue;
        }
        let title = rules.rules().find(|(_, rule)| rule.id == *site.rule_id).map(|(_, rule)| rule.title.as_str());
        let label = if all == 1 { "leaks at" } else { "" };
        let title = terminal(title.unwrap_or(&site.rule_id)).to_string();
        rows.row(label, format_args!("{}: {title:.44}", count(site.accounts, "account")))?;
        let statement = format!("  {:.STATEMENT$}", terminal(&site.template));
        rows.row("", rows.paint.faint(&statement))?;
        if let Some(masked) = masked(&site) {
            rows.row("", format_args!("  {masked}"))?;
        }
        worst.get_or_insert_with(|| site.rule_id.to_string());
    }
    rows.more(all.saturating_sub(NAMED) as u64)?;
    Ok(worst)
}

fn skipped(rows: &mut Rows, report: &Report<'_>) -> fmt::Result {
    let all = report.skipped();
    for (index, one) in all.iter().take(NAMED).enumerate() {
        let (uri, detail) = (terminal(&one.uri), terminal(&one.detail));
        let label = if index == 0 { "skipped" } else { "" };
        rows.row(label, format_args!("{uri:.TEXT$}: {} ({detail:.TEXT$})", one.reason.name()))?;
    }
    rows.more(all.len().saturating_sub(NAMED) as u64)
}

/// What was read, and how fast.
fn read(summary: &Summary, elapsed: Duration) -> String {
    let mut text = count(summary.files_scanned.saturating_add(summary.files_partial), "file");
    if summary.members_scanned > 0 {
        text += &format!(", {}", count(summary.members_scanned, "member"));
    }
    let (read, seconds) = (summary.bytes_scanned as f64, elapsed.as_secs_f64());
    text += &format!(", {} in {seconds:.2} s", bytes(read));
    if seconds > 0.0 {
        text += &format!(" ({}/s)", bytes(read / seconds));
    }
    text
}

/// The commands that lead on.
fn next(rows: &mut Rows, target: &Target, worst: Option<&str>) -> fmt::Result {
    let Some(worst) = worst else { return Ok(()) };
    let mut label = "next";
    if let Target::File { path, .. } = target
        && let Some(path) = plain(path)
    {
        rows.row(label, rows.paint.bold(&format!("logleak render -f html -o report.html {path}")))?;
        label = "";
    }
    match plain(Path::new(worst)) {
        Some(worst) => rows.row(label, rows.paint.bold(&format!("logleak explain {worst}"))),
        None => Ok(()),
    }
}

/// A name that a shell takes as it is; none where it would need quotes.
fn plain(path: &Path) -> Option<&str> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-/+@".contains(c);
    path.to_str().filter(|path| !path.starts_with('-') && path.chars().all(safe))
}

/// What is written, row by row.
struct Rows {
    out: String,
    paint: Paint,
}

impl Rows {
    fn row(&mut self, label: &str, text: impl fmt::Display) -> fmt::Result {
        // A row without a label still does not begin with text of a log.
        let bar = if label.is_empty() { '·' } else { ' ' };
        let text = text.to_string();
        writeln!(self.out, "  {}{bar} {}", self.paint.faint(&format!("{label:<10}")), text.trim_end())
    }

    fn more(&mut self, rest: u64) -> fmt::Result {
        if rest > 0 { self.row("", format_args!("… and {} more", number(rest))) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command that is offered is run without a look: nothing in it may mean anything to a shell.
    #[test]
    fn only_plain_names_are_offered() {
        for (name, fits) in [
            ("report.json", true),
            ("/tmp/a-b_c/r.json", true),
            ("-o", false),
            ("a b", false),
            ("$(x)", false),
            ("ä", false),
        ] {
            assert_eq!(plain(Path::new(name)).is_some(), fits, "{name}");
        }
    }
}
