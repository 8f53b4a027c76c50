//! What dialogues yield: secrets in the records that they stand in, and the accounts and outcomes that other lines tell.

use std::ops::Range;

use crate::account::{Identifiers, Owner};
use crate::extract::dialogue::{is_spoken, read, speaker};
use crate::extract::{Candidate, Extraction, Found, Probe, Search, Told};
use crate::limits::RECORD_BYTES;
use crate::record::Text;
use crate::record::view::View;
use crate::rule::{Dialogue, RuleIndex, RuleSet};
use crate::terms::{Attribution, IdentityKind, Outcome};

/// What stands in a record that begins at `start`, in the order of the text.
pub(super) fn root<'a>(text: Text<'a>, start: usize) -> View<'a> {
    View::root(&text.bytes[start..text.bytes.len().min(start + 2 * RECORD_BYTES)], start)
}

/// The hits at which a dialogue begins.
pub(super) fn begun(hits: &[Found]) -> Vec<(usize, RuleIndex, Dialogue)> {
    hits.iter()
        .filter_map(|found| match found.probe {
            Probe::Dialogue(rule, kind) => Some((found.at, rule, kind)),
            _ => None,
        })
        .collect()
}

/// Reads the dialogues that begin in the record at `start`. Their secrets go to `found` where they stand in the same
/// record; the others are handed back, each record with its beginning.
pub(super) fn follow<'a>(
    search: Search<'_>,
    text: Text<'a>,
    start: usize,
    begun: &[(usize, RuleIndex, Dialogue)],
    found: &mut Extraction<'a>,
) -> Vec<(usize, Extraction<'a>)> {
    let mut elsewhere: Vec<(usize, Extraction<'a>)> = Vec::new();
    for &(at, rule, kind) in begun {
        for spoken in read(search.rules, text, start, start + at, rule, kind) {
            let record = text.record_start(spoken.span.start);
            if record == start {
                found.add_spoken(search.rules, rule, spoken, start);
                continue;
            }
            let known = elsewhere.iter().position(|(at, _)| *at == record).unwrap_or_else(|| {
                elsewhere.push((record, Extraction::new(search, root(text, record), [])));
                elsewhere.len() - 1
            });
            elsewhere[known].1.add_spoken(search.rules, rule, spoken, record);
        }
    }
    elsewhere
}

/// What the conversation around a candidate tells of it, if it is one of a dialogue.
pub(super) fn told(
    rules: &RuleSet,
    text: Text<'_>,
    start: usize,
    found: &Extraction<'_>,
    index: usize,
) -> Option<Told> {
    if let Some(told) = found.told(index) {
        return Some(told.clone());
    }
    let candidate: &Candidate = &found.candidates[index];
    let said = said(found, candidate).filter(|_| candidate.account.is_none())?;
    // A string that holds several lines may hold the whole conversation.
    let inside = whole(found, candidate)
        .and_then(|shown| speaker(rules, Text::new(shown, 0), 0, candidate.key.clone(), candidate.rule));
    inside.or_else(|| speaker(rules, text, start, said, candidate.rule))
}

/// Where in the text what a pattern matched stands.
fn said(found: &Extraction<'_>, candidate: &Candidate) -> Option<Range<usize>> {
    let view = &found.views[candidate.view];
    let matched = candidate.syntax.is_none() && !candidate.key.is_empty();
    matched.then(|| view.origin(candidate.key.start)..view.origin(candidate.key.end - 1) + 1)
}

/// The peeled text that a candidate stands in, where it is of several lines.
fn whole<'f>(found: &'f Extraction<'_>, candidate: &Candidate) -> Option<&'f [u8]> {
    let shown = found.views[candidate.view].text();
    (candidate.view > 0 && memchr::memchr(b'\n', shown).is_some()).then_some(shown)
}

/// The account that a conversation names, or those that it may be.
pub(super) fn owner(told: Option<&Told>) -> Option<Owner> {
    let told = told?;
    let account = |name: &[u8]| {
        let mut identifiers = Identifiers::default();
        identifiers.add(IdentityKind::Username, name);
        identifiers.account()
    };
    let one = account(told.account.as_deref()?)?;
    let mut several = vec![one.clone()];
    for other in told.others.iter().filter_map(|name| account(name)) {
        if !several.contains(&other) {
            several.push(other);
        }
    }
    Some(if several.len() > 1 { Owner::OneOf(several) } else { Owner::Known(one, Attribution::SameBlock) })
}

/// What a conversation says of the credential; `record` where it says nothing.
pub(super) fn outcome(told: Option<&Told>, record: Outcome) -> Outcome {
    told.map(|told| told.outcome).filter(|outcome| *outcome != Outcome::Unknown).unwrap_or(record)
}

/// Whether a pattern that counts only in a conversation matched outside of one.
pub(super) fn is_alone(
    rules: &RuleSet,
    text: Text<'_>,
    start: usize,
    found: &Extraction<'_>,
    candidate: &Candidate,
    told: Option<&Told>,
) -> bool {
    rules.get(candidate.rule).in_conversation
        && candidate.account.is_none()
        && told.is_none()
        && said(found, candidate).is_some_and(|said| match whole(found, candidate) {
            Some(shown) => !is_spoken(rules, Text::new(shown, 0), 0, candidate.key.clone()),
            None => !is_spoken(rules, text, start, said),
        })
}
