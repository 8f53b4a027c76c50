//! A dossier in Markdown for whoever decides on a notification: what Article 33(3) GDPR asks for, as far as logs can
//! tell it, with the limits of that knowledge. It names no account.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::Content;
use super::escape::markdown;
use super::schema::{Status, Time};
use crate::terms::{AccountType, Evidence, Mode, Protection, TimeBasis};

/// Names of systems, inputs and skipped files that are listed of each.
const NAMED: usize = 100;

/// Writes the dossier on `report`.
///
/// # Errors
/// What `out` says.
pub fn write(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let people = People::count(report);
    head(report, out)?;
    nature(report, &people, out)?;
    period(report, &people, out)?;
    systems(report, &people, out)?;
    unread(report, out)?;
    rest(report, out)?;
    unknown(&people, out)?;
    out.flush()
}

/// What the summary does not tell.
#[derive(Default)]
struct People {
    users: u64,
    programs: u64,
    unknown: u64,
    accepted: u64,
    claimed: u64,
    undated: u64,
    assumed: u64,
    realms: BTreeSet<String>,
    more_realms: bool,
}

impl People {
    fn count(report: &dyn Content) -> Self {
        let mut people = Self::default();
        for account in report.accounts() {
            *match account.account_type {
                AccountType::User => &mut people.users,
                AccountType::Service => &mut people.programs,
                AccountType::Unknown => &mut people.unknown,
            } += 1;
            people.accepted += u64::from(account.evidence != Evidence::Claimed);
            people.claimed += u64::from(account.evidence == Evidence::Claimed);
            people.undated += u64::from(account.time_basis == TimeBasis::None);
            let assumed = matches!(account.time_basis, TimeBasis::YearInferred | TimeBasis::ZoneAssumed);
            people.assumed += u64::from(assumed || account.time_basis == TimeBasis::FileMtime);
            if let Some(realm) = &account.realm {
                if people.realms.len() < NAMED {
                    people.realms.insert(realm.to_string());
                } else if !people.realms.contains(&**realm) {
                    people.more_realms = true;
                }
            }
        }
        people
    }
}

fn head(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let (scan, tool) = (report.scan(), report.tool());
    writeln!(out, "# Passwords in logs: facts for a notification\n")?;
    writeln!(
        out,
        "Made from the report {} of {} {}. It says what the logs show and is no legal advice. No account is named here; \
         the report names them.\n",
        markdown(&report.report_id()),
        markdown(&tool.name),
        markdown(&tool.version),
    )?;
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(out, "| Found by the scan that ended | {} |", scan.finished_at)?;
    if let Some(deadline) = Time::from_seconds(scan.finished_at.seconds().saturating_add(72 * 3600)) {
        writeln!(out, "| 72 hours later (Article 33(1), counted from awareness) | {deadline} |")?;
    }
    let read = match scan.status {
        Status::Complete => "yes",
        Status::Partial => "no, see below",
        Status::Interrupted => "no, the scan was interrupted",
    };
    writeln!(out, "| Everything given was read | {read} |")
}

fn nature(report: &dyn Content, people: &People, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let unnamed = summary.unattributed_exposures;
    writeln!(out, "\n## Nature of the breach (Article 33(3)(a))\n")?;
    writeln!(
        out,
        "Secrets that people log in with were written to logs without the protection they need, so that whoever could \
         read the logs, or a copy of them, could learn them.\n"
    )?;
    writeln!(out, "| | at least | at most |\n|---|---|---|")?;
    let most = |number: u64| match report.scan().status {
        Status::Complete => number.to_string(),
        _ => format!("{number} in what was read; what was not read may hold more"),
    };
    let persons = people.users.saturating_add(people.unknown).saturating_add(unnamed);
    // One person may have every account.
    let fewest = u64::from(people.users > 0);
    writeln!(out, "| Data subjects | {fewest} | {} |", most(persons))?;
    writeln!(out, "| Accounts | {} | {} |", summary.accounts, most(summary.accounts.saturating_add(unnamed)))?;
    writeln!(out, "| Records (exposures) | {} | {} |", summary.exposures, most(summary.exposures))?;
    writeln!(
        out,
        "\nOf the accounts, {} are of persons, {} of programs, and of {} the logs do not tell. One person may have \
         several accounts; how many persons there are is known to whoever keeps the accounts. {unnamed} of the \
         exposures belong to nobody whom the logs name; at most each of them is of another person.\n",
        people.users, people.programs, people.unknown,
    )?;
    writeln!(
        out,
        "Categories of personal data: identifiers of accounts (user names, e-mail addresses, phone numbers)"
    )?;
    writeln!(out, "and the secrets of the accounts ({}).\n", names(report.scan().scope.iter().map(|one| one.name())))?;
    writeln!(out, "| How | exposures |\n|---|---|")?;
    for (mode, number) in &summary.exposures_by_mode {
        let how = match mode {
            Mode::Stored => "stored: kept in a file without protection",
            Mode::Transmitted => "transmitted: written down on its way",
        };
        writeln!(out, "| {how} | {number} |")?;
    }
    for (protection, number) in &summary.exposures_by_protection {
        let how = match protection {
            Protection::Plaintext => "in clear",
            Protection::Encoded => "encoded, which anybody undoes",
            Protection::Reversible => "encrypted under a key that is public",
            Protection::WeakHash => "as a hash that is fast to guess against",
        };
        writeln!(out, "| {how} | {number} |")?;
    }
    Ok(())
}

fn period(report: &dyn Content, people: &People, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    writeln!(out, "\n## Period\n")?;
    match (summary.first_seen, summary.last_seen) {
        (Some(first), Some(last)) => writeln!(out, "Logged from {first} to {last}.")?,
        _ => writeln!(out, "The logs tell no time.")?,
    }
    if people.assumed > 0 {
        writeln!(
            out,
            "For {} accounts the year, the zone or the time of the file was taken to tell it.",
            people.assumed
        )?;
    }
    if people.undated > 0 {
        writeln!(out, "For {} accounts some exposure has no time, so it may lie outside.", people.undated)?;
    }
    writeln!(out, "What was logged before the oldest log that is kept cannot be seen.")
}

fn systems(report: &dyn Content, people: &People, out: &mut dyn Write) -> io::Result<()> {
    let (scan, summary) = (report.scan(), report.summary());
    writeln!(out, "\n## Systems\n")?;
    if let Some(source) = &scan.source {
        writeln!(out, "- logs of {}", markdown(source))?;
    }
    list(out, scan.inputs.iter().map(|input| format!("logs in {}", markdown(input))), scan.inputs.len())?;
    list(out, people.realms.iter().map(|realm| format!("accounts of {}", markdown(realm))), people.realms.len())?;
    if people.more_realms {
        writeln!(out, "- accounts of further systems")?;
    }
    let files = summary.files_scanned.saturating_add(summary.files_partial);
    writeln!(
        out,
        "\nRead: {files} files, {} members of archives, {} bytes.",
        summary.members_scanned, summary.bytes_scanned
    )?;
    let sites = report.sites().count();
    writeln!(out, "Statements of programs that wrote the secrets: {sites}; the report lists them.")
}

fn unread(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let skipped = report.skipped();
    writeln!(out, "\n## What was not read\n")?;
    if report.summary().files_skipped == 0 && report.scan().status == Status::Complete {
        writeln!(out, "Everything that was given was read.")?;
    }
    let one = |one: &super::schema::Skipped| {
        format!("{}: {} ({})", markdown(&one.uri), one.reason.name().replace('_', " "), markdown(&one.detail))
    };
    list(out, skipped.iter().map(one), skipped.len())?;
    let excluded = report.summary().files_excluded;
    if excluded > 0 {
        writeln!(out, "- {excluded} files without log text, or left out on request")?;
    }
    if report.summary().suppressed_exposures > 0 {
        writeln!(
            out,
            "\n{} exposures were known before and are not counted above.",
            report.summary().suppressed_exposures
        )?;
    }
    Ok(())
}

fn rest(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let by = report.summary().accounts_by_action;
    writeln!(
        out,
        "\n## Contact (Article 33(3)(b))\n\nTo be filled in: the data protection officer or another contact."
    )?;
    writeln!(out, "\n## Likely consequences (Article 33(3)(c))\n")?;
    writeln!(out, "- Whoever read a password can log in as its owner until it is changed.")?;
    writeln!(out, "- Where the owner uses it elsewhere as well, those accounts are open too.")?;
    writeln!(out, "- Messages that claim to be about this incident may be used to gain further data.")?;
    writeln!(out, "\n## Measures (Article 33(3)(d))\n")?;
    writeln!(out, "Proposed by the report: reset {} accounts, look at {} more.", by.force_reset, by.review)?;
    writeln!(out, "To be filled in, with dates:\n")?;
    for measure in [
        "accounts reset, sessions ended, persons told",
        "statements that wrote the secrets mended",
        "records removed from logs, copies, backups and log stores",
        "who had access to the logs since the first exposure, and what the access logs show",
    ] {
        writeln!(out, "- [ ] {measure}")?;
    }
    Ok(())
}

fn unknown(people: &People, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## What cannot be known from logs\n")?;
    writeln!(out, "- Who read them: the logs do not show their readers.")?;
    writeln!(
        out,
        "- Whether the passwords were right: for {} accounts the system itself wrote or accepted one, for {} nothing \
         but a client's claim shows it.",
        people.accepted, people.claimed,
    )?;
    writeln!(out, "- What logs held that are no longer kept, or were not given to the scan.")?;
    writeln!(out, "- Whether an account was named by its owner: whoever sends a request can name anybody.")?;
    writeln!(out, "- How many persons stand behind the accounts.")
}

fn list(out: &mut dyn Write, entries: impl Iterator<Item = String>, all: usize) -> io::Result<()> {
    for entry in entries.take(NAMED) {
        writeln!(out, "- {entry}")?;
    }
    if all > NAMED { writeln!(out, "- … and {} more", all - NAMED) } else { Ok(()) }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ")
}
