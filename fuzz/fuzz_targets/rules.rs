//! See `logleak_fuzz::rules`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logleak_fuzz::rules(bytes));
