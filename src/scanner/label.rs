//! Pairs that name their own fields: the labels of a page, the types of a description.

use crate::account::Owner;
use crate::extract::Candidate;
use crate::rule::{KeyName, Vocabulary};
use crate::terms::Attribution;

/// `login.user=User`, `login.password=Password`; `{"username":"string","password":"string"}`. Nobody is in danger: both
/// halves say what would stand there. In small letters they may be somebody's, as attackers know.
pub(super) fn is_pair(words: &Vocabulary, candidate: &Candidate, owner: &Owner) -> bool {
    let (Owner::Known(account, how), Some(_)) = (owner, candidate.syntax) else { return false };
    let (secret, name) = (candidate.secret.expose(), account.key.identity.as_bytes());
    if secret == b"string" {
        return name == secret && *how == Attribution::SameRecord;
    }
    let label = |text: &[u8]| text.first().is_some_and(u8::is_ascii_uppercase);
    // An account's name is spelled alike in every record; how this one wrote it is kept beside.
    let shown = account.identifiers.username.as_deref().unwrap_or_default().as_bytes();
    label(secret)
        && label(shown)
        && matches!(words.names_itself(secret), Some(KeyName::Password(_)))
        && matches!(words.names_itself(shown), Some(KeyName::Account { .. }))
}
