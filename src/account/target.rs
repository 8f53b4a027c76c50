//! Tells whose password was set from who set it.
//!
//! Both stand in one record: `user=terraform … statement: ALTER USER …`, `PUT /users/wren/password` by `ops`. Who acted
//! is never the account of a secret that only somebody else can own; what the request names is.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{Account, Identifiers};
use crate::record::view::{percent, unescape};
use crate::rule::Actors;
use crate::terms::IdentityKind;

/// How many objects may stand around each other, and how far before a place the beginning of one is looked for, in
/// bytes.
const DEPTH: usize = 8;
const REACH: usize = 4 << 10;

/// Text that every way to name a target holds one of: most records hold none.
static SIGNS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let signs = ["/user", "/User", "/_user", "/account", "/member", "/people", " for ", " of ", " FOR ", " OF "];
    AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(signs).ok()
});

/// What a secret's place says of who else the record may name.
pub(super) struct Acted {
    /// Names before this are those of who acted.
    from: usize,
    /// Where it ends that was acted on; names behind it are those of who acted.
    to: usize,
}

impl Acted {
    /// Where the secret at `at` is part of a command that the record says somebody gave, or of an object that holds
    /// what somebody acted on: the bounds of that part.
    pub(super) fn around(actors: &Actors, text: &[u8], at: usize) -> Option<Self> {
        let at = at.min(text.len());
        let low = at.saturating_sub(REACH);
        let line = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |newline| low + newline + 1);
        if let Some(command) = actors.command(&text[line..at]) {
            return Some(Self { from: line + command, to: usize::MAX });
        }
        let (open, _) = around(text, at).find(|(_, key)| actors.is_acted_on(&text[key.clone()]))?;
        Some(Self { from: open, to: closed(text, open) })
    }

    pub(super) fn holds(&self, place: usize) -> bool {
        (self.from..self.to).contains(&place)
    }
}

/// The objects around one place after the other of a text, each in the order of places: a walk back from every place
/// would take a time that grows with their square.
pub(super) struct Objects<'a> {
    actors: &'a Actors,
    text: &'a [u8],
    /// Up to where brackets were seen.
    seen: usize,
    /// The objects that are open there, outermost first: where those begin whose key names who acted.
    open: Vec<Option<usize>>,
}

impl<'a> Objects<'a> {
    /// For places from `from` on.
    pub(super) fn new(actors: &'a Actors, text: &'a [u8], from: usize) -> Self {
        Self { actors, text, seen: from.saturating_sub(REACH), open: Vec::new() }
    }

    /// Whether the field whose key is at `key` names who acted, by its own key or that of an object around it which does
    /// not hold the secret at `at` too. No key lies before the last one.
    pub(super) fn is_actor(&mut self, key: &Range<usize>, at: usize) -> bool {
        let (actors, text) = (self.actors, self.text);
        for place in self.seen..key.start {
            match text[place] {
                b'{' | b'[' | b'(' => {
                    let key = key_before(text, place);
                    // `admin=User{…}`: the field is named before its type.
                    let typed = matches!(key.start.checked_sub(1).map(|i| text[i]), Some(b'=')).then(|| key.start - 1);
                    let acts = |key: Range<usize>| actors.holds_actor(&text[key]);
                    let acts = acts(key) || typed.is_some_and(|sign| acts(key_before(text, sign)));
                    self.open.push(acts.then_some(place));
                }
                b'}' | b']' | b')' => drop(self.open.pop()),
                _ => {}
            }
        }
        self.seen = self.seen.max(key.start);
        let mut around = self.open.iter().rev().take(DEPTH).flatten();
        actors.is_actor(&text[key.clone()]) || around.any(|&open| !(open..closed(text, open)).contains(&at))
    }
}

/// The account that a request or a sentence in `text` names as the one acted on, the surest and the nearest to `at`.
/// `beats` says of a place, and whether the password itself was acted on there, if it may be taken.
pub(super) fn target(actors: &Actors, text: &[u8], at: usize, beats: impl Fn(usize, bool) -> bool) -> Option<Account> {
    let low = at.saturating_sub(REACH).min(text.len());
    let shown = &text[low..text.len().min(at + REACH)];
    if SIGNS.as_ref().is_some_and(|signs| !signs.is_match(shown)) {
        return None;
    }
    let mut best: Option<(bool, usize, Account)> = None;
    for found in actors.targets(shown) {
        let place = low + found.at;
        let rank = (!found.decisive, place.abs_diff(at));
        if !beats(place, found.decisive) || best.as_ref().is_some_and(|(weak, far, _)| (*weak, *far) <= rank) {
            continue;
        }
        let plain = unescape(found.name, percent);
        let number = plain.iter().all(u8::is_ascii_digit) || is_uuid(&plain);
        let mut identifiers = Identifiers::default();
        identifiers.add(if number { IdentityKind::UserId } else { IdentityKind::Username }, &plain);
        if let Some(account) = identifiers.account() {
            best = Some((rank.0, rank.1, account));
        }
    }
    best.map(|(_, _, account)| account)
}

fn is_uuid(name: &[u8]) -> bool {
    name.len() == 36
        && name.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// The objects around a place, innermost first: where each opens, and its key.
fn around(text: &[u8], at: usize) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
    let low = at.saturating_sub(REACH);
    let mut place = at.min(text.len());
    let opened = move || {
        let mut depth = 0usize;
        while place > low {
            place -= 1;
            match text[place] {
                b'}' | b']' | b')' => depth += 1,
                b'{' | b'[' | b'(' if depth > 0 => depth -= 1,
                b'{' | b'[' | b'(' => return Some(place),
                _ => {}
            }
        }
        None
    };
    std::iter::from_fn(opened).take(DEPTH).map(|open| (open, key_before(text, open)))
}

/// The key of the object that opens at `open`; nothing where it has none.
fn key_before(text: &[u8], open: usize) -> Range<usize> {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let low = open.saturating_sub(64);
    let mut end = open;
    while end > low && !part(text[end - 1]) && b"\\\"' :=>".contains(&text[end - 1]) {
        end -= 1;
    }
    let start = text[low..end].iter().rposition(|b| !part(*b)).map_or(low, |i| low + i + 1);
    start..end
}

/// Where the object that opens at `open` ends, as far as it is looked for.
fn closed(text: &[u8], open: usize) -> usize {
    let mut depth = 0usize;
    for (i, byte) in text[open..text.len().min(open + 4 * REACH)].iter().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + i;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    /// `rules/actor.toml` says by example what names an account and what only looks so.
    #[test]
    fn each_way_to_name_a_target_is_shown_by_example() {
        let rules = RuleSet::builtin().unwrap();
        let actors = rules.actors();
        for (log, want) in actors.examples() {
            let found = target(actors, log.as_bytes(), log.len(), |_, _| true);
            assert_eq!(found.map(|account| account.key.identity).as_deref(), want, "{log}");
        }
        assert!(actors.examples().any(|(_, name)| name.is_some()) && actors.examples().any(|(_, name)| name.is_none()));
    }

    /// An object holds its actor, and what was acted on excludes everybody outside of it.
    #[test]
    fn objects_tell_who_acted() {
        let rules = RuleSet::builtin().unwrap();
        let log = br#"{"initiator":{"user":"ops"},"requestObject":{"data":{"owner":"wren","secret":"S"}},"tail":"x"}"#;
        let find = |what: &[u8]| memchr::memmem::find(log, what).unwrap();
        let (secret, user, owner) = (find(b"\"S\""), find(b"user"), find(b"owner"));
        let mut objects = Objects::new(rules.actors(), log, 0);
        assert!(objects.is_actor(&(user..user + 4), secret));
        assert!(!objects.is_actor(&(owner..owner + 5), secret));
        let acted = Acted::around(rules.actors(), log, secret).unwrap();
        assert!(acted.holds(owner) && !acted.holds(user) && !acted.holds(find(b"tail")));
        assert!(Acted::around(rules.actors(), log, user).is_none());
    }
}
