//! libFuzzer's door to `fuzz_targets::index`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::index(bytes));
