//! The report as SARIF 2.1.0, as GitHub's code scanning reads it: for the gate of a CI job and for trends, not for
//! resets. Alerts are seen by everybody who may write to the repository, so no message, id or fingerprint holds an
//! identity or anything that it could be guessed from; ids that are keyed may stand.
//!
//! One result is one listed exposure. GitHub takes so many of a run, so the gravest are written and a notification says
//! how many there are besides. Columns are the bytes of the line and end where they begin but for one: the length of a
//! password is nobody's business.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Content;
use super::schema::{Account, Exposure, Omitted, Status};
use crate::rule::RuleSet;
use crate::secret::hex;
use crate::terms::{Action, Channel, Confidence, CredentialType, Mode, Protection, Severity};

/// What GitHub takes of one run.
pub const RESULTS: u64 = 25_000;

/// The schema that the document follows.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Where a reader learns more of a weakness.
const CWE: &str = "https://cwe.mitre.org/data/definitions/";

/// Writes `report`, with at most `most` results ([`RESULTS`]). `rules` tell the titles of the rules that they know.
///
/// # Errors
/// What `out` says.
pub fn write(report: &dyn Content, rules: &RuleSet, most: u64, out: &mut dyn Write) -> io::Result<()> {
    let survey = Survey::of(report);
    let choice = Choice::new(&survey.by_severity, most);
    let driver = json!({
        "name": report.tool().name,
        "semanticVersion": report.tool().version,
        "informationUri": "https://cwe.mitre.org/data/definitions/532.html",
        "rules": survey.rules.iter().map(|(id, seen)| rule(id, seen, rules)).collect::<Vec<_>>(),
    });
    write!(out, "{{\"$schema\":{},\"version\":\"2.1.0\",\"runs\":[{{\n\"tool\":{{\"driver\":", json!(SCHEMA))?;
    serde_json::to_writer(&mut *out, &driver)?;
    write!(out, "}},\n\"automationDetails\":{},", json!({"id": category(report)}))?;
    write!(out, "\n\"columnKind\":\"unicodeCodePoints\",\n\"invocations\":[{}],", invocation(report, &choice))?;
    out.write_all(b"\n\"results\":[")?;
    results(report, &survey, choice, out)?;
    out.write_all(b"\n]}]}\n")?;
    out.flush()
}

/// Uploads of different logs stand beside each other by this.
fn category(report: &dyn Content) -> String {
    report.scan().source.as_ref().map_or_else(|| "logleak/".to_owned(), |source| format!("logleak/{source}/"))
}

/// What the head of the document must know of the results.
#[derive(Default)]
struct Survey {
    rules: BTreeMap<String, Seen>,
    /// By `Severity as usize`.
    by_severity: [u64; 4],
}

/// What the results say of their rule.
struct Seen {
    severity: Severity,
    confidence: Confidence,
    mode: Mode,
    channel: Channel,
    cwe: Vec<u16>,
}

impl Survey {
    fn of(report: &dyn Content) -> Self {
        let mut survey = Self::default();
        for account in report.accounts() {
            account.exposures.iter().for_each(|exposure| survey.add(exposure));
        }
        report.unattributed().for_each(|exposure| survey.add(&exposure));
        survey
    }

    fn add(&mut self, exposure: &Exposure<'_>) {
        self.by_severity[exposure.severity as usize] += 1;
        let numbers = || exposure.cwe.iter().map(|cwe| cwe.0);
        let Some(seen) = self.rules.get_mut(&*exposure.rule_id) else {
            let Exposure { severity, confidence, mode, channel, .. } = *exposure;
            let seen = Seen { severity, confidence, mode, channel, cwe: numbers().collect() };
            self.rules.insert(exposure.rule_id.to_string(), seen);
            return;
        };
        seen.severity = seen.severity.max(exposure.severity);
        seen.confidence = seen.confidence.max(exposure.confidence);
        seen.cwe.extend(numbers());
        seen.cwe.sort_unstable();
        seen.cwe.dedup();
    }
}

/// Which exposures become results: so many of each severity.
struct Choice {
    left: [u64; 4],
    chosen: u64,
}

impl Choice {
    fn new(by_severity: &[u64; 4], most: u64) -> Self {
        let mut left = [0; 4];
        let mut chosen = 0;
        for severity in (0..by_severity.len()).rev() {
            left[severity] = by_severity[severity].min(most - chosen);
            chosen += left[severity];
        }
        Self { left, chosen }
    }

    fn takes(&mut self, exposure: &Exposure<'_>) -> bool {
        let left = &mut self.left[exposure.severity as usize];
        let taken = *left > 0;
        *left -= u64::from(taken);
        taken
    }
}

fn results(report: &dyn Content, survey: &Survey, mut choice: Choice, out: &mut dyn Write) -> io::Result<()> {
    let keyed = report.tool().key_id.is_some();
    let indices: HashMap<&str, usize> =
        survey.rules.keys().enumerate().map(|(index, id)| (id.as_str(), index)).collect();
    let mut prints = Prints { keyed, seen: HashMap::new() };
    let mut first = true;
    let mut one = |exposure: &Exposure<'_>, account: Option<(usize, &Account<'_>)>| {
        if !choice.takes(exposure) {
            return Ok(());
        }
        let index = indices.get(&*exposure.rule_id).copied().unwrap_or_default();
        out.write_all(if std::mem::take(&mut first) { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &result(exposure, account, index, &mut prints)).map_err(io::Error::from)
    };
    for (number, account) in report.accounts().enumerate() {
        account.exposures.iter().try_for_each(|exposure| one(exposure, Some((number, &account))))?;
    }
    report.unattributed().try_for_each(|exposure| one(&exposure, None))
}

fn result(exposure: &Exposure<'_>, account: Option<(usize, &Account<'_>)>, rule: usize, prints: &mut Prints) -> Value {
    let mut region = json!({"startLine": exposure.location.line, "endLine": exposure.location.line});
    if let Some(column) = exposure.location.column {
        (region["startColumn"], region["endColumn"]) = (column.into(), column.saturating_add(1).into());
    }
    let mut properties = json!({
        "severity": exposure.severity, "confidence": exposure.confidence, "mode": exposure.mode,
        "channel": exposure.channel, "protection": exposure.protection,
    });
    if let Some((_, account)) = account {
        properties["action"] = account.action.name().into();
    }
    if prints.keyed {
        properties["exposure_id"] = exposure.exposure_id.as_str().into();
    }
    json!({
        "ruleId": exposure.rule_id, "ruleIndex": rule, "level": level(exposure.severity),
        "message": {"text": message(exposure, account, prints.keyed)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&exposure.location.uri)}, "region": region,
        }}],
        "partialFingerprints": {"primaryLocationLineHash": prints.of(exposure)},
        "properties": properties,
    })
}

/// Nothing in it comes from a log.
fn message(exposure: &Exposure<'_>, account: Option<(usize, &Account<'_>)>, keyed: bool) -> String {
    let (what, whose, todo) = match account {
        Some((number, account)) => (
            secret(account.credential_type),
            if keyed { account.account_id.clone() } else { format!("account {} of the report", number + 1) },
            match account.action {
                Action::ForceReset => "reset it, and stop writing it",
                Action::Review => "review the account, and stop writing it",
            },
        ),
        None => ("password", "an account that could not be named".to_owned(), "stop writing it"),
    };
    let how = match exposure.mode {
        Mode::Stored => "stored",
        Mode::Transmitted => "logged while it was transmitted",
    };
    let channel = exposure.channel.name().replace('_', " ");
    let protection = match exposure.protection {
        Protection::Plaintext => "in clear",
        Protection::Encoded => "encoded, which anybody undoes",
        Protection::Reversible => "encrypted under a public key",
        Protection::WeakHash => "as a weak hash",
    };
    format!("The {what} of {whose} is {how} ({channel}), {protection}: {todo}.")
}

fn secret(kind: CredentialType) -> &'static str {
    match kind {
        CredentialType::Password => "password",
        CredentialType::Pin => "PIN",
        CredentialType::SecurityAnswer => "security answer",
        CredentialType::OtpSeed => "one-time password seed",
        CredentialType::RecoveryCode => "recovery code",
    }
}

/// What GitHub knows an alert by again, from scan to scan.
struct Prints {
    keyed: bool,
    seen: HashMap<String, u32>,
}

impl Prints {
    /// The id of the exposure where it is keyed. Otherwise over what everybody sees beside it: rule, place and time, and
    /// an ordinal among exposures that are equal in these. A line number changes when a log is cut, so it counts only
    /// where there is no time.
    fn of(&mut self, exposure: &Exposure<'_>) -> String {
        if self.keyed {
            return exposure.exposure_id.clone();
        }
        let mut digest = Sha256::new();
        let at = exposure.logged_at.map_or_else(|| exposure.location.line.to_string(), |at| at.to_string());
        let (channel, uri) = (exposure.channel.name(), &*exposure.location.uri);
        for part in ["logleak/1/sarif", &exposure.rule_id, channel, uri, &at] {
            digest.update(part);
            digest.update([0]);
        }
        let print = hex(&digest.finalize()[..8]);
        let ordinal = self.seen.entry(print.clone()).or_default();
        *ordinal = ordinal.saturating_add(1);
        format!("{print}:{ordinal}")
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The middle of GitHub's range for each: 9.0 and above is critical, 7.0 high, 4.0 medium.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

#[derive(Serialize)]
struct Text<'a> {
    text: Cow<'a, str>,
}

fn rule(id: &str, seen: &Seen, rules: &RuleSet) -> Value {
    let known = rules.rules().find(|(_, rule)| rule.id == id).map(|(_, rule)| rule.title.as_str());
    let title = known.unwrap_or(id);
    let mut tags = vec!["security".to_owned()];
    tags.extend(seen.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")));
    let (text, markdown) = help(seen);
    json!({
        "id": id,
        "shortDescription": Text { text: title.into() },
        "fullDescription": Text { text: format!("{title}. {}", danger(seen.mode)).into() },
        "help": {"text": text, "markdown": markdown},
        "helpUri": format!("{CWE}{}.html", seen.cwe.first().unwrap_or(&532)),
        "defaultConfiguration": {"level": level(seen.severity)},
        "properties": {
            "security-severity": security_severity(seen.severity), "precision": precision(seen.confidence), "tags": tags,
        },
    })
}

fn danger(mode: Mode) -> &'static str {
    match mode {
        Mode::Stored => "Whoever can read this file, a copy or a backup of it can log in as its owner.",
        Mode::Transmitted => {
            "The password was written down on its way; whoever can read the log or a copy of it can log in as its owner."
        }
    }
}

/// What to do, in plain text and in Markdown.
fn help(seen: &Seen) -> (String, String) {
    let first = match seen.channel {
        Channel::UrlQuery => "Send the login in the body of a POST request; log paths without their query.",
        Channel::UrlUserinfo => "Take the credentials out of the URL; log hosts and paths only.",
        Channel::Header => "Leave credential headers out of what is logged, by name.",
        Channel::FormBody | Channel::JsonBody | Channel::XmlBody => {
            "Do not log bodies of requests that log in; where one must be logged, log the fields that are allowed, by name."
        }
        Channel::CommandLine | Channel::History => "Pass the secret by file or standard input, not as an argument.",
        Channel::HashStore | Channel::Dump | Channel::Table => {
            "Hash with a work factor (Argon2id, scrypt, bcrypt), and keep dumps where nobody else reads them."
        }
        _ => "Log the name of the field, never its value; give the type that holds it a printed form without it.",
    };
    let steps = [
        first,
        "Reset the passwords of the accounts that the report names: `logleak render REPORT --for reset`.",
        "Remove the records that hold them, also from copies, backups and log stores.",
    ];
    let plain = steps.iter().enumerate().map(|(index, step)| format!("{}. {step}", index + 1)).collect::<Vec<_>>();
    let weaknesses = seen.cwe.iter().map(|number| format!("[CWE-{number}]({CWE}{number}.html)")).collect::<Vec<_>>();
    let markdown = format!("{}\n\n{}", plain.join("\n"), weaknesses.join(", "));
    (plain.join("\n").replace('`', ""), markdown)
}

/// How the scan went, and what it could not read.
fn invocation(report: &dyn Content, choice: &Choice) -> Value {
    let scan = report.scan();
    let mut notes: Vec<Value> = Vec::new();
    let all = report.summary().exposures;
    if choice.chosen < all && !report.omitted().contains(&Omitted::Exposures) {
        let text = format!(
            "{} of {all} exposures are shown: the gravest of those that the report lists. The report counts them all.",
            choice.chosen,
        );
        notes.push(json!({"level": "warning", "message": {"text": text}, "descriptor": {"id": "results_left_out"}}));
    }
    for skipped in report.skipped().iter() {
        notes.push(json!({
            "level": "warning", "descriptor": {"id": skipped.reason},
            "message": {"text": format!("Not scanned: {}", skipped.detail)},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(&skipped.uri)}}}],
        }));
    }
    json!({
        "executionSuccessful": scan.status != Status::Interrupted,
        "startTimeUtc": scan.started_at, "endTimeUtc": scan.finished_at,
        "toolExecutionNotifications": notes,
    })
}

/// A path as a URI reference: relative as it was given, `file://` where it was absolute. A member of an archive stands
/// behind `!/`.
fn uri(path: &str) -> String {
    use std::fmt::Write;
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b'!') {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Stored;

    const GOLDEN: &str = include_str!("../../tests/golden/report.json");

    fn sarif(change: impl Fn(&mut Stored), most: u64) -> Value {
        let mut report = Stored::parse(GOLDEN.as_bytes(), std::path::Path::new("-")).unwrap();
        change(&mut report);
        let mut text = Vec::new();
        write(&report, &RuleSet::builtin().unwrap(), most, &mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// Code scanning refuses more than it takes, so the gravest are written, and a note says that there are more.
    #[test]
    fn the_gravest_are_written() {
        let many = |report: &mut Stored| {
            let mut account = report.accounts[0].clone();
            let one = account.exposures[0].clone();
            account.exposures = Severity::ALL
                .iter()
                .flat_map(|severity| {
                    let exposure = Exposure { severity: *severity, ..one.clone() };
                    [exposure.clone(), exposure]
                })
                .collect();
            report.accounts = vec![account.clone(), account];
            (report.unattributed, report.summary.exposures) = (Vec::new(), 20);
        };
        let levels = |sarif: &Value| {
            let severity = |result: &Value| result["properties"]["severity"].as_str().unwrap().to_owned();
            sarif["runs"][0]["results"].as_array().unwrap().iter().map(severity).collect::<Vec<_>>()
        };
        let cut = sarif(many, 6);
        assert_eq!(levels(&cut), ["high", "high", "critical", "critical", "critical", "critical"]);
        let note = &cut["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!(note["descriptor"]["id"], "results_left_out");
        assert!(note["message"]["text"].as_str().unwrap().starts_with("6 of 20 exposures"));
        assert_eq!(levels(&sarif(many, RESULTS)).len(), 16);
        assert_eq!(levels(&sarif(many, 0)).len(), 0);
    }

    /// An id without a key is guessed from a list of customers; one with a key may stand, and is what alerts are known by.
    #[test]
    fn ids_stand_only_where_they_are_keyed() {
        let plain = sarif(|_| {}, RESULTS).to_string();
        let keyed = sarif(|report| report.tool.key_id = Some("k".to_owned()), RESULTS);
        let report = Stored::parse(GOLDEN.as_bytes(), std::path::Path::new("-")).unwrap();
        let (account, exposure) = (&report.accounts[0].account_id, &report.accounts[0].exposures[0].exposure_id);
        let result = &keyed["runs"][0]["results"][0];
        assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], exposure.as_str());
        assert!(result["message"]["text"].as_str().unwrap().contains(account.as_str()));
        for hidden in [account.as_str(), exposure.as_str(), "@example.com"] {
            assert!(!plain.contains(hidden), "{hidden}");
        }
        assert!(!keyed.to_string().contains("@example.com"));
    }

    /// What stands in a path cannot leave it: neither a scheme, nor a query, nor a line end.
    #[test]
    fn paths_are_uri_references() {
        for (path, want) in [
            ("logs/a.log", "logs/a.log"),
            ("a b#c?d%.log", "a%20b%23c%3Fd%25.log"),
            ("/var/log/x", "file:///var/log/x"),
            ("web:logs/x.tgz!/y\n", "web%3Alogs/x.tgz!/y%0A"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(uri(path), want);
        }
    }
}
