//! Which parts add up to one scan, and what to say of those that do not.

use super::{Header, Part};

/// What is done with two scans that claim the same source and inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// They are refused: one of them is most likely a second run over the same logs.
    Refuse,
    /// What both found falls together.
    Allow,
}

/// How a part stands to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// It is to be added.
    New,
    /// It claims what another one does: what both list is to be counted once.
    Overlapping,
    /// All of it was added before.
    Known,
}

impl Header {
    /// The order in which headers are joined so that the order in which they are given does not matter: whatever holds
    /// others comes before them.
    pub fn rank(&self) -> (std::cmp::Reverse<usize>, Vec<Part>) {
        let mut parts = self.parts.clone();
        parts.sort_unstable();
        (std::cmp::Reverse(parts.len()), parts)
    }

    /// Says what may count twice what two parts saw: exposures only where they were not `listed` in full.
    pub fn note_overlap(&mut self, listed: bool) {
        const ALWAYS: &[&str] = &["bytes_scanned", "dismissed", "files_scanned", "members_scanned", "sites"];
        let exposures = if listed { &[] } else { &["exposures"][..] };
        let names: Vec<String> = ALWAYS.iter().chain(exposures).map(|name| (*name).to_owned()).collect();
        unite(&mut self.upper_bounds, &names);
    }

    /// Adds what another header says.
    ///
    /// # Errors
    /// Where the two do not add up to one scan: why, in words that follow the name of the file. Nothing was added then.
    pub fn join(&mut self, other: &Self, overlap: Overlap) -> Result<Join, String> {
        let known = |part: &Part| self.parts.iter().any(|own| own.id == part.id);
        if other.parts.iter().all(known) {
            return Ok(Join::Known);
        }
        if other.parts.iter().any(known) {
            return Err("holds a part that another file holds too, besides others: merge the parts themselves".into());
        }
        if (&self.rules_version, &self.rules) != (&other.rules_version, &other.rules) {
            return Err(
                "was made with other rules: scan again with the same version and the same --rules, --only and \
                        --skip, or merge reports in place of partial results"
                    .into(),
            );
        }
        if self.key_id != other.key_id {
            let key = |id: &Option<String>| id.as_ref().map_or("no key".to_owned(), |id| format!("key {id}"));
            let (theirs, ours) = (key(&other.key_id), key(&self.key_id));
            return Err(format!("was made with {theirs}, others with {ours}: scan again with one --key-file"));
        }
        let claims =
            |part: &&Part| self.parts.iter().any(|own| (&own.source, &own.inputs) == (&part.source, &part.inputs));
        let claimed = other.parts.iter().find(claims);
        if let Some(Part { source, inputs, .. }) = claimed.filter(|_| overlap == Overlap::Refuse) {
            let source = source.as_ref().map_or_else(|| "no source".to_owned(), |source| format!("source {source}"));
            return Err(format!(
                "claims the same logs as another file ({source}, inputs {}): leave one of them out; logs \
                                of different machines are told apart by scan --source; --allow-overlap takes both, and \
                                what both list counts once",
                inputs.join(" ")
            ));
        }
        let claimed = claimed.is_some();
        self.max_exposures = self.max_exposures.min(other.max_exposures);
        if self.policy != other.policy {
            self.policy.clear();
        }
        self.sandbox = weaker(&self.sandbox, &other.sandbox);
        self.scope.retain(|kind| other.scope.contains(kind));
        self.interrupted |= other.interrupted;
        unite(&mut self.lower_bounds, &other.lower_bounds);
        unite(&mut self.upper_bounds, &other.upper_bounds);
        if self.key_id.is_none() {
            unite(&mut self.lower_bounds, &["distinct_passwords".to_owned()]);
        }
        unite(&mut self.parts, &other.parts);
        Ok(if claimed { Join::Overlapping } else { Join::New })
    }
}

fn unite<T: Clone + Ord>(list: &mut Vec<T>, other: &[T]) {
    list.extend_from_slice(other);
    list.sort_unstable();
    list.dedup();
}

/// The sandbox of which less can be said.
fn weaker(one: &str, other: &str) -> String {
    let rank = |sandbox: &str| ["none", "partial", "full"].iter().position(|known| *known == sandbox);
    if rank(one) <= rank(other) { one } else { other }.to_owned()
}
