//! One spelling for one account.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::dn::Dn;
use super::nobody::names_nobody;
use super::{Account, AccountKey, Identifiers};
use crate::record::view::is_text;
use crate::terms::{AccountType, IdentityKind};

/// The longest name of an account, in bytes.
const NAME_BYTES: usize = 320;

impl Identifiers {
    /// Adds what one field says. `kind` is what its key promises; the value itself may tell better.
    pub fn add(&mut self, kind: IdentityKind, value: &[u8]) {
        let Some(text) = name(value) else { return };
        let text = &*composed(text);
        if let Some(dn) = Dn::parse(text) {
            return self.add_dn(text, &dn);
        }
        if let Some(address) = address(text) {
            return set(&mut self.email, email(address));
        }
        if let Some((user, domain)) = qualified(text) {
            // A name under a key for numbers stays one.
            match (address(user), kind) {
                (Some(address), _) => set(&mut self.email, email(address)),
                (None, IdentityKind::UserId) => set(&mut self.user_id, user.to_owned()),
                (None, _) => set(&mut self.username, user.to_owned()),
            }
            domain.into_iter().for_each(|domain| set(&mut self.domain, domain.to_owned()));
            return;
        }
        match kind {
            IdentityKind::PhoneNumber => phone_number(text).into_iter().for_each(|n| set(&mut self.phone_number, n)),
            IdentityKind::Username if is_e164(text) => set(&mut self.phone_number, text.to_owned()),
            IdentityKind::UserId => set(&mut self.user_id, text.to_owned()),
            IdentityKind::Dn | IdentityKind::Email | IdentityKind::Username => set(&mut self.username, text.to_owned()),
        }
    }

    /// The name as a whole, and what the entry itself says of its person: `uid`, `mail`, and a `cn` that is no name
    /// with a blank, as people have them.
    fn add_dn(&mut self, text: &str, dn: &Dn) {
        set(&mut self.dn, text.to_owned());
        let mut common = None;
        for (attribute, value) in dn.own() {
            let Some(value) = name(value.as_bytes()).map(composed) else { continue };
            match attribute {
                "uid" | "userid" | "samaccountname" => set(&mut self.username, value.into_owned()),
                "mail" | "email" | "emailaddress" | "e" | "userprincipalname" => {
                    address(&value).into_iter().for_each(|value| set(&mut self.email, email(value)));
                }
                "cn" if !value.contains(char::is_whitespace) => common = Some(value.into_owned()),
                _ => {}
            }
        }
        common.into_iter().for_each(|value| set(&mut self.username, value));
        dn.domain().into_iter().for_each(|domain| set(&mut self.domain, domain));
    }

    /// The account that the best identifier names. Of which system, and whose, [`Directory`](super::Directory) tells.
    pub fn account(self) -> Option<Account> {
        let (kind, identity) = self.ranked().next().map(|(kind, text)| (kind, text.to_owned()))?;
        let key = AccountKey { realm: None, kind, identity };
        Some(Account { key, identifiers: self, account_type: AccountType::Unknown })
    }
}

/// The first field that says it wins: fields come nearest first.
fn set(slot: &mut Option<String>, text: String) {
    slot.get_or_insert(text);
}

/// Unicode NFC: the same letters in the same bytes.
fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// A value that can be a name: short text without control characters, no mask, no word for nothing.
fn name(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?.trim();
    // An address in angle brackets is written so in mail; any other name there stands for one.
    let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).filter(|t| is_email(t)).unwrap_or(text);
    let masked = text.chars().filter(|c| matches!(c, '*' | '•' | '█')).count() >= 2;
    let bracketed = text.starts_with(['<', '[', '{', '(', '$', '%']) && text.ends_with(['>', ']', '}', ')', '%']);
    let usable = !text.is_empty()
        && text.len() <= NAME_BYTES
        && is_text(text.as_bytes())
        && !text.contains(['\n', '\r', '\t', '"', '{', '}'])
        && !masked
        && !bracketed
        && !text.starts_with("${")
        && text.chars().any(char::is_alphanumeric)
        && !names_nobody(text);
    usable.then_some(text)
}

/// The address in `mira@example.com`, `<mira@example.com>`, `Mira Okafor <mira@example.com>`, `mailto:mira@example.com`.
fn address(text: &str) -> Option<&str> {
    let angle = text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map(|(_, inner)| inner);
    let text = angle.unwrap_or(text);
    let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let text = scheme.and_then(|_| text.get(7..)).unwrap_or(text);
    is_email(text).then_some(text)
}

/// `local@domain` with a dot in the domain.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && !local.contains([' ', '/', ':', ',', ';', '<', '>', '(', ')', '\\', '='])
        && domain.len() >= 3
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
        && !domain.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn email(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => text.to_owned(),
    }
}

/// User and domain of `DOMAIN\user`, and of a `user@domain` that is no e-mail address: Kerberos, databases, `ssh`. The
/// machine itself (`.\user`, `user@localhost`) and an address are no domain.
fn qualified(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some((domain, user)) = text.split_once('\\') {
        // A backslash may have kept the escape of the string that it stood in.
        let user = user.strip_prefix('\\').unwrap_or(user);
        let usable = (is_domain(domain) || is_system_domain(domain)) && !user.is_empty() && !user.contains('\\');
        return usable.then_some((user, Some(domain).filter(|domain| *domain != ".")));
    }
    let quotes = ['\'', '`'];
    let (user, domain) = text.rsplit_once('@').map(|(u, d)| (u.trim_matches(quotes), d.trim_matches(quotes)))?;
    let plain = user.chars().nth(1).is_some() && !user.contains(['@', ' ', '\'', ':', ',', ';', '=']);
    let host = domain.starts_with(|c: char| c.is_alphanumeric()) && is_domain(domain);
    let of_people = domain.starts_with(char::is_alphabetic) && domain != "localhost";
    (plain && host).then_some((user, Some(domain).filter(|_| of_people)))
}

fn is_domain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

/// `NT AUTHORITY`: the domains of Windows itself hold blanks, and capitals only.
fn is_system_domain(text: &str) -> bool {
    text.len() <= 64 && text.split(' ').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase()))
}

/// `+46701234567`, as no user name is written.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// E.164, only where the country code is written. `(0)` is dialled at home only.
fn phone_number(text: &str) -> Option<String> {
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?.replace("(0)", "");
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let clean = rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.' | '/'));
    (clean && (7..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The best identity, and every flat field, of one value under one key.
    #[test]
    fn each_spelling_finds_its_field() {
        use IdentityKind::{Dn, Email, PhoneNumber, UserId, Username};
        type Fields<'a> = &'a [(&'a str, &'a str)];
        let table: &[(IdentityKind, &str, IdentityKind, Fields<'_>)] = &[
            (Username, "Ingrid.Holm@Example.COM", Email, &[("email", "Ingrid.Holm@example.com")]),
            (Username, "<ingrid@example.com>", Email, &[("email", "ingrid@example.com")]),
            (Email, "Ingrid Holm <ingrid@example.com>", Email, &[("email", "ingrid@example.com")]),
            (Email, "mailto:ingrid@example.com", Email, &[("email", "ingrid@example.com")]),
            (Email, "ingrid@MÜNCHEN.example", Email, &[("email", "ingrid@münchen.example")]),
            (Email, "ingrid", Username, &[("username", "ingrid")]),
            // Composed and decomposed are one name.
            (Username, "Bjo\u{308}rn", Username, &[("username", "Bj\u{f6}rn")]),
            (Email, "bjo\u{308}rn@example.com", Email, &[("email", "bj\u{f6}rn@example.com")]),
            (Username, "HARBOUR\\ingrid", Username, &[("username", "ingrid"), ("domain", "HARBOUR")]),
            (Username, "HARBOUR\\\\ingrid", Username, &[("username", "ingrid"), ("domain", "HARBOUR")]),
            (Username, ".\\ingrid", Username, &[("username", "ingrid")]),
            (Username, "HARBOUR\\ingrid@example.com", Email, &[("email", "ingrid@example.com"), ("domain", "HARBOUR")]),
            (Username, "NT AUTHORITY\\SYSTEM", Username, &[("username", "SYSTEM"), ("domain", "NT AUTHORITY")]),
            (Username, "ingrid@HARBOUR", Username, &[("username", "ingrid"), ("domain", "HARBOUR")]),
            (Username, "ingrid@192.0.2.7", Username, &[("username", "ingrid")]),
            (Username, "'ingrid'@'localhost'", Username, &[("username", "ingrid")]),
            (
                Username,
                "imap/mx.example.com@EXAMPLE.COM",
                Username,
                &[("username", "imap/mx.example.com"), ("domain", "EXAMPLE.COM")],
            ),
            (
                Username,
                "CN=Ingrid Holm,OU=Users,DC=Example,DC=com",
                Dn,
                &[("dn", "CN=Ingrid Holm,OU=Users,DC=Example,DC=com"), ("domain", "example.com")],
            ),
            (Dn, "cn=Holm\\, Ingrid,ou=people,o=example", Dn, &[("dn", "cn=Holm\\, Ingrid,ou=people,o=example")]),
            (
                Dn,
                "uid=ingrid,ou=people,dc=example,dc=com",
                Dn,
                &[("dn", "uid=ingrid,ou=people,dc=example,dc=com"), ("username", "ingrid"), ("domain", "example.com")],
            ),
            (Dn, "cn=ingrid,o=example", Dn, &[("dn", "cn=ingrid,o=example"), ("username", "ingrid")]),
            (
                Dn,
                "mail=Ingrid@Example.com,o=example",
                Email,
                &[("dn", "mail=Ingrid@Example.com,o=example"), ("email", "Ingrid@example.com")],
            ),
            (PhoneNumber, "+46 70-123 45 67", PhoneNumber, &[("phone_number", "+46701234567")]),
            (PhoneNumber, "0046 (0)70 123 45 67", PhoneNumber, &[("phone_number", "+46701234567")]),
            (PhoneNumber, "tel:+46701234567", PhoneNumber, &[("phone_number", "+46701234567")]),
            (Username, "+46701234567", PhoneNumber, &[("phone_number", "+46701234567")]),
            (Username, "0701234567", Username, &[("username", "0701234567")]),
            (UserId, "884123", UserId, &[("user_id", "884123")]),
        ];
        for (kind, value, best, fields) in table {
            let mut identifiers = Identifiers::default();
            identifiers.add(*kind, value.as_bytes());
            let account = identifiers.account().unwrap();
            assert_eq!(account.key.kind, *best, "{value}");
            let Identifiers { username, email, phone_number, user_id, dn, domain } = account.identifiers;
            let named = [
                ("username", username),
                ("email", email),
                ("phone_number", phone_number),
                ("user_id", user_id),
                ("dn", dn),
                ("domain", domain),
            ];
            let found: BTreeMap<&str, String> = named.into_iter().filter_map(|(k, v)| Some((k, v?))).collect();
            let want: BTreeMap<&str, String> = fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
            assert_eq!(found, want, "{value}");
        }
    }

    #[test]
    fn what_names_nobody_is_no_account() {
        for value in ["", "null", "-", "****", "<user>", "${USER}", "0701234567 ", "+0701234567", "+46", "(0)"] {
            let mut identifiers = Identifiers::default();
            identifiers.add(IdentityKind::PhoneNumber, value.as_bytes());
            assert_eq!(identifiers.account(), None, "{value} names nobody");
        }
    }
    proptest! {
        /// Names come from logs: whatever the bytes, there is an account or none.
        #[test]
        fn any_bytes_are_read(value in proptest::collection::vec(any::<u8>(), 0..60), text in "[a@<>+=,;'. 0-9(\\\\\u{308}]{0,24}") {
            for kind in IdentityKind::ALL {
                for value in [value.as_slice(), text.as_bytes()] {
                    let mut identifiers = Identifiers::default();
                    identifiers.add(*kind, value);
                    prop_assert!(identifiers.ranked().all(|(_, name)| !name.is_empty()));
                }
            }
        }
    }
}
