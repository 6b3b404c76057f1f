//! See `scproof_testkit::fuzz::denial`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| scproof_testkit::fuzz::denial(data));
