//! libFuzzer's door to `fuzz_targets::volume_formats`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::volume_formats(bytes));
