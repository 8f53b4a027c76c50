//! Whether the key of a name and that of a password are those of one account: `DB_USER` and `DB_PASSWORD` are,
//! `MAIL_USER` and `DB_PASSWORD` are not, and `manager_email` is that of somebody else. The words are in
//! `rules/actor.toml`.

use rustc_hash::FxHashSet as HashSet;

use super::vocabulary::Words;

/// How near a name is to a password by their keys, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kin {
    /// Both keys say of which system, or the name is said to be that of who is acted on.
    Same,
    /// Neither key says anything but what it names.
    Plain,
    /// Only one of them says of which system.
    Loose,
    /// They are those of two accounts.
    Other,
}

/// Words that tell accounts apart in their keys.
pub struct Kinship {
    acting: HashSet<Box<[u8]>>,
    beside: HashSet<Box<[u8]>>,
    systems: HashSet<Box<[u8]>>,
    targets: HashSet<Box<[u8]>>,
    setting: HashSet<Box<[u8]>>,
}

/// The lists as they are written.
pub(super) struct Lists<'t> {
    pub acting: &'t [String],
    pub beside: &'t [String],
    pub systems: &'t [String],
    pub targets: &'t [String],
    pub setting: &'t [String],
}

/// What the key of a password says of whose it is.
#[derive(Default)]
pub struct SecretKey {
    words: Words,
    /// A bit for each of its words that names a system.
    systems: u16,
    /// Whether one of its words names who acts.
    acting: bool,
    /// The password is being set.
    sets: bool,
}

impl Kinship {
    pub(super) fn of(lists: &Lists<'_>) -> Self {
        let set = |list: &[String]| list.iter().map(|word| word.as_bytes().into()).collect();
        Self {
            acting: set(lists.acting),
            beside: set(lists.beside),
            systems: set(lists.systems),
            targets: set(lists.targets),
            setting: set(lists.setting),
        }
    }

    /// Reads the key of a password.
    pub fn secret(&self, key: &[u8]) -> SecretKey {
        let mut words = Words::default();
        words.split(key);
        let systems = self.systems(&words);
        let any = |list: &HashSet<Box<[u8]>>| words.iter().any(|word| list.contains(word));
        SecretKey { systems, acting: any(&self.acting), sets: any(&self.setting), words }
    }

    /// How near the name under `key` is to the password.
    pub fn between(&self, key: &[u8], secret: &SecretKey) -> Kin {
        let mut words = Words::default();
        words.split(key);
        let shared = |word: &[u8]| secret.words.iter().any(|other| other == word);
        let (mut acting, mut target) = (false, false);
        for word in words.iter() {
            let acts = self.acting.contains(word);
            if (acts || self.beside.contains(word)) && !shared(word) {
                return Kin::Other;
            }
            acting |= acts;
            target |= self.targets.contains(word);
        }
        // The last word is what names the account: `mail`.
        let last = words.iter().enumerate().filter(|(_, word)| !is_number(word)).last().map_or(0, |(i, _)| i);
        let own = self.systems(&words) & !(1 << last);
        let common = places(own).filter(|&i| shared(words.get(i))).count();
        let (ours, theirs) = (own.count_ones() as usize, secret.systems.count_ones() as usize);
        match (ours, theirs) {
            // `MYSQL_USER` has no `MYSQL_ROOT_PASSWORD`.
            (1.., 1..) if common == 0 || secret.acting && !acting => Kin::Other,
            (1.., 1..) if common == ours && common == theirs => Kin::Same,
            (1.., 1..) => Kin::Loose,
            _ if target || acting && secret.acting => Kin::Same,
            (0, 0) if !secret.acting => Kin::Plain,
            _ => Kin::Loose,
        }
    }

    /// Whether a key is nothing but a word for who is acted on.
    pub fn is_target(&self, key: &[u8]) -> bool {
        self.targets.iter().any(|word| word.eq_ignore_ascii_case(key))
    }

    /// Whether the key of an object says that it holds who acted.
    pub(super) fn is_acting(&self, key: &[u8]) -> bool {
        if key.is_empty() {
            return false;
        }
        let mut words = Words::default();
        words.split(key);
        words.iter().any(|word| self.acting.contains(word))
    }

    /// A bit for each word that names a system, or one of several alike by a number.
    fn systems(&self, words: &Words) -> u16 {
        let tells = |word: &[u8]| self.systems.contains(word) || is_number(word);
        words.iter().enumerate().filter(|(_, word)| tells(word)).fold(0, |bits, (i, _)| bits | 1 << i)
    }
}

impl SecretKey {
    /// Whether the key says that the password is being set: `newPassword`.
    pub fn sets(&self) -> bool {
        self.sets
    }
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

/// The places of the bits that are set.
fn places(bits: u16) -> impl Iterator<Item = usize> {
    (0..16).filter(move |i| bits >> i & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::super::RuleSet;
    use super::*;

    #[test]
    fn keys_tell_whose_name_and_password_belong_together() {
        let rules = RuleSet::builtin().unwrap();
        let kinship = rules.actors().kinship();
        for (name, secret, kin) in [
            ("user", "password", Kin::Plain),
            ("account_email", "temp_password", Kin::Plain),
            ("mail", "password", Kin::Plain),
            ("DB_USERNAME", "DB_PASSWORD", Kin::Same),
            ("spring.datasource.username", "spring.datasource.password", Kin::Same),
            ("adminEmail", "adminPassword", Kin::Same),
            ("target_user", "new_password", Kin::Same),
            ("user1", "password1", Kin::Same),
            ("smtp_user", "password", Kin::Loose),
            ("username", "ldap.bindPassword", Kin::Loose),
            ("mail.smtp.user", "mail.password", Kin::Loose),
            ("user1", "password2", Kin::Other),
            ("MAIL_USERNAME", "DB_PASSWORD", Kin::Other),
            ("MYSQL_USER", "MYSQL_ROOT_PASSWORD", Kin::Other),
            ("admin_user", "new_password", Kin::Other),
            ("created_by_email", "password", Kin::Other),
            ("previousUsername", "password", Kin::Other),
        ] {
            assert_eq!(kinship.between(name.as_bytes(), &kinship.secret(secret.as_bytes())), kin, "{name}, {secret}");
        }
    }
}
