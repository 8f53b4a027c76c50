//! `--config FILE`: the options of `logleak scan` in a file, as TOML. It is read where it is named and nowhere else: what
//! lies beside the logs must not command the scan.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Command, CommandFactory};
use toml::Value;

use super::Failure;
use super::args::Args;

/// The command that the file is for, and the name that it gives to what has none.
const COMMAND: &str = "scan";
const PATHS: &str = "paths";

/// The arguments with those of the file, which stand first: of an option that takes one value the last counts, lists
/// are joined. Unchanged without `--config`.
pub(super) fn expand(args: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    if args.get(1).is_none_or(|command| command != COMMAND) {
        return Ok(args);
    }
    let Some(path) = named(&args) else { return Ok(args) };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("--config: cannot read {}: {error}", path.display())))?;
    let mut all = args;
    all.splice(2..2, options(&text, &path)?);
    Ok(all)
}

/// The file of the last `--config`.
fn named(args: &[OsString]) -> Option<PathBuf> {
    let mut found = None;
    let mut args = args.iter().take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        if arg == "--config" {
            found = args.next().map(PathBuf::from);
        } else if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            found = Some(PathBuf::from(path));
        }
    }
    found
}

/// What the file says, as arguments.
fn options(text: &str, path: &Path) -> Result<Vec<OsString>, Failure> {
    let refused = |what: String| Failure::new(format!("--config: {}: {what}", path.display()));
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        refused(format!("no TOML, line {line}"))
    })?;
    let program = Args::command();
    let known = program.find_subcommand(COMMAND).map(Command::get_arguments).into_iter().flatten();
    let known: Vec<(&str, bool)> = known
        .filter_map(|arg| arg.get_long().map(|long| (long, matches!(arg.get_action(), ArgAction::SetTrue))))
        .filter(|(long, _)| *long != "config")
        .collect();
    let (mut options, mut paths) = (Vec::new(), Vec::new());
    for (key, value) in table {
        let flag = known.iter().find(|(long, _)| *long == key).map(|(_, flag)| *flag);
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let text = match value {
                Value::Boolean(on) if flag == Some(true) => {
                    options.extend(on.then(|| OsString::from(format!("--{key}"))));
                    continue;
                }
                Value::String(text) => text,
                Value::Integer(number) => number.to_string(),
                _ => return Err(refused(format!("{key} takes text, a number, or a list of them"))),
            };
            match flag {
                Some(false) => options.push(OsString::from(format!("--{key}={text}"))),
                Some(true) => return Err(refused(format!("{key} is true or false"))),
                None if key == PATHS => paths.push(OsString::from(text)),
                None => {
                    return Err(refused(format!("no option is called {key}"))
                        .hint("the names are those of `logleak scan --help` without the dashes, and paths"));
                }
            }
        }
    }
    // A path is no option, whatever it begins with.
    let dashed =
        |path: OsString| if path.to_string_lossy().starts_with('-') { Path::new(".").join(path).into() } else { path };
    options.extend(paths.into_iter().map(dashed));
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let all = options(text, Path::new("logleak.toml")).map_err(|failure| failure.to_string())?;
        Ok(all.into_iter().map(|arg| arg.into_string().unwrap()).collect())
    }

    /// Every option has the name that it has on the command line, and its value is never taken for another option.
    #[test]
    fn options_are_those_of_the_command_line() {
        let text = "paths = [\"logs\", \"-x\"]\nquiet = true\nfollow = false\nthreads = 2\nsource = \"-q\"\n\
                    exclude = [\"*.tmp\", \"old\"]\n";
        let mut found = read(text).unwrap();
        found.sort();
        let want = ["--exclude=*.tmp", "--exclude=old", "--quiet", "--source=-q", "--threads=2", "./-x", "logs"];
        assert_eq!(found, want);
    }

    /// A misspelt option would be a scan of something else: it is refused, with the file and the way out.
    #[test]
    fn what_is_not_known_is_refused() {
        for (text, what) in [
            ("polcy = \"evidence\"", "no option is called polcy"),
            ("config = \"other.toml\"", "no option is called config"),
            ("quiet = \"yes\"", "true or false"),
            ("threads = 1.5", "takes text"),
            ("a = 1\nb =", "line 2"),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.contains("logleak.toml") && failure.contains(what), "{text}: {failure}");
        }
    }

    /// Only what is named is read, and a `--config` behind `--` is a path.
    #[test]
    fn the_file_is_named_on_the_command_line() {
        let args = |all: &[&str]| all.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(named(&args(&["logleak", "scan", "--config", "a", "--config=b", "x"])), Some("b".into()));
        assert_eq!(named(&args(&["logleak", "scan", "--", "--config=b"])), None);
    }
}
