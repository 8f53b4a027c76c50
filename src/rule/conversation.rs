//! How lines of one conversation are told from those of another: `rules/conversation.toml`.

use std::collections::HashSet;

use serde::Deserialize;

use super::Expression;
use crate::error::Error;

/// The words and shapes that lines of a dialogue are compared by.
pub struct Conversation {
    turns: HashSet<Box<[u8]>>,
    noise: HashSet<Box<[u8]>>,
    labels: HashSet<Box<[u8]>>,
    before_token: Expression,
    accepted: Expression,
    rejected: Expression,
    ended: Expression,
}

/// What a reply says of the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It was right.
    Accepted,
    /// It was wrong.
    Rejected,
    /// Something else; the exchange is over.
    Ended,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    turns: Vec<String>,
    noise: Vec<String>,
    labels: Vec<String>,
    before_token: String,
    accepted: String,
    rejected: String,
    ended: String,
}

/// The longest word of the lists, in bytes.
const WORD_BYTES: usize = 16;

impl Conversation {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| Error::rule("conversation.toml", None, reason);
        let file: Written = toml::from_str(text).map_err(|e| refuse(e.message().to_owned()))?;
        let set = |words: Vec<String>| words.into_iter().map(|w| w.into_bytes().into_boxed_slice()).collect();
        Ok(Self {
            before_token: Expression::new(&file.before_token),
            accepted: Expression::new(&file.accepted),
            rejected: Expression::new(&file.rejected),
            ended: Expression::new(&file.ended),
            turns: set(file.turns),
            noise: set(file.noise),
            labels: set(file.labels),
        })
    }

    /// Whether a word says who speaks.
    pub fn is_turn(&self, word: &[u8]) -> bool {
        holds(&self.turns, word)
    }

    /// Whether a word tells nothing about the conversation.
    pub fn is_noise(&self, word: &[u8]) -> bool {
        holds(&self.noise, word)
    }

    /// Whether what stands behind this word tells one conversation from another.
    pub fn is_label(&self, word: &[u8]) -> bool {
        holds(&self.labels, word)
    }

    /// Where the words of the protocol begin that lead to a token at `at` of `line`; `at` where there are none.
    pub fn speech_start(&self, line: &[u8], at: usize) -> usize {
        let low = at.saturating_sub(64);
        self.before_token.find(&line[low..at]).map_or(at, |found| low + found.start())
    }

    /// What a reply that begins here says.
    pub fn reply(&self, said: &[u8]) -> Option<Reply> {
        let said = &said[..said.len().min(128)];
        if self.rejected.is_match(said) {
            return Some(Reply::Rejected);
        }
        if self.accepted.is_match(said) {
            return Some(Reply::Accepted);
        }
        self.ended.is_match(said).then_some(Reply::Ended)
    }
}

fn holds(words: &HashSet<Box<[u8]>>, word: &[u8]) -> bool {
    word.len() <= WORD_BYTES && words.contains(&*word.to_ascii_lowercase())
}
