//! Whose password it is: the canonical identity of an account, and how it is found.

mod announced;
mod attribute;
mod block;
mod canonical;
mod correlate;
mod directory;
mod dn;
mod known;
mod later;
mod named;
mod nobody;
mod target;
mod tie;
mod way;

pub use attribute::{Owner, Owners};
pub use directory::{Directory, Resolved, Standing};
pub use known::KnownAccounts;

use crate::terms::{AccountType, IdentityKind};

/// The identifiers that one record gives for one account, each in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifiers {
    /// User name, without its domain.
    pub username: Option<String>,
    /// E-mail address, its domain in lower case.
    pub email: Option<String>,
    /// Phone number in E.164.
    pub phone_number: Option<String>,
    /// Number or opaque id.
    pub user_id: Option<String>,
    /// LDAP distinguished name.
    pub dn: Option<String>,
    /// Windows or directory domain of the user name.
    pub domain: Option<String>,
}

/// One account: equal accounts are merged, everything else is told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// The system that the name belongs to, where it is known.
    pub realm: Option<String>,
    /// Which identifier names it.
    pub kind: IdentityKind,
    /// The canonical identity.
    pub identity: String,
}

/// An account as one record names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What accounts are merged by.
    pub key: AccountKey,
    /// Everything that the record says of it, `key.identity` included.
    pub identifiers: Identifiers,
    /// A person's or a program's.
    pub account_type: AccountType,
}

impl Identifiers {
    /// The identifiers in the order in which they name an account, best first.
    pub fn ranked(&self) -> impl Iterator<Item = (IdentityKind, &str)> {
        [
            (IdentityKind::Email, &self.email),
            (IdentityKind::PhoneNumber, &self.phone_number),
            (IdentityKind::Dn, &self.dn),
            (IdentityKind::Username, &self.username),
            (IdentityKind::UserId, &self.user_id),
        ]
        .into_iter()
        .filter_map(|(kind, value)| Some((kind, value.as_deref()?)))
    }
}
