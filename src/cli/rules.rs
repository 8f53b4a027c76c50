//! `logleak rules`: what a leak looks like, and whether the rules keep their promises.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use logleak::RuleSet;
use logleak::check::check;

use super::args::{RulesArgs, RulesCommand};
use super::exit::Exit;
use super::{Failure, say};

/// Runs one of the commands.
pub(super) fn run(args: &RulesArgs) -> Result<Exit, Failure> {
    match &args.command {
        RulesCommand::List { rules } => list(&with(rules)?),
        RulesCommand::Show { id, rules } => show(&with(rules)?, id),
        RulesCommand::Check { folders } => promises(with(folders)?),
    }
}

/// The built-in rules, and those in the folders.
pub(super) fn with(folders: &[PathBuf]) -> Result<RuleSet, Failure> {
    let builtin = RuleSet::builtin()?;
    folders.iter().try_fold(builtin, |rules, folder| Ok(rules.load(folder)?))
}

fn list(rules: &RuleSet) -> Result<Exit, Failure> {
    let width = rules.rules().map(|(_, rule)| rule.id.len()).max().unwrap_or_default();
    let line = |rule: &logleak::rule::Rule| {
        let (mode, channel) = (rule.mode.name(), rule.channel.name());
        format!("{:width$}  {mode:11}  {channel:13}  {}\n", rule.id, rule.title)
    };
    print(&rules.rules().map(|(_, rule)| line(rule)).collect::<String>())
}

fn show(rules: &RuleSet, id: &str) -> Result<Exit, Failure> {
    match rules.rules().find(|(_, rule)| rule.id == id) {
        Some((_, rule)) => print(&format!("# {}, line {}\n{}\n", rule.file, rule.line, rule.source)),
        None => Err(Failure::new(format!("no rule has the id {id}")).hint("`logleak rules list` names them all")),
    }
}

fn promises(rules: RuleSet) -> Result<Exit, Failure> {
    let count = rules.rules().count();
    let tried: usize = rules.rules().map(|(_, rule)| rule.examples.len() + rule.counterexamples.len()).sum();
    let failures = check(rules)?;
    if failures.is_empty() {
        return print(&format!("{count} rules keep their promises: {tried} examples and counterexamples\n"));
    }
    for failure in &failures {
        say(&format!("{failure}\n"));
    }
    Err(Failure::new(format!("{} of {tried} examples and counterexamples fail", failures.len())))
}

/// Writes to standard output. Whoever closed it wanted no more.
pub(super) fn print(text: &str) -> Result<Exit, Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {}", error.kind())))
        }
        _ => Ok(Exit::Clean),
    }
}
