//! libFuzzer's door to `fuzz_targets::aws_chunked`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::aws_chunked(bytes));
