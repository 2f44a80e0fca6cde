//! How fast one core computes what S3 asks for.

use std::hint::black_box;
use std::time::{Duration, Instant};

use digest::ChecksumHasher;
use model::ChecksumAlgorithm;

use crate::source::noise;

/// More than the second-level cache holds, as a body on its way is.
const BYTES: usize = 4 << 20;

/// Bytes a second: the best pass within `time`, because other work on the machine only slows.
pub fn rate(algorithm: ChecksumAlgorithm, time: Duration) -> f64 {
    let bytes = noise(BYTES);
    let started = Instant::now();
    let mut best = f64::MAX;
    while started.elapsed() < time {
        let pass = Instant::now();
        black_box(ChecksumHasher::of(algorithm, black_box(&bytes)));
        best = best.min(pass.elapsed().as_secs_f64());
    }
    BYTES as f64 / best
}
