//! libFuzzer's door to `fuzz_targets::form_data`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::form_data(bytes));
