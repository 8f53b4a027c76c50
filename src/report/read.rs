//! A report that a file holds, read again: for every format, and for whatever compares or joins reports.
//!
//! Members that a later minor version added are passed over, another major version is refused. Faults tell the line and
//! the way out, never what stands there: the file may hold anything.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde_json::error::Category;

mod lines;

use super::content::{Content, Entries, within};
use super::schema::{Account, Exposure, FORMAT_VERSION, Omitted, Scan, Site, Skipped, Summary, Tool};
use crate::error::Error;

/// What is said of a member that is missing or holds an unknown value.
const LATER: &str =
    "a member is missing, or holds what this version does not know; use the version of logleak that wrote it";

/// A report read from a file, JSON or NDJSON: every member, owned.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stored {
    /// `MAJOR.MINOR` of the format that it was written in.
    pub format_version: String,
    /// Its id.
    pub report_id: String,
    /// What it leaves out on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<Omitted>,
    /// What wrote it.
    pub tool: Tool,
    /// What was scanned, and how.
    pub scan: Scan,
    /// Counts that agree with the lists.
    pub summary: Summary,
    /// The accounts, in the order of the file.
    pub accounts: Vec<Account<'static>>,
    /// Exposures of nobody who can be named.
    pub unattributed: Vec<Exposure<'static>>,
    /// Sites.
    pub sites: Vec<Site<'static>>,
    /// What was not scanned.
    pub skipped: Vec<Skipped>,
}

impl Stored {
    /// The report in the file at `path`, or the one that standard input holds where it is `-`.
    ///
    /// # Errors
    /// The file cannot be read, or holds no report that this version reads.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut text = Vec::new();
        let read = if path == Path::new("-") {
            io::stdin().lock().read_to_end(&mut text)
        } else {
            File::open(path).and_then(|mut file| file.read_to_end(&mut text))
        };
        read.map_err(|error| Error::file(path, "read the report in", &error))?;
        Self::parse(&text, path)
    }

    /// The report that `text` holds. `path` names it in errors.
    ///
    /// # Errors
    /// See [`Stored::open`].
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, Error> {
        if lines::is_ndjson(text) {
            return lines::parse(text, path);
        }
        let read = serde_json::from_slice::<Self>(text);
        let fault = match read {
            Ok(stored) => match refusal(&stored.format_version) {
                None => return Ok(stored),
                Some(reason) => return Err(Error::report(path, None, reason)),
            },
            Err(fault) => fault,
        };
        // A report of another version is no damaged one.
        if fault.classify() == Category::Data
            && text.trim_ascii_start().starts_with(b"{")
            && let Ok(Versioned { format_version }) = serde_json::from_slice(text)
        {
            let reason = refusal(&format_version).unwrap_or_else(|| LATER.to_owned());
            return Err(Error::report(path, Some(fault.line()), reason));
        }
        let reason = match fault.classify() {
            Category::Eof if text.is_empty() => "the file is empty; scan again",
            Category::Eof => "the report ends too early; scan again, or copy it again",
            Category::Data => "this is no report of logleak; name the file that `logleak scan -o FILE` wrote",
            _ => "this is no JSON; name the file that `logleak scan -o FILE` wrote",
        };
        Err(Error::report(path, Some(fault.line()), reason))
    }
}

/// As much as every report of every version has.
#[derive(Deserialize)]
struct Versioned {
    format_version: String,
}

/// Why a report of that version is not read. Only what looks like a version is quoted.
fn refusal(version: &str) -> Option<String> {
    let (major, minor) = version.split_once('.').unwrap_or((version, ""));
    let own = FORMAT_VERSION.split('.').next().unwrap_or_default();
    if major == own {
        return None;
    }
    let number = |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let named = if number(major) && number(minor) { format!("format {version}") } else { "another format".to_owned() };
    Some(format!("it is of {named}, and this version reads {own}.x; use the version of logleak that wrote it"))
}

impl Content for Stored {
    fn report_id(&self) -> Cow<'_, str> {
        self.report_id.as_str().into()
    }

    fn omitted(&self) -> &[Omitted] {
        &self.omitted
    }

    fn tool(&self) -> &Tool {
        &self.tool
    }

    fn scan(&self) -> &Scan {
        &self.scan
    }

    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn listed_accounts(&self) -> usize {
        self.accounts.len()
    }

    fn accounts_in(&self, range: Range<usize>) -> Entries<'_, Account<'_>> {
        Box::new(within(&self.accounts, range).iter().map(Cow::Borrowed))
    }

    fn unattributed(&self) -> Entries<'_, Exposure<'_>> {
        Box::new(self.unattributed.iter().map(Cow::Borrowed))
    }

    fn sites(&self) -> Entries<'_, Site<'_>> {
        Box::new(self.sites.iter().map(Cow::Borrowed))
    }

    fn skipped(&self) -> Cow<'_, [Skipped]> {
        self.skipped.as_slice().into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::{json, ndjson};

    const GOLDEN: &str = include_str!("../../tests/golden/report.json");

    fn parse(text: &str) -> Result<Stored, String> {
        Stored::parse(text.as_bytes(), Path::new("r.json")).map_err(|error| error.to_string())
    }

    /// Nothing is lost or respelt on the way through a file: a member that the types forget would be missing here.
    #[test]
    fn what_is_read_is_written_again() {
        let mut text = Vec::new();
        json::write(&parse(GOLDEN).unwrap(), &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), GOLDEN);
    }

    /// Minor versions add members: those of a later one are passed over, on every level.
    #[test]
    fn members_of_later_versions_are_passed_over() {
        fn add(value: &mut Value) {
            match value {
                Value::Array(list) => list.iter_mut().for_each(add),
                // Maps of counts have words for names: an unknown one is no unknown member.
                Value::Object(members) if !members.values().all(Value::is_number) => {
                    members.values_mut().for_each(add);
                    members.insert("added".to_owned(), serde_json::json!({"x": [1, null]}));
                }
                _ => {}
            }
        }
        let mut later: Value = serde_json::from_str(GOLDEN).unwrap();
        add(&mut later);
        later["format_version"] = "1.7".into();
        let later = later.to_string();
        assert!(later.matches("added").count() > 10);
        let mut text = Vec::new();
        json::write(&parse(&later).unwrap(), &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), GOLDEN);
    }

    fn lines() -> String {
        let mut text = Vec::new();
        ndjson::write(&parse(GOLDEN).unwrap(), 1, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// NDJSON is the same report: nothing is lost on the way there and back.
    #[test]
    fn ndjson_is_the_same_report() {
        let mut text = Vec::new();
        json::write(&parse(&lines()).unwrap(), &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), GOLDEN);
    }

    /// A run that was cut is never taken for a small report, wherever it was cut.
    #[test]
    fn ndjson_that_was_cut_is_refused() {
        let text = lines();
        let first = text.find('\n').unwrap() + 1;
        for cut in (first..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let fault = parse(&text[..cut]).unwrap_err();
            assert!(fault.contains("cut"), "{cut}: {fault}");
        }
        assert!(parse(&text.repeat(2)).unwrap_err().contains("behind the summary"));
    }

    /// What is wrong and what to do, and nothing of what the file holds.
    #[test]
    fn faults_name_the_file_and_the_way_out() {
        let cut = &GOLDEN[..GOLDEN.len() / 2];
        let unknown = GOLDEN.replace("\"force_reset\"", "\"hunter2\"");
        for (text, what) in [
            ("", "line 1: the file is empty"),
            (cut, "ends too early"),
            ("hunter2", "no JSON"),
            ("{\"password\": \"hunter2\"}", "no report of logleak"),
            ("[\"hunter2\"]", "no report of logleak"),
            (&unknown, "use the version of logleak that wrote it"),
            (&GOLDEN.replace("\"1.0\"", "\"2.1\""), "it is of format 2.1, and this version reads 1.x"),
            ("{\"format_version\": \"2.0\"}", "it is of format 2.0"),
            ("{\"format_version\": \"hunter2\"}", "it is of another format"),
        ] {
            let fault = parse(text).unwrap_err();
            assert!(fault.starts_with("report r.json") && fault.contains(what), "{fault}");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
