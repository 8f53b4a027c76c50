//! The report as text that a person reads at a terminal of 80 columns: the accounts by what is to be done, then what
//! belongs to nobody, the statements that leak, and what was not scanned.
//!
//! Whatever comes from a log is escaped, and no line begins with it. Lines are broken at 80 columns; a location is not,
//! so that it can be copied.

use std::fmt::{self, Display};
use std::io::{self, Write};

use super::Content;
use super::escape::terminal;
use super::schema::{Account, Exposure, Omitted, Status, Time};
use super::words::masked;
use crate::terms::Action;

/// Columns of a terminal.
const WIDTH: usize = 80;

/// Characters of a name that are shown.
const NAME: usize = 160;

/// Writes `report`.
///
/// # Errors
/// What `out` says.
pub fn write(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    head(report, out)?;
    let by = summary.accounts_by_action;
    accounts(report, "To reset", Action::ForceReset, by.force_reset, out)?;
    accounts(report, "To review", Action::Review, by.review, out)?;
    unattributed(report, out)?;
    sites(report, out)?;
    skipped(report, out)?;
    scanned(report, out)?;
    out.flush()
}

fn head(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let found = match summary.exposures {
        0 => "No exposed passwords found".to_owned(),
        exposures => format!("{} of {}", count(exposures, "exposure"), count(summary.accounts, "account")),
    };
    writeln!(
        out,
        "{found}{}",
        match report.scan().status {
            Status::Complete => ".",
            Status::Partial => "; NOT everything could be scanned.",
            Status::Interrupted => "; the scan was INTERRUPTED.",
        }
    )?;
    if let (Some(first), Some(last)) = (summary.first_seen, summary.last_seen) {
        writeln!(out, "Logged from {} to {}.", Minute(first), Minute(last))?;
    }
    if !report.omitted().is_empty() {
        let names: Vec<&str> = report.omitted().iter().map(|one| left_out(*one)).collect();
        writeln!(out, "Left out of this report: {}.", names.join(", "))?;
    }
    Ok(())
}

fn left_out(what: Omitted) -> &'static str {
    match what {
        Omitted::Names => "names",
        Omitted::Accounts => "accounts",
        Omitted::Exposures => "exposures",
        Omitted::Sites => "statements",
        Omitted::Inputs => "inputs",
    }
}

fn accounts(report: &dyn Content, title: &str, action: Action, all: u64, out: &mut dyn Write) -> io::Result<()> {
    if all == 0 {
        return Ok(());
    }
    writeln!(out, "\n{title} ({all})")?;
    report.accounts().filter(|account| account.action == action).try_for_each(|one| account(&one, out))
}

fn account(account: &Account<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {:.NAME$}", terminal(&account.account))?;
    let mut facts = vec![account.severity.name().to_owned(), count(account.exposure_count, "exposure")];
    facts.extend(account.modes.iter().map(|mode| mode.name().to_owned()));
    facts.push(account.evidence.name().to_owned());
    facts.push(format!("confidence {}", account.confidence.name()));
    if let Some(last) = account.last_seen {
        facts.push(format!("last {}", Minute(last)));
    }
    facts.extend(account.action_reasons.iter().map(|reason| reason.name().replace('_', " ")));
    wrapped(&facts, out)?;
    account.exposures.iter().try_for_each(|one| exposure(one, out))?;
    let listed = account.exposures.len() as u64;
    if listed > 0 && account.exposure_count > listed {
        writeln!(out, "      … and {} more", account.exposure_count - listed)?;
    }
    Ok(())
}

/// Facts in lines of the width, with commas between.
fn wrapped(facts: &[String], out: &mut dyn Write) -> io::Result<()> {
    const INDENT: usize = 4;
    let mut column = 0;
    for (index, fact) in facts.iter().enumerate() {
        let comma = if index + 1 < facts.len() { "," } else { "" };
        let width = fact.chars().count() + comma.len();
        if column == 0 || column + 1 + width > WIDTH {
            write!(out, "{}{:INDENT$}", if column == 0 { "" } else { "\n" }, "")?;
            column = INDENT;
        } else {
            out.write_all(b" ")?;
            column += 1;
        }
        write!(out, "{fact}{comma}")?;
        column += width;
    }
    writeln!(out)
}

fn exposure(exposure: &Exposure<'_>, out: &mut dyn Write) -> io::Result<()> {
    let at = Place(exposure).to_string();
    let what =
        format!("{} {}", exposure.protection.name().replace('_', " "), exposure.channel.name().replace('_', " "));
    write!(out, "      {at}")?;
    // On the same line where it fits.
    if 6 + at.chars().count() + 2 + what.chars().count() <= WIDTH {
        writeln!(out, "  {what}")
    } else {
        writeln!(out, "\n        {what}")
    }
}

/// `uri:line:column`, as editors and compilers write it.
struct Place<'a>(&'a Exposure<'a>);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = &self.0.location;
        write!(f, "{}:{}", terminal(&location.uri), location.line)?;
        location.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}

fn unattributed(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let all = report.summary().unattributed_exposures;
    if all == 0 {
        return Ok(());
    }
    writeln!(out, "\nOf nobody who could be named ({all})")?;
    let mut listed = 0;
    for one in report.unattributed() {
        exposure(&one, out)?;
        if !one.candidates.is_empty() {
            writeln!(out, "        of one of {}", count(one.candidates.len() as u64, "account"))?;
        }
        listed += 1;
    }
    if listed > 0 && all > listed { writeln!(out, "      … and {} more", all - listed) } else { Ok(()) }
}

fn sites(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    for (index, site) in report.sites().enumerate() {
        if index == 0 {
            writeln!(out, "\nStatements that leak")?;
        }
        // A template is short; a long one is broken by the terminal.
        writeln!(out, "  {:.NAME$}", terminal(&site.template))?;
        let (exposures, files) = (count(site.exposures, "exposure"), count(site.files, "file"));
        wrapped(&[count(site.accounts, "account"), exposures, files, site.rule_id.to_string()], out)?;
        if let Some(masked) = masked(&site) {
            writeln!(out, "    {masked}")?;
        }
    }
    Ok(())
}

fn skipped(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let skipped = report.skipped();
    match (report.summary().files_skipped, skipped.len()) {
        (0, _) => return Ok(()),
        (all, 0) => return writeln!(out, "\nNot scanned ({all}): see the whole report"),
        (all, _) => writeln!(out, "\nNot scanned ({all})")?,
    }
    for one in skipped.iter() {
        writeln!(out, "  {}", terminal(&one.uri))?;
        writeln!(out, "    {} ({:.NAME$})", one.reason.name().replace('_', " "), terminal(&one.detail))?;
    }
    Ok(())
}

fn scanned(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let files = summary.files_scanned.saturating_add(summary.files_partial);
    let mut facts = vec![format!("Scanned {}", count(files, "file"))];
    if summary.members_scanned > 0 {
        facts.push(count(summary.members_scanned, "member"));
    }
    facts.push(count(summary.bytes_scanned, "byte"));
    let why = |(why, number): (&crate::terms::Dismissal, &u64)| format!("{number} {}", why.name().replace('_', " "));
    let dismissed: Vec<String> = summary.dismissed.iter().map(why).collect();
    writeln!(out, "\n{}.", facts.join(", "))?;
    if summary.suppressed_exposures > 0 {
        writeln!(out, "Suppressed: {}.", count(summary.suppressed_exposures, "exposure"))?;
    }
    if dismissed.is_empty() {
        return Ok(());
    }
    writeln!(out, "Values that are no exposed passwords:")?;
    wrapped(&dismissed, out)
}

/// A time without its seconds.
struct Minute(Time);

impl Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        write!(f, "{} {}", text.get(..10).unwrap_or(&text), text.get(11..16).unwrap_or_default())
    }
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Stored;

    const GOLDEN: &str = include_str!("../../tests/golden/report.json");

    fn text(change: impl Fn(&mut Stored)) -> String {
        let mut report = Stored::parse(GOLDEN.as_bytes(), std::path::Path::new("-")).unwrap();
        change(&mut report);
        let mut text = Vec::new();
        write(&report, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// What a person sees of the small report, character by character.
    #[test]
    fn the_text_is_as_shown() {
        assert_eq!(text(|_| {}), include_str!("../../tests/golden/report.txt"));
    }

    /// A terminal breaks longer lines anywhere; only a location may be longer.
    #[test]
    fn lines_fit_a_terminal() {
        let text = text(|report| {
            let account = &mut report.accounts[0];
            (account.modes, account.action_reasons) =
                (crate::terms::Mode::ALL.to_vec(), crate::terms::ActionReason::ALL.to_vec().into());
            account.exposures[0].location.uri = "x".repeat(200).into();
        });
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH || line.contains("xxx")), "{text}");
    }

    /// A name from a log neither moves the cursor nor begins a line, where CI runners look for commands.
    #[test]
    fn names_cannot_act() {
        let hostile = "::error::x\n::set-output\u{1b}[2J##vso[task.x]";
        let text = text(|report| {
            report.accounts[0].account = hostile.into();
            report.accounts[0].exposures[0].location.uri = hostile.into();
            report.unattributed[0].location.uri = hostile.into();
            report.sites[0].template = hostile.into();
            (report.skipped[0].uri, report.skipped[0].detail) = (hostile.into(), hostile.into());
        });
        assert!(!text.contains('\u{1b}') && !text.contains("##") && !text.lines().any(|line| line.starts_with("::")));
    }
}
