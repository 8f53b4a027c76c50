//! The end of a scan at a glance, for a person at a terminal or the log of a CI job.

use std::fmt::{self, Write};
use std::time::Duration;

use logleak::report::escape::terminal;
use logleak::report::schema::{Status, Summary};
use logleak::report::{Headline, Report};
use logleak::terms::{Action, Mode};

/// How many accounts of each action, and how many skipped inputs, are named.
const NAMED: usize = 5;

/// The summary: one line that says it all, then rows of a label and what belongs to it. Names from logs are escaped, and
/// no line begins with one.
pub(super) fn text(report: &Report<'_>, elapsed: Duration, target: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, report, elapsed, target);
    out
}

fn write_all(out: &mut String, report: &Report<'_>, elapsed: Duration, target: &str) -> fmt::Result {
    let summary = report.summary();
    writeln!(out, "logleak: {}", verdict(report))?;
    accounts(out, report, "reset", Action::ForceReset, summary.accounts_by_action.force_reset)?;
    accounts(out, report, "review", Action::Review, summary.accounts_by_action.review)?;
    if summary.exposures > 0 {
        let of = |mode| summary.exposures_by_mode.get(&mode).copied().unwrap_or_default();
        let (stored, transmitted) = (of(Mode::Stored), of(Mode::Transmitted));
        let nameless = summary.unattributed_exposures;
        row(out, "exposures", format_args!("{} ({stored} stored, {transmitted} transmitted)", summary.exposures))?;
        if nameless > 0 {
            row(out, "", format_args!("{nameless} of nobody who could be named"))?;
        }
    }
    row(out, "scanned", Read { summary, elapsed })?;
    skipped(out, report)?;
    row(out, "report", terminal(target))
}

fn verdict(report: &Report<'_>) -> String {
    let summary = report.summary();
    let found = match (summary.accounts, summary.exposures) {
        (0, 0) => "no exposed passwords found".to_owned(),
        (0, exposures) => format!("{}, no account could be named", count(exposures, "exposed password")),
        (accounts, _) => {
            let by = summary.accounts_by_action;
            let accounts = count(accounts, "exposed account");
            format!("{accounts}: {} to reset, {} to review", by.force_reset, by.review)
        }
    };
    match report.scan().status {
        Status::Complete => found,
        Status::Partial => format!("{found}; NOT everything could be scanned"),
        Status::Interrupted => format!("{found}; the scan was interrupted"),
    }
}

fn accounts(out: &mut String, report: &Report<'_>, label: &str, action: Action, all: u64) -> fmt::Result {
    let mut named = 0;
    for headline in report.headlines().filter(|headline| headline.action == action).take(NAMED) {
        row(out, if named == 0 { label } else { "" }, Line(headline))?;
        named += 1;
    }
    more(out, all.saturating_sub(named))
}

fn skipped(out: &mut String, report: &Report<'_>) -> fmt::Result {
    let all = report.skipped();
    for (index, one) in all.iter().take(NAMED).enumerate() {
        let (uri, detail) = (terminal(&one.uri), terminal(&one.detail));
        let label = if index == 0 { "skipped" } else { "" };
        row(out, label, format_args!("{uri:.160}: {} ({detail:.160})", one.reason.name()))?;
    }
    more(out, all.len().saturating_sub(NAMED) as u64)
}

fn more(out: &mut String, rest: u64) -> fmt::Result {
    if rest > 0 { row(out, "", format_args!("… and {rest} more")) } else { Ok(()) }
}

fn row(out: &mut String, label: &str, text: impl fmt::Display) -> fmt::Result {
    // A row without a label still does not begin with text of a log.
    let bar = if label.is_empty() { '·' } else { ' ' };
    writeln!(out, "  {label:<10}{bar} {text}")
}

/// One account: name, severity, exposures, and why it is not reset.
struct Line<'a>(Headline<'a>);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Headline { account, reasons, severity, exposures, last_seen, .. } = self.0;
        write!(f, "{:.160}  {}, {}", terminal(account), severity.name(), count(exposures, "exposure"))?;
        if let Some(last) = last_seen {
            write!(f, ", last {last}")?;
        }
        for (index, reason) in reasons.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "; " } else { ", " }, reason.name())?;
        }
        Ok(())
    }
}

/// What was read, and how fast.
struct Read<'a> {
    summary: &'a Summary,
    elapsed: Duration,
}

impl fmt::Display for Read<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { summary, elapsed } = self;
        f.write_str(&count(summary.files_scanned.saturating_add(summary.files_partial), "file"))?;
        if summary.members_scanned > 0 {
            write!(f, ", {}", count(summary.members_scanned, "member"))?;
        }
        let (bytes, seconds) = (summary.bytes_scanned, elapsed.as_secs_f64());
        write!(f, ", {} in {seconds:.2} s", Bytes(bytes as f64))?;
        if seconds > 0.0 {
            write!(f, " ({}/s)", Bytes(bytes as f64 / seconds))?;
        }
        Ok(())
    }
}

/// A number of bytes in powers of 1000.
struct Bytes(f64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scaled = self.0;
        for unit in ["B", "kB", "MB", "GB"] {
            // What would round to 1000 is shown in the next unit.
            if scaled < 999.95 {
                let digits = usize::from(unit != "B");
                return write!(f, "{scaled:.digits$} {unit}");
            }
            scaled /= 1000.0;
        }
        write!(f, "{scaled:.1} TB")
    }
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes are read by people: a unit that fits, one digit after the point.
    #[test]
    fn sizes_take_the_unit_that_fits() {
        for (bytes, want) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1000.0, "1.0 kB"),
            (999_949.0, "999.9 kB"),
            (999_999.0, "1.0 MB"),
            (104_857_600.0, "104.9 MB"),
            (2.5e12, "2.5 TB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), want);
        }
        assert_eq!((count(1, "file"), count(0, "file")), ("1 file".into(), "0 files".into()));
    }
}
