//! Globs that choose among the files and folders that a walk meets.

use std::fmt;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::Error;

/// Which files are scanned, by their names. None is left out where there are no globs.
///
/// A glob without a `/` is tried on the name of each file and folder. One with a `/` is tried on the path below the
/// folder that was given, and on the whole path. `*` and `?` do not match a `/`, `**` does.
#[derive(Clone, Default)]
pub struct Globs {
    include: Option<Globset>,
    exclude: Globset,
}

/// Globs of one option.
#[derive(Clone, Default)]
struct Globset {
    names: GlobSet,
    paths: GlobSet,
}

impl Globs {
    /// Only what a glob of `include` matches, and nothing that one of `exclude` matches. A folder counts with all that
    /// lies below it. An empty `include` matches everything.
    ///
    /// # Errors
    /// Where one of them is no glob.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, Error> {
        let included = if include.is_empty() { None } else { Some(Globset::new("--include", include)?) };
        Ok(Self { include: included, exclude: Globset::new("--exclude", exclude)? })
    }

    /// Whether the file or folder at `path` is left out, and what lies below it. `below` is its path below the folder
    /// that was given, or its name where it was given itself.
    pub(super) fn exclude(&self, path: &Path, below: &Path) -> bool {
        self.exclude.matches(path, below)
    }

    /// Whether the file at `path` is asked for, by its own name or that of a folder on the way to it.
    pub(super) fn include(&self, path: &Path, below: &Path) -> bool {
        let Some(include) = &self.include else { return true };
        let mut ways = path.ancestors().zip(below.ancestors());
        ways.any(|(path, below)| !below.as_os_str().is_empty() && include.matches(path, below))
    }
}

impl fmt::Debug for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |set: &Globset| set.names.len() + set.paths.len();
        write!(f, "Globs({} included, {} excluded)", self.include.as_ref().map_or(0, count), count(&self.exclude))
    }
}

impl Globset {
    fn new(option: &str, globs: &[String]) -> Result<Self, Error> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for text in globs {
            let refused = |why: &dyn fmt::Display| Error::setup(format!("{option} {text:?} is no glob: {why}"));
            // `logs/` and `./logs` are ways to write `logs`.
            let bare = text.strip_prefix("./").unwrap_or(text);
            let bare = if bare.len() > 1 { bare.strip_suffix('/').unwrap_or(bare) } else { bare };
            if bare.is_empty() {
                return Err(refused(&"it is empty"));
            }
            let glob = GlobBuilder::new(bare).literal_separator(true).build();
            let glob = glob.map_err(|error| refused(error.kind()))?;
            if bare.contains('/') {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        let build = |set: GlobSetBuilder| {
            set.build().map_err(|error| Error::setup(format!("{option}: the globs are too many: {}", error.kind())))
        };
        Ok(Self { names: build(names)?, paths: build(paths)? })
    }

    fn matches(&self, path: &Path, below: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.is_match(name))
            || !self.paths.is_empty()
                && (self.paths.is_match(below) || self.paths.is_match(path.strip_prefix(".").unwrap_or(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(globs: &[&str]) -> Vec<String> {
        globs.iter().map(|&glob| glob.to_owned()).collect()
    }

    /// What a person writes must mean what other tools mean by it, or logs are left out that nobody meant.
    #[test]
    fn globs_match_names_and_paths() {
        let below = |path: &'static str| Path::new(path).strip_prefix("./logs").unwrap_or(Path::new(path));
        for (glob, path, expected) in [
            ("*.gz", "./logs/a/b.gz", true),
            ("*.gz", "./logs/b.gz", true),
            ("*.gz", "./logs/b.gz.txt", false),
            ("*.GZ", "./logs/b.gz", false),
            ("b", "./logs/b", true),
            ("b/", "./logs/b", true),
            ("a/*.gz", "./logs/a/b.gz", true),
            ("./a/*.gz", "./logs/a/b.gz", true),
            ("a/*.gz", "./logs/a/c/b.gz", false),
            ("a/**/*.gz", "./logs/a/c/b.gz", true),
            ("**/c/*", "./logs/a/c/b.gz", true),
            ("logs/a/*", "./logs/a/b.gz", true),
            ("/logs/a/*", "./logs/a/b.gz", false),
            ("*.{log,txt}", "./logs/x.txt", true),
            ("app-[0-9].log", "./logs/app-7.log", true),
        ] {
            let globs = Globs::new(&[], &strings(&[glob])).unwrap();
            assert_eq!(globs.exclude(Path::new(path), below(path)), expected, "{glob} {path}");
        }
    }

    /// A folder stands for what lies below it.
    #[test]
    fn an_included_folder_counts_whole() {
        let globs = Globs::new(&strings(&["nginx", "mail/*.log"]), &[]).unwrap();
        for (path, expected) in [("l/nginx/x/y", true), ("l/mail/a.log", true), ("l/mail/a", false), ("l/a", false)] {
            assert_eq!(globs.include(Path::new(path), Path::new(path).strip_prefix("l").unwrap()), expected, "{path}");
        }
        assert!(Globs::default().include(Path::new("a"), Path::new("a")));
    }

    /// A glob that is none must not silently match nothing.
    #[test]
    fn a_bad_glob_is_refused_with_a_reason() {
        for (glob, why) in [("a[", "unclosed"), ("{a", "unclosed"), ("", "empty"), ("./", "empty")] {
            for (include, exclude) in [(strings(&[glob]), vec![]), (vec![], strings(&[glob]))] {
                let option = if include.is_empty() { "--exclude" } else { "--include" };
                let error = Globs::new(&include, &exclude).unwrap_err().to_string();
                assert!(error.starts_with(option) && error.contains(why), "{error}");
            }
        }
    }
}
