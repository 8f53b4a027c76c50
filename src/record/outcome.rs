//! What the log says of the credential itself: accepted, rejected, or nothing.
//!
//! A 200, a 302, a 400, a 500 and an exception say nothing about a password, and error paths log right ones.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::terms::{Outcome, Side};

/// Phrases of authenticators that reject the credential.
const REJECTED: &[&str] = &[
    "failed password",
    "password mismatch",
    "invalid credentials",
    "login failed",
    "login failure",
    "authentication failed",
    "authentication failure",
    "auth failed",
    "incorrect password",
    "wrong password",
    "invalid password",
    "bad password",
    "password incorrect",
    "invalid login",
    "login incorrect",
    "535 ",
    "530 login",
    "access denied",
    "result: false",
    "result=false",
    "logon failure",
    "unknown user",
    "invalid user",
    "\" 401 ",
    "status=401",
    "\"status\":401",
    "\"status\": 401",
    "authentication unsuccessful",
    "invalid username or password",
    "res=failed",
];

/// Phrases of authenticators that accept the credential, or of programs that set it.
const ACCEPTED: &[&str] = &[
    "accepted password",
    "authentication succeeded",
    "authentication successful",
    "auth succeeded",
    "login successful",
    "login succeeded",
    "logged in",
    "235 2.7.0",
    "230 login",
    "230 user",
    "result: true",
    "result=true",
    "login ok",
    "auth ok",
    "access-accept",
    "password changed",
    "password set",
    "\" accepted",
    "authenticated successfully",
    "successfully authenticated",
    "a1 ok",
    "login success",
];

/// Marks of a program on the customer's device.
const CLIENT: &[&str] = &[
    "logcat",
    "okhttp",
    "nsuserdefaults",
    "react",
    "android",
    "console.log",
    "localstorage",
    "http-outgoing",
    "client ->",
    "curl ",
    "wget ",
];

static PHRASES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(REJECTED.iter().chain(ACCEPTED).chain(CLIENT))
        .ok()
});

/// The outcome and the side that a record tells. A rejection beats an acceptance: logs say "accepted" of much else.
pub fn outcome(record: &[u8]) -> (Outcome, Side) {
    let (mut rejected, mut accepted, mut client) = (false, false, false);
    if let Some(phrases) = PHRASES.as_ref() {
        for found in phrases.find_iter(record) {
            match found.pattern().as_usize() {
                i if i < REJECTED.len() => rejected = true,
                i if i < REJECTED.len() + ACCEPTED.len() => accepted = true,
                _ => client = true,
            }
        }
    }
    let outcome = match (rejected, accepted) {
        (true, _) => Outcome::Failure,
        (false, true) => Outcome::Success,
        (false, false) => Outcome::Unknown,
    };
    (outcome, if client { Side::Client } else { Side::Unknown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_authenticator_tells() {
        for (line, expected) in [
            ("Accepted password for alice", Outcome::Success),
            ("authentication for user \"a\" with password \"b\" accepted", Outcome::Success),
            ("\"GET /login?user=a&password=b HTTP/1.1\" 401 12", Outcome::Failure),
            ("\"GET /login?user=a&password=b HTTP/1.1\" 200 12", Outcome::Unknown),
            ("login failed {\"password\":\"x\"}", Outcome::Failure),
            ("NullPointerException at login", Outcome::Unknown),
            ("235 2.7.0 Accepted", Outcome::Success),
        ] {
            assert_eq!(outcome(line.as_bytes()).0, expected, "{line}");
        }
    }
}
