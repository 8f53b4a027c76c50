//! How the program ends.

use std::process::ExitCode;

/// The exit codes, which CI jobs rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// Everything was scanned and nothing found.
    Clean = 0,
    /// Exposures were found, whether everything was scanned or not: the report says.
    Found = 1,
    /// There is no valid report.
    NoReport = 2,
    /// Nothing was found, but not everything could be scanned.
    Unscanned = 3,
}

impl Exit {
    /// The end of a scan that has its report. `zero` is `--exit-zero`: the job reports and never fails.
    pub(super) fn of(exposures: u64, complete: bool, zero: bool) -> Self {
        match (exposures, complete) {
            _ if zero => Self::Clean,
            (1.., _) => Self::Found,
            (0, true) => Self::Clean,
            (0, false) => Self::Unscanned,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers and what leads to them are a promise to every CI job.
    #[test]
    fn codes_are_as_documented() {
        for (exposures, complete, zero, code) in [
            (0, true, false, 0),
            (1, true, false, 1),
            (9, false, false, 1),
            (0, false, false, 3),
            (1, true, true, 0),
            (0, false, true, 0),
        ] {
            assert_eq!(Exit::of(exposures, complete, zero) as u8, code, "{exposures} {complete} {zero}");
        }
        assert_eq!(Exit::NoReport as u8, 2);
    }
}
