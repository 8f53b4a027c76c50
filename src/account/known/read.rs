//! Reads the file of accounts: one identity a line, or an object a line. Errors name the line and never what it says.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde_json::error::Category;

use super::{Builder, KnownAccounts, Line};
use crate::account::Identifiers;
use crate::error::Error;
use crate::terms::{AccountType, IdentityKind};

/// The longest line, in bytes.
const LINE_BYTES: u64 = 64 << 10;

/// One account as NDJSON says it. Other members are the business of whoever wrote the file.
#[derive(Deserialize)]
struct Written {
    email: Option<Name>,
    phone_number: Option<Name>,
    dn: Option<Name>,
    username: Option<Name>,
    user_id: Option<Name>,
    account_type: Option<String>,
    changed_at: Option<String>,
}

/// A name, or a number that serves as one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Number(u64),
}

impl KnownAccounts {
    /// Reads a file of accounts, line by line.
    ///
    /// # Errors
    /// Where the file cannot be read, or it or one of its lines names no account: with the line's number, never its content.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|e| Error::file(path, "read the accounts in", &e))?;
        Self::from_reader(path, BufReader::with_capacity(1 << 20, file))
    }

    /// Reads lines of accounts; `path` is what errors call them.
    ///
    /// # Errors
    /// As [`KnownAccounts::from_file`].
    pub fn from_reader(path: &Path, mut lines: impl BufRead) -> Result<Self, Error> {
        let mut builder = Builder::new();
        let mut bytes = Vec::new();
        let mut number: u64 = 0;
        loop {
            bytes.clear();
            let read = lines.by_ref().take(LINE_BYTES + 1).read_until(b'\n', &mut bytes);
            if read.map_err(|e| Error::file(path, "read the accounts in", &e))? == 0 {
                break;
            }
            number += 1;
            let fault = |reason| Error::accounts(path, Some(number), reason);
            if bytes.len() as u64 > LINE_BYTES {
                return Err(fault("longer than 64 KiB"));
            }
            let text = std::str::from_utf8(&bytes).map_err(|_| fault("not UTF-8"))?;
            // Some editors mark UTF-8 files at their beginning.
            let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { text }.trim();
            if !text.is_empty() {
                let line = if text.starts_with('{') { object(text) } else { plain(text) };
                line.and_then(|line| builder.add(line)).map_err(fault)?;
            }
        }
        if builder.is_empty() {
            // Every account would be somebody else's, and none would be reset.
            return Err(Error::accounts(path, None, "names no account"));
        }
        builder.build().map_err(|reason| Error::accounts(path, None, reason))
    }
}

/// A line that is one identity, whose form tells its kind.
fn plain(text: &str) -> Result<Line, &'static str> {
    // A number alone is an id to whoever logs it.
    let number = text.bytes().all(|b| b.is_ascii_digit());
    let mut line = Line::default();
    line.name(if number { IdentityKind::UserId } else { IdentityKind::Username }, text);
    let several = text.contains([',', ';', '\t']) && !line.names.iter().any(|(kind, _)| *kind == IdentityKind::Dn);
    match line.names.is_empty() {
        _ if several => {
            Err("more than one identity on a line: write an object, such as {\"username\": …, \"email\": …}")
        }
        true => Err("no identity"),
        false => Ok(line),
    }
}

fn object(text: &str) -> Result<Line, &'static str> {
    let written: Written = serde_json::from_str(text).map_err(|e| match e.classify() {
        Category::Data => "a member is not text (a number will do for user_id), or stands there twice",
        Category::Syntax | Category::Eof | Category::Io => "not a JSON object on one line",
    })?;
    let mut line = Line::default();
    let members = [
        (IdentityKind::Email, written.email),
        (IdentityKind::PhoneNumber, written.phone_number),
        (IdentityKind::Dn, written.dn),
        (IdentityKind::Username, written.username),
        (IdentityKind::UserId, written.user_id),
    ];
    for (kind, name) in members {
        match name {
            Some(Name::Text(text)) => line.name(kind, &text),
            Some(Name::Number(number)) => line.name(kind, &number.to_string()),
            None => {}
        }
    }
    if line.names.is_empty() {
        return Err("no username, email, phone_number with its country code, user_id or dn that names an account");
    }
    line.account_type = match written.account_type.as_deref() {
        Some("user") => Some(AccountType::User),
        Some("service") => Some(AccountType::Service),
        None | Some("unknown") => None,
        Some(_) => return Err("account_type is none of user, service and unknown"),
    };
    let changed_at = written.changed_at.map(|at| at.parse::<jiff::Timestamp>()).transpose();
    let changed_at = changed_at.map_err(|_| "changed_at is not a time of RFC 3339, such as 2026-11-03T10:11:12Z")?;
    line.changed_at = changed_at.map(jiff::Timestamp::as_second);
    Ok(line)
}

impl Line {
    /// Adds the names that one member gives, in the spelling that those in logs get.
    fn name(&mut self, kind: IdentityKind, text: &str) {
        let mut identifiers = Identifiers::default();
        identifiers.add(kind, text.as_bytes());
        self.names.extend(identifiers.ranked().map(|(kind, name)| (kind, name.to_owned())));
        self.domain = self.domain.take().or(identifiers.domain);
    }
}
