//! libFuzzer's door to `fuzz_targets::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::request(bytes));
