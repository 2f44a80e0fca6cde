//! libFuzzer's door to `fuzz_targets::post_policy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::post_policy(bytes));
