//! The words that keys are made of, in the languages that people log in.

mod words;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use serde::Deserialize;

use crate::error::Error;
use crate::terms::{CredentialType, IdentityKind};
use words::Ends;
pub(super) use words::Words;

/// What a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// A password or another secret of an account.
    Password(PasswordKey),
    /// An account.
    Account {
        /// Which identifier.
        kind: IdentityKind,
        /// Names an account only where nothing better does.
        weak: bool,
    },
}

/// What the words of a key tell about the password under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordKey {
    /// Which secret.
    pub credential: CredentialType,
    /// The password before a change.
    pub old: bool,
    /// The key says that its value is a hash.
    pub hashed: bool,
}

/// The words of [`KeyName`]s.
pub struct Vocabulary {
    password: HashMap<Box<[u8]>, CredentialType>,
    after: HashSet<Box<[u8]>>,
    unless: HashSet<Box<[u8]>>,
    old: HashSet<Box<[u8]>>,
    glued: HashSet<Box<[u8]>>,
    nobody: HashSet<Box<[u8]>>,
    values: HashSet<Box<[u8]>>,
    /// Password words that may end a longer word, longest first.
    endings: Vec<Box<[u8]>>,
    account: HashMap<Box<[u8]>, (IdentityKind, bool)>,
    account_after: HashSet<Box<[u8]>>,
    /// How keys of accounts end.
    account_ends: Ends,
    account_nobody: HashSet<Box<[u8]>>,
    account_unless: HashSet<Box<[u8]>>,
    client: HashSet<Box<[u8]>>,
    client_unless: HashSet<Box<[u8]>>,
    forwarded: HashSet<Box<[u8]>>,
    prose: HashSet<Box<[u8]>>,
    mask_words: HashSet<Box<[u8]>>,
    mask_bracketed: HashSet<Box<[u8]>>,
    mask_phrases: AhoCorasick,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    password: WrittenPassword,
    account: WrittenAccount,
    client: WrittenClient,
    prose: WrittenProse,
    mask: WrittenMask,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPassword {
    after: Vec<String>,
    unless: Vec<String>,
    glued: Vec<String>,
    nobody: Vec<String>,
    values: Vec<String>,
    old: Vec<String>,
    words: Vec<PasswordWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordWords {
    credential: CredentialType,
    #[allow(dead_code)] // for the reader of the file
    languages: String,
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAccount {
    nobody: Vec<String>,
    after: Vec<String>,
    unless: Vec<String>,
    words: Vec<AccountWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountWords {
    kind: IdentityKind,
    #[serde(default)]
    weak: bool,
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClient {
    words: Vec<String>,
    forwarded: Vec<String>,
    unless: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProse {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMask {
    words: Vec<String>,
    bracketed: Vec<String>,
    phrases: Vec<String>,
}

fn set(words: Vec<String>) -> HashSet<Box<[u8]>> {
    words.into_iter().map(|w| w.to_lowercase().into_bytes().into_boxed_slice()).collect()
}

impl Vocabulary {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let written: Written =
            toml::from_str(text).map_err(|e| Error::rule("vocabulary.toml", None, e.message().to_owned()))?;
        let mut password = HashMap::default();
        for group in written.password.words {
            for word in group.words {
                if word.contains(' ') {
                    password.insert(word.replace(' ', "").into_bytes().into_boxed_slice(), group.credential);
                }
                password.insert(word.into_bytes().into_boxed_slice(), group.credential);
            }
        }
        let mut endings: Vec<Box<[u8]>> = password
            .keys()
            .filter(|w| w.len() >= 6 && !w.contains(&b' ') || matches!(&***w, b"pwd" | b"passe"))
            .cloned()
            .collect();
        endings.sort_by_key(|w| std::cmp::Reverse(w.len()));
        // Every value is asked, most of them twice.
        let mask_phrases = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&written.mask.phrases)
            .map_err(|_| Error::rule("vocabulary.toml", None, "the mask phrases are too many".to_owned()))?;
        let mut account: HashMap<Box<[u8]>, (IdentityKind, bool)> = HashMap::default();
        for group in written.account.words {
            for word in group.words {
                account.insert(word.into_bytes().into_boxed_slice(), (group.kind, group.weak));
            }
        }
        let account_after = set(written.account.after);
        let account_ends = Ends::of(account.keys().chain(&account_after).map(|word| &**word));
        Ok(Self {
            password,
            after: set(written.password.after),
            unless: set(written.password.unless),
            old: set(written.password.old),
            glued: set(written.password.glued),
            nobody: set(written.password.nobody),
            values: set(written.password.values),
            endings,
            account,
            account_nobody: set(written.account.nobody),
            account_after,
            account_ends,
            account_unless: set(written.account.unless),
            client: set(written.client.words),
            client_unless: set(written.client.unless),
            forwarded: set(written.client.forwarded),
            prose: set(written.prose.words),
            mask_words: set(written.mask.words),
            mask_bracketed: set(written.mask.bracketed),
            mask_phrases,
        })
    }

    /// Adds a key of a user's rule.
    pub(super) fn add_password(&mut self, word: &str, credential: CredentialType) {
        self.password.insert(word.to_lowercase().into_bytes().into_boxed_slice(), credential);
    }

    /// The words that name a password: each is a trigger.
    pub(super) fn password_words(&self) -> impl Iterator<Item = &[u8]> {
        self.password.keys().map(|w| &**w)
    }

    /// What `key` names, if anything.
    pub fn key(&self, key: &[u8]) -> Option<KeyName> {
        let mut words = Words::default();
        words.split(key);
        if let Some(password) = self.password_key(&words) {
            return Some(KeyName::Password(password));
        }
        self.account_key(&words).map(|(kind, weak)| KeyName::Account { kind, weak })
    }

    /// What `key` says about a password, if it names one.
    pub fn password(&self, key: &[u8]) -> Option<PasswordKey> {
        let mut words = Words::default();
        words.split(key);
        self.password_key(&words)
    }

    /// Which identifier of an account `key` names, and whether only weakly.
    pub fn account(&self, key: &[u8]) -> Option<(IdentityKind, bool)> {
        if !self.account_ends.may_end(key) {
            return None;
        }
        let mut words = Words::default();
        words.split(key);
        self.account_key(&words)
    }

    /// The word of `key` that names a password: what may be shown of a key, since only the log knows the rest.
    pub fn shown(&self, key: &[u8]) -> Option<String> {
        let mut words = Words::default();
        words.split(key);
        let pairs = (2..=words.len()).rev().map(|end| words.phrase(end - 2, end));
        (0..words.len()).rev().map(|i| words.get(i)).chain(pairs).find_map(|word| {
            if self.password.contains_key(word) {
                return Some(String::from_utf8_lossy(word).into_owned());
            }
            self.endings
                .iter()
                .find(|e| word.ends_with(e) || word.starts_with(e))
                .map(|e| String::from_utf8_lossy(e).into_owned())
        })
    }

    /// Whether `before`, the text before a key, ends in a word that makes the password nobody's.
    pub fn is_nobodys(&self, before: &[u8]) -> bool {
        ends_in_word_of(&self.nobody, before)
    }

    /// Whether `before`, the text before a key, ends in a word that makes the account a sentence's.
    pub fn is_no_account(&self, before: &[u8]) -> bool {
        ends_in_word_of(&self.account_nobody, before)
    }

    /// Whether `key` is that of the address that a request came from.
    pub fn is_client(&self, key: &[u8]) -> bool {
        self.is_address(key, &self.client)
    }

    /// Whether `key` is that of the address that a proxy forwards a request for.
    pub fn is_forwarded(&self, key: &[u8]) -> bool {
        self.is_address(key, &self.forwarded)
    }

    fn is_address(&self, key: &[u8], wanted: &HashSet<Box<[u8]>>) -> bool {
        let mut words = Words::default();
        words.split(key);
        let any = |list: &HashSet<Box<[u8]>>| (0..words.len()).any(|i| list.contains(words.get(i)));
        any(wanted) && !any(&self.client_unless)
    }

    /// Whether a whole value is a word that names its own field: `user`, `password`.
    pub fn names_itself(&self, value: &[u8]) -> Option<KeyName> {
        if value.len() > 24 || !value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-')) {
            return None;
        }
        self.key(value)
    }

    /// Whether a word stands for "this kind of value" (`value`, `val` …).
    pub fn is_value_key(&self, key: &[u8]) -> bool {
        key.len() <= 24 && self.values.contains(&*key.to_ascii_lowercase())
    }

    /// Whether a word makes a sentence of what stands around it.
    pub fn is_prose_word(&self, word: &[u8]) -> bool {
        word.len() <= 16 && self.prose.contains(&*word.to_ascii_lowercase())
    }

    /// Whether a whole value is a word that tools write in its place.
    pub fn is_mask(&self, word: &[u8]) -> bool {
        self.mask_words.contains(&*word.to_ascii_lowercase())
    }

    /// Whether the text between brackets is a mask or a placeholder.
    pub fn is_bracketed_mask(&self, text: &[u8]) -> bool {
        self.mask_bracketed.contains(&*text.to_ascii_lowercase())
    }

    /// Whether a value says that it was not logged.
    pub fn says_not_logged(&self, text: &[u8]) -> bool {
        self.mask_phrases.is_match(text)
    }

    fn password_key(&self, words: &Words) -> Option<PasswordKey> {
        let (mut end, mut old, mut hashed) = (words.len(), false, false);
        let named = |end: usize| {
            self.password.contains_key(words.get(end - 1))
                || end > 1 && self.password.contains_key(words.phrase(end - 2, end))
        };
        while end > 0 && !named(end) {
            let word = words.get(end - 1);
            if !self.after.contains(word) && !word.iter().all(u8::is_ascii_digit) {
                break;
            }
            old |= self.old.contains(word);
            hashed |= is_hash_word(word);
            end -= 1;
        }
        let last = words.get(end.checked_sub(1)?);
        let phrase = || words.phrase(end.saturating_sub(2), end);
        let credential = match self.password.get(last).or_else(|| self.password.get(phrase())) {
            Some(&credential) => credential,
            None => self.compound(last, &mut hashed)?,
        };
        for word in (0..end - 1).map(|i| words.get(i)) {
            if self.unless.contains(word) {
                return None;
            }
            old |= self.old.contains(word);
            hashed |= is_hash_word(word);
        }
        Some(PasswordKey { credential, old, hashed })
    }

    /// A password word at the end (`userpassword`) or beginning (`passwordconfirm`) of a longer word.
    fn compound(&self, word: &[u8], hashed: &mut bool) -> Option<CredentialType> {
        if let Some(before) = word.strip_suffix(b"pass")
            && self.glued.contains(before)
        {
            return Some(CredentialType::Password);
        }
        for ending in &self.endings {
            if let Some(before) = word.strip_suffix(&**ending) {
                return (!self.unless.contains(before)).then(|| self.password[ending]);
            }
            if let Some(after) = word.strip_prefix(&**ending)
                && self.after.contains(after)
            {
                *hashed |= is_hash_word(after);
                return Some(self.password[ending]);
            }
        }
        None
    }

    fn account_key(&self, words: &Words) -> Option<(IdentityKind, bool)> {
        let mut end = words.len();
        while end > 1 && self.account_after.contains(words.get(end - 1)) {
            end -= 1;
        }
        for begin in end.saturating_sub(5)..end {
            let Some(&(kind, weak)) = self.account.get(words.phrase(begin, end)) else { continue };
            let alone = begin == 0;
            if weak && !alone || (0..begin).any(|i| self.account_unless.contains(words.get(i))) {
                return None;
            }
            return Some((kind, weak));
        }
        None
    }
}

fn ends_in_word_of(words: &HashSet<Box<[u8]>>, before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let word = before.iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(before, |i| &before[i + 1..]);
    word.len() <= 16 && words.contains(&*word.to_ascii_lowercase())
}

fn is_hash_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"hash" | b"hashed" | b"md5" | b"sha" | b"sha1" | b"sha256" | b"sha512" | b"digest" | b"ntlm" | b"nt"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        Vocabulary::parse(super::super::builtin::VOCABULARY).unwrap()
    }

    #[test]
    fn keys_that_name_a_password() {
        let vocabulary = vocabulary();
        for key in [
            "password",
            "PASSWORD",
            "Passwd",
            "pwd",
            "userPassword",
            "user_pwd",
            "spring.datasource.password",
            "RT_Password",
            "password1",
            "passwordConfirmation",
            "new-password",
            "j_password",
            "dbpass",
            "PASS",
            "Kennwort",
            "senha",
            "密码",
            "登录密码",
            "пароль",
            "Пароль",
            "cryptPassword",
            "User-Password",
            "Password.Cleartext",
            "legacy_pwd",
            "password_md5",
            "LDAPPassword",
            "newPasswordConfirmation",
            "passwordconfirm",
            "cookie_pass",
            "passphrase",
            "LastPassword",
            "mdp",
            "şifre",
        ] {
            assert!(vocabulary.password(key.as_bytes()).is_some(), "{key} names a password");
        }
    }

    #[test]
    fn keys_that_name_no_password() {
        let vocabulary = vocabulary();
        for key in [
            "passed",
            "bypass",
            "compass",
            "passenger",
            "password_changed_at",
            "passwordLength",
            "hasPassword",
            "password_len",
            "password_strength",
            "minimumPasswordLength",
            "password_encryption",
            "PASS_MAX_DAYS",
            "password_history_count",
            "reset_password_token",
            "passwordless",
            "enable_password_reset",
            "passport",
            "lastPasswordResetId",
            "password_action",
            "login_with_password_url",
            "passwd_file",
            "is_password",
            "forgot_password",
            "",
        ] {
            assert!(vocabulary.password(key.as_bytes()).is_none(), "{key} names no password");
        }
    }

    #[test]
    fn no_key_of_an_account_is_refused_for_its_end() {
        let vocabulary = vocabulary();
        let refused = |key: &[u8]| !vocabulary.account_ends.may_end(key);
        for word in vocabulary.account.keys() {
            assert!(!refused(word) && !refused(&word.to_ascii_uppercase()), "{}", String::from_utf8_lossy(word));
            for after in &vocabulary.account_after {
                let key = [&**word, b"_", after].concat();
                assert!(!refused(&key), "{}", String::from_utf8_lossy(&key));
            }
        }
        let others: [&[u8]; 5] = [b"00", b"port", b"ms", b"status", b"bytes"];
        assert!(others.into_iter().filter(|key| refused(key)).count() > 2);
    }

    #[test]
    fn keys_that_name_an_account() {
        let vocabulary = vocabulary();
        for (key, kind) in [
            ("user", IdentityKind::Username),
            ("userName", IdentityKind::Username),
            ("j_username", IdentityKind::Username),
            ("username_or_email", IdentityKind::Username),
            ("userNameOrEmailAddress", IdentityKind::Username),
            ("Email", IdentityKind::Email),
            ("emailAddress", IdentityKind::Email),
            ("LastUser", IdentityKind::Username),
            ("dashlaneExtensionRequestReplyLogin", IdentityKind::Username),
            ("enduser.id", IdentityKind::Username),
            ("用户名", IdentityKind::Username),
            ("Benutzername", IdentityKind::Username),
            ("bind_dn", IdentityKind::Dn),
            ("User-Name", IdentityKind::Username),
        ] {
            assert_eq!(vocabulary.account(key.as_bytes()).map(|k| k.0), Some(kind), "{key}");
        }
        for key in ["user_agent", "User-Agent", "login_url", "request_id", "username_field", "provider_name", "is_user"]
        {
            assert_eq!(vocabulary.account(key.as_bytes()), None, "{key}");
        }
    }
}
