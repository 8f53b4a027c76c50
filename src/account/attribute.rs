//! Finds the account of a secret: in the same match, the same record, the records around it.

use std::cell::{LazyCell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::announced::{Announced, announced};
use super::block::same_block;
use super::correlate::{Tied, correlate};
use super::later::later_login;
use super::named::{NEAR, fields, fields_of, nearest, own_span, rivals};
use super::target::{self, Acted};
use super::way::brackets_between;
use super::{Account, Identifiers};
use crate::extract::{Candidate, Extraction};
use crate::record::Text;
use crate::record::view::{View, backslash, unescape};
use crate::rule::{RuleSet, Syntax};
use crate::terms::{Attribution, IdentityKind, Layer};

/// Whose a secret is.
#[derive(Clone)]
pub enum Owner {
    /// One account's, and how it was found.
    Known(Account, Attribution),
    /// One of several.
    OneOf(Vec<Account>),
    /// Nobody's who can be named.
    Nobody,
}

/// The same for all secrets of one record together: where they are many, whose they are stands the nearer to each.
const NEAR_ALL: usize = 1 << 20;

/// How near at least.
const NEAREST: usize = 256;

/// Secrets of one record that each look at its fields anew.
const FEW: usize = 2;

/// The longest line of another record that is looked at, in bytes.
pub(super) const LINE_BYTES: usize = 2 << 10;

/// What separators announce, by the number of their view and their place in it.
type Announcements = HashMap<(usize, usize), Option<Rc<Announced>>, RandomState>;

/// Tells whose the secrets of one record are. What does not depend on the secret is looked for once.
pub struct Owners<'r> {
    rules: &'r RuleSet,
    found: &'r Extraction<'r>,
    text: Text<'r>,
    record: Range<usize>,
    /// As [`NEAR`], in this record.
    near: usize,
    later: OnceCell<Owner>,
    around: OnceCell<Owner>,
    letters: OnceCell<Option<View<'static>>>,
    /// Each of many secrets looks at the separators around it.
    announced: RefCell<Announcements>,
    /// The string literal that was looked into last, and the view that it stands in: the next secret is often in it too.
    literal: RefCell<Option<(usize, Rc<View<'static>>)>>,
}

impl<'r> Owners<'r> {
    /// For the candidates of the record that stands at `record` of `text`.
    pub fn new(rules: &'r RuleSet, found: &'r Extraction<'r>, text: Text<'r>, record: Range<usize>) -> Self {
        let near = (NEAR_ALL / found.candidates.len().max(1)).clamp(NEAREST, NEAR);
        let (later, around, letters) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        let (announced, literal) = (RefCell::default(), RefCell::new(None));
        Self { rules, found, text, record, near, later, around, letters, announced, literal }
    }

    /// Whose password a candidate is, and how that was found. `encoded` where the secret was: names beside it are too.
    pub fn of(&self, candidate: &Candidate, encoded: bool) -> Owner {
        let (rules, found) = (self.rules, self.found);
        if rules.get(candidate.rule).typed {
            return self.later.get_or_init(|| later_login(self.text, &self.record)).clone();
        }
        if let Some(name) = &candidate.account {
            let mut identifiers = Identifiers::default();
            identifiers.add(IdentityKind::Username, name);
            if let Some(account) = identifiers.account() {
                return Owner::Known(account, Attribution::SameRecord);
            }
        }
        // From the innermost view outward: what is peeled together belongs together.
        let (mut view, mut at, mut key) = (candidate.view, candidate.span.clone(), candidate.key.clone());
        let (mut peeled, mut acted_on) = (false, false);
        loop {
            let shown = found.views[view].text();
            // A key may be the last of a record of full length, and its value stand behind it.
            let own = if view == 0 { (self.record.end - self.record.start).max(at.end) } else { shown.len() };
            let end = own.min(shown.len());
            let known = |separator: usize| self.announced(view, separator);
            let mut named = fields_of(rules, shown, self.near(0..end, &at), &at, &key, candidate.syntax, known);
            if let Some(acted) = Acted::around(rules.actors(), shown, at.start) {
                named.retain(|field| acted.holds(field.key));
                acted_on = true;
            }
            let units = named.iter().map(|field| field.distance / 64).min();
            if let Some(account) = acted_upon(rules, &shown[..end], (&at, &key), candidate.syntax, units, peeled) {
                return Owner::Known(account, Attribution::SameRecord);
            }
            if let Some(accounts) = rivals(shown, &named) {
                return Owner::OneOf(accounts);
            }
            if let Some(account) = nearest(named, encoded) {
                return Owner::Known(account, Attribution::SameRecord);
            }
            if let Some(account) = self.inside_string(view, (&at, &key), candidate.syntax) {
                return Owner::Known(account, Attribution::SameRecord);
            }
            let near = self.beside(&at, end);
            if let Some(account) =
                mentioned(rules, &shown[near.start.min(near.end)..near.end], at.start - near.start.min(at.start))
            {
                return Owner::Known(account, Attribution::SameRecord);
            }
            let Some((outer, outer_at)) = found.outward(view, &at) else { break };
            key = found.outward(view, &key).map_or(0..0, |(_, key)| key);
            (view, at) = (outer, outer_at);
            peeled = true;
        }
        // Records around one that somebody acted in name that somebody.
        if acted_on {
            return Owner::Nobody;
        }
        if let Some(account) = self.escaped_names(candidate) {
            return Owner::Known(account, Attribution::SameRecord);
        }
        self.around.get_or_init(|| self.around()).clone()
    }

    /// See [`announced`].
    fn announced(&self, view: usize, separator: usize) -> Option<Rc<Announced>> {
        let read = || announced(self.rules, self.found.views[view].text(), separator).map(Rc::new);
        // Where secrets are few, the fields around them are hardly the same.
        if self.found.candidates.len() <= FEW {
            return read();
        }
        self.announced.borrow_mut().entry((view, separator)).or_insert_with(read).clone()
    }

    /// Whom the records around this one name.
    fn around(&self) -> Owner {
        match correlate(self.rules, self.text, self.record.clone()) {
            Tied::One(account) => Owner::Known(account, Attribution::Correlated),
            Tied::Several(accounts) => Owner::OneOf(accounts),
            Tied::Nobody => Owner::Nobody,
            Tied::Loose => same_block(self.rules, self.text, self.record.clone()),
        }
    }

    /// The part of `region` that is near enough to a secret for its account to be a field there.
    fn near(&self, region: Range<usize>, at: &Range<usize>) -> Range<usize> {
        region.start.max(at.start.saturating_sub(self.near))..region.end.min(at.end + self.near)
    }

    /// What stands right beside a secret, up to `end` of its view.
    fn beside(&self, at: &Range<usize>, end: usize) -> Range<usize> {
        at.start.saturating_sub(self.near / 8)..end.min(at.end + self.near / 8)
    }

    /// The account in the same string literal as a secret that needed no peeling itself:
    /// `{ login = \"jane\"; password = x; }`.
    fn inside_string(
        &self,
        view: usize,
        (at, key): (&Range<usize>, &Range<usize>),
        syntax: Option<Syntax>,
    ) -> Option<Account> {
        let (outer, text) = (&self.found.views[view], self.found.views[view].text());
        let beside = &text[self.beside(at, text.len())];
        memchr::memchr_iter(b'\\', beside).find(|&at| beside.get(at + 1) == Some(&b'"'))?;
        let inner = self.literal(view, at.start)?;
        let inside = |at: usize| inner.find_origin(outer.origin(at)).min(inner.text().len());
        let (span, key) = (inside(at.start)..inside(at.end), inside(key.start)..inside(key.end));
        let near = self.near(0..inner.text().len(), &span);
        nearest(fields(self.rules, inner.text(), near, &span, &key, syntax), false)
    }

    /// The string literal around `at` of a view, its escapes undone.
    fn literal(&self, view: usize, at: usize) -> Option<Rc<View<'static>>> {
        let outer = &self.found.views[view];
        let origin = outer.origin(at);
        let mut last = self.literal.borrow_mut();
        if let Some((of, inner)) = &*last
            && *of == view
            && (inner.origin(0)..inner.origin(inner.text().len())).contains(&origin)
        {
            return Some(Rc::clone(inner));
        }
        let inner = Rc::new(outer.peel(Layer::Json, at)?);
        *last = Some((view, Rc::clone(&inner)));
        Some(inner)
    }

    /// The account in the record whose key has its letters escaped: `{"usu\u00e1rio":"jane","senha":"x"}`.
    fn escaped_names(&self, candidate: &Candidate) -> Option<Account> {
        let root = &self.found.views[0];
        let shown = &root.text()[..(self.record.end - self.record.start).min(root.text().len())];
        let escaped = || memchr::memmem::find(shown, b"\\u").and_then(|_| root.peel_letters());
        let inner = self.letters.get_or_init(escaped).as_ref()?;
        let view = &self.found.views[candidate.view];
        let inside = |at: usize| inner.find_origin(view.origin(at)).min(inner.text().len());
        let end = inner.find_origin(root.origin(shown.len()));
        let (span, key) = (
            inside(candidate.span.start)..inside(candidate.span.end),
            inside(candidate.key.start)..inside(candidate.key.end),
        );
        let near = self.near(0..end.min(inner.text().len()), &span);
        nearest(fields(self.rules, inner.text(), near, &span, &key, candidate.syntax), false)
    }
}

/// The account that a request or a sentence names as the one acted on, unless a field names one that is nearer to the
/// secret. `units` is how far that field is, in objects, strings and queries; `peeled` where the secret stands in a
/// layer of its own.
fn acted_upon(
    rules: &RuleSet,
    text: &[u8],
    (at, key): (&Range<usize>, &Range<usize>),
    syntax: Option<Syntax>,
    units: Option<usize>,
    peeled: bool,
) -> Option<Account> {
    let field = units?;
    // Hardly any text names somebody so, and this reads all of it.
    let own = LazyCell::new(|| own_span(text, &(0..text.len()), at, key, syntax));
    let beats = |place: usize, decisive: bool| {
        let units = brackets_between(text, at.start, place) + usize::from(!own.contains(&place));
        units <= field && (decisive || peeled || field > 0 || rules.actors().writes(text))
    };
    target::target(rules.actors(), text, at.start, beats)
}

/// The account that a line names, by its fields or in a sentence.
pub(super) fn line_account(rules: &RuleSet, line: &[u8]) -> Option<Account> {
    if line.len() > 2 * LINE_BYTES {
        return None;
    }
    let shown = unescape(line, backslash);
    let mut named = fields(rules, &shown, 0..shown.len(), &(0..0), &(0..0), None);
    named.retain(|field| !field.weak);
    nearest(named, false).or_else(|| mentioned(rules, &shown, 0))
}

/// The account that stands in a sentence around the secret: the nearest of the surest kind.
pub(super) fn mentioned(rules: &RuleSet, text: &[u8], at: usize) -> Option<Account> {
    let mut best: Option<((bool, usize), Account)> = None;
    for (acting, start, name) in rules.mentions().find(text) {
        if rules.vocabulary().is_prose_word(name) || start == at {
            continue;
        }
        let mut identifiers = Identifiers::default();
        identifiers.add(IdentityKind::Username, name.strip_suffix(b".").unwrap_or(name));
        let Some(account) = identifiers.account() else { continue };
        let distance = (acting, start.abs_diff(at));
        if best.as_ref().is_none_or(|(nearest, _)| distance < *nearest) {
            best = Some((distance, account));
        }
    }
    best.map(|(_, account)| account)
}
