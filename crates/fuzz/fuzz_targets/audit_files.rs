//! See `scproof_testkit::fuzz::audit_files`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| scproof_testkit::fuzz::audit_files(data));
