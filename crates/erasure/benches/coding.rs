//! Throughput of coding a chunk of 1 MiB on one core beside a copy of it: the best of many rounds, because other work on
//! the machine only slows. And the time of a small chunk, where what each call costs shows.

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use erasure::Code;

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

fn show(name: &str, bytes: usize, seconds: f64) {
    println!("{name:<36} {:>7.2} GB/s {:>8.2} µs", bytes as f64 / seconds / 1e9, seconds * 1e6);
}

fn main() {
    for length in [4 << 10, 1 << 20] {
        let chunk: Bytes = (0..length).map(|at| ((at * 31) >> 3) as u8).collect();
        println!("{length} bytes");
        show("copy", length, best_s(|| drop(black_box(chunk.to_vec()))));
        for (data, parity) in [(4, 2), (8, 3)] {
            let Ok(code) = Code::new(data, parity) else { continue };
            let shards = code.cut(std::slice::from_ref(&chunk));
            show(
                &format!("{code:?} encode"),
                length,
                best_s(|| drop(black_box(code.encode(black_box(&shards))))),
            );
            let all: Vec<(u8, Bytes)> =
                (0..).zip(shards.iter().cloned().chain(code.encode(&shards))).collect();
            for lost in [1, parity] {
                let wanted: Vec<u8> = (0..lost).collect();
                let present = &all[usize::from(lost)..usize::from(lost + data)];
                let seconds =
                    best_s(|| drop(black_box(code.reconstruct(length, black_box(present), &wanted))));
                show(&format!("{code:?} reconstruct {lost} of data"), length, seconds);
            }
        }
    }
}
