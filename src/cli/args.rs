//! The options. Their comments are the help text.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::tz::{Offset, TimeZone};
use logleak::input::Io;
use logleak::report::Policy;

use super::choice::ChoiceArgs;
use super::explain::ExplainArgs;
use super::fail::FailArgs;
use super::format::FormatArgs;
use super::guard::GuardArgs;
use super::left::LeftArgs;
use super::locations::LocationArgs;
use super::merge::MergeArgs;
use super::partial::PartialArgs;
use super::render::RenderArgs;
use super::shell::{CompletionsArgs, ManArgs};

/// Printed behind the long help.
const EXAMPLES: &str = "\
Examples:
  logleak scan /var/log -o report.json      scan, and keep the report
  logleak render -f html report.json -o report.html
                                            the same as a page for people
  logleak explain url-query-password        what a rule finds, and how it is mended";

const SCAN_EXAMPLES: &str = "\
Examples:
  logleak scan /var/log -o report.json
  logleak scan logs.tar.gz --accounts ours.txt --policy evidence
  zcat app.log.gz | logleak scan - --stdin-name app.log -f text
  logleak scan logs --since 7d -f html -o report.html
  logleak scan --config logleak.toml logs   # options from a file, as: policy = \"evidence\"";

/// Finds the passwords that logs leak and names the accounts to reset
///
/// Exit codes: 0 nothing found; 1 exposures found; 2 no valid report; 3 nothing found, but not everything could be
/// scanned.
#[derive(Debug, Parser)]
#[command(name = "logleak", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Scan(Box<ScanArgs>),
    Merge(Box<MergeArgs>),
    Render(RenderArgs),
    /// Print the JSON Schema of the report (draft 2020-12)
    Schema,
    Explain(ExplainArgs),
    Rules(RulesArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// List, show and check the rules that say what a leak looks like
#[derive(Debug, clap::Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub(super) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Name all rules: id, mode, channel and title
    List {
        /// Folders with rules of your own (*.toml)
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Show one rule as it is written
    Show {
        /// The rule
        #[arg(value_name = "ID")]
        id: String,
        /// Folders with rules of your own (*.toml)
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Run every example and counterexample, of the built-in rules and of those in DIR
    ///
    /// Exit codes: 0 all rules keep their promises; 2 one does not, or was refused.
    Check {
        /// Folders with rules of your own (*.toml)
        #[arg(value_name = "DIR")]
        folders: Vec<PathBuf>,
    },
}

/// Scan files, folders and archives, and report the accounts whose passwords they hold
#[derive(Debug, clap::Args)]
#[command(after_long_help = SCAN_EXAMPLES, args_override_self = true)]
pub(super) struct ScanArgs {
    /// Files, archives and folders to scan
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) choice: ChoiceArgs,

    #[command(flatten)]
    pub(super) guard: GuardArgs,

    #[command(flatten)]
    pub(super) partial: PartialArgs,

    #[command(flatten)]
    pub(super) left: LeftArgs,

    #[command(flatten)]
    pub(super) fail: FailArgs,

    #[command(flatten)]
    pub(super) locations: LocationArgs,

    /// Write the report to FILE, whole or not at all, readable by you alone [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    #[command(flatten)]
    pub(super) form: FormatArgs,

    /// How files are read: mapped into memory, read, or as suits each
    #[arg(long, value_enum, default_value_t = IoArg::Auto, value_name = "HOW")]
    pub(super) io: IoArg,

    /// Threads [default: one for each processor]
    #[arg(short = 'j', long, value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,

    /// Folders with rules of your own (*.toml), besides the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,

    /// Scan with these rules only
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) only: Vec<String>,

    /// Scan without these rules
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) skip: Vec<String>,

    /// The most memory that decoders of archives keep text in, of all threads together, as 128MiB
    #[arg(long, value_name = "BYTES", default_value = "128MiB", value_parser = bytes)]
    pub(super) decoder_memory: u64,

    /// Read options from FILE (TOML); those of the command line come on top
    ///
    /// Keys are the names of options without their dashes, and `paths`. No file is read unless it is named here.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Exposures listed of each account; counts stay exact
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) max_exposures: usize,

    /// Make fingerprints and ids with the key in FILE (at least 32 bytes, mode 0600)
    #[arg(long, value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,

    /// Tell our accounts from others by FILE: one identity a line, or a JSON object with username, email, phone_number
    /// and user_id, which it ties together
    #[arg(long, value_name = "FILE")]
    pub(super) accounts: Option<PathBuf>,

    /// The system that the names in the logs belong to, as the URL of its issuer
    #[arg(long, value_name = "URL", value_parser = realm)]
    pub(super) realm: Option<String>,

    /// When to force a reset: for every password that may be right, or only where the log shows that it is
    #[arg(long, value_enum, default_value_t = PolicyArg::Caution)]
    pub(super) policy: PolicyArg,

    /// Time zone of log times that name none: an IANA name, or an offset such as +05:30
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = timezone, allow_hyphen_values = true)]
    pub(super) timezone: TimeZone,

    /// Exit with 0 whatever is found, as long as there is a report
    #[arg(long)]
    pub(super) exit_zero: bool,

    /// Name where the logs come from; part of each uri and exposure_id
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) source: Option<String>,

    /// Bytes of a window, to test that the report does not depend on it
    #[arg(long, value_name = "BYTES", hide = true)]
    pub(super) chunk_size: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum IoArg {
    Map,
    Read,
    Auto,
}

impl From<IoArg> for Io {
    fn from(io: IoArg) -> Self {
        match io {
            IoArg::Map => Io::Map,
            IoArg::Read => Io::Read,
            IoArg::Auto => Io::Auto,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PolicyArg {
    /// For every password that may be right
    Caution,
    /// Only where the log shows that it is right
    Evidence,
}

impl From<PolicyArg> for Policy {
    fn from(policy: PolicyArg) -> Self {
        match policy {
            PolicyArg::Caution => Policy::Caution,
            PolicyArg::Evidence => Policy::Evidence,
        }
    }
}

/// A URL: only under one is a user name an `iss_sub`.
pub(super) fn realm(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = host.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !text.contains(char::is_whitespace);
    let refused = || "the URL of the system that issues the names, such as https://id.example.com".to_owned();
    (plain && !text.contains(char::is_control)).then(|| text.to_owned()).ok_or_else(refused)
}

/// A number of bytes, or of KiB, MiB or GiB.
fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit: Option<u64> = match unit {
        "" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let number = digits.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    number.ok_or_else(|| "write a number of bytes, or of KiB, MiB or GiB, such as 128MiB".to_owned())
}

/// A zone by name, or by its offset from UTC as `±hh:mm`.
fn timezone(text: &str) -> Result<TimeZone, String> {
    if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
        return Ok(TimeZone::UTC);
    }
    if text.starts_with(['+', '-']) {
        let seconds = offset(text).ok_or("an offset is written ±hh:mm, such as +05:30, and is less than a day")?;
        return Offset::from_seconds(seconds).map(TimeZone::fixed).map_err(|_| "not an offset".to_owned());
    }
    TimeZone::get(text)
        .map_err(|_| "not a known time zone; give an IANA name such as Europe/Berlin, or ±hh:mm".to_owned())
}

/// Seconds east of UTC.
fn offset(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    let two = |tens: usize| {
        let digits = bytes.get(tens..tens + 2)?;
        digits.iter().all(u8::is_ascii_digit).then(|| i32::from(digits[0] - b'0') * 10 + i32::from(digits[1] - b'0'))
    };
    let (hours, minutes) = (two(1)?, two(4)?);
    let whole = bytes.len() == 6 && bytes[3] == b':' && hours < 24 && minutes < 60;
    let seconds = hours * 3600 + minutes * 60;
    whole.then_some(if bytes[0] == b'-' { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::super::format::Format;
    use super::*;

    /// clap checks its own rules (names, defaults, conflicts) only when asked.
    #[test]
    fn options_are_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    /// The defaults are part of the interface: a changed one changes reports.
    #[test]
    fn defaults_are_as_documented() {
        let Command::Scan(args) = Args::try_parse_from(["logleak", "scan", "logs"]).unwrap().command else {
            panic!("scan is a command")
        };
        assert_eq!(args.paths, [PathBuf::from("logs")]);
        let (io, policy, format) = (args.io, args.policy, args.form.format);
        assert_eq!((io, policy, format), (IoArg::Auto, PolicyArg::Caution, Format::Json));
        assert_eq!((args.max_exposures, args.threads, args.quiet, args.exit_zero), (20, None, false, false));
        assert_eq!((args.timezone, args.decoder_memory), (TimeZone::UTC, 128 << 20));
    }

    #[test]
    fn sizes_have_units() {
        for (text, want) in
            [("7", Some(7)), ("3KiB", Some(3072)), ("1GiB", Some(1 << 30)), ("1MB", None), ("MiB", None)]
        {
            assert_eq!(bytes(text).ok(), want, "{text}");
        }
        assert!(bytes("99999999999GiB").is_err());
    }

    /// A wrong zone would move every time in the report: what is not certainly a zone is refused.
    #[test]
    fn zones_are_names_or_offsets() {
        for (text, seconds) in [("+05:30", 19_800), ("-08:00", -28_800), ("+00:00", 0), ("-23:59", -86_340)] {
            assert_eq!(timezone(text), Ok(TimeZone::fixed(Offset::from_seconds(seconds).unwrap())), "{text}");
        }
        assert_eq!(timezone("utc"), Ok(TimeZone::UTC));
        for text in ["+5:30", "+05", "+0530", "+24:00", "+05:60", "+05:30x", "+aa:bb", "+é:30", "Mars/Olympus", "", "+"]
        {
            assert!(timezone(text).is_err(), "{text}");
        }
    }

    /// A realm that is no URL would make other ids and no `iss_sub`.
    #[test]
    fn a_realm_is_a_url() {
        for text in ["https://id.example.com", "http://192.0.2.7:8080/realms/shop", "https://[2001:db8::7]/"] {
            assert_eq!(realm(text).as_deref(), Ok(text));
        }
        for text in ["", "shop", "id.example.com", "https://", "ftp://id.example.com", "https://a b", "https:///x"] {
            assert!(realm(text).is_err(), "{text}");
        }
    }

    /// A negative offset looks like an option.
    #[test]
    fn a_negative_offset_is_a_value() {
        assert!(Args::try_parse_from(["logleak", "scan", "--timezone", "-08:00", "logs"]).is_ok());
    }
}
