//! Encodings through the whole scanner.
