//! How a log names an account without a field: `rules/mention.toml`.

use serde::Deserialize;

use super::Expression;
use crate::error::Error;

/// Sentences and prefixes that name an account.
pub struct Mentions(Vec<Mention>);

struct Mention {
    pattern: Expression,
    /// It names who acted.
    acting: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mention: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[allow(dead_code)] // for the reader of the file
    title: String,
    pattern: String,
    #[serde(default)]
    acting: bool,
}

impl Mentions {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| Error::rule("mention.toml", None, reason);
        let file: File = toml::from_str(text).map_err(|e| refuse(e.message().to_owned()))?;
        let mention =
            |written: &Written| Mention { pattern: Expression::new(&written.pattern), acting: written.acting };
        Ok(Self(file.mention.iter().map(mention).collect()))
    }

    /// The accounts that `text` mentions, the surest kind of mention first: whether as who acted, where each begins, and
    /// its name.
    pub fn find<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = (bool, usize, &'t [u8])> {
        let text = &text[..text.len().min(4096)];
        self.0.iter().flat_map(move |mention| {
            let name = |found: regex::bytes::Captures<'t>| {
                found.name("account").map(|m| (mention.acting, m.start(), m.as_bytes()))
            };
            mention.pattern.captures_iter(text).filter_map(name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::RuleSet;

    #[test]
    fn every_mention_compiles_and_names_an_account() {
        let rules = RuleSet::builtin().unwrap();
        let faults: Vec<String> =
            rules.mentions().0.iter().filter_map(|mention| mention.pattern.fault("account")).collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}
