//! How a log names an account without a field: `rules/mention.toml`.

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::error::Error;

/// Sentences and prefixes that name an account.
pub struct Mentions(Vec<Regex>);

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
        let compile = |mention: Written| {
            let regex = RegexBuilder::new(&mention.pattern).unicode(false).size_limit(1 << 20).build();
            regex.map_err(|_| refuse(format!("{}: the pattern is no regular expression", mention.title)))
        };
        file.mention.into_iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// The accounts that `text` mentions, the surest kind of mention first: where each begins, and its name.
    pub fn find<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = (usize, &'t [u8])> {
        let text = &text[..text.len().min(4096)];
        self.0.iter().flat_map(move |regex| {
            regex.captures_iter(text).filter_map(|found| found.name("account").map(|m| (m.start(), m.as_bytes())))
        })
    }
}
