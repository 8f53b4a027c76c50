//! Calls whose arguments log somebody in: which function names, and what their arguments are.

use serde::Deserialize;

/// Calls as a rule writes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCalls {
    names: Vec<String>,
    arguments: Vec<String>,
    #[serde(default)]
    bare: bool,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Anything.
    Any,
    /// A name with a colon or an equals sign: where to connect.
    Place,
    /// The account.
    Account,
    /// The account, and it looks like a distinguished name, an address or a name with its domain.
    Qualified,
    /// The secret before a change.
    Old,
    /// The secret.
    Secret,
}

/// Calls that take the same arguments.
#[derive(Clone, Debug)]
pub struct Calls {
    names: Vec<Box<str>>,
    /// What the texts among the arguments are, the likeliest reading first.
    pub readings: Vec<Vec<Role>>,
    /// The arguments are printed without quotes: `Credentials(jane,secret)`.
    pub bare: bool,
}

/// The fewest letters of a trigger: what is shorter stands in every line.
const RARE: usize = 4;

/// The words that a name may not hold: it then shows, hides or tests something.
const UNLESS: &[&[u8]] = &[
    b"redirect",
    b"show",
    b"open",
    b"render",
    b"close",
    b"hide",
    b"on",
    b"goto",
    b"navigate",
    b"last",
    b"failed",
    b"log",
    b"count",
    b"mock",
    b"expect",
    b"test",
    b"assert",
    b"event",
    b"click",
];

impl Calls {
    pub(super) fn compile(written: &WrittenCalls) -> Result<Self, String> {
        let names: Vec<Box<str>> = written.names.iter().map(|name| name.as_str().into()).collect();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b' ';
        if names.iter().any(|name| name.len() < RARE || !name.bytes().all(plain)) {
            return Err("a called name is words in lower case, of at least 4 letters".to_owned());
        }
        let readings = written.arguments.iter().map(|text| roles(text)).collect::<Result<Vec<_>, _>>()?;
        if names.is_empty() || readings.is_empty() {
            return Err("calls have names and arguments".to_owned());
        }
        Ok(Self { names, readings, bare: written.bare })
    }

    /// What the prefilter looks for.
    pub(super) fn triggers(&self) -> impl Iterator<Item = Vec<u8>> {
        self.names.iter().flat_map(|name| triggers(name))
    }

    /// Whether a function of this name is meant: its last words are one of the names. `path` is what stands before the
    /// bracket, classes and all.
    pub fn names(&self, path: &[u8]) -> bool {
        let words = words(path);
        let unless = |word: &[u8]| UNLESS.contains(&word);
        if words.split(|&b| b == b' ').rev().take(4).any(unless) {
            return false;
        }
        self.names.iter().any(|name| {
            words.strip_suffix(name.as_bytes()).is_some_and(|before| before.is_empty() || before.ends_with(b" "))
        })
    }
}

/// The last letters of a name and the bracket: whole words, and enough of them to be rare. `log in` is written `logIn` and
/// `log_in`.
fn triggers(name: &str) -> [Vec<u8>; 2] {
    let letters = |at: usize| name[at..].bytes().filter(|&b| b != b' ').count();
    let borders = name.rmatch_indices(' ').map(|(at, _)| at + 1);
    let tail = borders.map(|at| &name[at..]).find(|tail| letters(name.len() - tail.len()) >= RARE).unwrap_or(name);
    ["", "_"].map(|joint| (tail.replace(' ', joint) + "(").into_bytes())
}

fn roles(text: &str) -> Result<Vec<Role>, String> {
    let roles: Vec<Role> = text
        .split_ascii_whitespace()
        .map(|word| match word {
            "any" => Ok(Role::Any),
            "place" => Ok(Role::Place),
            "account" => Ok(Role::Account),
            "qualified" => Ok(Role::Qualified),
            "old" => Ok(Role::Old),
            "secret" => Ok(Role::Secret),
            _ => Err("arguments are any, place, account, qualified, old and secret".to_owned()),
        })
        .collect::<Result<_, _>>()?;
    if roles.iter().filter(|role| **role == Role::Secret).count() != 1 {
        return Err("one of the arguments is the secret".to_owned());
    }
    Ok(roles)
}

/// The words of a name in lower case with one space between them: `SP\Ldap->tryBind` is `sp ldap try bind`.
fn words(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len() + 8);
    for (i, &byte) in path.iter().enumerate() {
        if !byte.is_ascii_alphanumeric() {
            if out.last().is_some_and(|&b| b != b' ') {
                out.push(b' ');
            }
            continue;
        }
        let before = i.checked_sub(1).map_or(b' ', |p| path[p]);
        let next_lower = path.get(i + 1).is_some_and(u8::is_ascii_lowercase);
        let border = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || before.is_ascii_digit() || before.is_ascii_uppercase() && next_lower);
        if border {
            out.push(b' ');
        }
        out.push(byte.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(names: &[&str]) -> Calls {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Calls::compile(&WrittenCalls { names, arguments: vec!["account secret".to_owned()], bare: false }).unwrap()
    }

    #[test]
    fn a_name_is_meant_by_its_last_words() {
        let calls = calls(&["login", "ldap bind", "connection construct"]);
        for path in [
            "login",
            "OC_User::login",
            "A\\B\\Session->tryLogin",
            "wp_login",
            "ldap_bind",
            "LDAPBind",
            "PDOConnection->__construct",
        ] {
            assert!(calls.names(path.as_bytes()), "{path}");
        }
        for path in ["plugin", "loginUrl", "redirectToLogin", "bind", "Router->bind", "__construct", "showLogin", ""] {
            assert!(!calls.names(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn calls_that_say_nothing_are_refused() {
        let refused = |names: &[&str], arguments: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
            Calls::compile(&WrittenCalls { names: owned(names), arguments: owned(arguments), bare: false }).is_err()
        };
        assert!(refused(&[], &["account secret"]));
        assert!(refused(&["login"], &[]));
        assert!(refused(&["login"], &["account"]));
        assert!(refused(&["login"], &["account password"]));
        assert!(refused(&["do"], &["account secret"]));
    }
}
