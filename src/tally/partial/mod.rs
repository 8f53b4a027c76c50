//! The serial form of a [`Tally`](super::Tally): what one part of a scan counted, so that parts can be added up elsewhere.
//!
//! A report lists so many exposures of an account and drops what only the sum can tell: which sites an account stands
//! in, which clients claimed its passwords, what else its records call it. A partial result keeps all of that, in as
//! much space as the tally itself takes, and holds no secret: without a key file not even a digest of one.
//!
//! The form is NDJSON: a header, then a line for each thing that was counted, in an order that depends on nothing but
//! what was counted, then a line that says how many there were. What ends without it was cut.

mod join;
mod read;
#[cfg(test)]
mod tests;
mod wire;
mod write;

use serde::{Deserialize, Serialize};

use crate::terms::CredentialType;

pub use join::{Join, Overlap};
pub use read::{begins, body, header};
pub use write::write;

/// The form that is written, and the only one that is read: tallies of two forms do not add up.
pub const FORMAT: &str = "1.1";

/// What was scanned, and how: all that a report says besides what was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the program.
    pub version: String,
    /// Digest of the rules.
    pub rules_version: String,
    /// The ids of the rules; their numbers are the places here.
    pub rules: Vec<String>,
    /// Names the key file.
    pub key_id: Option<String>,
    /// Exposures listed of each account, at most.
    pub max_exposures: usize,
    /// What decides the actions, where nobody says otherwise.
    pub policy: String,
    /// How far the process gave up its own rights.
    pub sandbox: String,
    /// The account secrets that were looked for.
    pub scope: Vec<CredentialType>,
    /// Whether a scan was ended early.
    pub interrupted: bool,
    /// Counts that are at least what is written, by their names in the report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lower_bounds: Vec<String>,
    /// Counts that are at most what is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upper_bounds: Vec<String>,
    /// The scans that it adds up, one unless it was merged.
    pub parts: Vec<Part>,
}

/// One scan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The name that `--source` gave.
    pub source: Option<String>,
    /// The paths as given.
    pub inputs: Vec<String>,
    /// When the scan began, in seconds since 1970 UTC.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: i64,
    /// Another one for every scan.
    pub id: String,
}
