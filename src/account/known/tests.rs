//! The file of accounts as its writer sees it: what each line ties together, and what it refuses.

use std::path::Path;

use super::*;
use crate::account::{Account, Directory, Resolved};
use crate::error::Error;
use crate::rule::RuleSet;

fn read(text: &str) -> Result<KnownAccounts, Error> {
    KnownAccounts::from_reader(Path::new("customers.ndjson"), text.as_bytes())
}

/// An account as a record names it.
fn named(fields: &[(IdentityKind, &str)]) -> Account {
    let mut identifiers = Identifiers::default();
    fields.iter().for_each(|(kind, value)| identifiers.add(*kind, value.as_bytes()));
    identifiers.account().unwrap()
}

fn resolve(file: &str, fields: &[(IdentityKind, &str)]) -> Resolved {
    let rules = RuleSet::builtin().unwrap();
    let directory = Directory { realm: None, known: Some(read(file).unwrap()) };
    directory.resolve(rules.services(), named(fields))
}

/// `ours jane@x`, `not ours jane@x`, `one of a, b`.
fn verdict(resolved: &Resolved) -> String {
    let name = |account: &Account| format!("{} {}", account.key.kind.name(), account.key.identity);
    match &resolved.account {
        Some(account) if resolved.standing.known == Some(true) => format!("ours: {}", name(account)),
        Some(account) => format!("not ours: {}", name(account)),
        None => format!("one of: {}", resolved.candidates.iter().map(name).collect::<Vec<_>>().join(", ")),
    }
}

const INGRID: &str =
    r#"{"username": "ingrid", "email": "i.holm@example.com", "phone_number": "+46 70 123 45 67", "user_id": 7714}"#;

#[test]
fn names_lead_to_the_account_that_the_file_ties_them_to() {
    use IdentityKind::{Dn, Email, PhoneNumber, UserId, Username};
    type Fields<'a> = &'a [(IdentityKind, &'a str)];
    let two_anns = "{\"username\":\"ann\",\"email\":\"ann@example.com\",\"user_id\":\"1\"}\n{\"username\":\"ann\",\"email\":\"ann@example.org\",\"user_id\":\"2\"}";
    let domains = "HARBOUR\\ingrid\nDOCKS\\ingrid\n{\"username\":\"HARBOUR\\\\olav\",\"email\":\"olav@example.com\"}";
    let table: &[(&str, Fields<'_>, &str)] = &[
        // Any identifier of the line, in any spelling, leads to the best one.
        (INGRID, &[(Username, "ingrid")], "ours: email i.holm@example.com"),
        (INGRID, &[(Username, "INGRID")], "ours: email i.holm@example.com"),
        (INGRID, &[(Email, "I.Holm@EXAMPLE.com")], "ours: email i.holm@example.com"),
        (INGRID, &[(PhoneNumber, "+46701234567")], "ours: email i.holm@example.com"),
        (INGRID, &[(UserId, "7714")], "ours: email i.holm@example.com"),
        (INGRID, &[(Username, "7714")], "ours: email i.holm@example.com"),
        (INGRID, &[(Username, "olav")], "not ours: username olav"),
        (INGRID, &[(UserId, "77140")], "not ours: user_id 77140"),
        // Whoever types another address beside a user name is not that user.
        (INGRID, &[(Username, "ingrid"), (Email, "olav@example.com")], "not ours: email olav@example.com"),
        ("ingrid", &[(Username, "ingrid"), (Email, "olav@example.com")], "ours: username ingrid"),
        // One identity a line, its kind by its form.
        ("ingrid\r\n\r\nolav", &[(Username, "olav")], "ours: username olav"),
        ("\u{feff}ingrid", &[(Username, "ingrid")], "ours: username ingrid"),
        ("Ingrid@Example.COM", &[(Email, "ingrid@example.com")], "ours: email Ingrid@example.com"),
        ("7714", &[(UserId, "7714")], "ours: user_id 7714"),
        ("+46701234567", &[(PhoneNumber, "0046 70-123 45 67")], "ours: phone_number +46701234567"),
        ("Bjo\u{308}rn", &[(Username, "BJÖRN")], "ours: username Björn"),
        (
            "uid=ingrid,ou=People,dc=example,dc=com",
            &[(Username, "ingrid")],
            "ours: dn uid=ingrid,ou=People,dc=example,dc=com",
        ),
        (
            "uid=ingrid,ou=People,dc=example,dc=com",
            &[(Dn, "UID=ingrid,OU=people,DC=example,DC=com")],
            "ours: dn uid=ingrid,ou=People,dc=example,dc=com",
        ),
        (
            r#"{"username":"ingrid@example.com","email":"i@example.org"}"#,
            &[(Email, "ingrid@example.com")],
            "ours: email i@example.org",
        ),
        // Several people: never a guess, unless another identifier chooses.
        (two_anns, &[(Username, "ann")], "one of: email ann@example.com, email ann@example.org"),
        (two_anns, &[(Username, "ann"), (UserId, "2")], "ours: email ann@example.org"),
        ("ann\nAnn", &[(Username, "ann")], "ours: username ann"),
        ("ann\nAnn", &[(Username, "Ann")], "ours: username Ann"),
        ("ann\nAnn", &[(Username, "ANN")], "one of: username Ann, username ann"),
        // A user name is an account's in its own domain only.
        (domains, &[(Username, "harbour\\olav")], "ours: email olav@example.com"),
        (domains, &[(Username, "olav")], "ours: email olav@example.com"),
        (domains, &[(Username, "DOCKS\\olav")], "not ours: username olav"),
        ("ingrid", &[(Username, "HARBOUR\\ingrid")], "ours: username ingrid"),
    ];
    for (file, fields, want) in table {
        assert_eq!(verdict(&resolve(file, fields)), *want, "{fields:?} in {file}");
    }
}

/// What else the record says stays beside the known name.
#[test]
fn the_identifiers_of_the_record_stay() {
    let resolved = resolve(INGRID, &[(IdentityKind::Username, "HARBOUR\\ingrid")]);
    let identifiers = resolved.account.unwrap().identifiers;
    assert_eq!(identifiers.username.as_deref(), Some("ingrid"));
    assert_eq!(identifiers.domain.as_deref(), Some("HARBOUR"));
    assert_eq!(identifiers.email.as_deref(), Some("i.holm@example.com"));
}

/// The lines of one account add up, wherever they stand; of the dates the last one counts.
#[test]
fn lines_of_one_account_are_one() {
    let file = "{\"email\":\"a@example.com\",\"changed_at\":\"2026-03-01T00:00:00Z\"}\n\
                {\"email\":\"a@example.com\",\"username\":\"ann\",\"changed_at\":\"2026-02-01T00:00:00Z\",\"account_type\":\"service\"}\n\
                A@EXAMPLE.com";
    let known = read(file).unwrap();
    assert_eq!(known.len(), 2, "a@ and A@ are two spellings until somebody writes a third");
    for fields in [[(IdentityKind::Username, "ann")], [(IdentityKind::Email, "a@example.com")]] {
        let resolved = resolve(file, &fields);
        assert_eq!(verdict(&resolved), "ours: email a@example.com");
        assert_eq!(resolved.standing.changed_at, Some(1_772_323_200));
        assert_eq!(resolved.account.unwrap().account_type, AccountType::Service);
    }
}

/// The file knows better than the form of a name.
#[test]
fn the_file_says_whose_an_account_is() {
    for (told, name, want) in [
        ("\"user\"", "svc-ledger", AccountType::User),
        ("\"service\"", "ingrid", AccountType::Service),
        ("\"unknown\"", "svc-ledger", AccountType::Service),
        ("null", "ingrid", AccountType::User),
    ] {
        let file = format!("{{\"username\":\"{name}\",\"account_type\":{told}}}");
        let account = resolve(&file, &[(IdentityKind::Username, name)]).account.unwrap();
        assert_eq!(account.account_type, want, "{name} is {told}");
    }
}

/// An identifier that is another account's takes the confidence away that being known gives.
#[test]
fn identifiers_of_two_accounts_do_not_confirm_each_other() {
    let file = "{\"email\":\"a@example.com\",\"username\":\"ann\"}\n{\"email\":\"b@example.com\",\"username\":\"bo\"}";
    let beside = |user| resolve(file, &[(IdentityKind::Email, "a@example.com"), (IdentityKind::Username, user)]);
    for (user, confirmed) in [("ann", true), ("bo", false), ("cy", true)] {
        let resolved = beside(user);
        assert_eq!(
            (verdict(&resolved).as_str(), resolved.standing.confirmed),
            ("ours: email a@example.com", confirmed)
        );
    }
}

/// A name of very many is nobody's alone, and another identifier still finds its account among all of them.
#[test]
fn a_name_of_very_many_is_bounded() {
    use std::fmt::Write;
    let mut file = String::new();
    for i in 0..200 {
        writeln!(file, "{{\"username\":\"kiosk\",\"email\":\"k{i:03}@example.com\",\"user_id\":{i}}}").unwrap();
    }
    assert_eq!(resolve(&file, &[(IdentityKind::Username, "kiosk")]).candidates.len(), FITTING);
    let chosen = resolve(&file, &[(IdentityKind::Username, "kiosk"), (IdentityKind::UserId, "150")]);
    assert_eq!(verdict(&chosen), "ours: email k150@example.com");
}

/// Every account of a large file is found, by each of its names, and nobody else: the table has many buckets then.
#[test]
fn a_large_table_finds_all_and_only_its_own() {
    use std::fmt::Write;
    let mut file = String::new();
    for i in 0..20_000 {
        writeln!(file, "{{\"username\":\"user{i}\",\"email\":\"u{i}@example.com\"}}").unwrap();
    }
    let known = read(&file).unwrap();
    assert_eq!(known.len(), 20_000);
    let find = |kind, name: &str| known.fitting(&named(&[(kind, name)]).identifiers).accounts;
    for i in (0..20_000).step_by(7) {
        let email = format!("u{i}@example.com");
        for (kind, name) in [(IdentityKind::Username, format!("user{i}")), (IdentityKind::Email, email.clone())] {
            let found = find(kind, &name);
            assert_eq!(found.iter().map(|one| one.identity.as_str()).collect::<Vec<_>>(), [&email], "{name}");
        }
        assert_eq!(find(IdentityKind::Username, &format!("user{i}x")), []);
    }
}

/// What docs/accounts.md promises of memory.
#[test]
fn a_line_takes_few_bytes() {
    assert_eq!((size_of::<Entry>(), size_of::<Record>()), (12, 16));
    let known = read(&"x\n".repeat(100)).unwrap();
    assert_eq!((known.entries.len(), known.texts.len()), (1, 0));
}

/// Whoever made a mistake learns the file and the line, and nothing of what stands there gets out.
#[test]
fn a_bad_line_is_named_and_never_quoted() {
    let long = format!("\"{}\"", "kestrel".repeat(10_000));
    for (line, reason) in [
        ("{\"username\": \"kestrel\"", "not a JSON object"),
        ("{kestrel}", "not a JSON object"),
        ("{\"username\": [\"kestrel\"]}", "not text"),
        ("{\"username\": \"a\", \"username\": \"kestrel\"}", "twice"),
        ("{\"nickname\": \"kestrel\"}", "names an account"),
        ("{\"phone_number\": \"0701234567\"}", "country code"),
        ("{\"username\": \"a\", \"account_type\": \"kestrel\"}", "account_type"),
        ("{\"username\": \"a\", \"changed_at\": \"kestrel\"}", "changed_at"),
        ("{\"username\": \"a\", \"changed_at\": \"2026-11-03T10:11:12\"}", "changed_at"),
        ("kestrel,kestrel@example.com,7", "more than one identity"),
        ("kestrel;7", "more than one identity"),
        ("****", "no identity"),
        (long.as_str(), "64 KiB"),
    ] {
        let error = read(&format!("olav\n\n{line}\n")).err().unwrap().to_string();
        assert!(error.starts_with("accounts file customers.ndjson, line 3: "), "{error}");
        assert!(error.contains(reason) && !error.contains("kestrel") && !error.contains("0701"), "{error}");
    }
    let error = KnownAccounts::from_reader(Path::new("x"), &b"kestrel\xff"[..]).err().unwrap().to_string();
    assert_eq!(error, "accounts file x, line 1: not UTF-8");
    for nothing in ["", "\n \r\n"] {
        assert_eq!(read(nothing).err().unwrap().to_string(), "accounts file customers.ndjson: names no account");
    }
    let error = KnownAccounts::from_file(Path::new("none/customers")).err().unwrap().to_string();
    assert!(error.contains("none/customers"), "{error}");
}
