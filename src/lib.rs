//! A static leak detector for logs: finds passwords that were written in clear or improperly protected, and works out
//! whose they are.
//!
//! The modules in the order in which a log passes through them:
//!
//! ```text
//! input ──> prefilter ──> record ──> extract ──> classify ──> account ──> exposure ──> tally ──> report
//! Window    Hit           View       Candidate   Verdict      Account     Exposure     Tally     Report
//! ```
//!
//! [`rule`]s say what may match, [`Scanner`] wires the stages, and a [`Secret`] never leaves them. Each module imports
//! only from those before it.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![deny(clippy::disallowed_methods)]

pub mod terms;
pub mod limits;
pub mod error;
pub mod secret;
pub mod rule;
pub mod input;
pub mod prefilter;
pub mod record;
pub mod extract;
pub mod classify;
pub mod account;
pub mod exposure;
pub mod tally;
pub mod scanner;
pub mod remedy;
pub mod report;
pub mod check;

pub use error::Error;
pub use rule::RuleSet;
pub use scanner::{ScanOptions, Scanner};
pub use secret::{FingerprintKey, Secret};
pub use tally::Tally;
