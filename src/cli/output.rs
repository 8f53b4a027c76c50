//! Where the report goes. A file is written whole or not at all, and only its owner may read it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Failure;

/// Bytes collected before they are written.
const BUFFER: usize = 256 << 10;

/// Where the report goes, as the options say and the file system allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Standard output.
    Stdout,
    /// A regular file, or one that does not exist yet: replaced in one step.
    File { path: PathBuf, folder: PathBuf },
    /// A device or pipe: written through, since renaming a file over it would remove it.
    Through(PathBuf),
}

/// What became of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// All of it was written.
    Whole,
    /// Whoever read standard output wanted no more.
    Unread,
}

impl Target {
    /// Decides by what `--output` names, and makes sure that a file can be made there.
    pub(super) fn check(output: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = output.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Stdout);
        };
        let target = Self::kind(path)?;
        if let Self::File { folder, .. } = &target {
            // Now rather than after hours of scanning. The file is gone again before the scan begins.
            drop(temporary(folder).map_err(|error| refused(path, &error))?);
        }
        Ok(target)
    }

    fn kind(path: &Path) -> Result<Self, Failure> {
        let found = match fs::symlink_metadata(path) {
            Ok(found) => Some(found.file_type()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(refused(path, &error)),
        };
        let name = path.display();
        match found {
            Some(kind) if kind.is_symlink() => Err(Failure::new(format!("--output: {name} is a symbolic link"))
                .hint("name the file itself, or leave --output out to write to standard output")),
            Some(kind) if kind.is_dir() => {
                Err(Failure::new(format!("--output: {name} is a folder")).hint("name a file in it"))
            }
            Some(kind) if !kind.is_file() => Ok(Self::Through(path.to_owned())),
            _ => {
                let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
                Ok(Self::File { path: path.to_owned(), folder: folder.to_owned() })
            }
        }
    }

    /// The file that the report becomes, as a walk over its folder would meet it: not to be scanned.
    pub(super) fn scanned_as(&self) -> Option<PathBuf> {
        match self {
            Self::File { path, folder } => Some(fs::canonicalize(folder).ok()?.join(path.file_name()?)),
            Self::Stdout => redirected(),
            Self::Through(_) => None,
        }
    }

    /// The folder that it needs to make files in, and the device or pipe that it writes to.
    pub(super) fn needs(&self) -> (Option<PathBuf>, Option<PathBuf>) {
        match self {
            Self::Stdout => (None, None),
            Self::File { folder, .. } => (Some(folder.clone()), None),
            Self::Through(path) => (None, Some(path.clone())),
        }
    }

    /// A folder in which files can be made for what is on its way there.
    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Self::File { folder, .. } => folder.clone(),
            // A file without a name: nobody else can be there first, and nothing is renamed.
            #[allow(clippy::disallowed_methods)]
            Self::Stdout | Self::Through(_) => std::env::temp_dir(),
        }
    }

    /// Writes what `report` writes.
    pub(super) fn write(&self, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Written, Failure> {
        let done = match self {
            Self::Stdout => {
                let written = report(&mut BufWriter::with_capacity(BUFFER, io::stdout().lock()));
                return match written {
                    Ok(()) => Ok(Written::Whole),
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Written::Unread),
                    Err(error) => Err(Failure::new(format!("cannot write the report to standard output: {error}"))),
                };
            }
            Self::Through(path) => OpenOptions::new().write(true).open(path).and_then(|file| through(file, report)),
            // What stood at the path may have changed since.
            Self::File { path, .. } => match Self::kind(path)? {
                Self::File { path, folder } => replace(&path, &folder, report),
                other => return other.write(report),
            },
        };
        done.map(|()| Written::Whole).map_err(|error| match self {
            Self::File { path, .. } | Self::Through(path) => refused(path, &error),
            Self::Stdout => Failure::new(error),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::File { path, .. } | Self::Through(path) => path.display().fmt(f),
        }
    }
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("--output: cannot write the report to {}: {error}", path.display()))
        .hint("name another file with --output, or leave it out to write to standard output")
}

fn through(file: File, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, file);
    report(&mut out)?;
    out.flush()
}

/// Readable by the owner alone, from its first byte on.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new();
    file.prefix(".logleak-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.permissions(fs::Permissions::from_mode(0o600));
    }
    file.tempfile_in(folder)
}

/// Whoever opens `path` sees the old report or all of the new one, also after a loss of power.
fn replace(path: &Path, folder: &Path, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let file = temporary(folder)?;
    through(file.as_file().try_clone()?, report)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    sync(folder)
}

/// Makes the new name last. Some file systems cannot, and say so; the report is there all the same.
fn sync(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// The file that standard output goes to, as with `logleak scan . > report.json`.
fn redirected() -> Option<PathBuf> {
    let path = fs::read_link("/proc/self/fd/1").ok()?;
    fs::symlink_metadata(&path).ok()?.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) -> Result<Written, Failure> {
        Target::check(Some(path))?.write(|out| out.write_all(text.as_bytes()))
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// A new report replaces an old one, its mode included, and leaves nothing beside it.
    #[test]
    fn a_file_is_replaced_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "a longer report of long ago").unwrap();
        assert_eq!(write(&path, "new").unwrap(), Written::Whole);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["report.json"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    /// A report that fails half way leaves the old one as it was.
    #[test]
    fn half_a_report_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let failed = Target::check(Some(&path)).unwrap().write(|out| {
            out.write_all(&vec![b'x'; 2 * BUFFER])?;
            Err(io::Error::from(ErrorKind::StorageFull))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    /// What cannot hold the report is found out before the scan, and says what to do.
    #[test]
    fn impossible_targets_are_refused_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for (name, what) in [(".", "is a folder"), ("none/report.json", "cannot write"), ("file/x", "cannot write")] {
            let failure = Target::check(Some(&folder.path().join(name))).unwrap_err();
            assert!(failure.what.contains(what) && failure.hint.is_some(), "{name}: {failure:?}");
        }
    }

    /// Whoever can place a link must not choose what is overwritten.
    #[cfg(unix)]
    #[test]
    fn links_are_refused_and_devices_stay_devices() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (link, precious) = (folder.path().join("link"), folder.path().join("precious"));
        fs::write(&precious, "precious").unwrap();
        symlink(&precious, &link).unwrap();
        assert!(write(&link, "new").unwrap_err().what.contains("symbolic link"));
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");

        let null = Path::new("/dev/null");
        assert_eq!(write(null, "new").unwrap(), Written::Whole);
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    }

    /// A buffer that is dropped on a full disk says nothing: the report must not count as written.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        assert!(write(Path::new("/dev/full"), "new").is_err());
    }

    /// `-` is standard output by custom.
    #[test]
    fn no_name_is_standard_output() {
        assert_eq!(Target::check(None).unwrap(), Target::Stdout);
        assert_eq!(Target::check(Some(Path::new("-"))).unwrap(), Target::Stdout);
    }
}
