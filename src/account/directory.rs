//! Whose account it is, after a log has named it: of which system, a person's or a program's, and whether it is ours.

use super::known::{Fitting, Known};
use super::{Account, AccountKey, Identifiers, KnownAccounts};
use crate::rule::ServiceSigns;
use crate::secret::Secret;
use crate::terms::{AccountType, IdentityKind, TimeBasis};

/// How far a time can be wrong that was written without its zone or year, in seconds: zones reach from -12:00 to +14:00.
const MARGIN: i64 = 26 * 60 * 60;

/// What the person who scans knows of the accounts in the logs. The empty one knows nothing.
#[derive(Default)]
pub struct Directory {
    /// The system that the names belong to.
    pub realm: Option<String>,
    /// The accounts that are ours.
    pub known: Option<KnownAccounts>,
}

/// What the directory says of one account that a log names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The account; none where several fit.
    pub account: Option<Account>,
    /// The accounts that fit where more than one does, by identity.
    pub candidates: Vec<Account>,
    /// Where the account stands.
    pub standing: Standing,
}

/// Whether an account is ours, and since when its password is another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is among the known accounts; none without them.
    pub known: Option<bool>,
    /// It is, and no identifier that stood beside it is another account's.
    pub confirmed: bool,
    /// When its password was last changed, in seconds since 1970 UTC.
    pub changed_at: Option<i64>,
}

impl Standing {
    /// Whether the password was changed after an exposure was logged. Without a time nobody knows.
    pub fn supersedes(&self, logged_at: Option<i64>, basis: TimeBasis) -> bool {
        let margin = match basis {
            TimeBasis::LogTimestamp => 0,
            TimeBasis::YearInferred | TimeBasis::ZoneAssumed | TimeBasis::FileMtime | TimeBasis::None => MARGIN,
        };
        self.changed_at.zip(logged_at).is_some_and(|(changed, logged)| changed > logged.saturating_add(margin))
    }
}

impl Directory {
    /// The account under the name that it is known by. The best identifier of the record that is known decides; a name
    /// that is several people's gives candidates, never a guess.
    pub fn resolve(&self, signs: &ServiceSigns, account: Account) -> Resolved {
        let Some(known) = &self.known else {
            let standing = Standing::default();
            return Resolved { account: Some(self.complete(signs, account, None)), candidates: Vec::new(), standing };
        };
        let Fitting { mut accounts, agreed } = known.fitting(&account.identifiers);
        if accounts.len() > 1 {
            let candidate = |one: Known| {
                let of_it = Account { identifiers: Identifiers::default(), ..account.clone() };
                self.complete(signs, renamed(of_it, &one), one.account_type)
            };
            let candidates = accounts.into_iter().map(candidate).collect();
            let standing = Standing { known: Some(true), ..Standing::default() };
            return Resolved { account: None, candidates, standing };
        }
        let (account, standing) = match accounts.pop() {
            Some(one) => {
                let standing = Standing { known: Some(true), confirmed: agreed, changed_at: one.changed_at };
                (self.complete(signs, renamed(account, &one), one.account_type), standing)
            }
            None => (self.complete(signs, account, None), Standing { known: Some(false), ..Standing::default() }),
        };
        Resolved { account: Some(account), candidates: Vec::new(), standing }
    }

    /// What becomes of several accounts that fit: they stay candidates, unless the file of accounts says that all of
    /// them are one.
    pub fn resolve_all(&self, signs: &ServiceSigns, fitting: Vec<Account>) -> Resolved {
        let mut standing = Standing::default();
        let mut candidates: Vec<Account> = Vec::new();
        for account in fitting {
            let resolved = self.resolve(signs, account);
            standing = Standing { confirmed: false, ..resolved.standing };
            candidates.extend(resolved.account);
            candidates.extend(resolved.candidates);
        }
        candidates.sort_by(|a, b| a.key.cmp(&b.key));
        candidates.dedup_by(|a, b| a.key == b.key);
        match (&candidates[..], standing.known) {
            ([_], Some(true)) => Resolved { account: candidates.pop(), candidates, standing },
            _ => Resolved { account: None, candidates, standing: Standing::default() },
        }
    }

    /// Whether what was typed as a user name is one of ours, whatever it looks like.
    pub fn knows_name(&self, typed: &Secret<'_>) -> bool {
        let Some(known) = &self.known else { return false };
        let mut identifiers = Identifiers::default();
        identifiers.add(IdentityKind::Username, typed.expose());
        !known.fitting(&identifiers).accounts.is_empty()
    }

    fn complete(&self, signs: &ServiceSigns, account: Account, told: Option<AccountType>) -> Account {
        let account_type = told.unwrap_or_else(|| account_type(signs, &account.identifiers));
        Account { key: AccountKey { realm: self.realm.clone(), ..account.key }, account_type, ..account }
    }
}

/// The account under its known identity. What else the record says of it stays.
fn renamed(mut account: Account, known: &Known) -> Account {
    let Identifiers { username, email, phone_number, user_id, dn, .. } = &mut account.identifiers;
    let slot = match known.kind {
        IdentityKind::Email => email,
        IdentityKind::PhoneNumber => phone_number,
        IdentityKind::Dn => dn,
        IdentityKind::Username => username,
        IdentityKind::UserId => user_id,
    };
    *slot = Some(known.identity.clone());
    account.key = AccountKey { realm: None, kind: known.kind, identity: known.identity.clone() };
    account
}

/// A program's where one of the identifiers shows it, else a person's.
fn account_type(signs: &ServiceSigns, identifiers: &Identifiers) -> AccountType {
    let Identifiers { username, email, phone_number: _, user_id, dn, domain } = identifiers;
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    let name = |text: &Option<String>| lower(text).is_some_and(|name| signs.is_name(&name));
    let address = lower(email).is_some_and(|email| {
        email.rsplit_once('@').is_some_and(|(local, domain)| signs.is_name(local) || signs.is_mail_domain(domain))
    });
    let unit =
        |(attribute, value): (&str, &str)| matches!(attribute, "ou" | "cn") && signs.is_unit(&value.to_lowercase());
    let entry = dn.as_deref().and_then(super::dn::Dn::parse).is_some_and(|dn| {
        let own = |(attribute, value): (&str, &str)| {
            matches!(attribute, "uid" | "cn") && signs.is_name(&value.to_lowercase())
        };
        dn.own().any(own) || dn.outer().any(unit)
    });
    let of_system = lower(domain).is_some_and(|domain| signs.is_domain(&domain));
    let service = name(username) || name(user_id) || address || entry || of_system;
    if service { AccountType::Service } else { AccountType::User }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    fn account(kind: IdentityKind, value: &str) -> Account {
        let mut identifiers = Identifiers::default();
        identifiers.add(kind, value.as_bytes());
        identifiers.account().unwrap()
    }

    /// `rules/service.toml` says by example what is a program's account.
    #[test]
    fn each_sign_of_a_service_is_shown_by_example() {
        let rules = RuleSet::builtin().unwrap();
        let signs = rules.services();
        let directory = Directory::default();
        for (name, is_service) in signs.examples() {
            let resolved = directory.resolve(signs, account(IdentityKind::Username, name));
            let want = if is_service { AccountType::Service } else { AccountType::User };
            assert_eq!(resolved.account.unwrap().account_type, want, "{name}");
        }
        assert!(signs.examples().any(|(_, service)| service) && signs.examples().any(|(_, service)| !service));
    }

    /// The realm is part of what accounts are merged by.
    #[test]
    fn a_realm_tells_accounts_of_two_systems_apart() {
        let rules = RuleSet::builtin().unwrap();
        let realm = |realm: Option<&str>| {
            let directory = Directory { realm: realm.map(str::to_owned), known: None };
            directory.resolve(rules.services(), account(IdentityKind::Username, "ingrid")).account.unwrap().key
        };
        assert_eq!(realm(Some("https://id.example.com")).realm.as_deref(), Some("https://id.example.com"));
        assert_ne!(realm(Some("https://id.example.com")), realm(Some("https://id.example.org")));
        assert_eq!(realm(None).realm, None);
    }

    /// A time without zone may be that of another day.
    #[test]
    fn a_password_is_superseded_only_when_surely_changed_after() {
        use TimeBasis::{LogTimestamp, YearInferred, ZoneAssumed};
        for (logged, basis, changed, want) in [
            (Some(1000), LogTimestamp, Some(1001), true),
            (Some(1000), LogTimestamp, Some(1000), false),
            (Some(1000), LogTimestamp, None, false),
            (None, TimeBasis::None, Some(i64::MAX), false),
            (Some(1000), ZoneAssumed, Some(1000 + 26 * 3600), false),
            (Some(1000), ZoneAssumed, Some(1001 + 26 * 3600), true),
            (Some(1000), YearInferred, Some(1000 + 25 * 3600), false),
            (Some(1000), YearInferred, Some(1001 + 26 * 3600), true),
            (Some(i64::MAX), ZoneAssumed, Some(i64::MAX), false),
        ] {
            let standing = Standing { known: Some(true), confirmed: true, changed_at: changed };
            assert_eq!(standing.supersedes(logged, basis), want, "{logged:?} {basis:?} {changed:?}");
        }
    }
}
