//! What may match: rules are data.
//!
//! A rule names the syntaxes of fields whose password it reports (`fields`), or finds what no key announces by a regular
//! expression behind its own triggers (`pattern`) or by the place of an argument (`calls`), or reads a dialogue whose
//! secret an earlier line announces (`dialogue`).
//! `account_line` finds the account of a pattern on another line of the same conversation ([`Conversation`]). The words of
//! keys are data too ([`Vocabulary`]). Rules and words are built in, and a user's folder of rules extends them.

mod actor;
mod builtin;
mod call;
mod choice;
mod compile;
mod conversation;
mod cost;
mod encoding;
mod expression;
mod kin;
mod mention;
mod refusal;
mod service;
mod syntax;
mod trigger;
mod vocabulary;

pub use actor::{Actors, Target};
pub use call::{Calls, Role};
pub use compile::{Pattern, Rule, RuleSet};
pub use conversation::{Conversation, Reply};
pub use encoding::Encoding;
pub use expression::Expression;
pub use kin::{Kin, Kinship, SecretKey};
pub use mention::Mentions;
pub use service::ServiceSigns;
pub use syntax::{Counterexample, Decode, Dialogue, Example, Exposed, Syntax};
pub use trigger::{Case, Finder};
pub use vocabulary::{KeyName, PasswordKey, Vocabulary};

/// Names a rule within one [`RuleSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);
