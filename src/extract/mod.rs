//! From the hits in a record to candidates: a secret as it was typed, where it stands, and whoever is named with it.

mod allowance;
mod bound;
mod call;
mod decode;
pub mod dialogue;
mod encoded;
mod escaped;
mod keystrokes;
mod pattern;
pub mod statement;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use allowance::Allowance;
pub use allowance::{CROWD, Pace};
use dialogue::Spoken;
pub use encoded::Search;

use crate::limits::LAYERS;
use crate::record::Text;
use crate::record::field::{After, Field, after_key, key_around};
use crate::record::part::Message;
use crate::record::token;
use crate::record::value::Wrapper;
use crate::record::view::{View, html as entities, unescape};
use crate::rule::{Dialogue, Encoding, Finder, PasswordKey, RuleIndex, RuleSet, Syntax};
use crate::secret::Secret;
use crate::terms::{Layer, Outcome};

/// A value that may be a password.
pub struct Candidate {
    /// The rule that answers for it.
    pub rule: RuleIndex,
    /// What was typed.
    pub secret: Secret<'static>,
    /// What was undone by the rule's own decoding, and so chosen by somebody.
    pub decoded: Vec<Layer>,
    /// The view that it stands in, an index into [`Extraction::views`].
    pub view: usize,
    /// The raw value in that view.
    pub span: Range<usize>,
    /// The key in that view; where a pattern matched, the match.
    pub key: Range<usize>,
    /// What the key says.
    pub name: PasswordKey,
    /// How it is written; none where a pattern matched.
    pub syntax: Option<Syntax>,
    /// Its quote.
    pub quote: Option<u8>,
    /// What stands around it.
    pub wrapper: Wrapper,
    /// The account that the same match names.
    pub account: Option<Vec<u8>>,
    /// The record ended before the value did.
    pub cut: bool,
}

/// A hit that leads to something.
pub struct Found {
    /// Where its trigger begins.
    pub at: usize,
    /// What its trigger announces.
    pub finder: Finder,
    /// What was found there.
    pub probe: Probe,
}

impl Found {
    /// The same in a text that begins `by` bytes later.
    pub fn from(self, by: usize) -> Self {
        Self { at: self.at.saturating_sub(by), finder: self.finder, probe: self.probe.from(by) }
    }
}

/// What a record yields.
pub struct Extraction<'a> {
    /// The record's text, then what was peeled off it.
    pub views: Vec<View<'a>>,
    /// For each view the one that it was peeled off.
    pub outer: Vec<Option<usize>>,
    /// Where what was peeled begins: the view that it was peeled off, the layer, and the place; where it ends, and which
    /// view it is.
    peeled: BTreeMap<(usize, Layer, usize), (usize, usize)>,
    /// Found, not yet judged.
    pub candidates: Vec<Candidate>,
    /// What dialogues tell of some of them, by index.
    told: Vec<(usize, Told)>,
    /// The tokens that were decoded.
    opened: Vec<encoded::Opened>,
    /// Bytes that they decoded to.
    decoded: usize,
    /// The hits in all of this that are still followed.
    allowance: Allowance,
}

/// What a conversation tells of a secret besides the secret.
#[derive(Clone)]
pub struct Told {
    /// Whose it is.
    pub account: Option<Vec<u8>>,
    /// Whose else it may be: names that wait for a password too.
    pub others: Vec<Vec<u8>>,
    /// Whether it was accepted.
    pub outcome: Outcome,
}

impl Told {
    /// What a conversation tells that names nobody else.
    pub fn of(account: Option<Vec<u8>>, outcome: Outcome) -> Self {
        Self { account, others: Vec::new(), outcome }
    }
}

/// What a hit leads to, looking at nothing but its surroundings.
pub enum Probe {
    /// A key with its value.
    Field(PasswordKey, Field),
    /// A key behind an escape.
    Peel(Layer),
    /// A pattern may match.
    Pattern(RuleIndex),
    /// A dialogue may begin.
    Dialogue(RuleIndex, Dialogue),
    /// A call with a secret among its arguments.
    Call(RuleIndex, call::Call),
    /// A token of encoded text.
    Encoded(Encoding),
    /// What it announces was cut off, and stands in the next part of its message.
    CutOff,
}

impl Probe {
    /// The same in a text that begins `by` bytes later.
    pub fn from(self, by: usize) -> Self {
        match self {
            Self::Field(name, field) => Self::Field(name, field.from(by)),
            Self::Call(rule, call) => Self::Call(rule, call.from(by)),
            other => other,
        }
    }
}

/// Refuses most hits within a few bytes.
pub fn probe(rules: &RuleSet, text: &[u8], at: usize, finder: Finder, pace: Pace) -> Option<Probe> {
    match finder {
        Finder::Pattern(rule) => pattern::matches(rules, text, at, rule, pace).then_some(Probe::Pattern(rule)),
        Finder::Dialogue(rule, kind) if dialogue::begins(rules, text, at, kind) => Some(Probe::Dialogue(rule, kind)),
        Finder::Dialogue(_, kind) => escaped::any(text, at, |shown, at| dialogue::begins(rules, shown, at, kind))
            .then(|| escaped::layer(text, at).map(Probe::Peel))
            .flatten(),
        Finder::Call(rule) => call::probe(rules, text, at, rule),
        Finder::Encoded(encoding) => token::is_plausible(text, at, encoding).then_some(Probe::Encoded(encoding)),
        Finder::Field => {
            let (key, name) = password_key(rules, text, at)?;
            if rules.vocabulary().is_nobodys(&text[key.start.saturating_sub(20)..key.start]) {
                return None;
            }
            match after_key(text, key, rules.vocabulary()) {
                After::Field(field) => Some(Probe::Field(name, field)),
                After::Peel(layer) => Some(Probe::Peel(layer)),
                After::Nothing => None,
            }
        }
    }
}

/// The key around a hit, and what it says: one word, or two with a blank between them.
fn password_key(rules: &RuleSet, text: &[u8], at: usize) -> Option<(Range<usize>, PasswordKey)> {
    let key = key_around(text, at);
    let name = rules.vocabulary().password(&text[key.clone()]);
    // ASCII words have their own triggers for two of them; the first alone is enough.
    let second = || {
        let at = key.end + 1;
        if !text[key.end..].starts_with(b" ") || key_around(text, at).start != at {
            return None;
        }
        let both = key.start..key_around(text, at).end;
        rules.vocabulary().password(&text[both.clone()]).map(|name| (both, name))
    };
    match name {
        Some(name) if text[key.clone()].is_ascii() => Some((key, name)),
        _ => second().or_else(|| name.map(|name| (key, name))),
    }
}

/// "SHA1 of given password: …"
fn says_hash(before: &[u8]) -> bool {
    // Nearly always there is no "of".
    if memchr::memchr2(b'f', b'F', before).is_none() {
        return false;
    }
    let before = before.to_ascii_lowercase();
    [&b"sha1 of"[..], b"md5 of", b"hash of", b"sha256 of"]
        .iter()
        .any(|word| memchr::memmem::find(&before, word).is_some())
}

/// What a field holds, as it was typed, and what its key says of it. `html` where the text was peeled of HTML.
pub fn typed<'t>(text: &'t [u8], name: PasswordKey, field: &Field, html: bool) -> (PasswordKey, Cow<'t, [u8]>) {
    let mut secret = field.decoded(text);
    // HTML is often escaped once more than it is shown.
    if html {
        secret = Cow::Owned(unescape(&secret, entities).into_owned());
    }
    // What a wrong length or a C string leaves behind the password.
    if field.value.quote.is_some()
        && let Some(end) = memchr::memchr(0, &secret).filter(|&end| end > 0)
    {
        secret = Cow::Owned(secret[..end].to_vec());
    }
    let hashed = name.hashed || says_hash(&text[field.key.start.saturating_sub(24)..field.key.start]);
    (PasswordKey { hashed, ..name }, secret)
}

/// The text before a key, from the beginning of its line and no farther than what stands beside it needs.
pub fn ahead(text: &[u8], at: usize) -> &[u8] {
    let before = &text[at.min(text.len()).saturating_sub(80)..at.min(text.len())];
    &before[memchr::memrchr(b'\n', before).map_or(0, |i| i + 1)..]
}

/// The text behind a value, to the end of its line and no farther than prose needs.
pub fn behind<'t>(text: &'t [u8], span: &Range<usize>) -> &'t [u8] {
    let rest = &text[span.end.min(text.len())..text.len().min(span.end + 80)];
    &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())]
}

impl<'a> Extraction<'a> {
    /// Extracts what the hits of one record hold. Their offsets are those of `root`.
    pub fn new(search: Search<'_>, root: View<'a>, hits: impl IntoIterator<Item = Found>) -> Self {
        let (candidates, told, opened) = (Vec::new(), Vec::new(), Vec::new());
        let (views, outer, peeled) = (vec![root], vec![None], BTreeMap::new());
        let mut found =
            Self { views, outer, peeled, candidates, told, opened, decoded: 0, allowance: Allowance::default() };
        for Found { at, finder, probe } in hits {
            found.allowance.sees(finder);
            found.follow(search, 0, at, finder, Some(probe));
        }
        found
    }

    /// Extracts what stands in the message that the record is a part of: what the hits in its `own` part announce.
    pub fn join(&mut self, search: Search<'_>, message: Message) {
        let text = message.view.text();
        let mut hits = Vec::new();
        search.prefilter.find(text, 0..text.len(), |hit| {
            if message.own.contains(&message.view.origin(hit.offset)) {
                hits.push((hit.offset, search.finders[usize::from(hit.trigger)]));
            }
        });
        self.views.push(message.view);
        self.outer.push(Some(0));
        let view = self.views.len() - 1;
        for (at, finder) in hits {
            if self.allows(view, at, finder) {
                self.follow(search, view, at, finder, None);
            }
        }
    }

    /// Follows a hit through the layers that hide what it announces.
    fn follow(&mut self, search: Search<'_>, mut view: usize, mut at: usize, finder: Finder, first: Option<Probe>) {
        let rules = search.rules;
        let mut next = first.or_else(|| probe(rules, self.views[view].text(), at, finder, self.pace()));
        // A layer may take two steps: what it hides, and it.
        for _ in 0..=2 * LAYERS {
            match next {
                None | Some(Probe::CutOff) => return,
                // The scanner reads it on the lines of the log; a string may hold all of it.
                Some(Probe::Dialogue(rule, kind)) => {
                    if view > 0 {
                        self.converse(rules, view, at, rule, kind);
                    }
                    next = escaped::layer(self.views[view].text(), at).map(Probe::Peel);
                }
                Some(Probe::Field(name, field)) => return self.add_field(rules, view, name, field),
                Some(Probe::Pattern(rule)) => return pattern::find(self, rules, view, at, rule),
                Some(Probe::Call(rule, call)) => return call::add(self, rules, view, rule, &call),
                Some(Probe::Encoded(encoding)) => return encoded::open(self, search, view, at, encoding),
                Some(Probe::Peel(layer)) => {
                    let origin = self.views[view].origin(at);
                    let Some(inner) = self.peel(view, layer, at) else { return };
                    view = inner;
                    at = self.views[view].find_origin(origin);
                    if at >= self.views[view].text().len() {
                        return;
                    }
                    next = probe(rules, self.views[view].text(), at, finder, self.pace());
                }
            }
        }
    }

    /// The view inside `layer` around `at`, peeled once for all hits in it.
    fn peel(&mut self, view: usize, layer: Layer, at: usize) -> Option<usize> {
        let origin = self.views[view].origin(at);
        let before = self.peeled.range((view, layer, 0)..=(view, layer, origin)).next_back();
        if let Some((_, &(end, inner))) = before
            && end > origin
        {
            return Some(inner);
        }
        let inner = self.views[view].peel(layer, at)?;
        let (start, end) = (inner.origin(0), inner.origin(inner.text().len()));
        self.views.push(inner);
        self.outer.push(Some(view));
        self.peeled.insert((view, layer, start), (end, self.views.len() - 1));
        Some(self.views.len() - 1)
    }

    fn add_field(&mut self, rules: &RuleSet, view: usize, name: PasswordKey, field: Field) {
        let text = self.views[view].text();
        let Some(rule) = rules.for_field(field.syntax, &text[field.key.clone()]) else { return };
        let html = self.views[view].layers().contains(&Layer::Html);
        let (name, secret) = typed(text, name, &field, html);
        let secret = secret.into_owned();
        self.add(Candidate {
            rule,
            secret: Secret::new(Cow::Owned(secret)),
            decoded: if field.value.wrapper == Wrapper::Base64 { vec![Layer::Base64] } else { Vec::new() },
            view,
            span: field.value.span,
            key: field.key,
            name,
            syntax: Some(field.syntax),
            quote: field.value.quote,
            wrapper: field.value.wrapper,
            account: None,
            cut: field.value.cut,
        });
    }

    /// Keeps the most specific of the candidates that overlap.
    pub(crate) fn add(&mut self, candidate: Candidate) {
        self.candidates.push(candidate);
    }

    /// Reads the dialogue that begins at `at` of peeled text, with all its lines.
    fn converse(&mut self, rules: &RuleSet, view: usize, at: usize, rule: RuleIndex, kind: Dialogue) {
        for spoken in dialogue::read(rules, Text::new(self.views[view].text(), 0), 0, at, rule, kind) {
            let span = spoken.span.clone();
            self.add_said(rules, rule, spoken, view, span);
        }
    }

    /// Adds what a dialogue yielded. The record begins at `start` of the text, and the secret stands in it.
    pub(crate) fn add_spoken(&mut self, rules: &RuleSet, rule: RuleIndex, spoken: Spoken, start: usize) {
        let span = spoken.span.start - start..spoken.span.end - start;
        self.add_said(rules, rule, spoken, 0, span);
    }

    fn add_said(&mut self, rules: &RuleSet, rule: RuleIndex, spoken: Spoken, view: usize, span: Range<usize>) {
        let account = spoken.told.account.clone();
        self.told.push((self.candidates.len(), spoken.told));
        self.add(Candidate {
            rule,
            secret: Secret::new(Cow::Owned(spoken.secret)),
            decoded: spoken.layer.into_iter().collect(),
            view,
            span: span.clone(),
            key: span,
            name: PasswordKey { credential: rules.get(rule).credential, old: false, hashed: false },
            syntax: None,
            // A token, a literal and a line have known ends, as if they were quoted.
            quote: Some(b'"'),
            wrapper: Wrapper::None,
            account,
            cut: false,
        });
    }

    /// What a dialogue tells of a candidate.
    pub fn told(&self, candidate: usize) -> Option<&Told> {
        self.told.iter().find(|(index, _)| *index == candidate).map(|(_, told)| told)
    }

    /// Where a candidate's value stands in the log's own text; for decoded text, where its token does.
    pub fn origin(&self, candidate: &Candidate) -> Range<usize> {
        self.views[candidate.view].token().cloned().unwrap_or_else(|| self.place(candidate))
    }

    /// Whether two candidates are read from the same bytes, at least in part.
    pub fn overlap(&self, a: &Candidate, b: &Candidate) -> bool {
        let token = |candidate: &Candidate| self.views[candidate.view].token().is_some();
        let decoded = token(a) && token(b);
        let place = |candidate| if decoded { self.place(candidate) } else { self.origin(candidate) };
        let (a, b) = (place(a), place(b));
        a == b || a.start < b.end && b.start < a.end
    }

    /// Whether the value of `inner` begins within what the pattern of `outer` matched, each in whatever view.
    pub fn within(&self, inner: &Candidate, outer: &Candidate) -> bool {
        let (views, at) = (&self.views, inner.span.start);
        if inner.view == outer.view {
            return outer.key.contains(&at);
        }
        let (inner, shown) = (&views[inner.view], &views[outer.view]);
        inner.is_exact()
            && shown.is_exact()
            && !outer.key.is_empty()
            && (shown.origin(outer.key.start)..=shown.origin(outer.key.end - 1)).contains(&inner.origin(at))
    }

    /// Tells apart and orders what is read from one token, too.
    pub fn place(&self, candidate: &Candidate) -> Range<usize> {
        let view = &self.views[candidate.view];
        let start = view.origin(candidate.span.start);
        let end = if candidate.span.is_empty() { start } else { view.origin(candidate.span.end - 1) + 1 };
        start..end.max(start)
    }

    /// Where `span` of a view stands in the view that it was peeled off.
    pub fn outward(&self, view: usize, span: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let outer = self.outer[view]?;
        if let Some(within) = self.views[view].within() {
            return Some((outer, within.clone()));
        }
        let origin = |i: usize| self.views[outer].find_origin(self.views[view].origin(i));
        let start = origin(span.start);
        Some((outer, start..origin(span.end).max(start)))
    }
}
