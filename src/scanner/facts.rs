//! What a record says besides its secrets: when it was logged, by whom, from where, and how it ended.

use std::net::IpAddr;
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::{Member, Scanner};
use crate::record::{Text, client, outcome};
use crate::terms::{Outcome, Side, TimeBasis};

/// What the record says besides its secrets.
pub(super) struct RecordFacts {
    pub(super) outcome: Outcome,
    pub(super) side: Side,
    pub(super) client: Option<IpAddr>,
    pub(super) logged_at: Option<i64>,
    pub(super) time_basis: TimeBasis,
    pub(super) digest: [u8; 16],
    pub(super) record: Range<usize>,
}

impl RecordFacts {
    /// Its secrets stand at `cuts`, and where others may stand behind `end` nothing is made of that text.
    pub(super) fn of(
        scanner: &Scanner,
        member: &Member,
        text: Text<'_>,
        record: &Range<usize>,
        (cuts, end): (&[Range<usize>], usize),
    ) -> Self {
        let bytes = &text.bytes[record.clone()];
        let (outcome, side) = outcome::outcome(bytes);
        let client = client::client(scanner.rules.vocabulary(), bytes);
        let stamp = scanner.time_of(member, text, record);
        let mut digest = Sha256::new();
        let (mut at, end) = (record.start, record.end.min(end));
        for cut in cuts {
            if cut.start >= at && cut.start <= end {
                digest.update(&text.bytes[at..cut.start]);
                digest.update([0]);
                at = cut.end.min(record.end).max(at);
            }
        }
        digest.update(&text.bytes[at..end.max(at)]);
        let mut short = [0; 16];
        short.copy_from_slice(&digest.finalize()[..16]);
        let (logged_at, time_basis) = stamp.map_or((None, TimeBasis::None), |(at, basis)| (Some(at), basis));
        Self { outcome, side, client, logged_at, time_basis, digest: short, record: record.clone() }
    }
}
