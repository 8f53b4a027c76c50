//! `logleak render`: a report once more, in another format.

use std::path::PathBuf;

use logleak::report::Stored;

use super::exit::Exit;
use super::format::FormatArgs;
use super::output::Target;
use super::{Failure, threads};

/// Write a report in another format, without scanning again
///
/// Exit codes: 0 written; 2 not.
#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    /// The report that `logleak scan` wrote; `-` is standard input
    #[arg(value_name = "REPORT")]
    report: PathBuf,

    /// Write to FILE, whole or not at all, readable by you alone [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    form: FormatArgs,
}

/// Reads and writes. What the report says decides nothing: that was told when it was scanned.
pub(super) fn run(args: &RenderArgs) -> Result<Exit, Failure> {
    let target = Target::check(args.output.as_deref())?;
    let report = Stored::open(&args.report)?;
    target.write(|out| args.form.write(&report, threads(None), out))?;
    Ok(Exit::Clean)
}
