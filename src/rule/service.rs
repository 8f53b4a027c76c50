//! What shows that an account is a program's: `rules/service.toml`.

use rustc_hash::FxHashSet as HashSet;
use serde::Deserialize;

use crate::error::Error;

/// The signs of service accounts. Everything is compared in lower case, which the caller gives.
pub struct ServiceSigns {
    names: HashSet<Box<str>>,
    words: HashSet<Box<str>>,
    joined: HashSet<Box<str>>,
    beginnings: Vec<String>,
    endings: Vec<String>,
    domains: HashSet<Box<str>>,
    mail_domains: Vec<String>,
    units: HashSet<Box<str>>,
    examples: Vec<(String, bool)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    names: Vec<String>,
    words: Vec<String>,
    joined: Vec<String>,
    beginnings: Vec<String>,
    endings: Vec<String>,
    domains: Vec<String>,
    mail_domains: Vec<String>,
    units: Vec<String>,
    example: Vec<Written>,
    counterexample: Vec<WrittenCounter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCounter {
    name: String,
    #[allow(dead_code)] // for the reader of the file
    because: String,
}

fn set(words: Vec<String>) -> HashSet<Box<str>> {
    words.into_iter().map(String::into_boxed_str).collect()
}

impl ServiceSigns {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|e| Error::rule("service.toml", None, e.message().to_owned()))?;
        let services = file.example.into_iter().map(|one| (one.name, true));
        let people = file.counterexample.into_iter().map(|one| (one.name, false));
        Ok(Self {
            names: set(file.names),
            words: set(file.words),
            joined: set(file.joined),
            beginnings: file.beginnings,
            endings: file.endings,
            domains: set(file.domains),
            mail_domains: file.mail_domains,
            units: set(file.units),
            examples: services.chain(people).collect(),
        })
    }

    /// Whether a user name, an id, or the part of an e-mail address before its `@` is a program's.
    pub fn is_name(&self, name: &str) -> bool {
        let between = |separators: &'static [char], words: &HashSet<Box<str>>| {
            name.split(separators).any(|word| words.contains(word.trim_end_matches(|c: char| c.is_ascii_digit())))
        };
        self.names.contains(name)
            || between(&['-', '_', '.'], &self.words)
            || name.contains(['-', '_']) && between(&['-', '_'], &self.joined)
            || self.beginnings.iter().any(|sign| name.starts_with(sign.as_str()))
            || self.endings.iter().any(|sign| name.len() > sign.len() && name.ends_with(sign.as_str()))
            || is_host_principal(name)
    }

    /// Whether a Windows domain holds no person.
    pub fn is_domain(&self, domain: &str) -> bool {
        self.domains.contains(domain)
    }

    /// Whether the domain of an e-mail address is one that programs get.
    pub fn is_mail_domain(&self, domain: &str) -> bool {
        let under =
            |parent: &String| domain.strip_suffix(parent.as_str()).is_some_and(|d| d.is_empty() || d.ends_with('.'));
        self.mail_domains.iter().any(under)
    }

    /// Whether an organisational unit or a container of a directory holds programs.
    pub fn is_unit(&self, unit: &str) -> bool {
        self.units.contains(unit)
    }

    /// The examples and counterexamples: an identity, and whether it must show a sign.
    pub fn examples(&self) -> impl Iterator<Item = (&str, bool)> {
        self.examples.iter().map(|(name, is_service)| (name.as_str(), *is_service))
    }
}

/// `imap/mx.example.com`: the second part is a host. `ingrid/admin` is a person in another role.
fn is_host_principal(name: &str) -> bool {
    let Some((service, host)) = name.split_once('/') else { return false };
    let label =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    label(service) && host.contains('.') && host.split('.').all(label)
}
