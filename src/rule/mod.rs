//! What may match: rules are data.
//!
//! A rule names the syntaxes of fields whose password it reports (`fields`), or finds what no key announces by a regular
//! expression behind its own triggers (`pattern`). The words of keys are data too ([`Vocabulary`]). Rules and words are
//! built in, and a user's folder of rules extends them.

mod builtin;
mod compile;
mod mention;
mod service;
mod syntax;
mod vocabulary;

pub use compile::{Case, Finder, Pattern, Rule, RuleSet};
pub use mention::Mentions;
pub use service::ServiceSigns;
pub use syntax::{Counterexample, Decode, Example, Exposed, Syntax};
pub use vocabulary::{KeyName, PasswordKey, Vocabulary};

/// Names a rule within one [`RuleSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);
