//! See `logleak_fuzz::scan`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logleak_fuzz::scan(bytes));
