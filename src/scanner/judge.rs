//! Judges and attributes what was found in one record, and makes exposures of it.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::facts::RecordFacts;
use super::group::{Group, Judged, most_specific, one_exposure_each, places};
use super::here::Here;
use super::statement::Statements;
use super::{Scanner, dialogues, label};
use crate::account::{Account, Owner, Owners, Resolved, Standing};
use crate::classify::{Facts, Verdict, classify};
use crate::exposure::{Exposure, Findings};
use crate::extract::{Candidate, Extraction, ahead, behind};
use crate::secret::{Fingerprint, Secret};
use crate::terms::{Attribution, Confidence, Dismissal, Evidence, Layer, Outcome, Protection, Severity, Side};

impl Scanner {
    /// Judges and attributes what was found in one record. Nobody looked for passwords behind `end`.
    pub(super) fn judge_record(
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
                    if label::is_pair(self.rules.vocabulary(), candidate, &owner) {
                        into.dismiss(Dismissal::Placeholder);
                        continue;
                    }
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
    pub(super) fn resolve(&self, owner: Owner) -> (Option<(Account, Attribution)>, Vec<Account>, Standing) {
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

    /// What kind of exposure a candidate is, unless it is none.
    pub(super) fn judge(
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

    /// Makes one exposure of what a record says once, however often it says it.
    pub(super) fn exposure(
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
