//! The bounds of what one judgement may look at. One place, so that every split of the input gives the same report.

/// Bytes before a record's beginning that may change its judgement.
pub const BEHIND: usize = 128 << 10;

/// Bytes after a record's beginning that may change its judgement: the record itself and what correlates with it.
pub const AHEAD: usize = 192 << 10;

/// The longest line, and the longest record of several lines, in bytes. What is longer is judged in pieces.
pub const RECORD_BYTES: usize = 64 << 10;

/// The most lines of one record, before and after the line of its hit.
pub const RECORD_LINES: usize = 256;

/// Bytes before and behind a record's beginning in which lines are looked for that share an id with it. No further line
/// can change an attribution.
pub const CORRELATION_BYTES: usize = BEHIND;

/// The nearest lines before, and the nearest behind a record, that share an id with it and are asked for its account.
pub const CORRELATION_LINES: usize = 64;

/// Lines before and after a record in which its conversation is followed.
pub const CONTEXT_LINES: usize = 200;

/// Bytes before and behind a trigger in which a pattern may match: bounds the work of one hit.
pub const PATTERN_BEFORE: usize = 1 << 10;

/// See [`PATTERN_BEFORE`].
pub const PATTERN_BEHIND: usize = 4 << 10;

/// Hits of one record that are followed, and as many more inside of what hides them. No honest record holds so many: a
/// list of users with nothing but a short name and a password each has some 2,000 in 64 KiB, with a hit or two for each.
pub const RECORD_HITS: usize = 4096;

/// Of these, the ones behind which a pattern or a dialogue is searched for, over up to 5 KiB each. A list of URLs with a
/// name and a password, the densest of them, has some 1,500 in 64 KiB.
pub const RECORD_SEARCHES: usize = 2048;

/// Matches of patterns that are passed over in one record on the way to those of its hits. In that list of URLs each has
/// some 25 before it within [`PATTERN_BEFORE`].
pub const RECORD_MATCHES: usize = 64 << 10;

/// How often one value may be wrapped in another encoding.
pub const LAYERS: usize = 4;

/// What the encoded tokens of one record may decode to, in bytes.
pub const DECODED_BYTES: usize = 1 << 20;
