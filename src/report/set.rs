//! The accounts to reset as Security Event Tokens (RFC 8417): the claims of one token a line, not signed, each with one
//! OpenID RISC event `credential-compromise`. Whoever transmits them signs them.
//!
//! Only accounts with the action `force_reset` become tokens: a receiver acts on a token, and the others are to be looked
//! at first. The subject is the identity that names the account. Others of its records are left out: RFC 9493 has
//! `aliases` name one and the same entity, and one forged line of a log could make a victim somebody's alias.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::schema::{Account, SubId};
use super::{Content, share};
use crate::secret::hex;
use crate::terms::{Action, CredentialType, Evidence, Mode, TimeBasis};

/// The event of OpenID RISC.
pub const CREDENTIAL_COMPROMISE: &str = "https://schemas.openid.net/secevent/risc/event-type/credential-compromise";

/// Between whom tokens pass.
#[derive(Clone, Debug)]
pub struct Parties {
    /// `iss`, a URL.
    pub issuer: String,
    /// `aud`, none to leave it to the transmitter.
    pub audience: Vec<String>,
}

/// The claims of one token.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience<'a>>,
    iat: i64,
    jti: String,
    txn: &'a str,
    sub_id: &'a SubId<'a>,
    events: BTreeMap<&'static str, Event>,
}

/// One audience is a string, several are a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Several(&'a [String]),
}

#[derive(Serialize)]
struct Event {
    credential_type: CredentialType,
    /// When the compromise was discovered, in seconds since 1970.
    event_timestamp: i64,
    reason_admin: BTreeMap<&'static str, String>,
    reason_user: BTreeMap<&'static str, String>,
}

/// Writes a line for each account to reset; they become text on so many threads.
///
/// # Errors
/// What `out` says.
pub fn write(report: &dyn Content, parties: &Parties, threads: usize, out: &mut dyn Write) -> io::Result<()> {
    let transaction = report.report_id();
    let text = |text: &mut Vec<u8>, _, account: &Account<'_>| {
        if account.action == Action::ForceReset {
            serde_json::to_writer(&mut *text, &claims(report, parties, &transaction, account))?;
            text.push(b'\n');
        }
        Ok(())
    };
    share::accounts(report, threads, &text, out)?;
    out.flush()
}

fn claims<'a>(
    report: &dyn Content,
    Parties { issuer, audience }: &'a Parties,
    txn: &'a str,
    account: &'a Account<'_>,
) -> Claims<'a> {
    let discovered = report.scan().finished_at.seconds();
    let event = Event {
        credential_type: account.credential_type,
        event_timestamp: discovered,
        reason_admin: BTreeMap::from([("en", reason_admin(account))]),
        reason_user: BTreeMap::from([("en", reason_user(account))]),
    };
    Claims {
        iss: issuer,
        aud: match audience.as_slice() {
            [] => None,
            [one] => Some(Audience::One(one)),
            several => Some(Audience::Several(several)),
        },
        iat: discovered,
        jti: token_id(account),
        txn,
        sub_id: subject(&account.sub_id),
        events: BTreeMap::from([(CREDENTIAL_COMPROMISE, event)]),
    }
}

fn subject<'a>(sub_id: &'a SubId<'_>) -> &'a SubId<'a> {
    match sub_id {
        SubId::Aliases { identifiers } => identifiers.first().unwrap_or(sub_id),
        one => one,
    }
}

/// The same for the same exposures, from scan to scan: receivers act on a token once. What is exposed later makes a new
/// one, and so does every exposure without a time, since it may be later.
fn token_id(account: &Account<'_>) -> String {
    let mut digest = Sha256::new();
    let mut part = |text: &str| {
        digest.update(text);
        digest.update([0]);
    };
    part("logleak/1/set");
    part(&account.account_id);
    part(account.credential_type.name());
    part(&account.last_seen.map_or_else(String::new, |at| at.to_string()));
    if account.time_basis == TimeBasis::None {
        part(&account.exposure_count.to_string());
        account.exposures.iter().for_each(|exposure| part(&exposure.exposure_id));
    }
    let mut id = String::from("set_");
    id.push_str(&hex(&digest.finalize()[..16]));
    id
}

/// For whoever runs the reset: what was seen, and how sure it is. No place: the token travels farther than the report.
fn reason_admin(account: &Account<'_>) -> String {
    let what = secret(account.credential_type);
    let count = account.exposure_count;
    let modes: Vec<&str> = account.modes.iter().map(|mode| mode.name()).collect();
    let shown = match account.evidence {
        Evidence::Stored => "written by the system from its own state",
        Evidence::Authenticated => "accepted by the authenticator",
        Evidence::Claimed => "typed by a client; nothing shows that it was right",
    };
    let mut text = format!("A log holds the {what}: {count} exposure{}", if count == 1 { "" } else { "s" });
    if !modes.is_empty() {
        text += &format!(", {}", modes.join(" and "));
    }
    text += &format!("; {shown}; severity {}, confidence {}", account.severity.name(), account.confidence.name());
    if let Some(last) = account.last_seen {
        text += &format!("; last on {last}");
    }
    text.push('.');
    text
}

/// For the person whose account it is: which of the two things happened, and what to do.
fn reason_user(account: &Account<'_>) -> String {
    let what = secret(account.credential_type);
    let has = |mode| account.modes.contains(&mode);
    let happened = match (has(Mode::Stored), has(Mode::Transmitted)) {
        (true, false) => "was kept in a file of our systems or of your device without the protection that it needs",
        (false, _) => {
            "was written down unprotected while it was being sent, so that others than the intended recipient may have \
             been able to read it"
        }
        (true, true) => {
            "was kept in a file without the protection that it needs, and was also written down unprotected while it \
             was being sent, so that others than the intended recipient may have been able to read it"
        }
    };
    format!("Your {what} {happened}. Please choose a new one, and change it wherever else you use it.")
}

fn secret(kind: CredentialType) -> &'static str {
    match kind {
        CredentialType::Password => "password",
        CredentialType::Pin => "PIN",
        CredentialType::SecurityAnswer => "answer to a security question",
        CredentialType::OtpSeed => "key of one-time passwords",
        CredentialType::RecoveryCode => "recovery code",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::Stored;

    const GOLDEN: &str = include_str!("../../tests/golden/report.json");

    fn tokens(change: impl Fn(&mut Stored)) -> Vec<Value> {
        let mut report = Stored::parse(GOLDEN.as_bytes(), std::path::Path::new("-")).unwrap();
        report.accounts[0].action = Action::ForceReset;
        change(&mut report);
        let parties = Parties { issuer: "https://logs.example.com".to_owned(), audience: Vec::new() };
        let mut text = Vec::new();
        write(&report, &parties, 1, &mut text).unwrap();
        text.split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    /// RFC 8417 and the Shared Signals profile of it: what a token must have, and what it must not.
    #[test]
    fn tokens_have_the_members_that_receivers_require() {
        let token = &tokens(|_| {})[0];
        for member in ["iss", "iat", "jti", "events", "sub_id", "txn"] {
            assert!(!token[member].is_null(), "{member}");
        }
        for member in ["sub", "exp", "aud"] {
            assert!(token[member].is_null(), "{member}");
        }
        assert!(token["iat"].is_i64());
        let events = token["events"].as_object().unwrap();
        assert_eq!(events.keys().collect::<Vec<_>>(), [CREDENTIAL_COMPROMISE]);
        let event = &events[CREDENTIAL_COMPROMISE];
        assert_eq!(event["credential_type"], "password");
        assert!(event["event_timestamp"].is_i64() && event["reason_admin"]["en"].is_string());
    }

    /// A forged line must not make one person another's alias.
    #[test]
    fn the_subject_is_one_identity() {
        let token = &tokens(|_| {})[0];
        assert_eq!(token["sub_id"], serde_json::json!({"format": "email", "email": "jane@example.com"}));
    }

    /// What is to be looked at first is no event yet.
    #[test]
    fn accounts_to_review_are_no_tokens() {
        assert_eq!(tokens(|report| report.accounts[0].action = Action::Review).len(), 0);
    }

    /// The same leak, scanned again, is the same token; a later one is another, and so is one of another account.
    #[test]
    fn token_ids_are_stable_until_more_is_exposed() {
        let id = |change: &dyn Fn(&mut Stored)| tokens(change)[0]["jti"].as_str().unwrap().to_owned();
        let plain = id(&|_| {});
        let again = id(&|report| {
            report.report_id = "another".to_owned();
            report.accounts[0].exposures[0].location.path = "access.log.1".into();
        });
        assert_eq!(plain, again);
        assert_ne!(
            plain,
            id(&|report| report.accounts[0].last_seen = super::super::schema::Time::from_seconds(4e9 as i64))
        );
        assert_ne!(plain, id(&|report| report.accounts[0].account_id = "acc_1".to_owned()));
        let undated = |count| {
            move |report: &mut Stored| {
                (report.accounts[0].time_basis, report.accounts[0].exposure_count) = (TimeBasis::None, count)
            }
        };
        assert_ne!(id(&undated(2)), id(&undated(3)));
    }

    /// A person is told what happened: one of the two, or both.
    #[test]
    fn the_person_is_told_which_of_the_two_happened() {
        let told = |modes: &[Mode]| {
            let token = &tokens(|report| report.accounts[0].modes = modes.to_vec())[0];
            token["events"][CREDENTIAL_COMPROMISE]["reason_user"]["en"].as_str().unwrap().to_owned()
        };
        let (stored, sent) = ("was kept in a file", "while it was being sent");
        for (modes, kept, passed) in [
            (&[Mode::Stored][..], true, false),
            (&[Mode::Transmitted], false, true),
            (&[Mode::Stored, Mode::Transmitted], true, true),
        ] {
            let told = told(modes);
            assert_eq!((told.contains(stored), told.contains(sent)), (kept, passed), "{told}");
            assert!(!told.contains("log"), "{told}");
        }
    }
}
