//! The report as CSV (RFC 4180): one row an account, for a spreadsheet or an import. Exposures are counted, not listed.
//!
//! Every cell is in quotes, and none is a formula ([`super::escape::csv`]): a cell whose text begins with `=`, `+`, `-` or
//! `@`, as a phone number does, has a `'` before it.

use std::io::{self, Write};

use super::escape::csv;
use super::schema::{Account, Time};
use super::{Content, share};

/// What stands in a column.
type Cell = fn(&Account<'_>) -> String;

/// The columns, and what stands in them. Members of the report that are lists are separated by blanks.
const COLUMNS: &[(&str, Cell)] = &[
    ("account", |account| account.account.to_string()),
    ("account_id", |account| account.account_id.clone()),
    ("action", |account| account.action.name().to_owned()),
    ("action_reasons", |account| names(account.action_reasons.iter().map(|reason| reason.name()))),
    ("severity", |account| account.severity.name().to_owned()),
    ("confidence", |account| account.confidence.name().to_owned()),
    ("evidence", |account| account.evidence.name().to_owned()),
    ("modes", |account| names(account.modes.iter().map(|mode| mode.name()))),
    ("credential_type", |account| account.credential_type.name().to_owned()),
    ("account_type", |account| account.account_type.name().to_owned()),
    ("known", |account| account.known.map_or_else(String::new, |known| known.to_string())),
    ("username", |account| account.username.as_deref().unwrap_or_default().to_owned()),
    ("email", |account| account.email.as_deref().unwrap_or_default().to_owned()),
    ("phone_number", |account| account.phone_number.as_deref().unwrap_or_default().to_owned()),
    ("user_id", |account| account.user_id.as_deref().unwrap_or_default().to_owned()),
    ("dn", |account| account.dn.as_deref().unwrap_or_default().to_owned()),
    ("domain", |account| account.domain.as_deref().unwrap_or_default().to_owned()),
    ("realm", |account| account.realm.as_deref().unwrap_or_default().to_owned()),
    ("first_seen", |account| time(account.first_seen)),
    ("last_seen", |account| time(account.last_seen)),
    ("time_basis", |account| account.time_basis.name().to_owned()),
    ("exposure_count", |account| account.exposure_count.to_string()),
    ("distinct_passwords", |account| account.distinct_passwords.to_string()),
];

/// Writes the head and the accounts of `report`, which become text on so many threads.
///
/// # Errors
/// What `out` says.
pub fn write(report: &dyn Content, threads: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut head = Vec::new();
    row(&mut head, COLUMNS.iter().map(|(name, _)| (*name).to_owned()))?;
    out.write_all(&head)?;
    let text = |text: &mut Vec<u8>, _, account: &Account<'_>| row(text, COLUMNS.iter().map(|(_, cell)| cell(account)));
    share::accounts(report, threads, &text, out)?;
    out.flush()
}

fn row(text: &mut Vec<u8>, cells: impl Iterator<Item = String>) -> io::Result<()> {
    for (index, cell) in cells.enumerate() {
        write!(text, "{}{}", if index == 0 { "" } else { "," }, csv(&cell))?;
    }
    text.write_all(b"\r\n")
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(" ")
}

fn time(at: Option<Time>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}
