//! What is known of one file or member: its newlines, its sites, and the exposures there that nobody can be named for.

use std::sync::Arc;

use crate::exposure::Place;

use super::index::note;
use super::listed::Least;

/// Everything about one place.
#[derive(Debug)]
pub(super) struct PlaceTally {
    /// The name that the file keeps when it is rotated, dated or packed.
    pub(super) family: Arc<str>,
    /// Where each window begins and how many newlines it answers for.
    pub(super) windows: Vec<(u64, u64)>,
    /// Numbers of the sites seen here, ascending.
    pub(super) sites: Vec<usize>,
    pub(super) unattributed: u64,
    pub(super) least: Least,
}

impl PlaceTally {
    pub(super) fn new(place: &Place) -> Self {
        Self {
            family: family(place).into(),
            windows: Vec::new(),
            sites: Vec::new(),
            unattributed: 0,
            least: Least::default(),
        }
    }

    /// Adds what another tally knows of the same place. `sites` translates the other tally's numbers.
    pub(super) fn absorb(&mut self, cap: usize, other: Self, sites: &[usize]) {
        self.windows.extend(other.windows);
        self.unattributed += other.unattributed;
        self.least.absorb(cap, other.least);
        for site in other.sites {
            note(&mut self.sites, sites[site]);
        }
    }
}

/// Newlines before each window of one place.
#[derive(Debug)]
pub(crate) struct Lines(Vec<(u64, u64)>);

impl Lines {
    /// From the beginnings of windows and the newlines that each answers for, in any order.
    pub(crate) fn new(mut windows: Vec<(u64, u64)>) -> Self {
        windows.sort_unstable();
        let mut before = 0u64;
        for (_, newlines) in &mut windows {
            let own = std::mem::replace(newlines, before);
            before = before.saturating_add(own);
        }
        // One entry past the last window, for a window that was not recorded because nothing follows it.
        if let Some((last, _)) = windows.last().copied() {
            windows.push((last.saturating_add(1), before));
        }
        Self(windows)
    }

    /// Newlines in the windows that begin before `window`.
    pub(crate) fn before(&self, window: u64) -> u64 {
        let after = self.0.partition_point(|(begin, _)| *begin < window);
        match self.0.get(after) {
            Some((_, before)) => *before,
            None => self.0.last().map_or(0, |(_, before)| *before),
        }
    }
}

/// The name that a file keeps when it is rotated, dated, numbered or packed: `access.log.3.gz` and
/// `access-2026-11-03.log` are both `access.log`.
pub(crate) fn family(place: &Place) -> String {
    let name = place.member.as_deref().unwrap_or(&place.path);
    const PACKED: &[&str] = &["gz", "bz2", "xz", "zst", "lz4", "z", "br", "lzma", "zip", "tgz", "tar"];
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let mut parts: Vec<&str> = base.split(['.', '-', '_', ' ', ':', '@']).filter(|part| !part.is_empty()).collect();
    while parts.len() > 1 && parts.last().is_some_and(|last| PACKED.iter().any(|p| p.eq_ignore_ascii_case(last))) {
        parts.pop();
    }
    let kept = parts.iter().filter(|part| !part.starts_with(|c: char| c.is_ascii_digit()));
    kept.map(|part| part.replace(|c: char| c.is_ascii_digit(), "")).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A site is one statement of one program: rotation, dates, host numbers and packing do not make it another.
    #[test]
    fn rotated_and_packed_files_are_one_family() {
        for (name, want) in [
            ("logs/access.log", "access.log"),
            ("var/log/nginx/access.log.3.gz", "access.log"),
            ("access-2026-11-03.log", "access.log"),
            ("access.log-20261103T101112Z.bz2", "access.log"),
            ("C:\\logs\\access.log.1", "access.log"),
            ("web01/app01_access.log", "app.access.log"),
            ("syslog", "syslog"),
            ("a.tar.gz", "a"),
            ("gz", "gz"),
            ("2026-11-03", ""),
            ("", ""),
        ] {
            assert_eq!(family(&Place::new(None, name, None)), want, "{name}");
        }
        let of_member = |name: &str| family(&Place::new(None, "a.tar", Some(name.to_owned())));
        assert_ne!(of_member("error.log"), of_member("access.log"));
    }

    /// A line number is that of the whole member, whatever the order in which its windows were scanned.
    #[test]
    fn newlines_add_up_over_windows_in_any_order() {
        let lines = Lines::new(vec![(200, 7), (0, 3), (100, 0), (300, 2)]);
        for (window, want) in [(0, 0), (100, 3), (200, 3), (300, 10), (400, 12), (u64::MAX, 12)] {
            assert_eq!(lines.before(window), want, "window {window}");
        }
        assert_eq!(Lines::new(Vec::new()).before(0), 0);
    }
}
