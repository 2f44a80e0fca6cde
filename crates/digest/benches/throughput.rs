//! Throughput of each digest on one core: the best of many rounds, because other work on the machine only slows.

use std::hint::black_box;
use std::time::Instant;

use digest::{ChecksumHasher, ChecksumValue, Md5, MultiHasher, combine};
use model::ChecksumAlgorithm;

// So short that many rounds end before another process gets the core.
const BYTES: usize = 256 << 10;
const ROUNDS: u32 = 400;

fn best_s(mut call: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        call();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn throughput(name: &str, call: impl FnMut()) {
    println!("{name:<28} {:>7.2} GB/s", BYTES as f64 / best_s(call) / 1e9);
}

fn main() {
    let bytes: Vec<u8> = (0..BYTES).map(|at| ((at * 31) >> 3) as u8).collect();
    throughput("md5", || {
        let mut hasher = Md5::new();
        hasher.update(black_box(&bytes));
        black_box(hasher.finish());
    });
    throughput("the crate md-5", || {
        black_box(<::md5::Md5 as ::md5::Digest>::digest(black_box(&bytes)));
    });
    for algorithm in ChecksumAlgorithm::ALL {
        throughput(algorithm.name(), || {
            black_box(ChecksumHasher::of(algorithm, black_box(&bytes)));
        });
    }
    for (name, sha256) in [("md5 + CRC64NVME", false), ("md5 + sha256 + CRC64NVME", true)] {
        throughput(name, || {
            let mut hasher = MultiHasher::new(sha256, &[ChecksumAlgorithm::Crc64Nvme]);
            hasher.update(black_box(&bytes));
            black_box(hasher.finish());
        });
    }
    let part = ChecksumHasher::of(ChecksumAlgorithm::Crc64Nvme, &bytes);
    let parts: Vec<(ChecksumValue, u64)> = vec![(part, 5 << 30); 10_000];
    let seconds = best_s(|| {
        black_box(combine(ChecksumAlgorithm::Crc64Nvme, black_box(&parts).iter().copied()));
    });
    println!("combine 10,000 parts         {:>7.2} ms", seconds * 1e3);
}
