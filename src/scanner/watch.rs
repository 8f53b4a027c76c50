//! Tells whoever watches how much of the files is done: each unit is an equal share of its file.

use crate::input::{Kind, Source, Unit};
use crate::tally::Progress;

/// What there is to tell, and to whom.
pub(super) struct Watch<'a> {
    progress: Option<&'a Progress>,
    /// Bytes of a unit, by the number of its source.
    shares: Vec<u64>,
}

impl<'a> Watch<'a> {
    /// Tells what there is to do.
    pub(super) fn new(progress: Option<&'a Progress>, sources: &[Source], units: &[Unit]) -> Self {
        let Some(progress) = progress else { return Self { progress: None, shares: Vec::new() } };
        let mut shares = vec![0; sources.len()];
        units.iter().for_each(|unit| shares[unit.source] += 1);
        let mut total = 0;
        for (share, source) in shares.iter_mut().zip(sources) {
            // Nobody knows how long a stream is.
            let size = if source.kind == Kind::File { source.size } else { 0 };
            *share = size / u64::max(*share, 1);
            total += size;
        }
        progress.begin(total);
        Self { progress: Some(progress), shares }
    }

    /// A unit is done.
    pub(super) fn unit(&self, unit: &Unit) {
        if let Some(progress) = self.progress {
            progress.unit(self.shares[unit.source]);
        }
    }
}
