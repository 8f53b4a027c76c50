//! From the candidates of a record to its exposures: which of those that overlap count, where they stand, and which of
//! them are one exposure. A record may hold thousands, so nothing here compares each with each.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::account::{Account, AccountKey, Standing};
use crate::extract::{Extraction, Told};
use crate::record::Text;
use crate::rule::{RuleIndex, RuleSet};
use crate::secret::Fingerprint;
use crate::terms::{Attribution, Layer, Protection};

/// A judged candidate.
pub(super) struct Judged {
    pub(super) candidate: usize,
    pub(super) origin: Range<usize>,
    pub(super) protection: Protection,
    pub(super) layers: Vec<Layer>,
    pub(super) fingerprint: Fingerprint,
    pub(super) account: Option<(Account, Attribution)>,
    pub(super) candidates: Vec<Account>,
    pub(super) told: Option<Told>,
    pub(super) standing: Standing,
}

/// The candidates that no more specific one overlaps, in the order of their places.
pub(super) fn most_specific(rules: &RuleSet, found: &Extraction<'_>) -> Vec<usize> {
    let rank = |rule: RuleIndex| rules.get(rule).specificity;
    if found.candidates.len() == 1 {
        return vec![0];
    }
    let mut order: Vec<usize> = (0..found.candidates.len()).collect();
    order.sort_by_cached_key(|&i| {
        let candidate = &found.candidates[i];
        (std::cmp::Reverse(rank(candidate.rule)), candidate.name.old, found.place(candidate).start, i)
    });
    let mut taken =
        Taken { found, kept: Vec::new(), places: BTreeSet::new(), decoded: Vec::new(), matched: Vec::new() };
    for i in order {
        if !taken.overlaps(i) {
            taken.keep(i);
        }
    }
    let mut kept = taken.kept;
    kept.sort_by_cached_key(|&i| found.place(&found.candidates[i]).start);
    kept
}

/// The candidates that are kept so far, and what bytes they are read from.
struct Taken<'f, 'a> {
    found: &'f Extraction<'a>,
    kept: Vec<usize>,
    /// The bytes of those that stand in the text as it is: no two overlap.
    places: BTreeSet<(usize, usize)>,
    /// Those of decoded text, which overlap in ways of their own.
    decoded: Vec<usize>,
    /// Those of patterns, which explain all that they matched.
    matched: Vec<usize>,
}

impl Taken<'_, '_> {
    fn is_decoded(&self, i: usize) -> bool {
        self.found.views[self.found.candidates[i].view].token().is_some()
    }

    fn overlaps(&self, i: usize) -> bool {
        let found = self.found;
        let one = &found.candidates[i];
        let place = found.origin(one);
        // Of those that begin before its end only the last can reach into it.
        let last = self.places.range(..(place.end, 0)).next_back();
        last.is_some_and(|&(_, end)| place.start < end)
            || self.places.contains(&(place.start, place.end))
            || self.decoded.iter().any(|&k| found.overlap(&found.candidates[k], one))
            || self.matched.iter().any(|&k| found.within(one, &found.candidates[k]))
    }

    fn keep(&mut self, i: usize) {
        let candidate = &self.found.candidates[i];
        self.kept.push(i);
        if candidate.syntax.is_none() {
            self.matched.push(i);
        }
        if self.is_decoded(i) {
            self.decoded.push(i);
        } else {
            let place = self.found.origin(candidate);
            self.places.insert((place.start, place.end));
        }
    }
}

/// So many secrets are sought by a plain search.
const FEW: usize = 8;

/// Where in the text the secrets of a record stand: those that were judged, and the same words once more, under whatever
/// key. In the order of their places.
pub(super) fn places(
    text: Text<'_>,
    record: &Range<usize>,
    found: &Extraction<'_>,
    judged: &[Judged],
) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = judged.iter().map(|one| one.origin.clone()).collect();
    let mut sought: HashSet<&[u8], RandomState> = HashSet::default();
    let mut origins: HashSet<&Range<usize>, RandomState> = HashSet::default();
    let shown = &text.bytes[record.clone()];
    let is_part = |at: Option<usize>| at.and_then(|at| shown.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    for one in judged {
        let typed = found.candidates[one.candidate].secret.expose();
        // Much may be read from one long token.
        let new = origins.insert(&one.origin);
        let written = text.bytes.get(one.origin.clone()).filter(|_| new).unwrap_or_default();
        for secret in [typed, if written == typed { &[] } else { written }] {
            // A record may say one password a thousand times.
            if secret.is_empty() || !sought.insert(secret) {
                continue;
            }
            let mut found = |at: usize| {
                if !is_part(at.checked_sub(1)) && !is_part(Some(at + secret.len())) {
                    places.push(record.start + at..record.start + at + secret.len());
                }
            };
            // For one secret in a short record, to prepare a search takes longer than it does.
            if judged.len() < FEW {
                memchr::memchr_iter(secret[0], shown)
                    .filter(|at| shown[*at..].starts_with(secret))
                    .for_each(&mut found);
            } else {
                memchr::memmem::find_iter(shown, secret).for_each(&mut found);
            }
        }
    }
    places.sort_by_key(|place| (place.start, place.end));
    places
}

/// What is one exposure.
pub(super) struct Group {
    /// The live password: the new one of a change, then the one that stands first.
    pub(super) lead: Judged,
    pub(super) others: Vec<Judged>,
}

/// Groups what is one exposure: everything of one account in one record, and equal secrets of nobody.
pub(super) fn one_exposure_each(found: &Extraction<'_>, judged: Vec<Judged>) -> Vec<Group> {
    // Most records hold one.
    if judged.len() == 1 {
        return judged.into_iter().map(|lead| Group { lead, others: Vec::new() }).collect();
    }
    let is_old = |one: &Judged| found.candidates[one.candidate].name.old;
    let mut groups: Vec<Group> = Vec::with_capacity(judged.len());
    let mut accounts: HashMap<AccountKey, usize> = HashMap::new();
    let mut nobodys = Nobodys::default();
    for one in judged {
        let known = match &one.account {
            Some((account, _)) => match accounts.entry(account.key.clone()) {
                Entry::Occupied(known) => Some(*known.get()),
                Entry::Vacant(new) => {
                    new.insert(groups.len());
                    None
                }
            },
            None => nobodys.group(one.fingerprint, is_old(&one), groups.len()),
        };
        match known {
            Some(group) => groups[group].others.push(one),
            None => groups.push(Group { lead: one, others: Vec::new() }),
        }
    }
    let order = |j: &Judged| (found.candidates[j.candidate].name.old, j.origin.start);
    for Group { lead, others } in groups.iter_mut().filter(|group| !group.others.is_empty()) {
        others.sort_by_key(order);
        // The first that was found keeps its place among equals.
        if order(&others[0]) < order(lead) {
            std::mem::swap(lead, &mut others[0]);
            others.sort_by_key(order);
        }
    }
    groups
}

/// The groups of secrets whose account nobody knows.
#[derive(Default)]
struct Nobodys {
    /// The first group of each secret.
    secrets: HashMap<Fingerprint, usize>,
    /// The groups of new passwords only, and of old ones only.
    unchanged: [BTreeSet<usize>; 2],
}

impl Nobodys {
    /// The group that a secret belongs to; none where it begins group `next`. Of an old and a new password nobody knows
    /// whose they are, but that they are of one account.
    fn group(&mut self, secret: Fingerprint, old: bool, next: usize) -> Option<usize> {
        let (same, other) = (usize::from(old), usize::from(!old));
        let changed = self.unchanged[other].first().copied();
        let group = match (self.secrets.get(&secret).copied(), changed) {
            (Some(equal), Some(changed)) => Some(equal.min(changed)),
            (equal, changed) => equal.or(changed),
        };
        match group {
            Some(group) if self.unchanged[other].remove(&group) => {}
            Some(_) => {}
            None => drop(self.unchanged[same].insert(next)),
        }
        let group_or_next = group.unwrap_or(next);
        let first = self.secrets.entry(secret).or_insert(group_or_next);
        *first = group_or_next.min(*first);
        group
    }
}
