//! The names that a report gives: ids that stay the same from scan to scan, and subject identifiers of RFC 9493.

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::schema::SubId;
use crate::account::AccountKey;
use crate::secret::{FingerprintKey, hex};
use crate::tally::{Listed, Site};
use crate::terms::IdentityKind;

/// Makes ids: digests of what they stand for, keyed where there is a key file.
#[derive(Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) key: Option<&'a FingerprintKey>,
    pub(super) source: Option<&'a str>,
}

impl Ids<'_> {
    /// `acc_` and 16 digits over realm, kind and identity. Without a key, whoever has a list of customers can guess it.
    pub(super) fn account(&self, AccountKey { realm, kind, identity }: &AccountKey) -> String {
        let realm = realm.as_deref().unwrap_or_default();
        self.id("acc_", 16, &[b"logleak/1", realm.as_bytes(), kind.name().as_bytes(), identity.as_bytes()])
    }

    /// `exp_` and 20 digits over the account, the time, the record without its secrets, the source and the ordinal
    /// among exposures that are equal in all of these. Not over the rule or the path: a new rule or a rotated log makes
    /// no new exposure.
    pub(super) fn exposure(&self, account: Option<&AccountKey>, listed: &Listed, ordinal: u32) -> String {
        let (kind, identity, realm) = match account {
            Some(key) => (key.kind.name(), key.identity.as_str(), key.realm.as_deref().unwrap_or_default()),
            None => ("", "", ""),
        };
        let logged_at = listed.logged_at.map_or_else(String::new, |at| at.to_string());
        let (record, ordinal) = (hex(&listed.record), ordinal.to_string());
        let parts: &[&[u8]] = &[
            b"logleak/1/exposure",
            kind.as_bytes(),
            identity.as_bytes(),
            realm.as_bytes(),
            logged_at.as_bytes(),
            record.as_bytes(),
            self.source.unwrap_or_default().as_bytes(),
            ordinal.as_bytes(),
        ];
        self.id("exp_", 20, parts)
    }

    /// `site_` and 16 digits over rule, template and file family. No person stands in these: never keyed.
    pub(super) fn site(rule_id: &str, site: &Site) -> String {
        let parts: &[&[u8]] =
            &[b"logleak/1/site", rule_id.as_bytes(), site.key.template.as_bytes(), site.key.family.as_bytes()];
        Ids { key: None, source: None }.id("site_", 16, parts)
    }

    /// The parts are joined by NUL, which names do not hold.
    fn id(&self, prefix: &str, digits: usize, parts: &[&[u8]]) -> String {
        let text = parts.join(&0);
        let digest: [u8; 32] = match self.key {
            Some(key) => key.mac(&[&text]),
            None => Sha256::digest(&text).into(),
        };
        let mut id = String::with_capacity(prefix.len() + digits);
        id.push_str(prefix);
        id.push_str(&hex(&digest[..digits / 2]));
        id
    }
}

/// Numbers equal exposures of one account from 0, in the order of place and offset.
///
/// Bounded memory gives exact ordinals here: equal exposures have the same account, and an account lists the *least* of
/// its exposures by place and offset. Whatever equals a listed exposure and comes before it is less than it, so it is
/// listed as well, and counting along the list counts them all. Exposures of nobody are capped by file, so the same
/// holds within a file; over several files the ordinal counts the listed ones, which still tells them apart and is the
/// same in every scan of the same files under the same cap.
///
/// The hash is quick and needs no seed: what it hashes are digests already.
#[derive(Default)]
pub(super) struct Ordinals(FxHashMap<(Option<i64>, [u8; 16]), u32>);

impl Ordinals {
    pub(super) fn next(&mut self, listed: &Listed) -> u32 {
        let seen = self.0.entry((listed.logged_at, listed.record)).or_default();
        let ordinal = *seen;
        *seen = seen.saturating_add(1);
        ordinal
    }
}

/// The subject identifier of one identity. A user name says whose it is only together with the system that knows it,
/// so it is `iss_sub` where the realm is a URL; RFC 9493 has nothing else for names and ids than `opaque`.
pub(super) fn sub_id<'a>(kind: IdentityKind, identity: &'a str, realm: Option<&'a str>) -> SubId<'a> {
    let identity = identity.into();
    match kind {
        IdentityKind::Email => SubId::Email { email: identity },
        IdentityKind::PhoneNumber => SubId::PhoneNumber { phone_number: identity },
        IdentityKind::Username => match realm.filter(|realm| is_url(realm)) {
            Some(iss) => SubId::IssSub { iss: iss.into(), sub: identity },
            None => SubId::Opaque { id: identity },
        },
        IdentityKind::Dn | IdentityKind::UserId => SubId::Opaque { id: identity },
    }
}

fn is_url(realm: &str) -> bool {
    realm.starts_with("https://") || realm.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(realm: Option<&str>, kind: IdentityKind, identity: &str) -> AccountKey {
        AccountKey { realm: realm.map(str::to_owned), kind, identity: identity.to_owned() }
    }

    /// Reset tools keep ledgers by `account_id`: it must not change between versions. The expected digits were made
    /// with `printf 'logleak/1\0\0email\0jane@example.com' | sha256sum` and the like.
    #[test]
    fn account_ids_are_the_documented_digest() {
        let ids = Ids { key: None, source: None };
        let plain = ids.account(&key(None, IdentityKind::Email, "jane@example.com"));
        assert_eq!(plain, "acc_0412d7104001916d");
        let realm = ids.account(&key(Some("corp"), IdentityKind::Username, "jane"));
        assert_eq!(realm, "acc_c091b7fcdc80b284");
    }

    /// With a key nobody can guess an id from a list of customers.
    #[test]
    fn a_key_changes_ids_of_accounts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), (0..32).collect::<Vec<u8>>()).unwrap();
        let secret = FingerprintKey::from_file(file.path()).unwrap();
        let account = key(None, IdentityKind::Email, "jane@example.com");
        let keyed = Ids { key: Some(&secret), source: None }.account(&account);
        assert_eq!(keyed, "acc_143f6a499e3cd788");
    }

    /// RFC 9493 formats by kind: a user name is `iss_sub` only under a realm that is a URL, an id never is.
    #[test]
    fn subject_identifiers_follow_rfc_9493() {
        let url = Some("https://idp.example.com");
        for (kind, realm, want) in [
            (IdentityKind::Email, url, SubId::Email { email: "x".into() }),
            (IdentityKind::PhoneNumber, None, SubId::PhoneNumber { phone_number: "x".into() }),
            (IdentityKind::Username, None, SubId::Opaque { id: "x".into() }),
            (IdentityKind::Username, Some("corp"), SubId::Opaque { id: "x".into() }),
            (IdentityKind::Username, url, SubId::IssSub { iss: "https://idp.example.com".into(), sub: "x".into() }),
            (IdentityKind::UserId, url, SubId::Opaque { id: "x".into() }),
            (IdentityKind::Dn, url, SubId::Opaque { id: "x".into() }),
        ] {
            assert_eq!(sub_id(kind, "x", realm), want, "{kind:?} in {realm:?}");
        }
    }
}
