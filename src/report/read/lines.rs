//! A report read from NDJSON: the header, the entries in their order, the summary.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{LATER, Stored, refusal};
use crate::error::Error;
use crate::report::schema::{Omitted, Scan, Summary, Tool};

/// What stands in every line.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Deserialize)]
struct Header {
    format_version: String,
    report_id: String,
    #[serde(default)]
    omitted: Vec<Omitted>,
    tool: Tool,
    scan: Scan,
}

/// Whether the first line is the header of a report.
pub(super) fn is_ndjson(text: &[u8]) -> bool {
    kind(text.split(|&byte| byte == b'\n').next().unwrap_or_default()) == Some("header")
}

fn kind(line: &[u8]) -> Option<&str> {
    serde_json::from_slice::<Line<'_>>(line).ok().map(|line| line.kind)
}

/// The report that the lines make. Lines of a type that a later version added are passed over.
pub(super) fn parse(text: &[u8], path: &Path) -> Result<Stored, Error> {
    const CUT: &str = "the report was cut: it does not end with its summary; scan again, or copy it again";
    let mut lines = (1..).zip(text.split_inclusive(|&byte| byte == b'\n'));
    let first = lines.next().map_or(&[][..], |(_, line)| line);
    let mut stored = begun(first, path)?;
    let mut summary: Option<Summary> = None;
    for (number, line) in lines {
        if summary.is_some() {
            return Err(Error::report(path, Some(number), "a line stands behind the summary; name one report"));
        }
        if !line.ends_with(b"\n") {
            return Err(Error::report(path, Some(number), CUT));
        }
        match kind(line) {
            Some("account") => stored.accounts.push(entry(line, number, path)?),
            Some("unattributed") => stored.unattributed.push(entry(line, number, path)?),
            Some("site") => stored.sites.push(entry(line, number, path)?),
            Some("skipped") => stored.skipped.push(entry(line, number, path)?),
            Some("summary") => summary = Some(entry(line, number, path)?),
            Some(_) => {}
            None => return Err(Error::report(path, Some(number), LATER)),
        }
    }
    stored.summary = summary.ok_or_else(|| Error::report(path, None, CUT))?;
    Ok(stored)
}

/// A report of which only the header is known.
fn begun(line: &[u8], path: &Path) -> Result<Stored, Error> {
    #[derive(Deserialize)]
    struct Versioned {
        format_version: String,
    }
    if let Some(reason) = entry::<Versioned>(line, 1, path).ok().and_then(|header| refusal(&header.format_version)) {
        return Err(Error::report(path, None, reason));
    }
    let Header { format_version, report_id, omitted, tool, scan } = entry(line, 1, path)?;
    let summary = Summary::default();
    let (accounts, unattributed, sites, skipped) = Default::default();
    Ok(Stored { format_version, report_id, omitted, tool, scan, summary, accounts, unattributed, sites, skipped })
}

fn entry<T: DeserializeOwned>(line: &[u8], number: usize, path: &Path) -> Result<T, Error> {
    serde_json::from_slice(line).map_err(|_| Error::report(path, Some(number), LATER))
}
