//! A rule file as written: TOML, unknown keys refused.

use serde::Deserialize;

use super::call::WrittenCalls;
use crate::terms::{Channel, Confidence, CredentialType, Mode, Protection, Side};

/// A file of rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub rule: Vec<WrittenRule>,
}

/// A rule as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    pub id: toml::Spanned<String>,
    pub title: String,
    pub mode: Mode,
    pub channel: Channel,
    pub cwe: Vec<u16>,
    #[serde(default = "certain")]
    pub confidence: Confidence,
    #[serde(default)]
    pub specificity: u8,
    #[serde(default = "unknown_side")]
    pub side: Side,
    #[serde(default = "password")]
    pub credential: CredentialType,
    #[serde(default)]
    pub fields: Vec<Syntax>,
    #[serde(default)]
    pub keys: Vec<String>,
    #[serde(default)]
    pub triggers: Vec<String>,
    #[serde(default)]
    pub exact_case: bool,
    pub pattern: Option<String>,
    #[serde(default = "one_line")]
    pub lines: usize,
    pub needs: Option<char>,
    pub dialogue: Option<Dialogue>,
    pub account_line: Option<String>,
    #[serde(default)]
    pub calls: Vec<WrittenCalls>,
    #[serde(default = "nothing")]
    pub protection: Protection,
    #[serde(default)]
    pub in_conversation: bool,
    #[serde(default)]
    pub decode: Decode,
    #[serde(default)]
    pub authenticated: bool,
    #[serde(default)]
    pub typed: bool,
    #[serde(default)]
    pub example: Vec<Example>,
    #[serde(default)]
    pub counterexample: Vec<Counterexample>,
}

fn certain() -> Confidence {
    Confidence::High
}

fn one_line() -> usize {
    1
}

fn unknown_side() -> Side {
    Side::Unknown
}

fn nothing() -> Protection {
    Protection::Plaintext
}

fn password() -> CredentialType {
    CredentialType::Password
}

/// A log that leaks, and what must be found in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// One or more lines.
    pub log: String,
    /// The first account and its secret.
    #[serde(flatten)]
    pub exposed: Exposed,
    /// Further accounts of the same log.
    #[serde(default)]
    pub also: Vec<Exposed>,
}

/// An account, and the secret that must be read for it.
#[derive(Clone, Debug, Deserialize)]
pub struct Exposed {
    /// The account as the report names it; empty where nobody can be named.
    pub account: String,
    /// The secret as the person typed it. Invented.
    pub secret: String,
}

/// A log that leaks nothing: silent under all rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// One or more lines.
    pub log: String,
    /// Why it leaks nothing.
    pub because: String,
}

/// How a key, a separator and a value are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Syntax {
    /// `?key=value&…` of a URL.
    Query,
    /// `key=value&…` of a form body.
    Form,
    /// `"key": "value"`.
    Json,
    /// Quoted keys of other languages: `'key': …`, `"key" => …`, `('key', …)`, `{key, <<"…">>}`, `[key] => …`.
    Dict,
    /// Bare keys inside brackets: `Login(key=value, …)`, `Login { key: "value" }`.
    Object,
    /// `key=value` of a log line.
    Logfmt,
    /// `key = value` of a configuration.
    Ini,
    /// `key: value`.
    Colon,
    /// `<key>value</key>`.
    XmlElement,
    /// `key="value"` inside a tag.
    XmlAttribute,
    /// A name and a value apart: `"name": "key", "value": "…"`.
    NameValue,
    /// `--key value`.
    Argument,
    /// `key "value"`.
    Juxtaposed,
    /// `key = 'value'` of a statement.
    Sql,
    /// A row under a line of names: CSV, a printed result.
    Table,
    /// A row under the column list of a statement: `INSERT`, `COPY`.
    Rows,
    /// A row of a log whose head names its fields: `#Fields:`, `#fields`.
    Traffic,
    /// A parameter that was bound to a statement, and logged apart from it.
    Bound,
}

/// A dialogue whose secret stands on a line of its own, announced by the line of the trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialogue {
    /// A challenge in base64 that asks for a password, or `AUTH LOGIN`; answers in base64.
    SaslLogin,
    /// `AUTH PLAIN`; an answer that holds account and password.
    SaslPlain,
    /// `LOGIN {7}`; account and password as literals of announced lengths.
    Literal,
    /// A prompt that one side wrote, and what the other side typed.
    Prompt,
    /// A command as a list of quoted words, on one line or a word a line.
    Command,
    /// A dump in hexadecimal digits whose head names a password.
    Hexdump,
}

/// What a captured secret must be put through before it is the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decode {
    /// It stands there.
    #[default]
    None,
    /// `%40`, and `+` for a space where `form`.
    Percent,
    /// `%2540`: a part of a URL that is itself percent-encoded.
    PercentTwice,
    /// `%40` and `+`.
    Form,
    /// Backslashes.
    Backslash,
    /// Doubled quotes.
    Sql,
    /// Base64 of `account:secret` (RFC 7617).
    Basic,
    /// Base64 of `authzid NUL authcid NUL secret` (RFC 4616).
    SaslPlain,
    /// Base64 of the secret, and of the account where one is captured.
    Base64,
    /// Hexadecimal digits of the text.
    Hex,
    /// Hexadecimal digits of what was typed into a terminal: a command that asks, and its answer.
    Keystrokes,
    /// The same, an answer alone.
    Answer,
    /// `&amp;`.
    Html,
    /// Words of a shell.
    Shell,
    /// Colons and backslashes behind backslashes (.pgpass).
    Colon,
    /// Cisco's type 7: two digits, then hexadecimal digits of the text xor a public key.
    Cisco7,
}

impl Decode {
    /// Whether what is encoded so is a value by that alone, also where a bare word would be a type or a flag.
    pub fn encloses(self) -> bool {
        matches!(
            self,
            Self::Percent | Self::PercentTwice | Self::Form | Self::Basic | Self::SaslPlain | Self::Base64 | Self::Hex
        )
    }
}
