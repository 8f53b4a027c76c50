//! The engine: wires the stages, owns no global state, does no I/O of its own in [`Scanner::scan_bytes`].

mod beside;
mod coverage;
mod crowd;
mod dialogues;
mod facts;
mod group;
mod here;
mod kept;
mod labels;
mod masked;
mod paths;
mod period;
mod redact;
mod region;
mod statement;
#[cfg(test)]
mod tests;
mod watch;
mod when;
mod wide;
mod windows;

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::account::{Account, Directory, KnownAccounts, Owner, Owners, Resolved, Standing};
use crate::classify::{Facts, Verdict, classify};
use crate::error::Error;
use crate::exposure::{Exposure, Findings, Place};
use crate::extract::{Candidate, Extraction, Found, Probe, Search, ahead, behind, probe, typed};
use crate::input::Window;
use crate::prefilter::{Case, Hit, Prefilter, Trigger};
use crate::record::{Starts, Text, part, time};
use crate::rule::{self, Encoding, Finder, RuleSet};
use crate::secret::{Fingerprint, FingerprintKey, Fingerprinter, Secret};
use crate::tally::{Progress, Tally};
use crate::terms::{Attribution, Confidence, Dismissal, Evidence, Layer, Outcome, Protection, Severity, Side};

use crowd::Crowds;
use facts::RecordFacts;
use group::{Group, Judged, most_specific, one_exposure_each, places};
use here::Here;
use masked::Mask;
pub use paths::ScanOptions;
pub use period::Period;
pub use region::Regions;
use statement::Statements;

/// Scans bytes for exposed passwords. Built once; `Send + Sync`.
pub struct Scanner {
    rules: RuleSet,
    prefilter: Prefilter,
    finders: Vec<Finder>,
    fingerprinter: Fingerprinter,
    zone: jiff::tz::TimeZone,
    cap: usize,
    source: Option<String>,
    period: Period,
    directory: Directory,
    progress: Option<Arc<Progress>>,
}

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

/// A member of a source, as the scanner needs to know it.
pub struct Member {
    /// Where it is.
    pub place: Arc<Place>,
    /// The year that its name tells, for times that are written without one.
    pub year_hint: Option<i16>,
    /// When it was last written, in seconds since 1970 UTC: the next best hint.
    pub modified: Option<i64>,
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
fn triggers(rules: &RuleSet) -> Vec<Trigger> {
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

/// A hit whose surroundings look like a password.
struct Survivor {
    record: usize,
    found: Found,
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

    /// The rules that it scans with.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The key of fingerprints that may leave, where there is one.
    pub fn key(&self) -> Option<&FingerprintKey> {
        self.fingerprinter.key()
    }

    fn search(&self) -> Search<'_> {
        Search { rules: &self.rules, prefilter: &self.prefilter, finders: &self.finders }
    }

    /// An empty tally that lists as many exposures as this scanner was told.
    pub fn tally(&self) -> Tally {
        Tally::new(self.cap).watched(self.progress.clone())
    }

    /// The fingerprint that `secret` has in this scanner's exposures.
    pub fn fingerprint(&self, secret: &[u8]) -> Fingerprint {
        self.fingerprinter.fingerprint(&Secret::new(secret.into()))
    }

    /// Whether the search that suits this processor finds in `bytes` exactly what the portable one finds.
    pub fn finds_the_same(&self, bytes: &[u8]) -> bool {
        let hits = |prefilter: &Prefilter| {
            let mut hits = Vec::new();
            let newlines = prefilter.find(bytes, 0..bytes.len(), |hit| hits.push(hit));
            (hits, newlines.total())
        };
        hits(&self.prefilter) == hits(&Prefilter::portable(&triggers(&self.rules)))
    }

    /// Scans a whole text on the current thread.
    pub fn scan_bytes(&self, name: &str, bytes: &[u8]) -> Tally {
        let mut tally = self.tally();
        self.scan_into(name, bytes, &mut tally);
        tally.name_given_up();
        tally
    }

    /// Scans a whole text on the current thread, handing over what it finds.
    pub fn scan_into(&self, name: &str, bytes: &[u8], into: &mut impl Findings) {
        let place = Arc::new(Place::new(self.source.as_deref(), name.to_owned(), None));
        let member = Member { year_hint: time::year_in_name(name), modified: None, place };
        let window = Window { bytes, own: 0..bytes.len(), offset: 0, last: true };
        self.scan_window(&member, &window, &mut Regions::default(), into);
    }

    /// Scans the records and rows that begin in a window. `regions` are those that are open where it begins, and
    /// afterwards those that are open where it ends.
    pub fn scan_window(&self, member: &Member, window: &Window<'_>, regions: &mut Regions, into: &mut impl Findings) {
        if let Some(progress) = &self.progress {
            progress.window(window.own.len());
        }
        let text = Text::new(window.bytes, window.offset);
        let wide = self.scan_text(member, window, text, |_| true, regions, into);
        if !wide.is_empty() {
            wide::scan(self, member, window, &wide, regions, into);
        }
    }

    /// Scans the records that begin in a window, which shows `text`, for hits that are `wanted`. Returns where a
    /// trigger of UTF-16 stands.
    fn scan_text(
        &self,
        member: &Member,
        window: &Window<'_>,
        text: Text<'_>,
        wanted: impl Fn(usize) -> bool,
        regions: &mut Regions,
        into: &mut impl Findings,
    ) -> Vec<usize> {
        // Records that begin here may reach past the window's end, up to the first line that cannot continue them.
        let reach =
            if window.own.end >= window.bytes.len() { window.bytes.len() } else { text.next_head(window.own.end) };
        let mut wide = Vec::new();
        let mut pending: Vec<Survivor> = Vec::new();
        let mut masks: Vec<Mask> = Vec::new();
        let mut heads: Vec<usize> = Vec::new();
        let mut crowds = Crowds::new();
        let mut starts = Starts::default();
        let around = wide::region(window, reach);
        let mut look = |hit: Hit| {
            let finder = self.finders[usize::from(hit.trigger)];
            if finder == Finder::Encoded(Encoding::Utf16) {
                return wide.push(hit.offset);
            }
            if !(window.own.start..reach).contains(&hit.offset) || !wanted(hit.offset) {
                return;
            }
            let mut start = || starts.of(text, hit.offset);
            if let Some(record) = crowds.is_crowded(hit.offset, finder, text.reach, &mut start) {
                if window.own.contains(&record) {
                    crowds.give_up(record, hit.offset, 1);
                }
                return;
            }
            if finder == Finder::Field && region::may_begin(window.bytes, hit.offset) {
                heads.push(hit.offset);
            }
            let cut_off = || part::is_cut_off(text, hit.offset).then_some(Probe::CutOff);
            let pace = crowds.pace(hit.offset);
            let probe = probe(&self.rules, window.bytes, hit.offset, finder, pace).or_else(cut_off);
            let Some(probe) = probe else { return };
            let why = self.dismissed(window.bytes, &probe);
            let record = start();
            if !window.own.contains(&record) {
                return;
            }
            match why {
                Some(why) => {
                    if let (Dismissal::Masked, Probe::Field(_, field)) = (why, &probe) {
                        masks.push(Mask::of(window.bytes, record, &field.value));
                    }
                    into.dismiss(why);
                }
                None => pending.push(Survivor { record, found: Found { at: hit.offset, finder, probe } }),
            }
        };
        self.prefilter.find(window.bytes, around.start..window.own.start, &mut look);
        let newlines = self.prefilter.find(window.bytes, window.own.clone(), &mut look);
        self.prefilter.find(window.bytes, window.own.end..around.end, &mut look);
        // Nothing follows the last window, so that nobody counts on from it: members of one window leave no trace.
        if !window.last || window.own.end < window.bytes.len() {
            into.window(&member.place, window.offset + window.own.start as u64, newlines.total() as u64);
        }
        pending.sort_by_key(|s| s.record);
        let here = Here::new(member, window, text).counted(newlines);
        let mut survivors = pending.into_iter().peekable();
        while let Some(Survivor { record, found }) = survivors.next() {
            let mut hits = vec![found.from(record)];
            while let Some(next) = survivors.next_if(|s| s.record == record) {
                hits.push(next.found.from(record));
            }
            self.scan_record(&here, record, hits, &mut crowds, into);
        }
        if let Some(given_up) = crowds.total() {
            into.give_up(&member.place, given_up);
        }
        self.tell_masks(&here, masks, into);
        self.scan_rows(member, window, regions, into);
        self.open_regions(member, window, &heads, regions, into);
        wide
    }

    /// Why a field holds no password, where that is plain without its record.
    fn dismissed(&self, text: &[u8], probe: &Probe) -> Option<Dismissal> {
        let Probe::Field(name, field) = probe else { return None };
        let (name, secret) = typed(text, *name, field, false);
        let facts = Facts {
            key: &text[field.key.clone()],
            name,
            syntax: Some(field.syntax),
            quote: field.value.quote,
            wrapper: field.value.wrapper,
            before: ahead(text, field.key.start),
            rest: behind(text, &field.value.span),
            words: self.rules.vocabulary(),
            account: None,
        };
        match classify(Secret::new(secret), &facts) {
            Verdict::Dismissed(why) => Some(why),
            Verdict::Exposed { .. } => None,
        }
    }

    /// Extracts, judges and attributes what one record holds.
    fn scan_record(
        &self,
        here: &Here<'_>,
        start: usize,
        hits: Vec<Found>,
        crowds: &mut Crowds,
        into: &mut impl Findings,
    ) {
        let text = here.text;
        let spoken = dialogues::begun(&hits);
        let message = part::message(text, start);
        let own = message.as_ref().map_or(0..0, |message| message.own.start - start..message.own.end - start);
        let hits = hits.into_iter().filter(|hit| !own.contains(&hit.at));
        let mut found = Extraction::new(self.search(), dialogues::root(text, start), hits);
        if let Some(message) = message {
            found.join(self.search(), message);
        }
        let elsewhere = dialogues::follow(self.search(), text, start, &spoken, &mut found);
        if let Some((first, hits)) = found.given_up() {
            crowds.give_up(start, start + first, hits);
        }
        self.judge_record(here, start, &found, crowds.end(start), into);
        for (start, found) in &elsewhere {
            self.judge_record(here, *start, found, usize::MAX, into);
        }
    }

    /// Judges and attributes what was found in one record. Nobody looked for passwords behind `end`.
    fn judge_record(
        &self,
        here: &Here<'_>,
        start: usize,
        found: &Extraction<'_>,
        end: usize,
        into: &mut impl Findings,
    ) {
        let text = here.text;
        if found.candidates.is_empty() {
            return;
        }
        let record = start..text.record_end(start);
        let owners = Owners::new(&self.rules, found, text, record.clone());
        let kept = most_specific(&self.rules, found);
        let (mut judged, mut masked): (Vec<Judged>, Vec<&Candidate>) = (Vec::new(), Vec::new());
        for index in kept {
            let candidate = &found.candidates[index];
            // What only looked like a password in the place of a name is a name of ours.
            if self.rules.get(candidate.rule).typed && self.directory.knows_name(&candidate.secret) {
                into.dismiss(Dismissal::NotAValue);
                continue;
            }
            match self.judge(found, candidate) {
                Err(why) => {
                    if why == Dismissal::Masked {
                        masked.push(candidate);
                    }
                    into.dismiss(why);
                }
                Ok((protection, layers, fingerprint)) => {
                    let told = dialogues::told(&self.rules, text, start, found, index);
                    if dialogues::is_alone(&self.rules, text, start, found, candidate, told.as_ref()) {
                        into.dismiss(Dismissal::NotAValue);
                        continue;
                    }
                    let origin = found.origin(candidate);
                    let own = found.views[candidate.view].layers().len();
                    let encoded = layers[own..].contains(&Layer::Base64);
                    let owner = dialogues::owner(told.as_ref()).unwrap_or_else(|| owners.of(candidate, encoded));
                    let (account, candidates, standing) = self.resolve(owner);
                    judged.push(Judged {
                        candidate: index,
                        origin,
                        protection,
                        layers,
                        fingerprint,
                        account,
                        candidates,
                        told,
                        standing,
                    });
                }
            }
        }
        if !masked.is_empty() {
            self.tell_masked_candidates(here, &record, found, masked.into_iter(), into);
        }
        if judged.is_empty() {
            return;
        }
        let places = places(text, &record, found, &judged);
        let facts = RecordFacts::of(self, here.member, text, &record, (&places, end));
        places.into_iter().for_each(|place| into.cut(place));
        let statements = Statements::of(text, found, &record);
        for group in one_exposure_each(found, judged) {
            self.period.report(self.exposure(here, found, &facts, &statements, group), into);
        }
    }

    /// What the directory makes of the accounts that a record names: attribution stays what it was.
    fn resolve(&self, owner: Owner) -> (Option<(Account, Attribution)>, Vec<Account>, Standing) {
        let (resolved, how) = match owner {
            Owner::Known(account, how) => (self.directory.resolve(self.rules.services(), account), how),
            Owner::OneOf(accounts) => {
                (self.directory.resolve_all(self.rules.services(), accounts), Attribution::KnownAccount)
            }
            Owner::Nobody => return (None, Vec::new(), Standing::default()),
        };
        let Resolved { account, candidates, standing } = resolved;
        (account.map(|account| (account, how)), candidates, standing)
    }

    fn judge(
        &self,
        found: &Extraction<'_>,
        candidate: &Candidate,
    ) -> Result<(Protection, Vec<Layer>, Fingerprint), Dismissal> {
        let view = &found.views[candidate.view];
        let shown = view.text();
        let key = if candidate.syntax.is_some() { &shown[candidate.key.clone()] } else { &[][..] };
        let facts = Facts {
            key,
            name: candidate.name,
            syntax: candidate.syntax,
            quote: candidate.quote,
            wrapper: candidate.wrapper,
            before: ahead(shown, candidate.key.start),
            rest: behind(shown, &candidate.span),
            words: self.rules.vocabulary(),
            account: candidate.account.as_deref(),
        };
        let secret = Secret::new(std::borrow::Cow::Borrowed(candidate.secret.expose()));
        match classify(secret, &facts) {
            Verdict::Dismissed(why) => Err(why),
            Verdict::Exposed { protection, secret, layers } => {
                let mut all = view.layers().to_vec();
                all.extend(&candidate.decoded);
                all.extend(layers);
                let chosen = all
                    .iter()
                    .any(|l| matches!(l, Layer::Base64 | Layer::Hex | Layer::Rot13 | Layer::Gzip | Layer::CharCodes));
                let protection = if chosen { protection.max(Protection::Encoded) } else { protection };
                let protection = protection.max(self.rules.get(candidate.rule).protection);
                Ok((protection, all, self.fingerprinter.fingerprint(&secret)))
            }
        }
    }

    fn exposure(
        &self,
        here: &Here<'_>,
        found: &Extraction<'_>,
        facts: &RecordFacts,
        statements: &Statements<'_>,
        Group { lead, others }: Group,
    ) -> Exposure {
        let candidate = &found.candidates[lead.candidate];
        let rule = self.rules.get(candidate.rule);
        let told = dialogues::outcome(lead.told.as_ref(), facts.outcome);
        let outcome = if rule.authenticated { Outcome::Success } else { told };
        let evidence = match outcome {
            Outcome::Success => Evidence::Authenticated,
            Outcome::Unknown if rule.channel.is_own_state() => Evidence::Stored,
            _ => Evidence::Claimed,
        };
        let view = &found.views[candidate.view];
        let (account, attribution) = lead.account.unzip();
        let confidence = confidence(rule.confidence, attribution, lead.standing);
        let mut known: HashSet<Fingerprint, RandomState> = HashSet::default();
        let mut fingerprints = vec![lead.fingerprint];
        let others_of = others.iter().map(|judged| judged.fingerprint);
        fingerprints.extend(others_of.filter(|one| *one != lead.fingerprint && known.insert(*one)));
        let mut cwe = rule.cwe.clone();
        let extra: &[u16] = match lead.protection {
            Protection::Plaintext => &[],
            Protection::Encoded => &[261],
            Protection::Reversible => &[257],
            Protection::WeakHash => &[916],
        };
        cwe.extend(extra);
        cwe.sort_unstable();
        cwe.dedup();
        let key = candidate.syntax.map(|_| &view.text()[candidate.key.clone()]);
        let label = here.labels.of(&self.rules, candidate.rule, key);
        Exposure {
            account,
            candidates: lead.candidates,
            known: lead.standing.known,
            superseded: lead.standing.supersedes(facts.logged_at, facts.time_basis),
            rule: candidate.rule,
            mode: rule.mode,
            channel: rule.channel,
            protection: lead.protection,
            layers: lead.layers,
            cwe,
            credential_type: candidate.name.credential,
            severity: severity(lead.protection, outcome),
            confidence,
            side: if rule.side == Side::Unknown { facts.side } else { rule.side },
            outcome,
            client: facts.client,
            evidence,
            logged_at: facts.logged_at,
            time_basis: facts.time_basis,
            field: label.field,
            attribution,
            place: Arc::clone(&here.member.place),
            position: here.position(lead.origin.start, view.is_exact()),
            record_offset: here.window.offset + facts.record.start as u64,
            occurrences: 1 + others.len() as u32,
            fingerprints,
            record: facts.digest,
            template: label.template,
            statement: statements.around(lead.origin.start),
        }
    }
}

fn severity(protection: Protection, outcome: Outcome) -> Severity {
    match (protection, outcome) {
        (_, Outcome::Failure) => Severity::Medium,
        (Protection::WeakHash, _) => Severity::Medium,
        _ => Severity::High,
    }
}

/// A match is as sure as its rule, and an account as sure as the way that it was found; that it is one of ours makes
/// both surer by a step.
fn confidence(rule: Confidence, attribution: Option<Attribution>, standing: Standing) -> Confidence {
    let found = match attribution {
        Some(Attribution::TypedAsUsername) => return rule.min(Confidence::Medium),
        None | Some(Attribution::SameRecord | Attribution::KnownAccount) => rule,
        Some(Attribution::SameBlock | Attribution::Correlated) => rule.min(Confidence::Medium),
    };
    match found {
        Confidence::Low if standing.confirmed => Confidence::Medium,
        Confidence::Medium | Confidence::High if standing.confirmed => Confidence::High,
        _ => found,
    }
}
