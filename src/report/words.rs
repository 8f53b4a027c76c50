//! The report's terms as people read them: a label each, and what it means where a label is not enough.

use super::schema::Site;
use crate::terms::{
    AccountType, Action, ActionReason, Attribution, Channel, Confidence, Evidence, Mode, Outcome, Protection, Severity,
    SkipReason,
};

/// What carried the password.
pub const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::UrlQuery => "Query string of a URL",
        Channel::UrlUserinfo => "User part of a URL",
        Channel::FormBody => "Form body",
        Channel::JsonBody => "JSON body",
        Channel::XmlBody => "XML or SOAP body",
        Channel::Header => "HTTP header",
        Channel::AuthProtocol => "Login dialogue",
        Channel::Mail => "Mail",
        Channel::SqlLogin => "Login query",
        Channel::CommandLine => "Command line",
        Channel::Config => "Configuration",
        Channel::Dump => "Dump",
        Channel::Table => "Rows of a table",
        Channel::Preferences => "Preferences of a client",
        Channel::History => "Command history",
        Channel::DebugPrint => "Debug print",
        Channel::SqlDdl => "Statement that sets a password",
        Channel::HashStore => "Store of hashes",
        Channel::Prose => "Sentence",
    }
}

/// Why a password that this carried counts, in a sentence or two.
pub const fn why(channel: Channel) -> &'static str {
    match channel {
        Channel::UrlQuery | Channel::UrlUserinfo => {
            "Addresses are kept by browsers, proxies, referrers and every log on the way; none of them is made to keep a \
             secret."
        }
        Channel::FormBody | Channel::JsonBody | Channel::XmlBody => {
            "The request was protected on its way and then written down. Whoever reads the log, its archives or the index \
             it is shipped to can log in as its owner."
        }
        Channel::Header | Channel::AuthProtocol | Channel::SqlLogin => {
            "A login was written down with its secret. Whoever reads the log can repeat it, and the same password often \
             opens other doors."
        }
        Channel::Mail => "Mail is stored unencrypted by every server on its way and in the mailbox.",
        Channel::CommandLine | Channel::History => {
            "Arguments are readable by every process of the machine while the program runs, and kept by shells, schedulers \
             and audit logs afterwards."
        }
        Channel::Config | Channel::Preferences => {
            "A configuration that is printed holds the passwords of services, which are seldom changed and rarely bound to \
             one machine."
        }
        Channel::Dump | Channel::Table | Channel::HashStore => {
            "What was dumped holds many accounts at once. A hash that is fast to guess against is a password for most of \
             them."
        }
        Channel::DebugPrint | Channel::Prose => {
            "It was printed for a programmer and stayed. Logs are read by many more people than the system that wrote them, \
             and kept longer."
        }
        Channel::SqlDdl => "The statement that sets a password holds the new one: it is right by definition.",
    }
}

/// How the password was protected.
pub const fn protection(protection: Protection) -> &'static str {
    match protection {
        Protection::Plaintext => "In clear",
        Protection::Encoded => "Encoded",
        Protection::Reversible => "Reversible",
        Protection::WeakHash => "Weak hash",
    }
}

/// The same in a sentence that follows "The password was".
pub const fn protection_meaning(protection: Protection) -> &'static str {
    match protection {
        Protection::Plaintext => "in clear; whoever reads the log has it",
        Protection::Encoded => "encoded, which anybody undoes without a key",
        Protection::Reversible => "encrypted under a key that is public",
        Protection::WeakHash => "hashed by a function that is fast to guess against",
    }
}

/// Which of the two reasons a customer is told.
pub const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Stored => "Stored",
        Mode::Transmitted => "Transmitted",
    }
}

/// What to do.
pub const fn action(action: Action) -> &'static str {
    match action {
        Action::ForceReset => "Reset",
        Action::Review => "Review",
    }
}

/// How bad.
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// How sure.
pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "High",
        Confidence::Medium => "Medium",
        Confidence::Low => "Low",
    }
}

/// What shows that the password was right.
pub const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Stored => "Written by the system itself",
        Evidence::Authenticated => "Accepted when it was used",
        Evidence::Claimed => "Typed; nothing shows it was right",
    }
}

/// Whose account.
pub const fn account_type(kind: AccountType) -> &'static str {
    match kind {
        AccountType::User => "A person",
        AccountType::Service => "A program",
        AccountType::Unknown => "Not known",
    }
}

/// What the authenticator said.
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "Accepted",
        Outcome::Failure => "Rejected",
        Outcome::Unknown => "Not told",
    }
}

/// How the account was found.
pub const fn attribution(attribution: Attribution) -> &'static str {
    match attribution {
        Attribution::SameRecord => "named in the same record",
        Attribution::SameBlock => "named in the same block of lines",
        Attribution::Correlated => "named in a line that shares an id",
        Attribution::KnownAccount => "found in the list of known accounts",
        Attribution::TypedAsUsername => "the password was typed as a user name",
    }
}

/// Why an account is looked at before it is reset.
pub const fn reason(reason: ActionReason) -> &'static str {
    match reason {
        ActionReason::LoginFailed => "Every exposed password was rejected",
        ActionReason::AmbiguousAccount => "Other accounts fit as well",
        ActionReason::NotOurs => "Not among the known accounts",
        ActionReason::Superseded => "Changed since it was exposed",
        ActionReason::ServiceAccount => "A program logs in by it; a reset would stop it",
        ActionReason::LowConfidence => "Not certain, or not certainly a person's",
        ActionReason::UnauthenticatedClaim => "Nothing shows that the password was right",
        ActionReason::SuspectedStuffing => "Typed by a client that tried many accounts",
        ActionReason::WeakHashOfUnknown => "A hash whose kind is not known",
    }
}

/// Why a part of the input was not scanned.
pub const fn skip(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Encrypted => "Encrypted",
        SkipReason::TooLarge => "Too large",
        SkipReason::DepthLimit => "Nested too deep",
        SkipReason::BombLimit => "Unpacks to too much",
        SkipReason::Unsupported => "Format not read",
        SkipReason::DecodeError => "Damaged",
        SkipReason::IoError => "Could not be read",
        SkipReason::PermissionDenied => "Not allowed to read",
        SkipReason::NotFound => "Does not exist",
        SkipReason::ChangedDuringScan => "Changed during the scan",
        SkipReason::Budget => "Budget used up",
        SkipReason::Interrupted => "Interrupted",
        SkipReason::InternalError => "Internal error",
    }
}

/// What a weakness is called, as its list names it; none for one that no rule of ours names.
pub const fn weakness(cwe: u16) -> Option<&'static str> {
    Some(match cwe {
        200 => "Exposure of Sensitive Information to an Unauthorized Actor",
        214 => "Invocation of Process Using Visible Sensitive Information",
        256 => "Plaintext Storage of a Password",
        257 => "Storing Passwords in a Recoverable Format",
        261 => "Weak Encoding for Password",
        312 => "Cleartext Storage of Sensitive Information",
        319 => "Cleartext Transmission of Sensitive Information",
        522 => "Insufficiently Protected Credentials",
        532 => "Insertion of Sensitive Information into Log File",
        598 => "Use of GET Request Method With Sensitive Query Strings",
        759 => "Use of a One-Way Hash without a Salt",
        916 => "Use of Password Hash With Insufficient Computational Effort",
        _ => return None,
    })
}

/// A number with its thousands apart: `1,204`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 file`, `1,204 files`.
pub fn count(many: u64, what: &str) -> String {
    format!("{} {what}{}", number(many), if many == 1 { "" } else { "s" })
}

/// What a statement that leaks was seen to log since its last leak, where that is a mask. One that was masked before as
/// well may do either still.
pub fn masked(site: &Site<'_>) -> Option<String> {
    let leak = site.last_seen?;
    let last = site.masked_last_seen.filter(|last| *last > leak)?;
    Some(match site.masked_first_seen.filter(|first| *first > leak) {
        Some(first) => format!("masked since {:.10}: a sign of a fix", first.to_string()),
        None => format!("masked at times, last on {:.10}, after its last leak", last.to_string()),
    })
}

/// A number of bytes in powers of 1000, one digit after the point: `104.9 MB`.
pub fn bytes(bytes: f64) -> String {
    let mut scaled = bytes;
    for unit in ["B", "kB", "MB", "GB"] {
        // What would round to 1000 is shown in the next unit.
        if scaled < 999.95 {
            let digits = usize::from(unit != "B");
            return format!("{scaled:.digits$} {unit}");
        }
        scaled /= 1000.0;
    }
    format!("{scaled:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::super::schema::Time;
    use super::masked as masked_of;
    use super::*;
    use crate::rule::RuleSet;

    /// Only what is later than the last leak is said, and a fix only where no mask is older.
    #[test]
    fn masks_before_a_leak_are_no_fix() {
        let site = |last: Option<i64>, masked: Option<(i64, i64)>| {
            let (first, late) = masked.unzip();
            let time = |at: Option<i64>| at.and_then(Time::from_seconds);
            masked_of(&Site {
                site_id: String::new(),
                rule_id: "".into(),
                template: "".into(),
                files: 1,
                exposures: 1,
                accounts: 1,
                first_seen: time(last),
                last_seen: time(last),
                masked_first_seen: time(first),
                masked_last_seen: time(late),
            })
        };
        const DAY: i64 = 86_400;
        assert_eq!(site(Some(DAY), None), None);
        assert_eq!(site(Some(DAY), Some((0, DAY))), None);
        assert_eq!(site(None, Some((0, DAY))), None);
        assert_eq!(site(Some(0), Some((DAY, DAY))).unwrap(), "masked since 1970-01-02: a sign of a fix");
        let both = "masked at times, last on 1970-01-03, after its last leak";
        assert_eq!(site(Some(DAY), Some((DAY, 2 * DAY))).unwrap(), both);
    }

    /// Figures are read at a glance: thousands apart, a unit that fits, one of a thing in the singular.
    #[test]
    fn figures_are_readable() {
        for (value, want) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), want);
        }
        assert_eq!((count(1, "file"), count(0, "file")), ("1 file".into(), "0 files".into()));
        for (value, want) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1000.0, "1.0 kB"),
            (999_949.0, "999.9 kB"),
            (999_999.0, "1.0 MB"),
            (104_857_600.0, "104.9 MB"),
            (2.5e12, "2.5 TB"),
        ] {
            assert_eq!(bytes(value), want);
        }
    }

    /// Every weakness that a rule names has its name.
    #[test]
    fn weaknesses_have_names() {
        for (_, rule) in RuleSet::builtin().unwrap().rules() {
            assert_eq!(rule.cwe.iter().find(|cwe| weakness(**cwe).is_none()), None, "{}", rule.id);
        }
    }
}
