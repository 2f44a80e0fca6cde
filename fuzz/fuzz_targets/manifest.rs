//! libFuzzer's door to `fuzz_targets::manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::manifest(bytes));
