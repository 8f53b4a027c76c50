//! The options that say which exposures need nothing more, and the files behind them.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use logleak::closed::{Baseline, Closed, Resets, Suppressions};
use logleak::report::escape::terminal;
use logleak::secret::FingerprintKey;
use logleak::tally::Suppression;

use super::{Failure, say};

/// What needs nothing more
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What needs nothing more (it is counted in summary.suppressed_by)")]
pub(super) struct LeftArgs {
    /// Report only what the earlier report in FILE does not have
    ///
    /// Of an account that it does not list in full, what was logged up to its `last_seen` is not new either.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Leave out passwords that were reset since: FILE has an object a line, with an account_id, email, phone_number, dn,
    /// username or user_id, and reset_at
    ///
    /// An exposure is closed where its time is known and before the reset, 26 hours before it where the log names no
    /// zone or year.
    #[arg(long, value_name = "FILE")]
    resets: Option<PathBuf>,

    /// Leave out what FILE suppresses: TOML, [[suppress]] with site, account or path, a reason, and the day it expires
    #[arg(long, value_name = "FILE")]
    suppress: Option<PathBuf>,
}

impl LeftArgs {
    /// Reads the files. Entries that have expired are told.
    pub(super) fn closed(&self, key: Option<&FingerprintKey>, quiet: bool) -> Result<Closed, Failure> {
        let now = Timestamp::now();
        let baseline = self.baseline.as_deref().map(|path| read_baseline(path, key, quiet)).transpose()?;
        let resets = match &self.resets {
            Some(path) => {
                Some(Resets::read(path, open("--resets", path)?, key, now.as_second()).map_err(option("--resets"))?)
            }
            None => None,
        };
        let suppressions = match &self.suppress {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| unread("--suppress", path, &error))?;
                let today = now.to_zoned(TimeZone::UTC).date();
                let list = Suppressions::read(path, &text, today).map_err(option("--suppress"))?;
                for Suppression { reason, expires } in list.expired().iter().filter(|_| !quiet) {
                    say(&format!(
                        "logleak: --suppress: expired on {expires}, suppresses nothing: {}\n",
                        terminal(reason)
                    ));
                }
                Some(list)
            }
            None => None,
        };
        Ok(Closed { baseline, resets, suppressions })
    }
}

/// The earlier report, whose ids were made with the same key.
pub(super) fn read_baseline(path: &Path, key: Option<&FingerprintKey>, quiet: bool) -> Result<Baseline, Failure> {
    let baseline = Baseline::read(path, open("--baseline", path)?).map_err(option("--baseline"))?;
    let own = key.map(FingerprintKey::id);
    if baseline.key_id() != own {
        let named = |id: Option<&str>| id.map_or_else(|| "no key".to_owned(), |id| format!("key {id}"));
        let (then, now) = (named(baseline.key_id()), named(own));
        return Err(Failure::new(format!("--baseline: {} was made with {then}, this scan with {now}", path.display()))
            .hint("give the --key-file of then: under another key everything looks new"));
    }
    if baseline.unlisted() > 0 && !quiet {
        say(&format!(
            "logleak: --baseline: {} exposures are counted and not listed in it: those without a time look new; make \
             baselines with a larger --max-exposures\n",
            baseline.unlisted()
        ));
    }
    Ok(baseline)
}

fn open(name: &str, path: &Path) -> Result<BufReader<File>, Failure> {
    Ok(BufReader::with_capacity(256 << 10, File::open(path).map_err(|error| unread(name, path, &error))?))
}

fn unread(name: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{name}: cannot read {}: {}", path.display(), error.kind()))
}

fn option(name: &'static str) -> impl Fn(logleak::Error) -> Failure {
    move |error| Failure::new(format!("{name}: {error}"))
}
