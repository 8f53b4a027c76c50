//! The options that say what is scanned: which files, and which part of their time.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use logleak::input::{Globs, Selection};
use logleak::scanner::Period;

use super::{Failure, moment};

/// What is scanned
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is scanned")]
pub(super) struct ChoiceArgs {
    /// Scan what FILE names besides PATH, one name a line, or each ended by NUL where it holds one; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,

    /// Scan only files that GLOB matches, by their name or that of a folder they are in
    ///
    /// A GLOB without a `/` is tried on names. One with a `/` is tried on the path below the PATH that was given and on
    /// the whole path; `*` stays between two `/`, `**` does not.
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,

    /// Leave out files and folders that GLOB matches, also those that --include asks for
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,

    /// Follow symbolic links that are met in folders; each folder and file is still read once
    #[arg(long)]
    follow: bool,

    /// Stay on the file system of each PATH
    #[arg(long)]
    one_file_system: bool,

    /// How deep to go into folders: 1 takes the files of PATH itself
    #[arg(long, value_name = "N")]
    max_depth: Option<usize>,

    /// Scan only files written to at TIME or later; members of archives go with their archive
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    newer_than: Option<String>,

    /// Report only what was logged at TIME or later; records without a time are kept
    ///
    /// TIME is a date, which is a whole day; a date and a time, in any spelling that logs use; or how long ago, such as
    /// 7d, 36h or '2 weeks'. Where it names no zone it is of --timezone. What is left out is counted in
    /// `summary.dismissed.outside_period`.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,

    /// Report only what was logged at TIME or earlier, a date to its end; records without a time are kept
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,

    /// What standard input is called in the report
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    stdin_name: Option<String>,

    /// Scan nothing; list what would be scanned: bytes, kind and name, with tabs between
    #[arg(long)]
    pub(super) list_files: bool,

    /// With --list-files: end each entry with NUL, and write names byte by byte as they are, also one that holds a
    /// password
    #[arg(short = '0', long, requires = "list_files")]
    pub(super) null: bool,
}

impl ChoiceArgs {
    /// Whether links may lead out of the paths that were given.
    pub(super) fn follows(&self) -> bool {
        self.follow
    }

    /// Everything that is to be scanned: `paths`, and what the list names.
    pub(super) fn paths(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
        let mut all = paths.to_vec();
        if let Some(list) = &self.files_from {
            if list.as_os_str() == "-" && paths.iter().any(|path| path.as_os_str() == "-") {
                return Err(Failure::new("standard input cannot be both a log and the list of --files-from")
                    .hint("give the list as a file"));
            }
            all.extend(listed(list)?);
        }
        Ok(all)
    }

    /// The inputs as the report names them. A list stands for the many names in it.
    pub(super) fn inputs(&self, paths: &[PathBuf]) -> Vec<String> {
        let list = self.files_from.as_ref().map(|list| format!("--files-from {}", list.display()));
        paths.iter().map(|path| path.display().to_string()).chain(list).collect()
    }

    /// What the walk leaves out.
    pub(super) fn selection(&self, zone: &TimeZone) -> Result<Selection, Failure> {
        let newer_than = moment(self.newer_than.as_deref(), "--newer-than", zone)?.map(|range| *range.start());
        let globs = Globs::new(&self.include, &self.exclude)
            .map_err(|error| Failure::from(error).hint("a [ or { that is meant as itself is written [[] or [{]"))?;
        Ok(Selection {
            follow: self.follow,
            globs,
            one_file_system: self.one_file_system,
            max_depth: self.max_depth,
            newer_than: newer_than.and_then(|at| Timestamp::from_second(at).ok()).map(SystemTime::from),
            stdin_name: self.stdin_name.clone(),
        })
    }

    /// What the report is about.
    pub(super) fn period(&self, zone: &TimeZone) -> Result<Period, Failure> {
        let since = moment(self.since.as_deref(), "--since", zone)?.map(|range| *range.start());
        let until = moment(self.until.as_deref(), "--until", zone)?.map(|range| *range.end());
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            return Err(Failure::new("--since is after --until").hint("no record can have been logged then"));
        }
        Ok(Period { since, until })
    }
}

fn moment(text: Option<&str>, option: &str, zone: &TimeZone) -> Result<Option<std::ops::RangeInclusive<i64>>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let now = Zoned::new(Timestamp::now(), zone.clone());
    moment::read(text, &now).map(Some).ok_or_else(|| {
        Failure::new(format!("{option}: {text:?} is no time")).hint("write 2026-11-03, 2026-11-03T10:11:12Z or 7d")
    })
}

/// The names in a list: separated by NUL where it holds one, by line ends otherwise. They name files and folders, so
/// `-` is one of that name.
fn listed(list: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut text = Vec::new();
    let read = if list.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut text)
    } else {
        std::fs::File::open(list).and_then(|mut file| file.read_to_end(&mut text))
    };
    read.map_err(|error| Failure::new(format!("--files-from: cannot read {}: {}", list.display(), error.kind())))?;
    let end = if text.contains(&0) { 0 } else { b'\n' };
    let names = text.split(|&byte| byte == end).filter(|name| !name.is_empty());
    names.map(|name| if name == b"-" { Ok("./-".into()) } else { Ok(PathBuf::from(os_string(name)?)) }).collect()
}

#[cfg(unix)]
fn os_string(name: &[u8]) -> Result<OsString, Failure> {
    use std::os::unix::ffi::OsStringExt;
    Ok(OsString::from_vec(name.to_vec()))
}

#[cfg(not(unix))]
fn os_string(name: &[u8]) -> Result<OsString, Failure> {
    let name = std::str::from_utf8(name).map_err(|_| Failure::new("--files-from: a name is not UTF-8"))?;
    Ok(name.trim_end_matches('\r').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names from another program arrive as they are: blanks, line ends and letters of other encodings included.
    #[cfg(unix)]
    #[test]
    fn lists_are_told_apart_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        for (text, names) in [
            (&b"a.log\nb c.log\n\n"[..], &[&b"a.log"[..], b"b c.log"][..]),
            (b"a.log", &[b"a.log"]),
            (b"a\nb\0c\xff\0", &[b"a\nb", b"c\xff"]),
            (b"-\n", &[b"./-"]),
            (b"", &[]),
        ] {
            std::fs::write(&list, text).unwrap();
            let expected: Vec<PathBuf> = names.iter().map(|name| os_string(name).unwrap().into()).collect();
            assert_eq!(listed(&list).unwrap(), expected);
        }
    }
}
