//! How a log names an account without a field: `rules/mention.toml`.

use serde::Deserialize;

use super::Expression;
use crate::error::Error;

/// Sentences and prefixes that name an account.
pub struct Mentions(Vec<Expression>);

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
}

impl Mentions {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| Error::rule("mention.toml", None, reason);
        let file: File = toml::from_str(text).map_err(|e| refuse(e.message().to_owned()))?;
        Ok(Self(file.mention.iter().map(|mention| Expression::new(&mention.pattern)).collect()))
    }

    /// The accounts that `text` mentions, the surest kind of mention first: where each begins, and its name.
    pub fn find<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = (usize, &'t [u8])> {
        let text = &text[..text.len().min(4096)];
        self.0.iter().flat_map(move |regex| {
            regex.captures_iter(text).filter_map(|found| found.name("account").map(|m| (m.start(), m.as_bytes())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::RuleSet;

    #[test]
    fn every_mention_compiles_and_names_an_account() {
        let rules = RuleSet::builtin().unwrap();
        let faults: Vec<String> = rules.mentions().0.iter().filter_map(|mention| mention.fault("account")).collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}
