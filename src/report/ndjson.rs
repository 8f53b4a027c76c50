//! The report as NDJSON: one JSON object a line, each with a `type`, for reports too large to be read as one document.
//!
//! The `header` comes first and the `summary` last, so a run that was cut is seen by the summary that it lacks. Between
//! them stand `account`, `unattributed`, `site` and `skipped`, each in the order of the report: the lists of the JSON
//! document are the lines of their type, its other members those of the header.

use std::io::{self, Write};

use serde::Serialize;

use super::Content;
use super::schema::{FORMAT_VERSION, Omitted, Scan, Tool};
use super::share;

/// What is known before the first entry.
#[derive(Serialize)]
struct Header<'a> {
    format_version: &'a str,
    report_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    omitted: &'a [Omitted],
    tool: &'a Tool,
    scan: &'a Scan,
}

/// Writes `report`; accounts become text on so many threads. The text does not depend on their number.
///
/// # Errors
/// What `out` says. The output then lacks its summary, or the end of its last line.
pub fn write(report: &dyn Content, threads: usize, out: &mut dyn Write) -> io::Result<()> {
    let header = Header {
        format_version: FORMAT_VERSION,
        report_id: &report.report_id(),
        omitted: report.omitted(),
        tool: report.tool(),
        scan: report.scan(),
    };
    one(out, "header", &header)?;
    share::accounts(report, threads, &|text, _, account| line(text, "account", account), out)?;
    report.unattributed().try_for_each(|exposure| one(out, "unattributed", &exposure))?;
    report.sites().try_for_each(|site| one(out, "site", &site))?;
    report.skipped().iter().try_for_each(|skipped| one(out, "skipped", skipped))?;
    one(out, "summary", report.summary())?;
    out.flush()
}

fn one(out: &mut dyn Write, kind: &str, entry: &impl Serialize) -> io::Result<()> {
    let mut text = Vec::new();
    line(&mut text, kind, entry)?;
    out.write_all(&text)
}

/// Appends a line. Every entry is an object with members, so its type is put before the first of them.
fn line(text: &mut Vec<u8>, kind: &str, entry: &impl Serialize) -> io::Result<()> {
    write!(text, "{{\"type\":\"{kind}\",")?;
    let brace = text.len();
    serde_json::to_writer(&mut *text, entry)?;
    text.remove(brace);
    text.push(b'\n');
    Ok(())
}
