//! One spelling for one account.

use super::{Account, AccountKey, Identifiers};
use crate::record::view::is_text;
use crate::terms::{AccountType, IdentityKind};

/// The longest name of an account, in bytes.
const NAME_BYTES: usize = 320;

impl Identifiers {
    /// Adds what one field says. `kind` is what its key promises; the value itself may tell better.
    pub fn add(&mut self, kind: IdentityKind, value: &[u8]) {
        let Some(text) = name(value) else { return };
        let set = |slot: &mut Option<String>, text: String| {
            slot.get_or_insert(text);
        };
        if is_dn(text) {
            return set(&mut self.dn, text.to_owned());
        }
        if let Some((domain, user)) =
            text.split_once('\\').filter(|(d, u)| is_domain(d) && !u.is_empty() && !u.contains('\\'))
        {
            set(&mut self.username, user.to_owned());
            return set(&mut self.domain, domain.to_owned());
        }
        if is_email(text) {
            return set(&mut self.email, email(text));
        }
        match kind {
            IdentityKind::PhoneNumber => {
                if let Some(number) = phone_number(text) {
                    set(&mut self.phone_number, number);
                }
            }
            IdentityKind::UserId => set(&mut self.user_id, text.to_owned()),
            IdentityKind::Dn | IdentityKind::Email | IdentityKind::Username => set(&mut self.username, text.to_owned()),
        }
    }

    /// The account that the best identifier names.
    pub fn account(self) -> Option<Account> {
        let (kind, identity) = self.ranked().next().map(|(kind, text)| (kind, text.to_owned()))?;
        let account_type = account_type(&identity);
        Some(Account { key: AccountKey { realm: None, kind, identity }, identifiers: self, account_type })
    }
}

/// A value that can be a name: short text without control characters, no mask, no word for nothing.
fn name(value: &[u8]) -> Option<&str> {
    const NOTHING: &[&str] = &[
        "null",
        "none",
        "nil",
        "undefined",
        "-",
        "?",
        "(null)",
        "true",
        "false",
        "unknown",
        "n/a",
        "(unknown)",
        "anonymous",
        "<>",
    ];
    let text = std::str::from_utf8(value).ok()?.trim();
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
        && !NOTHING.contains(&&*text.to_ascii_lowercase());
    usable.then_some(text)
}

/// `local@domain` with a dot or a plain host behind the last `@`.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && !local.contains([' ', '/', ':', ',', ';', '<', '>', '(', ')'])
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

/// `cn=Mira Okafor,ou=Users,dc=example`.
fn is_dn(text: &str) -> bool {
    let mut parts = text.split(',').map(str::trim);
    let attribute = |part: &str| {
        part.split_once('=').is_some_and(|(key, value)| {
            !value.is_empty()
                && matches!(
                    key.trim().to_ascii_lowercase().as_str(),
                    "cn" | "uid" | "ou" | "dc" | "o" | "c" | "l" | "st" | "sn" | "mail" | "samaccountname" | "userid"
                )
        })
    };
    parts.clone().count() >= 2 && parts.all(attribute)
}

fn is_domain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

/// E.164, only where the country code is written.
fn phone_number(text: &str) -> Option<String> {
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?;
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let clean = rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.' | '/'));
    (clean && (7..=15).contains(&digits.len())).then(|| format!("+{digits}"))
}

/// Names that programs log in by.
fn account_type(identity: &str) -> AccountType {
    const SERVICES: &[&str] = &[
        "root",
        "postgres",
        "mysql",
        "redis",
        "mongodb",
        "rabbitmq",
        "kafka",
        "elastic",
        "kibana",
        "jenkins",
        "gitlab",
        "grafana",
        "nagios",
        "zabbix",
        "tomcat",
        "nginx",
        "www-data",
        "daemon",
        "nobody",
        "system",
        "sa",
        "superuser",
        "backup",
        "replication",
        "replicator",
        "service",
    ];
    // As a word of a longer name.
    const MARKS: &[&str] = &["svc", "service", "bot", "ci", "robot", "deploy", "noreply"];
    let local = identity.split('@').next().unwrap_or(identity).to_lowercase();
    let marked = local.split(['-', '_', '.']).any(|word| MARKS.contains(&word));
    if SERVICES.contains(&&*local) || marked || local.ends_with('$') { AccountType::Service } else { AccountType::User }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_finds_its_field() {
        for (kind, value, identity) in [
            (IdentityKind::Username, "Mira.Okafor@Example.COM", (IdentityKind::Email, "Mira.Okafor@example.com")),
            (IdentityKind::Username, "CORP\\tlind", (IdentityKind::Username, "tlind")),
            (
                IdentityKind::Username,
                "CN=Mira Okafor,OU=Users,DC=example,DC=com",
                (IdentityKind::Dn, "CN=Mira Okafor,OU=Users,DC=example,DC=com"),
            ),
            (IdentityKind::PhoneNumber, "+46 70-123 45 67", (IdentityKind::PhoneNumber, "+46701234567")),
            (IdentityKind::UserId, "884123", (IdentityKind::UserId, "884123")),
            (IdentityKind::Email, "mira", (IdentityKind::Username, "mira")),
        ] {
            let mut identifiers = Identifiers::default();
            identifiers.add(kind, value.as_bytes());
            let account = identifiers.account().unwrap();
            assert_eq!((account.key.kind, account.key.identity.as_str()), identity, "{value}");
        }
        for value in ["", "null", "-", "****", "<user>", "${USER}", "0701234567 "] {
            let mut identifiers = Identifiers::default();
            identifiers.add(IdentityKind::PhoneNumber, value.as_bytes());
            assert_eq!(identifiers.account(), None, "{value} names nobody");
        }
    }
}
