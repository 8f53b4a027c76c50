//! See `logleak_fuzz::time`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logleak_fuzz::time(bytes));
