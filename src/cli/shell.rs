//! `logleak completions` and `logleak man`: what a package installs beside the program, made from the options themselves.

use std::io::{self, ErrorKind, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use super::Failure;
use super::args::Args;
use super::exit::Exit;

/// Write the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  logleak completions bash > ~/.local/share/bash-completion/completions/logleak
  logleak completions zsh > ~/.zfunc/_logleak
  logleak completions fish > ~/.config/fish/completions/logleak.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write the manual page, of the program or of one of its commands
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  logleak man > logleak.1
  logleak man scan > logleak-scan.1
  logleak man scan | man -l -")]
pub(super) struct ManArgs {
    /// The command
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Writes completions.
pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "logleak", &mut text);
    print(&text)
}

/// Writes a page.
pub(super) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let mut all = Args::command();
    all.build();
    let page = match &args.command {
        None => all,
        Some(name) => match all.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(Failure::new(format!("no command {name}")).hint("`logleak --help` names them all")),
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(Failure::new)?;
    print(&text)
}

fn print(text: &[u8]) -> Result<Exit, Failure> {
    match io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {}", error.kind())))
        }
        _ => Ok(Exit::Clean),
    }
}
