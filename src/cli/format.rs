//! The options that say how a report is written, and the one place that knows every format.

use std::io::{self, Write};

use clap::ValueEnum;
use logleak::report::{Content, json};

use super::page::PageArgs;

/// How the report is written
#[derive(Debug, clap::Args)]
pub(super) struct FormatArgs {
    /// Format of the report
    #[arg(short, long, value_enum, default_value_t = Format::Json)]
    pub(super) format: Format,

    #[command(flatten)]
    page: PageArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One JSON document: the report itself, of which all others are projections
    Json,
    /// One page for people, with figures, causes and remedies; complete in itself
    Html,
}

impl FormatArgs {
    /// Writes the report; a large one on so many threads.
    pub(super) fn write(&self, report: &dyn Content, threads: usize, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            Format::Json => json::write_on(report, threads, out),
            Format::Html => self.page.write(report, out),
        }
    }
}
