//! Who acted, and on whose password: `rules/actor.toml`.

use memchr::memmem::Finder;
use rustc_hash::FxHashSet as HashSet;
use serde::Deserialize;

use super::Expression;
use super::kin::{Kinship, Lists};
use crate::error::Error;

/// What tells the account that a password was set for from the one that set it.
pub struct Actors {
    actors: Listed,
    acted_on: Listed,
    commands: Vec<Finder<'static>>,
    writes: Expression,
    routes: Listed,
    targets: Vec<Expression>,
    kinship: Kinship,
    examples: Vec<(String, Option<String>)>,
}

/// Where a request or a sentence names whose password it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'t> {
    /// Where the name begins.
    pub at: usize,
    /// The name, still percent-encoded where it was.
    pub name: &'t [u8],
    /// The password itself is what was acted on.
    pub decisive: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    actors: Vec<String>,
    acting: Vec<String>,
    beside: Vec<String>,
    systems: Vec<String>,
    targets: Vec<String>,
    setting: Vec<String>,
    acted_on: Vec<String>,
    commands: Vec<String>,
    writes: String,
    routes: Vec<String>,
    target: Vec<WrittenTarget>,
    example: Vec<Example>,
    counterexample: Vec<Counterexample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTarget {
    #[allow(dead_code)] // for the reader of the file
    title: String,
    pattern: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    log: String,
    account: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counterexample {
    log: String,
    #[allow(dead_code)] // for the reader of the file
    because: String,
}

/// Words as they are compared: in lower case, without what programs put between the parts of a word.
struct Listed(HashSet<Box<[u8]>>);

/// The longest key that is looked up, in bytes.
const KEY_BYTES: usize = 32;

impl Listed {
    fn of(list: &[String]) -> Self {
        Self(list.iter().map(|text| plain(text.as_bytes()).collect()).collect())
    }

    /// Whether a text is one of the words. Every account field of every leak is asked, so nothing is allocated.
    fn contains(&self, text: &[u8]) -> bool {
        if text.len() > KEY_BYTES {
            return false;
        }
        let mut word = [0; KEY_BYTES];
        let mut length = 0;
        for (place, byte) in word.iter_mut().zip(plain(text)) {
            *place = byte;
            length += 1;
        }
        self.0.contains(&word[..length])
    }
}

fn plain(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    text.iter().filter(|b| !b"-_.".contains(b)).map(u8::to_ascii_lowercase)
}

impl Actors {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| Error::rule("actor.toml", None, reason);
        let file: File = toml::from_str(text).map_err(|e| refuse(e.message().to_owned()))?;
        let named = file.example.into_iter().map(|one| (one.log, Some(one.account)));
        let silent = file.counterexample.into_iter().map(|one| (one.log, None));
        let kinship = Kinship::of(&Lists {
            acting: &file.acting,
            beside: &file.beside,
            systems: &file.systems,
            targets: &file.targets,
            setting: &file.setting,
        });
        Ok(Self {
            kinship,
            actors: Listed::of(&file.actors),
            acted_on: Listed::of(&file.acted_on),
            commands: file.commands.iter().map(|text| Finder::new(text).into_owned()).collect(),
            writes: Expression::new(&file.writes),
            routes: Listed::of(&file.routes),
            targets: file.target.iter().map(|target| Expression::new(&target.pattern)).collect(),
            examples: named.chain(silent).collect(),
        })
    }

    /// Whether a key names who acted.
    pub fn is_actor(&self, key: &[u8]) -> bool {
        self.actors.contains(key)
    }

    /// Whether an object of that key holds who acted.
    pub fn holds_actor(&self, key: &[u8]) -> bool {
        self.actors.contains(key) || self.kinship.is_acting(key)
    }

    /// What tells whether the keys of a name and of a password belong together.
    pub fn kinship(&self) -> &Kinship {
        &self.kinship
    }

    /// Whether an object of that key holds what was acted on.
    pub fn is_acted_on(&self, key: &[u8]) -> bool {
        self.acted_on.contains(key)
    }

    /// Where the command begins behind whose announcement `line` ends.
    pub fn command(&self, line: &[u8]) -> Option<usize> {
        let behind = |announced: &Finder| announced.find(line).map(|at| at + announced.needle().len());
        self.commands.iter().filter_map(behind).min()
    }

    /// Whether `record` shows a request that changes what its path names.
    pub fn writes(&self, record: &[u8]) -> bool {
        self.writes.is_match(record)
    }

    /// The accounts that requests and sentences in `text` name, the surest kind first.
    pub fn targets<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = Target<'t>> {
        self.targets
            .iter()
            .flat_map(move |regex| {
                regex.captures_iter(text).filter_map(|found| {
                    let (name, decisive) = (found.name("account")?, found.name("action").is_some());
                    Some(Target { at: name.start(), name: name.as_bytes(), decisive })
                })
            })
            .filter(|target| self.is_name(target.name))
    }

    /// Whether a word is what a program is told to do, where the name of an account would stand.
    pub fn is_route(&self, word: &[u8]) -> bool {
        self.routes.contains(word)
    }

    fn is_name(&self, name: &[u8]) -> bool {
        let first = name.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
        first && !self.routes.contains(name)
    }

    /// The examples with the account that each names, and the counterexamples.
    pub fn examples(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.examples.iter().map(|(log, account)| (log.as_str(), account.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::builtin;
    use super::*;

    #[test]
    fn every_expression_compiles() {
        let actors = Actors::parse(builtin::ACTORS).unwrap();
        assert!(actors.targets.iter().all(|target| target.fault("account").is_none()));
        assert!(actors.writes(b"PATCH /users/wren") && !actors.writes(b"GET /users/wren"));
    }
}
