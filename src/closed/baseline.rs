//! An earlier report: what it lists is old.
//!
//! An `exposure_id` ends in an ordinal, since a log may say the same thing twice. Which of several equal exposures a scan
//! meets first depends on its threads; so of equal ones as many as the baseline has are old, the least by place and
//! offset, and whatever was held for old gives way when a lesser one comes. What is held is no more than the baseline
//! lists.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::BufRead;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::by;
use crate::error::Error;
use crate::exposure::Exposure;
use crate::identity::{Ids, Seen};
use crate::rule::RuleIndex;
use crate::tally::Tally;
use crate::terms::SuppressedBy;

/// The digits of an id.
type Id = [u8; 10];

/// How many locks share what is held, so that threads seldom wait.
const SHARES: usize = 64;

/// What an earlier report lists.
pub struct Baseline {
    key_id: Option<String>,
    exposures: HashSet<Id>,
    sites: HashSet<String>,
    /// Accounts of which not all exposures are listed, with the last time that was seen, in seconds since 1970 UTC.
    truncated: HashMap<String, i64>,
    unlisted: u64,
    held: Vec<Mutex<HashMap<Id, Held>>>,
}

/// Equal exposures that are old, as many as the baseline has at most, by place and offset.
#[derive(Default)]
struct Held {
    most: usize,
    least: BTreeMap<(String, u64, RuleIndex, usize), Exposure>,
    /// Tells equal places apart.
    count: usize,
}

#[derive(Deserialize)]
struct Written {
    format_version: String,
    #[serde(default)]
    omitted: Vec<String>,
    tool: Tool,
    accounts: Vec<Account>,
    unattributed: Vec<Listed>,
    sites: Vec<Site>,
}

#[derive(Deserialize)]
struct Tool {
    key_id: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    account_id: String,
    last_seen: Option<String>,
    exposure_count: u64,
    exposures: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    exposure_id: String,
}

#[derive(Deserialize)]
struct Site {
    site_id: String,
}

impl Baseline {
    /// Reads a report. `path` is what errors call the file.
    ///
    /// # Errors
    /// Where it cannot be read, or is not a report of a version that this one knows.
    pub fn read(path: &Path, report: impl BufRead) -> Result<Self, Error> {
        let fault = |reason: &str| Error::list(path, None, reason);
        let written: Written = serde_json::from_reader(report).map_err(|error| match error.io_error_kind() {
            Some(kind) => Error::file(path, "read the baseline", &std::io::Error::from(kind)),
            None => fault("not a report in JSON that lists exposures: name one that `logleak scan -f json` wrote"),
        })?;
        if written.format_version.split('.').next() != Some("1") {
            return Err(fault("a report of another format: make it again with this version"));
        }
        if written.omitted.iter().any(|what| ["accounts", "exposures"].contains(&what.as_str())) {
            return Err(fault("leaves exposures out for its reader: name the whole report"));
        }
        let no_id = || fault("an exposure_id is none: name a report with names, or one that was made with a key");
        let mut baseline = Self {
            key_id: written.tool.key_id,
            exposures: HashSet::new(),
            sites: written.sites.into_iter().map(|site| site.site_id).collect(),
            truncated: HashMap::new(),
            unlisted: 0,
            held: (0..SHARES).map(|_| Mutex::default()).collect(),
        };
        for account in written.accounts {
            let unlisted = account.exposure_count.saturating_sub(account.exposures.len() as u64);
            baseline.unlisted = baseline.unlisted.saturating_add(unlisted);
            let last = account.last_seen.and_then(|at| at.parse::<jiff::Timestamp>().ok());
            if let Some(last) = last.filter(|_| unlisted > 0) {
                baseline.truncated.insert(account.account_id, last.as_second());
            }
            baseline.list(account.exposures).ok_or_else(no_id)?;
        }
        baseline.list(written.unattributed).ok_or_else(no_id)?;
        Ok(baseline)
    }

    fn list(&mut self, exposures: Vec<Listed>) -> Option<()> {
        for listed in exposures {
            self.exposures.insert(id(&listed.exposure_id)?);
        }
        Some(())
    }

    /// The key that its ids were made with: under another one nothing is recognised.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// How many exposures it counts and does not list.
    pub fn unlisted(&self) -> u64 {
        self.unlisted
    }

    /// Whether it has a site of that id.
    pub fn has_site(&self, site_id: &str) -> bool {
        self.sites.contains(site_id)
    }

    /// Counts an exposure as old or new.
    pub(super) fn count(&self, exposure: Exposure, ids: Ids<'_>, tally: &mut Tally) {
        if self.is_past(&exposure, ids) {
            return tally.suppress(&exposure, by(SuppressedBy::Baseline, None));
        }
        let of = |ordinal| {
            let seen = Seen { place: &exposure.place, logged_at: exposure.logged_at, record: exposure.record };
            id(&ids.exposure(exposure.account.as_ref().map(|account| &account.key), seen, ordinal))
        };
        let listed = |ordinal| of(ordinal).filter(|id| self.exposures.contains(id));
        let Some(first) = listed(0) else { return tally.add(exposure) };
        let mut held = self.held[usize::from(first[0]) % SHARES].lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.entry(first).or_default();
        if held.most == 0 {
            held.most = (0..).take_while(|ordinal| listed(*ordinal).is_some()).count();
        }
        held.count += 1;
        let place = (exposure.place.uri.clone(), exposure.position.offset, exposure.rule, held.count);
        let room = held.least.len() < held.most;
        if room {
            tally.suppress(&exposure, by(SuppressedBy::Baseline, None));
            held.least.insert(place, exposure);
        } else if held.least.last_key_value().is_some_and(|(last, _)| place < *last) {
            // It was counted as old when it came; this one is old in its stead.
            held.least.insert(place, exposure);
            held.least.pop_last().into_iter().for_each(|(_, exposure)| tally.add(exposure));
        } else {
            tally.add(exposure);
        }
    }

    /// Whether the account was reported with more exposures than are listed, and this is no later than the last.
    fn is_past(&self, exposure: &Exposure, ids: Ids<'_>) -> bool {
        let Some((account, at)) = exposure.account.as_ref().zip(exposure.logged_at) else { return false };
        !self.truncated.is_empty() && self.truncated.get(&ids.account(&account.key)).is_some_and(|last| at <= *last)
    }
}

/// The bytes of an `exposure_id`.
fn id(text: &str) -> Option<Id> {
    let digits = text.strip_prefix("exp_")?.as_bytes();
    let mut id = Id::default();
    if digits.len() != 2 * id.len() {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(id)
}
