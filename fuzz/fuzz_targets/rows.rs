//! libFuzzer's door to `fuzz_targets::rows`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::rows(bytes));
