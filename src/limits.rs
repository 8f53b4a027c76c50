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

/// How often one value may be wrapped in another encoding.
pub const LAYERS: usize = 4;

/// What the encoded tokens of one record may decode to, in bytes.
pub const DECODED_BYTES: usize = 1 << 20;
