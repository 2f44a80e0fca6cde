//! libFuzzer's door to `fuzz_targets::roster`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::roster(bytes));
