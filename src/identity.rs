//! Ids that stay the same from scan to scan: digests of what they stand for, keyed where there is a key file.

use sha2::{Digest, Sha256};

use crate::account::AccountKey;
use crate::exposure::Place;
use crate::secret::{FingerprintKey, hex};

/// Makes ids.
#[derive(Clone, Copy)]
pub(crate) struct Ids<'a> {
    pub(crate) key: Option<&'a FingerprintKey>,
}

/// What an `exposure_id` is made of besides its account and its ordinal.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) place: &'a Place,
    pub(crate) logged_at: Option<i64>,
    pub(crate) record: [u8; 16],
}

impl Ids<'_> {
    /// `acc_` and 16 digits over realm, kind and identity. Without a key, whoever has a list of customers can guess it.
    pub(crate) fn account(&self, AccountKey { realm, kind, identity }: &AccountKey) -> String {
        let realm = realm.as_deref().unwrap_or_default();
        self.id("acc_", 16, &[b"logleak/1", realm.as_bytes(), kind.name().as_bytes(), identity.as_bytes()])
    }

    /// `exp_` and 20 digits over the account, the time, the record without its secrets, the source and the ordinal
    /// among exposures that are equal in all of these. Not over the rule or the path: a new rule or a rotated log makes
    /// no new exposure.
    pub(crate) fn exposure(&self, account: Option<&AccountKey>, seen: Seen<'_>, ordinal: u32) -> String {
        let (kind, identity, realm) = match account {
            Some(key) => (key.kind.name(), key.identity.as_str(), key.realm.as_deref().unwrap_or_default()),
            None => ("", "", ""),
        };
        let logged_at = seen.logged_at.map_or_else(String::new, |at| at.to_string());
        let (record, ordinal) = (hex(&seen.record), ordinal.to_string());
        let parts: &[&[u8]] = &[
            b"logleak/1/exposure",
            kind.as_bytes(),
            identity.as_bytes(),
            realm.as_bytes(),
            logged_at.as_bytes(),
            record.as_bytes(),
            seen.place.source().unwrap_or_default().as_bytes(),
            ordinal.as_bytes(),
        ];
        self.id("exp_", 20, parts)
    }

    /// `site_` and 16 digits over rule, template and file family. No person stands in these: never keyed.
    pub(crate) fn site(rule_id: &str, template: &str, family: &str) -> String {
        let parts: &[&[u8]] = &[b"logleak/1/site", rule_id.as_bytes(), template.as_bytes(), family.as_bytes()];
        Ids { key: None }.id("site_", 16, parts)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::IdentityKind;

    fn key(realm: Option<&str>, kind: IdentityKind, identity: &str) -> AccountKey {
        AccountKey { realm: realm.map(str::to_owned), kind, identity: identity.to_owned() }
    }

    /// Reset tools keep ledgers by `account_id`: it must not change between versions. The expected digits were made
    /// with `printf 'logleak/1\0\0email\0jane@example.com' | sha256sum` and the like.
    #[test]
    fn account_ids_are_the_documented_digest() {
        let ids = Ids { key: None };
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
        let keyed = Ids { key: Some(&secret) }.account(&account);
        assert_eq!(keyed, "acc_143f6a499e3cd788");
    }
}
