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
//!
//! # Use
//!
//! A [`Scanner`] is built once and shared by threads. It reads bytes that are in memory ([`Scanner::scan_bytes`]), or files,
//! folders and archives ([`Scanner::scan_paths`]), and what it counted is a [`Tally`]:
//!
//! ```
//! use logleak::report::{Report, ScanFacts, json};
//! use logleak::{RuleSet, Scanner};
//!
//! let scanner = Scanner::builder(RuleSet::builtin()?).build()?;
//! let log = b"198.51.100.7 - - [12/Mar/2026:09:14:57 +0000] \"GET /login?user=jane&pwd=Tr0ub4dor%263 HTTP/1.1\" 302\n";
//! let tally = scanner.scan_bytes("access.log", log);
//! assert_eq!(tally.exposures(), 1);
//!
//! let report = Report::new(tally, ScanFacts::of(&scanner), |rule| scanner.rules().id(rule));
//! for account in report.accounts() {
//!     println!("{}", serde_json::to_string(&account)?);
//! }
//! let accounts: Vec<&str> = report.headlines().map(|headline| headline.account).collect();
//! assert_eq!(accounts, ["jane"]);
//!
//! // What no output holds is the password.
//! let mut document = Vec::new();
//! json::write(&report, &mut document)?;
//! assert!(!String::from_utf8(document)?.contains("Tr0ub4dor"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Tallies add up, in any order and with the same result, whoever counted them:
//!
//! ```
//! # use logleak::{RuleSet, Scanner};
//! # let scanner = Scanner::builder(RuleSet::builtin()?).build()?;
//! let mut total = scanner.tally();
//! std::thread::scope(|scope| {
//!     let one = scope.spawn(|| scanner.scan_bytes("a.log", b"level=debug user=jane password=Tr0ub4dor&3"));
//!     let other = scope.spawn(|| scanner.scan_bytes("b.log", b"level=debug user=olaf password=summer2024"));
//!     for part in [one, other] {
//!         total.merge(part.join().expect("a scan does not panic"));
//!     }
//! });
//! assert_eq!(total.exposures(), 2);
//! # Ok::<(), logleak::Error>(())
//! ```
//!
//! No function of this library panics on any input, prints, ends the process, or uses a global thread pool. Mapping files
//! (`Io::Map`, `Io::Auto`) answers `SIGBUS` for its own maps and leaves every other fault to whoever answered it before;
//! `Io::Read` and [`Scanner::scan_bytes`] touch no signal. What it could not read is data in the report and not an error; an [`Error`] speaks to whoever set the scan up, and holds no byte of a
//! log.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)
)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

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
mod identity;
pub mod tally;
pub mod closed;
pub mod locations;
pub mod scanner;
pub mod remedy;
pub mod report;
pub mod check;

pub use error::Error;
pub use rule::RuleSet;
pub use scanner::{ScanOptions, Scanner};
pub use secret::{FingerprintKey, Secret};
pub use tally::Tally;
