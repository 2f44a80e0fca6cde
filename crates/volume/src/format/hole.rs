//! The note in a hole: how far a dead record reaches whose blocks the file system can't take back.
//!
//! Its header is zeros, so that nobody takes it for a record; the note follows where the header ended. Without it a walk
//! would meet the rest of the record and take it for damage.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::fields::{put, take, u32_at, u64_at};
use super::record_header::RECORD_HEADER_BYTES;
use super::{BLOCK_BYTES, Seed};

const MARKER: &[u8; 4] = b"SRho";
/// Behind the zeros of what was the header.
pub const NOTE_BYTES: usize = 16;
/// What is written over the beginning of the dead record: one sector, so that it lands whole or not at all.
pub const HOLE_BYTES: usize = RECORD_HEADER_BYTES + NOTE_BYTES;

/// Of the dead record from `start` to `end`.
pub fn encode(seed: Seed, start: u64, end: u64) -> [u8; HOLE_BYTES] {
    let mut bytes = [0; HOLE_BYTES];
    let blocks = ((end - start) / BLOCK_BYTES) as u32;
    put(&mut bytes, RECORD_HEADER_BYTES, MARKER);
    put(&mut bytes, RECORD_HEADER_BYTES + 4, &blocks.to_le_bytes());
    put(&mut bytes, RECORD_HEADER_BYTES + 8, &checksum(seed, start, blocks).to_le_bytes());
    bytes
}

/// Where the dead record ends; `None` when there is no note of this place.
pub fn decode(note: &[u8; NOTE_BYTES], seed: Seed, start: u64) -> Option<u64> {
    let blocks = u32_at(note, 4);
    let known = take::<4>(note, 0) == *MARKER && blocks > 0;
    let true_here = known && u64_at(note, 8) == checksum(seed, start, blocks);
    true_here.then(|| start.saturating_add(u64::from(blocks) * BLOCK_BYTES))
}

/// Over the marker, the number of blocks and the place.
fn checksum(seed: Seed, start: u64, blocks: u32) -> u64 {
    let mut covered = [0; 16];
    put(&mut covered, 0, MARKER);
    put(&mut covered, 4, &blocks.to_le_bytes());
    put(&mut covered, 8, &start.to_le_bytes());
    xxh3_64_with_seed(&covered, seed.0)
}
