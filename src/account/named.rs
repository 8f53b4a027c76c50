//! The fields around a secret that name accounts, how far each is from it by the structure of the text, and whom the
//! nearest name.

use std::ops::Range;
use std::rc::Rc;

use super::announced::{Announced, announced};
use super::target::Objects;
use super::way::Way;
use super::{Account, Identifiers};
use crate::record::field::{is_wide_separator, key_around, value_below};
use crate::record::value::quotes::typographic;
use crate::record::view::base64;
use crate::rule::{Kin, RuleSet, Syntax};
use crate::terms::IdentityKind;

/// How far around a secret its record's fields are looked at, in bytes.
pub(super) const NEAR: usize = 16 << 10;

/// A field that names an account.
pub(super) struct Named {
    kind: IdentityKind,
    pub(super) weak: bool,
    /// How near its key is to that of the secret.
    kin: Kin,
    /// Where its key begins.
    pub(super) key: usize,
    value: Vec<u8>,
    /// 64 for each bracket, string or query between, plus up to 63 for bytes.
    pub(super) distance: usize,
}

impl Named {
    /// How far its object is, whether it is a name only where nothing better is, and how near its key is.
    fn rank(&self) -> (usize, bool, Kin) {
        (self.distance / 64, self.weak, self.kin)
    }
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
pub(super) fn rivals(text: &[u8], named: &[Named]) -> Option<Vec<Account>> {
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
pub(super) fn fields_of(
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

/// The text that is one with the secret: its query or form, or the string literal around its key.
pub(super) fn own_span(
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
