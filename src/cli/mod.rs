//! The command line: options in, exit code out. Invisible to the library, which prints nothing and never exits.

mod args;
mod choice;
mod config;
mod exit;
mod fail;
mod left;
mod explain;
mod format;
mod guard;
mod list;
mod locations;
mod merge;
mod moment;
mod output;
mod page;
mod paint;
mod panic;
mod partial;
mod progress;
mod render;
mod rules;
mod scan;
mod shell;
mod signals;
mod summary;

use std::fmt;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::Parser;
use logleak::report::escape::terminal;
use logleak::report::schema::JSON_SCHEMA;
use logleak::{RuleSet, Scanner};

use self::args::{Args, Command};
use self::exit::Exit;

/// Why there is no valid report: what is wrong, and the way out of it. Both may quote paths and options, never what a
/// log holds.
#[derive(Debug)]
struct Failure {
    what: String,
    hint: Option<String>,
}

impl Failure {
    fn new(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<logleak::Error> for Failure {
    fn from(error: logleak::Error) -> Self {
        Self::new(error)
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    panic::install();
    guard::no_dumps();
    // A panic ends the scan without a valid report, so its code is that of every other such end.
    std::panic::catch_unwind(run).unwrap_or(ExitCode::from(Exit::NoReport))
}

fn run() -> ExitCode {
    let args = match config::expand(std::env::args_os().collect()) {
        Ok(args) => args,
        Err(failure) => {
            say(&failure.to_string());
            return Exit::NoReport.into();
        }
    };
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(usage) => {
            // Help and version are errors to clap, with code 0. A closed terminal is no reason to fail over them.
            let text = usage.render().to_string();
            match if usage.use_stderr() { redacted(&text) } else { None } {
                Some(clean) => say(&clean),
                None => drop(usage.print()),
            }
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(Exit::NoReport as u8));
        }
    };
    let result = match args.command {
        Command::Scan(args) => scan::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Render(args) => render::run(&args),
        Command::Schema => rules::print(JSON_SCHEMA),
        Command::Explain(args) => explain::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    };
    result
        .unwrap_or_else(|failure| {
            let text = failure.to_string();
            say(&redacted(&text).unwrap_or(text));
            Exit::NoReport
        })
        .into()
}

/// A message without the secrets that it quotes: paths may hold one, as logs do. None where it quotes none.
fn redacted(text: &str) -> Option<String> {
    Scanner::builder(RuleSet::builtin().ok()?).build().ok()?.redact(text)
}

/// Threads that a report is made on, where so many were asked for.
fn threads(asked: Option<NonZeroUsize>) -> usize {
    asked.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get).clamp(1, 16)
}

/// Writes to standard error. Where nobody listens, nothing is lost: the report says it all.
fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "logleak: {}", terminal(&self.what))?;
        match &self.hint {
            Some(hint) => writeln!(f, "  hint: {}", terminal(hint)),
            None => Ok(()),
        }
    }
}
