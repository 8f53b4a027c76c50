//! `--locations`: every place that a secret was found in, for whoever purges the logs.

use std::path::PathBuf;
use std::sync::Arc;

use logleak::Tally;
use logleak::locations::Locations;

use super::Failure;
use super::output::Target;

/// What is to be purged
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is to be purged")]
pub(super) struct LocationArgs {
    /// Write to FILE every record that holds a password: an object a line, with uri, line and record_offset, without a
    /// cap, also for what needs nothing more otherwise
    #[arg(long, value_name = "FILE")]
    locations: Option<PathBuf>,
}

/// Where places are written, and what notes them.
pub(super) struct Purge {
    target: Target,
    pub(super) locations: Arc<Locations>,
}

impl LocationArgs {
    /// Makes sure that the file can be written; none where it was not asked for.
    pub(super) fn check(&self) -> Result<Option<Purge>, Failure> {
        let Some(path) = &self.locations else { return Ok(None) };
        let named = |failure: Failure| Failure { what: failure.what.replace("--output", "--locations"), ..failure };
        let target = Target::check(Some(path)).map_err(named)?;
        let locations = Locations::new(&target.folder()).map_err(|error| {
            Failure::new(format!("--locations: no temporary file beside {}: {}", path.display(), error.kind()))
        })?;
        Ok(Some(Purge { target, locations: Arc::new(locations) }))
    }
}

impl Purge {
    /// Writes what was noted.
    pub(super) fn write(&self, tally: &Tally) -> Result<(), Failure> {
        self.target.write(|out| self.locations.write(tally, out).map(|_| ()))?;
        Ok(())
    }

    /// The file, which is not to be scanned.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn scanned_as(&self) -> Option<PathBuf> {
        self.target.scanned_as()
    }
}
