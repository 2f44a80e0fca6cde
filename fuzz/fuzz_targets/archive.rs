//! libFuzzer's door to `fuzz_targets::archive`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::archive(bytes));
