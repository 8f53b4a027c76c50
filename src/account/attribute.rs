//! Finds the account of a secret: in the same match, the same record, the records around it.

use std::cell::{LazyCell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::block::same_block;
use super::correlate::{Tied, correlate};
use super::dn;
use super::later::later_login;
use super::target::{self, Acted, Objects};
use super::way::{Way, brackets_between};
use super::{Account, Identifiers};
use crate::extract::{Candidate, Extraction};
use crate::record::Text;
use crate::record::field::{After, after_key, is_of_statement, is_wide_separator, key_around, value_below};
use crate::record::value::Wrapper;
use crate::record::value::quotes::typographic;
use crate::record::view::{View, backslash, base64, unescape};
use crate::rule::{Kin, RuleSet, Syntax, Vocabulary};
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

/// How far around a secret its record's fields are looked at, in bytes.
const NEAR: usize = 16 << 10;

/// The same for all secrets of one record together: where they are many, whose they are stands the nearer to each.
const NEAR_ALL: usize = 1 << 20;

/// How near at least.
const NEAREST: usize = 256;

/// Secrets of one record that each look at its fields anew.
const FEW: usize = 2;

/// The longest line of another record that is looked at, in bytes.
pub(super) const LINE_BYTES: usize = 2 << 10;

/// A field that names an account.
pub(super) struct Named {
    kind: IdentityKind,
    pub(super) weak: bool,
    /// How near its key is to that of the secret.
    kin: Kin,
    /// Where its key begins.
    pub(super) key: usize,
    value: Vec<u8>,
    distance: usize,
}

impl Named {
    /// How far its object is, whether it is a name only where nothing better is, and how near its key is.
    fn rank(&self) -> (usize, bool, Kin) {
        (self.distance / 64, self.weak, self.kin)
    }
}

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

/// The account that the structurally nearest fields name.
pub(super) fn nearest(mut named: Vec<Named>, encoded: bool) -> Option<Account> {
    named.sort_by_key(|n| (n.rank(), n.distance));
    let rank = named.first()?.rank();
    let mut identifiers = Identifiers::default();
    for field in named.iter().take_while(|n| n.rank() == rank) {
        match encoded.then(|| base64(&field.value)).flatten() {
            Some(plain) => identifiers.add(field.kind, &plain),
            None => identifiers.add(field.kind, &field.value),
        }
    }
    identifiers.account()
}

/// Those that are as near as the nearest under the same key and name somebody else: the elements of a list of people, none
/// of whom the secret is in.
fn rivals(text: &[u8], named: &[Named]) -> Option<Vec<Account>> {
    let best = named.iter().min_by_key(|n| (n.rank(), n.distance))?;
    let key = |n: &Named| &text[key_around(text, n.key)];
    let alike = |n: &&Named| n.rank() == best.rank() && key(n).eq_ignore_ascii_case(key(best));
    if best.distance < 64 || named.iter().filter(alike).all(|n| n.value == best.value) {
        return None;
    }
    let mut accounts: Vec<Account> = Vec::new();
    for field in named.iter().filter(alike) {
        let mut identifiers = Identifiers::default();
        identifiers.add(field.kind, &field.value);
        let new = identifiers.account().filter(|account| accounts.iter().all(|known| known.key != account.key));
        accounts.extend(new);
        if accounts.len() == RIVALS {
            break;
        }
    }
    (accounts.len() > 1).then_some(accounts)
}

/// The most accounts that are kept of one list.
const RIVALS: usize = 16;

/// The longest distinguished name, in bytes.
const DN_BYTES: usize = 1 << 10;

/// A field that names an account, whatever secret is asked about.
struct Announced {
    kind: IdentityKind,
    weak: bool,
    key: Range<usize>,
    /// Where its value stands, without quotes.
    span: Range<usize>,
    is_quoted: bool,
    value: Vec<u8>,
    syntax: Syntax,
}

/// The field before whose value the separator at `separator` stands, if it names an account.
fn announced(rules: &RuleSet, text: &[u8], separator: usize) -> Option<Announced> {
    let words = rules.vocabulary();
    let mut end = key_end(text, separator)?;
    let mut span = key_around(text, end - 1);
    if text[separator] == b'>'
        && words.account(&text[span.clone()]).is_none()
        && let Some(name) = tag_name(text, separator)
    {
        (span, end) = (key_around(text, name - 1), name);
    }
    if span.end != end {
        return None;
    }
    let (kind, weak) = account_key(words, text, &span)?;
    if words.is_no_account(&text[span.start.saturating_sub(20)..span.start]) {
        return None;
    }
    let After::Field(field) = after_key(text, span.clone(), words) else { return None };
    if field.value.span.is_empty() {
        return None;
    }
    let mut value = field.decoded(text).into_owned();
    if kind == IdentityKind::Dn && field.value.quote.is_none() {
        let from = field.value.span.start;
        let whole = dn::at(&text[from..text.len().min(from + DN_BYTES)]);
        whole.into_iter().for_each(|whole| value = whole.to_vec());
    }
    // `<no value>`, `[object Object]`; and what people are called is not what they log in as.
    let blank = value.trim_ascii().contains(&b' ');
    if blank && (weak || matches!(field.value.wrapper, Wrapper::Angles | Wrapper::Brackets)) {
        return None;
    }
    // `LOG: …` is a level; only a form calls the account so.
    if text[span.clone()].eq_ignore_ascii_case(b"log") && !matches!(field.syntax, Syntax::Query | Syntax::Form) {
        return None;
    }
    // `$email` of a query is filled in elsewhere.
    let is_quoted = field.value.quote.is_some();
    let mark = || {
        value.starts_with(b"$")
            || matches!(value.first(), Some(b'@' | b':'))
                && is_of_statement(&text[span.start.saturating_sub(96)..span.start])
    };
    if !is_quoted && mark() {
        return None;
    }
    // `<key>LastPassword</key>`, `name="login"`: a field, not a person.
    if weak && (words.password(&value).is_some() || matches!(words.account(&value), Some((_, false)))) {
        return None;
    }
    // `user:add`, `--role=editor`: what a command does, and what its account may.
    let command = field.value.span.start == span.end + 1 && text[field.value.span.end..].starts_with(b" -");
    if command && field.syntax == Syntax::Colon && rules.actors().is_route(&value)
        || field.syntax == Syntax::Argument && text[span.clone()].eq_ignore_ascii_case(b"role")
    {
        return None;
    }
    // A bare number is a name only under a key for numbers.
    let number = value.iter().all(u8::is_ascii_digit);
    let kind = if number && kind == IdentityKind::Username { IdentityKind::UserId } else { kind };
    Some(Announced { kind, weak, key: span, span: field.value.span, is_quoted, value, syntax: field.syntax })
}

/// The fields in `region` that name an account, with their structural distance from the secret at `at`: 64 for each
/// bracket, string or query between, plus up to 63 for bytes.
pub(super) fn fields(
    rules: &RuleSet,
    text: &[u8],
    region: Range<usize>,
    at: &Range<usize>,
    key: &Range<usize>,
    syntax: Option<Syntax>,
) -> Vec<Named> {
    let known = |separator: usize| announced(rules, text, separator).map(Rc::new);
    fields_of(rules, text, region, at, key, syntax, known)
}

/// The same, where `known` says what a separator announces.
fn fields_of(
    rules: &RuleSet,
    text: &[u8],
    region: Range<usize>,
    at: &Range<usize>,
    key: &Range<usize>,
    syntax: Option<Syntax>,
    known: impl Fn(usize) -> Option<Rc<Announced>>,
) -> Vec<Named> {
    let region = region.start.max(at.start.saturating_sub(NEAR))..region.end.min(at.end + NEAR).min(text.len());
    let own = own_span(text, &region, at, key, syntax);
    let mut objects = Objects::new(rules.actors(), text, region.start);
    let kinship = rules.actors().kinship();
    // A pattern's match is more than a key.
    let secret = kinship.secret(syntax.and_then(|_| text.get(key.clone())).unwrap_or_default());
    let mut named = Vec::new();
    if syntax == Some(Syntax::Argument) {
        named.extend(short_option(text, &region, at.start));
    }
    let mut i = region.start;
    while i < region.end {
        // Of a long token in which much was found, each would read all.
        if at.contains(&i) {
            i = at.end;
            continue;
        }
        let byte = text[i];
        let separates = match byte {
            b'=' | b':' | b'>' | b',' | b';' => true,
            // Full-width signs of Chinese and Japanese text.
            0xef => is_wide_separator(&text[i..]),
            0xe2 => text[i..].starts_with("→".as_bytes()),
            // A part of a multipart body; a variable whose value stands on the next line.
            b'\n' | b'\r' => i > 0 && text[i - 1] == b'"' || value_below(text, i).is_some(),
            b' ' => match text.get(i + 1) {
                Some(b'"' | b'\'') => true,
                // `name="login" value="jane"` of a form.
                Some(b'v') if text[i + 1..].starts_with(b"value=") => i > 0 && matches!(text[i - 1], b'"' | b'\''),
                Some(0xc2 | 0xe2) => typographic(text, i + 1).is_some(),
                _ => syntax == Some(Syntax::Argument),
            },
            b'<' => text.get(i + 1) == Some(&b'/'),
            _ => false,
        };
        i += 1;
        if !separates {
            continue;
        }
        let Some(field) = known(i - 1) else { continue };
        let key_at = field.key.start;
        // What a pattern matched whole is explained by it.
        let explained = syntax.is_none() && key.contains(&key_at);
        if explained || key_at < region.start || key_at == key.start && !key.is_empty() {
            continue;
        }
        if field.span.start >= region.end || field.span == *at {
            continue;
        }
        // Keys come in the order of their places.
        if named.iter().rev().take_while(|n: &&Named| n.key >= key_at).any(|n| n.key == key_at) {
            continue;
        }
        if objects.is_actor(&field.key, at.start) {
            continue;
        }
        let Announced { kind, value, .. } = &*field;
        let (mut weak, mut kin) = (field.weak, kinship.between(&text[field.key.clone()], &secret));
        if kin == Kin::Other {
            continue;
        }
        if weak && kinship.is_target(&text[field.key.clone()]) {
            // `target=db1` is a machine as often as a person, but for whom a password is set.
            if !secret.sets() || value.iter().any(|b| b"{[(".contains(b)) {
                continue;
            }
            (weak, kin) = (false, Kin::Same);
        }
        // What holds more than a name may hold the secret.
        let swallowed = value.len() > at.len()
            && at.len() > 3
            && value.contains(&b' ')
            && memchr::memmem::find(value, &text[at.clone()]).is_some();
        if !field.is_quoted && swallowed {
            continue;
        }
        // Beside an option stands the account of the same command, not of the log's own prefix.
        let other_kind = syntax == Some(Syntax::Argument) && field.syntax != Syntax::Argument;
        let outside = usize::from(!own.contains(&key_at)) + usize::from(other_kind);
        let gap = if key_at < at.start { at.start - key_at } else { key_at - at.end.min(key_at) };
        let distance = outside * 64 + (gap / 32).min(62) + usize::from(key_at > at.start);
        named.push(Named { kind: *kind, weak, kin, key: key_at, value: value.clone(), distance });
    }
    // Onwards in both directions from the secret: a record may hold a thousand names.
    let ahead = named.partition_point(|n| n.key < at.start);
    let (before, behind) = named.split_at_mut(ahead);
    let (mut back, mut on) = Way::both(text, at, key, syntax);
    before.iter_mut().rev().for_each(|n| n.distance += back.brackets(text, n.key) * 64);
    behind.iter_mut().for_each(|n| n.distance += on.brackets(text, n.key) * 64);
    // The name of another object is that of anything: a step, a worker, the program that logs. An element's value may have
    // one of its own: `<Password><Value>…</Value></Password><Name>…</Name>`.
    let own_object = if syntax == Some(Syntax::XmlElement) { 2 } else { 1 };
    named.retain(|n| !n.weak || n.distance < 64 * own_object);
    named
}

/// What a key says of an account: its word, or that with the one before it (`Tên đăng nhập`, `User Name`).
fn account_key(words: &Vocabulary, text: &[u8], span: &Range<usize>) -> Option<(IdentityKind, bool)> {
    let alone = words.account(&text[span.clone()]);
    if matches!(alone, Some((_, false))) || span.start < 2 || text[span.start - 1] != b' ' {
        return alone;
    }
    let before = key_around(text, span.start - 1);
    let both = before.start..span.end;
    let named = (before.end == span.start - 1).then(|| words.account(&text[both])).flatten();
    named.filter(|(_, weak)| !weak).or(alone)
}

/// `-u name`, `-Uname`, `-l name` before or behind the password of the same command.
fn short_option(text: &[u8], region: &Range<usize>, at: usize) -> Option<Named> {
    let line = memchr::memrchr(b'\n', &text[region.start..at]).map_or(region.start, |i| region.start + i + 1);
    let end = memchr::memchr(b'\n', &text[at..region.end]).map_or(region.end, |i| at + i);
    let mut i = line;
    while i + 3 < end {
        let option = text[i] == b' ' && text[i + 1] == b'-' && matches!(text[i + 2], b'u' | b'U' | b'l');
        i += 1;
        if !option {
            continue;
        }
        let start = i + 2 + usize::from(matches!(text.get(i + 2), Some(b' ' | b'=')));
        let quote = text.get(start).filter(|b| matches!(b, b'"' | b'\''));
        let start = start + usize::from(quote.is_some());
        let stop = |b: &u8| b.is_ascii_whitespace() || b"\"';|".contains(b);
        let length = text[start.min(end)..end].iter().position(stop).unwrap_or(end.saturating_sub(start));
        let value = text[start.min(end)..start.min(end) + length].to_vec();
        if value.first().is_some_and(|b| b.is_ascii_alphabetic() || *b >= 0x80) {
            let kin = Kin::Plain;
            return Some(Named { kind: IdentityKind::Username, weak: false, kin, key: i, value, distance: 1 });
        }
    }
    None
}

/// Where the key before the separator at `at` ends: blanks, a quote and brackets stepped over.
fn key_end(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    let previous = |end: usize| end.checked_sub(1).map(|i| text[i]);
    if matches!(previous(end), Some(b'=' | b'-')) && text[at] == b'>' {
        end -= 1;
    }
    while matches!(previous(end), Some(b' ' | b'\t')) && at - end < 32 {
        end -= 1;
    }
    if previous(end) == Some(b']') {
        end -= 1;
    } else if end >= 3 && text[end - 3..end].eq_ignore_ascii_case(b"%5D") {
        end -= 3;
    }
    if matches!(previous(end), Some(b'"' | b'\'' | b'`')) {
        end -= 1;
        end -= usize::from(previous(end) == Some(b']'));
    }
    previous(end).filter(|b| b.is_ascii_alphanumeric() || *b >= 0x80).map(|_| end)
}

/// Where the name of the tag ends that closes at `at` behind attributes: `<userName xsi:type="xsd:string">`.
fn tag_name(text: &[u8], at: usize) -> Option<usize> {
    let low = at.saturating_sub(160);
    if at <= low || !matches!(text[at - 1], b'"' | b'\'') {
        return None;
    }
    let open = low + memchr::memrchr2(b'<', b'>', &text[low..at])?;
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    let length = text[open + 1..at].iter().take_while(|b| name(b)).count();
    (text[open] == b'<' && length > 0 && text[open + 1 + length] == b' ').then_some(open + 1 + length)
}

/// The text that is one with the secret: its query or form, or the string literal around its key.
fn own_span(
    text: &[u8],
    region: &Range<usize>,
    at: &Range<usize>,
    key: &Range<usize>,
    syntax: Option<Syntax>,
) -> Range<usize> {
    if matches!(syntax, Some(Syntax::Query | Syntax::Form)) {
        let stop = |b: &u8| b.is_ascii_whitespace() || b"\"'<>".contains(b);
        let start = text[region.start..at.start].iter().rposition(stop).map_or(region.start, |i| region.start + i + 1);
        let end = text[at.end.min(region.end)..region.end].iter().position(stop).map_or(region.end, |i| at.end + i);
        return start..end;
    }
    let before = key.start.min(at.start).max(region.start);
    let line = memchr::memrchr(b'\n', &text[region.start..before]).map_or(region.start, |i| region.start + i + 1);
    let open = memchr::memrchr(b'"', &text[line..before]).map(|i| line + i);
    match open {
        Some(open) if open + 1 < before && open > line && b":=,[({ ".contains(&text[open - 1]) => {
            let from = at.end.min(region.end);
            let end = memchr::memchr(b'"', &text[from..region.end]).map_or(region.end, |i| from + i);
            open..end
        }
        _ => region.clone(),
    }
}
