//! Values that stand where the name of an account would and name nobody: what programs print of nothing, what forms and
//! manuals have in the place of a name, and what a template left unfilled.

/// Whole values, in lower case.
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
    "nan",
    "void",
    "empty",
    "unset",
    "missing",
    "unspecified",
    "tbd",
    "string",
    "username",
    "unknown",
    "n/a",
    "(unknown)",
    "anonymous",
    "anonymoususer",
    "anonymous user",
    "unknown user",
    "no user",
    "object object",
    // The superuser's number names nobody's account, and neither do those that the kernel has for none.
    "0",
    "-1",
    "4294967295",
    "not",
];

/// Beginnings of sentences that say why there is no name: `not set`, `no value`.
const SAYS_NO: &[&str] = &["not ", "no "];

/// Whether a value names nobody.
pub(super) fn names_nobody(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    NOTHING.contains(&&*lower)
        || SAYS_NO.iter().any(|begin| lower.starts_with(begin))
        || lower.contains("{{")
        || is_format(&lower)
        || lower.split_once('@').is_some_and(|(user, domain)| NOTHING.contains(&user) && NOTHING.contains(&domain))
}

/// `%s`, `%(user)s`, `%1$s`: a place that nothing was put into. Two digits of hex are a letter of a query.
fn is_format(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('%') else { return false };
    let hex = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    hex < 2 || rest.as_bytes().get(hex) == Some(&b'$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print_of_nothing_is_no_name() {
        for text in [
            "NULL",
            "NaN",
            "not set",
            "No value",
            "%s",
            "%(user)s",
            "%1$s",
            "undefined@undefined",
            "{{user}}",
            "Anonymous User",
        ] {
            assert!(names_nobody(text), "{text}");
        }
        for text in ["nora", "nott", "notary", "%61nna", "anna@none", "stringer", "admin", "user", "10"] {
            assert!(!names_nobody(text), "{text}");
        }
    }
}
