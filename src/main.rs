//! The program: the command line around the library.
// No subprocess, ever; tests start the program itself.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
