//! What bounds a run: its time, its power over the system, and what a crash of it leaves behind.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::SignedDuration;

/// How a scan is bounded
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How a scan is bounded")]
pub(super) struct GuardArgs {
    /// End the scan after DURATION, such as 90s or 1h30m, and report what was found by then
    ///
    /// What was not scanned is listed in `skipped` as `interrupted`, and `scan.status` says so. SIGINT, SIGTERM and
    /// SIGHUP do the same; a second one ends the program at once.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    deadline: Option<Duration>,

    /// Keep the rights to read other files, to write elsewhere and to use the network
    ///
    /// On Linux they are given up before the first log is read; `scan.sandbox` says how far that went.
    #[arg(long)]
    pub(super) no_sandbox: bool,
}

impl GuardArgs {
    /// When the scan is to end.
    pub(super) fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.deadline?)
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| "write how long, such as 90s, 30m or 1h30m".to_owned())
}

/// Keeps what is in memory out of files: no core dump, no other process that looks in. A core that is piped to a
/// program ignores the limit, so the process says as well that it has nothing to show. Where the system refuses, the
/// scan goes on: it was asked for, this was not.
pub(super) fn no_dumps() {
    #[cfg(all(unix, not(feature = "profiling")))]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

/// What a scan may still do once it is in its sandbox.
pub(super) struct Rights {
    /// What it may read: files, and folders with everything in them.
    pub(super) read: Vec<PathBuf>,
    /// Links may lead it anywhere.
    pub(super) read_all: bool,
    /// The folders that what it writes is made in.
    pub(super) folders: Vec<PathBuf>,
    /// The devices and pipes that it writes to.
    pub(super) through: Vec<PathBuf>,
}

/// More paths than this are as good as all.
#[cfg(target_os = "linux")]
const MOST_PATHS: usize = 4096;

impl Rights {
    /// Gives up everything else, for this thread and all that it starts. Says how far that went, as `scan.sandbox` does:
    /// `full`, `partial` where the kernel knows less or links may lead anywhere, `none`.
    #[cfg(target_os = "linux")]
    pub(super) fn keep_only(self) -> &'static str {
        use landlock::RulesetStatus;
        let all = self.read_all || self.read.len() > MOST_PATHS;
        match self.restrict(all) {
            Ok(RulesetStatus::FullyEnforced) if !all => "full",
            Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => "partial",
            Ok(RulesetStatus::NotEnforced) | Err(_) => "none",
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn keep_only(self) -> &'static str {
        "none"
    }

    #[cfg(target_os = "linux")]
    fn restrict(self, all: bool) -> Result<landlock::RulesetStatus, landlock::RulesetError> {
        use landlock::{ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, Scope};
        use landlock::{PathBeneath, PathFd, RulesetCreatedAttr};

        // What older kernels do not know is left out; the status tells.
        let abi = ABI::V6;
        let mut rules = Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?;
        let look: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
        let make = look | AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::Truncate;
        let mut given: Vec<(PathBuf, BitFlags<AccessFs>)> = Vec::new();
        match all {
            true => given.push((PathBuf::from("/"), look)),
            false => given.extend(self.read.into_iter().map(|path| (path, look))),
        }
        given.extend(self.folders.into_iter().map(|folder| (folder, make)));
        given.extend(self.through.into_iter().map(|path| (path, AccessFs::WriteFile.into())));
        for (path, rights) in given {
            // What is not there, or may not be looked at, is for the scan to say.
            let Ok(found) = std::fs::metadata(&path) else { continue };
            let Ok(opened) = PathFd::new(&path) else { continue };
            let rights = if found.is_dir() { rights } else { rights & AccessFs::from_file(abi) };
            match (&mut rules).add_rule(PathBeneath::new(opened, rights)) {
                Ok(_) => {}
                // Pipes and sockets without a name are on no file system, and no rule stands in their way.
                Err(_) if !found.is_dir() && !found.is_file() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(rules.restrict_self()?.ruleset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("PT2M", 120)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "90", "-5s", "soon", "1 year"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    /// In the sandbox only what is scanned can be read, and only where the report is made can anything be written.
    /// A kernel without Landlock says that it did nothing, and then nothing is refused.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_not_needed_is_refused() {
        use std::fs;
        use std::io::ErrorKind::PermissionDenied;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["in", "out"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("in/a.log"), "a").unwrap();
        fs::write(at("secret"), "b").unwrap();
        let rights =
            Rights { read: vec![at("in"), at("none")], read_all: false, folders: vec![at("out")], through: Vec::new() };
        // It holds for the thread that asks and those that it starts, not for the other tests.
        let inside = move |rights: Rights| {
            let kept = rights.keep_only();
            assert_eq!(fs::read(at("in/a.log")).unwrap(), b"a");
            fs::write(at("out/b.tmp"), "report").unwrap();
            fs::rename(at("out/b.tmp"), at("out/b")).unwrap();
            if kept == "none" {
                return;
            }
            let refused = |result: std::io::Result<()>| assert_eq!(result.unwrap_err().kind(), PermissionDenied);
            refused(fs::read(at("secret")).map(drop));
            refused(fs::read("/etc/passwd").map(drop));
            refused(fs::write(at("in/a.log"), "c"));
            refused(fs::write(at("new"), "c"));
            refused(fs::remove_file(at("in/a.log")));
            refused(fs::create_dir(at("out/folder")));
            refused(std::os::unix::fs::symlink("/", at("out/link")));
            if kept == "full" {
                refused(std::net::TcpStream::connect("127.0.0.1:9").map(drop));
                refused(std::net::TcpListener::bind("127.0.0.1:0").map(drop));
            }
        };
        std::thread::scope(|scope| scope.spawn(|| inside(rights)).join().unwrap());
    }

    /// What a crash leaves behind would hold log text.
    #[cfg(all(target_os = "linux", not(feature = "profiling")))]
    #[test]
    fn a_crash_leaves_no_memory_behind() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        no_dumps();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }
}
