//! The command line: options in, exit code out. Invisible to the library, which prints nothing and never exits.

mod args;
mod choice;
mod exit;
mod guard;
mod list;
mod moment;
mod output;
mod panic;
mod rules;
mod scan;
mod signals;
mod summary;

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use logleak::report::escape::terminal;
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
    let args = match Args::try_parse() {
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
        Command::Rules(args) => rules::run(&args),
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
