//! See `logleak_fuzz::archive`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| logleak_fuzz::archive(bytes));
