//! Builds a scanner out of its rules and of what its caller knows: the zone, the accounts, the key.

use std::sync::Arc;

use super::{Period, Scanner};
use crate::account::{Directory, KnownAccounts};
use crate::error::Error;
use crate::prefilter::{Case, Prefilter, Trigger};
use crate::rule::{self, Finder, RuleSet};
use crate::secret::{FingerprintKey, Fingerprinter};
use crate::tally::Progress;

/// What a scanner is built from.
pub struct ScannerBuilder {
    rules: RuleSet,
    key: Option<FingerprintKey>,
    zone: jiff::tz::TimeZone,
    cap: usize,
    source: Option<String>,
    period: Period,
    directory: Directory,
    progress: Option<Arc<Progress>>,
}

impl Scanner {
    /// Starts building a scanner over these rules.
    pub fn builder(rules: RuleSet) -> ScannerBuilder {
        ScannerBuilder {
            rules,
            key: None,
            zone: jiff::tz::TimeZone::UTC,
            cap: 20,
            source: None,
            period: Period::default(),
            directory: Directory::default(),
            progress: None,
        }
    }
}

impl ScannerBuilder {
    /// A key under which fingerprints may leave the process.
    #[must_use]
    pub fn fingerprint_key(mut self, key: Option<FingerprintKey>) -> Self {
        self.key = key;
        self
    }

    /// The zone of times that are written without one.
    #[must_use]
    pub fn timezone(mut self, zone: jiff::tz::TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// How many exposures of an account are listed.
    #[must_use]
    pub fn max_exposures(mut self, cap: usize) -> Self {
        self.cap = cap;
        self
    }

    /// The name of what is scanned, before every `uri`.
    #[must_use]
    pub fn source(mut self, source: Option<String>) -> Self {
        self.source = source;
        self
    }

    /// What is reported of what was logged. Everything, unless the caller says otherwise.
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// The accounts that are ours.
    #[must_use]
    pub fn accounts(mut self, known: Option<KnownAccounts>) -> Self {
        self.directory.known = known;
        self
    }

    /// Where it counts how far it is.
    #[must_use]
    pub fn progress(mut self, progress: Option<Arc<Progress>>) -> Self {
        self.progress = progress;
        self
    }

    /// The system that the names in the logs belong to: the URL of its issuer.
    #[must_use]
    pub fn realm(mut self, realm: Option<String>) -> Self {
        self.directory.realm = realm;
        self
    }

    /// The scanner.
    ///
    /// # Errors
    /// Where there are more triggers than an index can name.
    pub fn build(self) -> Result<Scanner, Error> {
        let triggers = triggers(&self.rules);
        if triggers.len() > usize::from(u16::MAX) {
            return Err(Error::setup("the rules have more than 65,535 triggers: load fewer of them"));
        }
        Ok(Scanner {
            prefilter: Prefilter::new(&triggers),
            finders: self.rules.triggers().iter().map(|(_, _, finder)| *finder).collect(),
            rules: self.rules,
            fingerprinter: Fingerprinter::new(self.key),
            zone: self.zone,
            cap: self.cap,
            source: self.source,
            period: self.period,
            directory: self.directory,
            progress: self.progress,
        })
    }
}

/// The triggers of the rules as the prefilter knows them.
pub(super) fn triggers(rules: &RuleSet) -> Vec<Trigger> {
    let known = |(text, case, finder): &(Vec<u8>, rule::Case, Finder)| {
        let needs = match finder {
            Finder::Pattern(rule) => rules.get(*rule).pattern.as_ref().and_then(|pattern| pattern.needs),
            _ => None,
        };
        let case = if *case == rule::Case::Exact { Case::Exact } else { Case::Insensitive };
        Trigger { text: text.clone(), case, needs }
    };
    rules.triggers().iter().map(known).collect()
}
