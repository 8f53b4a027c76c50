//! Is it a password, and how was it protected?
//!
//! Only structure dismisses a value: masks, placeholders, templates, references, types, proofs and prose. Never its
//! entropy and never a list of words: `123456` and `password` are what people use.

mod around;
mod hash;
mod measure;
mod proof;
mod structure;

use std::borrow::Cow;

use crate::record::value::Wrapper;
use crate::record::view;
use crate::rule::{PasswordKey, Syntax, Vocabulary};
use crate::secret::Secret;
use crate::terms::{Dismissal, Layer, Protection};

/// What is known of a value besides its bytes.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The key that it stood under, as written; empty where a pattern found it.
    pub key: &'a [u8],
    /// What the words of the key say.
    pub name: PasswordKey,
    /// How key and value were written; none where a pattern found it.
    pub syntax: Option<Syntax>,
    /// Its quote.
    pub quote: Option<u8>,
    /// What stood around it.
    pub wrapper: Wrapper,
    /// The text before the key, from the beginning of its line and no farther than a neighbour needs.
    pub before: &'a [u8],
    /// The text behind it, to the end of its line.
    pub rest: &'a [u8],
    /// The words of keys.
    pub words: &'a Vocabulary,
    /// The account that the same match names.
    pub account: Option<&'a [u8]>,
}

/// The judgement about a value.
pub enum Verdict<'a> {
    /// A password.
    Exposed {
        /// How it was protected.
        protection: Protection,
        /// The password, where an encoding was undone.
        secret: Secret<'a>,
        /// What was undone.
        layers: Vec<Layer>,
    },
    /// Not a password, or not exposed.
    Dismissed(Dismissal),
}

/// Judges one value.
pub fn classify<'a>(secret: Secret<'a>, facts: &Facts<'_>) -> Verdict<'a> {
    if let Some(why) = structure::dismissal(secret.expose(), facts) {
        return Verdict::Dismissed(why);
    }
    if proof::is_proof(secret.expose(), facts) {
        return Verdict::Dismissed(Dismissal::Proof);
    }
    match hash::kind(secret.expose(), facts.name.hashed) {
        Some(hash::Kind::Strong) => return Verdict::Dismissed(Dismissal::StrongHash),
        Some(hash::Kind::Truncated) => return Verdict::Dismissed(Dismissal::TruncatedHash),
        Some(hash::Kind::Weak) => return exposed(Protection::WeakHash, secret, Vec::new()),
        None => {}
    }
    if let Some(plain) = hash::websphere_xor(secret.expose()) {
        return exposed(Protection::Reversible, Secret::new(Cow::Owned(plain)), Vec::new());
    }
    if let Some(hex) = secret.expose().strip_prefix(b"enc:")
        && let Some(plain) = view::hex(hex).filter(|plain| hex.len() % 2 == 0 && view::is_text(plain))
    {
        return exposed(Protection::Encoded, Secret::new(Cow::Owned(plain)), vec![Layer::Hex]);
    }
    if let Some(plain) = encoded(secret.expose()) {
        return exposed(Protection::Encoded, Secret::new(Cow::Owned(plain)), vec![Layer::Base64]);
    }
    if structure::is_encrypted(secret.expose()) {
        return Verdict::Dismissed(Dismissal::Encrypted);
    }
    exposed(Protection::Plaintext, secret, Vec::new())
}

fn exposed(protection: Protection, secret: Secret<'_>, layers: Vec<Layer>) -> Verdict<'_> {
    Verdict::Exposed { protection, secret, layers }
}

/// What base64 of a password decodes to. A password that happens to be valid base64 of printable text is one in ten
/// thousand at twelve characters, and rarer the longer it is.
fn encoded(value: &[u8]) -> Option<Vec<u8>> {
    let whole = value.len() >= 12 && value.len().is_multiple_of(4) || value.len() >= 8 && value.ends_with(b"=");
    if !whole || !value.iter().all(|&b| view::is_base64(b) && !matches!(b, b'-' | b'_')) {
        return None;
    }
    // Other scripts only as letters among ASCII: random bytes are often valid UTF-8 of rare signs.
    let plain = view::base64(value)?;
    let text = std::str::from_utf8(&plain).ok()?;
    let foreign = text.chars().filter(|c| !c.is_ascii()).count();
    let letters = text.chars().all(|c| c.is_ascii_graphic() || c == ' ' || c.is_alphabetic());
    (letters && foreign * 3 <= text.chars().count()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;
    use crate::terms::CredentialType;

    fn judge(value: &str, quote: Option<u8>, syntax: Syntax) -> Result<(Protection, Vec<u8>), Dismissal> {
        let rules = RuleSet::builtin().unwrap();
        let name = PasswordKey { credential: CredentialType::Password, old: false, hashed: false };
        let facts = Facts {
            key: b"password",
            name,
            syntax: Some(syntax),
            quote,
            wrapper: Wrapper::None,
            before: b"",
            rest: b"",
            words: rules.vocabulary(),
            account: None,
        };
        match classify(Secret::new(Cow::Borrowed(value.as_bytes())), &facts) {
            Verdict::Exposed { protection, secret, .. } => Ok((protection, secret.expose().to_vec())),
            Verdict::Dismissed(why) => Err(why),
        }
    }

    #[test]
    fn passwords_that_people_use_are_never_dismissed() {
        for value in [
            "123456",
            "password",
            "hunter2",
            "secret",
            "letmein",
            "qwerty",
            "null1",
            "admin",
            "xxx1",
            "p@ss$word",
            "12",
            "P4$$",
            "changeme",
            "iloveyou",
            "000000",
            "111111",
            "aaaaaa",
            "B@1234",
            "Get-Rich4ever!",
        ] {
            for (quote, syntax) in
                [(Some(b'"'), Syntax::Json), (None, Syntax::Query), (None, Syntax::Logfmt), (Some(b'\''), Syntax::Dict)]
            {
                let judged = judge(value, quote, syntax);
                assert!(judged.is_ok(), "{value} in {syntax:?}: {judged:?}");
            }
        }
        for value in ["null", "true", "none", "string"] {
            assert!(judge(value, Some(b'"'), Syntax::Json).is_ok(), "quoted {value} is a password");
        }
    }

    #[test]
    fn structure_dismisses() {
        for (value, why) in [
            ("********", Dismissal::Masked),
            ("T********2", Dismissal::Masked),
            ("••••••", Dismissal::Masked),
            ("xxx", Dismissal::Masked),
            ("[FILTERED]", Dismissal::Masked),
            ("[REDACTED]", Dismissal::Masked),
            ("__REDACTED__", Dismissal::Masked),
            ("**MASKED**", Dismissal::Masked),
            ("(redacted)", Dismissal::Masked),
            ("{{redacted}}", Dismissal::Masked),
            ("NOT_LOGGING_PARAMETER", Dismissal::Masked),
            ("REDACTED_BY_SCRUBBER", Dismissal::Masked),
            ("<password>", Dismissal::Masked),
            ("<password: length 12>", Dismissal::Placeholder),
            ("[object Object]", Dismissal::Masked),
            ("${DB_PASSWORD}", Dismissal::Reference),
            ("{{ vault_db_password }}", Dismissal::Reference),
            ("%DB_PASSWORD%", Dismissal::Reference),
            ("$PW", Dismissal::Reference),
            ("$env:PW", Dismissal::Reference),
            ("%s", Dismissal::Reference),
            ("vault:secret/data/shop/db#password", Dismissal::Reference),
            ("$(cat /run/secrets/db)", Dismissal::Reference),
            ("", Dismissal::Empty),
            ("$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", Dismissal::StrongHash),
            ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", Dismissal::StrongHash),
        ] {
            assert_eq!(judge(value, Some(b'"'), Syntax::Json).err(), Some(why), "{value}");
        }
        for value in ["null", "true", "None", "YES", "string", "undefined"] {
            assert!(judge(value, None, Syntax::Json).is_err(), "bare {value}");
        }
    }

    #[test]
    fn protection_is_told() {
        for (value, protection) in [
            ("3cd6e2cfbeeeace94b5d313f552150c3", Protection::WeakHash),
            ("{SHA}qwUWamEG1QP4UBCEjzoQK3hb6t0=", Protection::WeakHash),
            ("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", Protection::WeakHash),
            ("$1$abcdefgh$0123456789012345678901", Protection::WeakHash),
            ("{xor}CTYxKzotbW9taX4=", Protection::Reversible),
            ("VGFuZ2VyaW5lITQy", Protection::Encoded),
            ("enc:4d306e736f6f6e24657665", Protection::Encoded),
            ("Vinter2026!", Protection::Plaintext),
        ] {
            assert_eq!(judge(value, Some(b'"'), Syntax::Json).map(|j| j.0), Ok(protection), "{value}");
        }
        assert_eq!(judge("{xor}CTYxKzotbW9taX4=", Some(b'"'), Syntax::Json).unwrap().1, b"Vinter2026!");
        assert_eq!(judge("VGFuZ2VyaW5lITQy", Some(b'"'), Syntax::Json).unwrap().1, b"Tangerine!42");
    }
}
