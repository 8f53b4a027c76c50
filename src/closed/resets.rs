//! A ledger of resets: whose password was reset, and when. Errors name the line and never what it says.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::path::Path;

use serde::Deserialize;

use crate::account::{AccountKey, Identifiers, Standing};
use crate::error::Error;
use crate::exposure::Exposure;
use crate::identity::Ids;
use crate::terms::IdentityKind;

/// The longest line, in bytes.
const LINE_BYTES: u64 = 64 << 10;

/// How far the clock of whoever wrote the ledger may be ahead, in seconds.
const AHEAD: i64 = 300;

/// The last reset of each account.
#[derive(Debug, Default)]
pub struct Resets {
    by_id: HashMap<String, i64>,
    by_name: HashMap<(IdentityKind, String), i64>,
}

/// One reset. Other members are the business of whoever wrote the file.
#[derive(Deserialize)]
struct Written {
    account_id: Option<String>,
    email: Option<String>,
    phone_number: Option<String>,
    dn: Option<String>,
    username: Option<String>,
    user_id: Option<String>,
    realm: Option<String>,
    reset_at: String,
}

impl Resets {
    /// Reads a ledger, an object a line. `ids` are those of the scan, `now` is the time in seconds since 1970 UTC, and
    /// `path` is what errors call the file.
    ///
    /// # Errors
    /// Where it cannot be read, or a line is not a reset of an account that has been.
    pub fn read(
        path: &Path,
        mut lines: impl BufRead,
        key: Option<&crate::secret::FingerprintKey>,
        now: i64,
    ) -> Result<Self, Error> {
        let mut resets = Self::default();
        let (mut bytes, mut number) = (Vec::new(), 0);
        loop {
            bytes.clear();
            let read = lines.by_ref().take(LINE_BYTES).read_until(b'\n', &mut bytes);
            if read.map_err(|e| Error::file(path, "read the resets in", &e))? == 0 {
                return Ok(resets);
            }
            number += 1;
            let fault = |reason: &str| Error::list(path, Some(number), reason);
            if bytes.len() as u64 == LINE_BYTES {
                return Err(fault("longer than 64 KiB"));
            }
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let written: Written = serde_json::from_slice(&bytes).map_err(|_| {
                fault(
                    "not a JSON object with reset_at and one of account_id, email, phone_number, dn, username, user_id",
                )
            })?;
            resets.add(written, Ids { key }, now).map_err(fault)?;
        }
    }

    fn add(&mut self, written: Written, ids: Ids<'_>, now: i64) -> Result<(), &'static str> {
        let at = written.reset_at.parse::<jiff::Timestamp>();
        let at = at.map_err(|_| "reset_at is not a time of RFC 3339, such as 2026-11-03T10:11:12Z")?.as_second();
        if at > now.saturating_add(AHEAD) {
            return Err("reset_at lies ahead: a reset that has not happened closes nothing");
        }
        let mut identifiers = Identifiers::default();
        for (kind, name) in [
            (IdentityKind::Email, &written.email),
            (IdentityKind::PhoneNumber, &written.phone_number),
            (IdentityKind::Dn, &written.dn),
            (IdentityKind::Username, &written.username),
            (IdentityKind::UserId, &written.user_id),
        ] {
            if let Some(name) = name {
                identifiers.add(kind, name.as_bytes());
            }
        }
        let later = |known: &mut i64| *known = at.max(*known);
        let mut named = false;
        if let Some(id) = written.account_id {
            if !id.starts_with("acc_") {
                return Err("account_id is not one of a report: acc_ and 16 hexadecimal digits");
            }
            self.by_id.entry(id).and_modify(later).or_insert(at);
            named = true;
        }
        for (kind, name) in identifiers.ranked() {
            named = true;
            match &written.realm {
                Some(realm) => {
                    let key = AccountKey { realm: Some(realm.clone()), kind, identity: name.to_owned() };
                    self.by_id.entry(ids.account(&key)).and_modify(later).or_insert(at);
                }
                None => {
                    self.by_name.entry((kind, name.to_owned())).and_modify(later).or_insert(at);
                }
            }
        }
        if named { Ok(()) } else { Err("names no account: account_id, email, phone_number, dn, username or user_id") }
    }

    /// Whether the password of an exposure was certainly reset after it was logged.
    pub(super) fn close(&self, exposure: &Exposure, ids: Ids<'_>) -> bool {
        let Some(account) = &exposure.account else { return false };
        let named = self.by_name.get(&(account.key.kind, account.key.identity.clone())).copied();
        let known = if self.by_id.is_empty() { None } else { self.by_id.get(&ids.account(&account.key)).copied() };
        let reset = Standing { changed_at: named.max(known), ..Standing::default() };
        reset.supersedes(exposure.logged_at, exposure.time_basis)
    }
}
