//! The options that say how a report is written, and the one place that knows every format.

use std::io::{self, Write};

use clap::ValueEnum;
use logleak::RuleSet;
use logleak::report::schema::Omitted;
use logleak::report::set::Parties;
use logleak::report::{Content, Projection, csv, json, ndjson, sarif, set, text};

use super::Failure;
use super::page::PageArgs;

/// How the report is written
#[derive(Debug, clap::Args)]
pub(super) struct FormatArgs {
    /// Format of the report
    #[arg(short, long, value_enum, default_value_t = Format::Json)]
    pub(super) format: Format,

    #[command(flatten)]
    page: PageArgs,
    /// Name no account: give numbers that are good in this report alone, or with --key-file the keyed ids
    #[arg(long)]
    redact_accounts: bool,

    /// With -f set: who issues the tokens
    #[arg(long, value_name = "URL", required_if_eq("format", "set"), value_parser = super::args::realm)]
    issuer: Option<String>,

    /// With -f set: whom the tokens are for
    #[arg(long, value_name = "URL", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    audience: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One JSON document: the report itself, of which the others are projections
    Json,
    /// One page for people, with figures, causes and remedies; complete in itself
    Html,
    /// One JSON object a line, for reports of any size; a report that was cut has no summary in its last line
    Ndjson,
    /// One row an account, for spreadsheets
    Csv,
    /// For a person at a terminal
    Text,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// The accounts to reset as claims of security event tokens (RFC 8417, OpenID RISC), one a line, not signed
    Set,
}

impl FormatArgs {
    /// Whether the format has anything to say of a report that leaves this out, besides what is asked for here.
    pub(super) fn check(&self, omitted: &[Omitted]) -> Result<(), Failure> {
        let lacks = |what| omitted.contains(&what) || (what == Omitted::Names && self.redact_accounts);
        let needs: &[(Omitted, &str)] = match self.format {
            Format::Set => &[(Omitted::Names, "the names of accounts"), (Omitted::Accounts, "accounts")],
            Format::Csv => &[(Omitted::Accounts, "accounts")],
            Format::Sarif => &[(Omitted::Exposures, "exposures")],
            Format::Json | Format::Html | Format::Ndjson | Format::Text => &[],
        };
        match needs.iter().find(|(what, _)| lacks(*what)) {
            Some((_, what)) => Err(Failure::new(format!("-f {}: {what} are left out", name(self.format)))
                .hint("render the whole report, or use another format, such as json")),
            None => Ok(()),
        }
    }

    /// Writes the report; a large one on so many threads. `rules` are those of the scan.
    pub(super) fn write(
        &self,
        report: &dyn Content,
        rules: &RuleSet,
        threads: usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let redacted;
        let report = if self.redact_accounts {
            redacted = Projection::new(report, &[Omitted::Names]);
            &redacted
        } else {
            report
        };
        match self.format {
            Format::Json => json::write_on(report, threads, out),
            Format::Html => self.page.write(report, rules, out),
            Format::Ndjson => ndjson::write(report, threads, out),
            Format::Csv => csv::write(report, threads, out),
            Format::Text => text::write(report, out),
            Format::Sarif => sarif::write(report, rules, sarif::RESULTS, out),
            Format::Set => {
                let issuer = self.issuer.clone().unwrap_or_default();
                set::write(report, &Parties { issuer, audience: self.audience.clone() }, threads, out)
            }
        }
    }
}

fn name(format: Format) -> String {
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
