//! A file of suppressions: what somebody accepts, why, and until when. An entry that has expired suppresses nothing.

use std::path::Path;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::Error;
use crate::exposure::{Exposure, Place};
use crate::identity::Ids;
use crate::tally::{Suppression, family};

/// Entries in the order of the file: the first that applies speaks.
#[derive(Debug, Default)]
pub struct Suppressions {
    entries: Vec<Entry>,
    expired: Vec<Suppression>,
    by_site: bool,
}

#[derive(Debug)]
struct Entry {
    site: Option<String>,
    account: Option<Name>,
    path: Option<Glob>,
    says: Arc<Suppression>,
}

/// Whose: by `account_id`, or by a glob over the name.
#[derive(Debug)]
enum Name {
    Id(String),
    Like(GlobMatcher),
}

/// A glob without a `/` is tried on names of files, one with a `/` on paths.
#[derive(Debug)]
struct Glob {
    glob: GlobMatcher,
    whole: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    suppress: Vec<toml::Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    site: Option<String>,
    account: Option<String>,
    path: Option<String>,
    reason: String,
    expires: toml::Value,
}

impl Suppressions {
    /// Reads entries. `today` decides which have expired, and `path` is what errors call the file.
    ///
    /// # Errors
    /// Where the text is not TOML, or an entry does not say what it suppresses, why, and until when.
    pub fn read(path: &Path, text: &str, today: Date) -> Result<Self, Error> {
        let line = |at: usize| Some(text.bytes().take(at).filter(|byte| *byte == b'\n').count() as u64 + 1);
        let file: File = toml::from_str(text)
            .map_err(|e| Error::list(path, e.span().and_then(|span| line(span.start)), e.message().to_owned()))?;
        let mut list = Self::default();
        for written in file.suppress {
            let at = line(written.span().start);
            list.add(written.into_inner(), today).map_err(|reason| Error::list(path, at, reason))?;
        }
        Ok(list)
    }

    fn add(&mut self, written: Written, today: Date) -> Result<(), String> {
        let Written { site, account, path, reason, expires } = written;
        if site.is_none() && account.is_none() && path.is_none() {
            return Err("says nothing of what it suppresses: site, account or path".to_owned());
        }
        if reason.trim().is_empty() {
            return Err("reason is empty: say why, for whoever reads the report".to_owned());
        }
        let expires: Option<Date> = match &expires {
            toml::Value::String(text) => text.parse().ok(),
            toml::Value::Datetime(date) => date.date.map(|_| date.to_string()).and_then(|text| text.parse().ok()),
            _ => None,
        };
        let expires = expires.ok_or("expires is no date, such as 2027-01-31")?;
        if site.as_ref().is_some_and(|site| !site.starts_with("site_")) {
            return Err("site is not a site_id of a report: site_ and 16 hexadecimal digits".to_owned());
        }
        let says = Suppression { reason, expires: expires.to_string() };
        let entry = Entry {
            site,
            account: account.map(Name::new).transpose()?,
            path: path.map(Glob::new).transpose()?,
            says: Arc::new(says.clone()),
        };
        if expires < today {
            self.expired.push(says);
        } else {
            self.by_site |= entry.site.is_some();
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Entries that suppress nothing any more.
    pub fn expired(&self) -> &[Suppression] {
        &self.expired
    }

    /// Entries that hold.
    pub fn entries(&self) -> impl Iterator<Item = &Suppression> {
        self.entries.iter().map(|entry| &*entry.says)
    }

    /// What the entry says that suppresses an exposure.
    pub(super) fn of(&self, exposure: &Exposure, rule_id: &str, ids: Ids<'_>) -> Option<Arc<Suppression>> {
        let sites = if self.by_site { sites(exposure, rule_id) } else { Vec::new() };
        let fits = |entry: &&Entry| {
            entry.site.as_ref().is_none_or(|site| sites.contains(site))
                && entry.account.as_ref().is_none_or(|name| name.fits(exposure, ids))
                && entry.path.as_ref().is_none_or(|glob| glob.fits(&exposure.place))
        };
        self.entries.iter().find(fits).map(|entry| Arc::clone(&entry.says))
    }
}

/// The ids that the site of an exposure has: that of its keys, and that of its statement where it recurs.
fn sites(exposure: &Exposure, rule_id: &str) -> Vec<String> {
    let family = family(&exposure.place);
    let texts = std::iter::once(&exposure.template).chain(exposure.statement.as_ref());
    texts.map(|text| Ids::site(rule_id, text, &family)).collect()
}

impl Name {
    fn new(text: String) -> Result<Self, String> {
        if text.starts_with("acc_") && !text.contains(['*', '?', '[', '{', '@']) {
            return Ok(Self::Id(text));
        }
        glob(&text, false).map(Self::Like)
    }

    fn fits(&self, exposure: &Exposure, ids: Ids<'_>) -> bool {
        let Some(account) = &exposure.account else { return false };
        match self {
            Self::Id(id) => ids.account(&account.key) == *id,
            Self::Like(glob) => glob.is_match(&account.key.identity),
        }
    }
}

impl Glob {
    fn new(text: String) -> Result<Self, String> {
        let text = text.strip_prefix("./").unwrap_or(&text);
        Ok(Self { glob: glob(text, true)?, whole: text.contains('/') })
    }

    fn fits(&self, place: &Place) -> bool {
        let bare = |path: &str| path.strip_prefix("./").unwrap_or(path).to_owned();
        let names = [Some(&place.path), place.member.as_ref(), Some(&place.uri)];
        names.into_iter().flatten().any(|name| match self.whole {
            true => self.glob.is_match(bare(name)),
            false => self.glob.is_match(name.rsplit(['/', '\\']).next().unwrap_or(name)),
        })
    }
}

fn glob(text: &str, separator: bool) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).literal_separator(separator).build();
    match glob {
        Ok(_) if text.is_empty() => Err("a glob is empty".to_owned()),
        Ok(glob) => Ok(glob.compile_matcher()),
        Err(error) => Err(format!("no glob: {}", error.kind())),
    }
}
