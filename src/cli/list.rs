//! `--list-files`: what a scan would read, without a look inside beyond the first bytes.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use logleak::input::{self, Source};
use logleak::report::escape::terminal;
use logleak::{ScanOptions, Scanner};

use super::exit::Exit;
use super::{Failure, say};

/// Lists what a scan of `paths` would read, and says what it could not.
pub(super) fn run(paths: &[PathBuf], options: &ScanOptions, scanner: &Scanner, null: bool) -> Result<Exit, Failure> {
    let mut walked = options.walk(paths);
    let reading = input::Options::default();
    let mut out = BufWriter::new(io::stdout().lock());
    for source in &walked.sources {
        let written = match input::kind(source, &reading) {
            Ok(kind) => {
                let shown = scanner.redact(&source.shown);
                entry(&mut out, source, shown.as_deref().unwrap_or(&source.shown), kind, null)
            }
            Err(skipped) => {
                walked.skipped.push(skipped);
                Ok(())
            }
        };
        if let Err(error) = written.or_else(closed) {
            return Err(Failure::new(format!("cannot write to standard output: {}", error.kind())));
        }
    }
    out.flush()
        .or_else(closed)
        .map_err(|error| Failure::new(format!("cannot write to standard output: {}", error.kind())))?;
    for one in &walked.skipped {
        let path = scanner.redact(&one.path);
        let path = path.as_deref().unwrap_or(&one.path);
        say(&format!("logleak: {}: {} ({})\n", terminal(path), one.reason.name(), terminal(&one.detail)));
    }
    Ok(if walked.skipped.is_empty() { Exit::Clean } else { Exit::Unscanned })
}

fn entry(out: &mut impl Write, source: &Source, shown: &str, kind: &str, null: bool) -> io::Result<()> {
    write!(out, "{}\t{kind}\t", source.size)?;
    if !null {
        return writeln!(out, "{}", terminal(shown));
    }
    #[cfg(unix)]
    out.write_all(std::os::unix::ffi::OsStrExt::as_bytes(source.path.as_os_str()))?;
    #[cfg(not(unix))]
    out.write_all(source.shown.as_bytes())?;
    out.write_all(&[0])
}

/// Whoever closed the pipe has seen enough.
fn closed(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
