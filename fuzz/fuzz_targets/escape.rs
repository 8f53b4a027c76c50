//! See `logleak_fuzz::escape`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logleak_fuzz::escape(bytes));
