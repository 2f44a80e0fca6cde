//! libFuzzer's door to `fuzz_targets::sigv4`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::sigv4(bytes));
