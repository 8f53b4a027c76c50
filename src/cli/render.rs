//! `logleak render`: a report once more, in another format or for another reader.

use std::path::PathBuf;

use clap::ValueEnum;
use logleak::report::schema::Omitted;
use logleak::report::{Content, Projection, Stored, legal};

use super::exit::Exit;
use super::format::FormatArgs;
use super::output::Target;
use super::{Failure, rules, threads};

/// Write a report in another format or for another reader, without scanning again
///
/// Exit codes: 0 written; 2 not.
#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    /// The report that `logleak scan` wrote as json or ndjson; `-` is standard input
    #[arg(value_name = "REPORT")]
    report: PathBuf,

    /// Write to FILE, whole or not at all, readable by you alone [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    form: FormatArgs,

    /// Leave out what a reader has no business with
    #[arg(long = "for", value_enum, value_name = "READER")]
    reader: Option<Reader>,

    /// With -f sarif: folders with rules of your own (*.toml), which tell the titles of theirs
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reader {
    /// Who resets: accounts and reasons, no locations
    Reset,
    /// Who mends the programs: statements and locations, no names
    Engineering,
    /// Who notifies the authority: a dossier in Markdown, whatever the format
    Legal,
    /// Who keeps artifacts of CI jobs: counts and statements
    Ci,
}

impl Reader {
    fn omitted(self) -> &'static [Omitted] {
        match self {
            Self::Reset => &[Omitted::Exposures, Omitted::Sites, Omitted::Inputs],
            Self::Engineering => &[Omitted::Names],
            Self::Legal => &[],
            Self::Ci => &[Omitted::Accounts, Omitted::Exposures],
        }
    }
}

/// Reads and writes. What the report says decides nothing: that was told when it was scanned.
pub(super) fn run(args: &RenderArgs) -> Result<Exit, Failure> {
    let target = Target::check(args.output.as_deref())?;
    let rules = rules::with(&args.rules)?;
    let report = Stored::open(&args.report)?;
    let report = Projection::new(&report, args.reader.map_or(&[], Reader::omitted));
    if args.reader == Some(Reader::Legal) {
        target.write(|out| legal::write(&report, out))?;
        return Ok(Exit::Clean);
    }
    args.form.check(report.omitted())?;
    target.write(|out| args.form.write(&report, &rules, threads(None), out))?;
    Ok(Exit::Clean)
}
