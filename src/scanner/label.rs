//! Pairs that name their own fields: the labels of a page, the types of a description.

use crate::account::Owner;
use crate::extract::Candidate;
use crate::rule::{KeyName, Vocabulary};
use crate::terms::Attribution;

/// `login.user=User`, `login.password=Password`; `{"username":"string","password":"string"}`. Nobody is in danger: both
/// halves say what would stand there, or the one that is there names nobody. In small letters they may be somebody's, as
/// attackers know.
pub(super) fn is_pair(words: &Vocabulary, candidate: &Candidate, owner: &Owner) -> bool {
    let secret = candidate.secret.expose();
    let label = |text: &[u8]| text.first().is_some_and(u8::is_ascii_uppercase);
    let names_itself = label(secret) && matches!(words.names_itself(secret), Some(KeyName::Password(_)));
    match owner {
        _ if candidate.syntax.is_none() => false,
        Owner::Nobody => names_itself || secret == b"string",
        Owner::Known(account, how) if secret == b"string" => {
            account.key.identity.as_bytes() == secret && *how == Attribution::SameRecord
        }
        Owner::Known(account, _) => {
            // An account's name is spelled alike in every record; how this one wrote it is kept beside.
            let shown = account.identifiers.username.as_deref().unwrap_or_default().as_bytes();
            names_itself && label(shown) && matches!(words.names_itself(shown), Some(KeyName::Account { .. }))
        }
        Owner::OneOf(_) => false,
    }
}
