//! The files `volumes/NNNNNNNN.graves`: which records died. Frames are appended, each durable before its dead are
//! punched away, so a death needs one sync however many volumes it touches.
//!
//! A frame begins on a block: head of 40 bytes, then 16 bytes for each grave, zeros up to the next block.

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::fields::{put, take, u32_at, u64_at};
use super::volume_header::RECORDS_START;
use super::{BLOCK_BYTES, DeviceId, VOLUME_BYTES_END, round_up_to_block};

const MARKER: &[u8; 4] = b"SRgr";
const FORMAT: u32 = 1;
pub const FRAME_HEAD_BYTES: usize = 40;
const GRAVE_BYTES: usize = 16;
/// Deaths in one frame.
pub const FRAME_GRAVES_MAX: usize = 4096;

/// One dead record: its extent in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grave {
    pub volume: u32,
    pub start: u64,
    pub end: u64,
}

/// What a frame of one file of graves must fit to.
#[derive(Clone, Copy, Debug)]
pub struct FrameContext {
    pub device: DeviceId,
    /// The number in the file's name.
    pub file: u64,
    /// The frame's number in it, from 0.
    pub frame: u64,
}

pub const fn frame_bytes(graves: usize) -> u64 {
    round_up_to_block((FRAME_HEAD_BYTES + graves * GRAVE_BYTES) as u64)
}

pub fn encode(context: FrameContext, graves: &[Grave]) -> Vec<u8> {
    let mut bytes = vec![0; frame_bytes(graves.len()) as usize];
    put(&mut bytes, 0, MARKER);
    put(&mut bytes, 4, &FORMAT.to_le_bytes());
    put(&mut bytes, 8, &context.frame.to_le_bytes());
    put(&mut bytes, 16, &context.file.to_le_bytes());
    put(&mut bytes, 24, &(graves.len() as u32).to_le_bytes());
    for (grave, place) in graves.iter().zip(bytes[FRAME_HEAD_BYTES..].chunks_mut(GRAVE_BYTES)) {
        put(place, 0, &grave.volume.to_le_bytes());
        put(place, 4, &((grave.end - grave.start) / BLOCK_BYTES).to_le_bytes()[..4]);
        put(place, 8, &grave.start.to_le_bytes());
    }
    let sum = checksum(&bytes, context.device, graves.len());
    put(&mut bytes, 32, &sum.to_le_bytes());
    bytes
}

/// `bytes` begin at the frame and go to the end of the file. `None` where no frame of this context is.
pub fn decode(bytes: &[u8], context: FrameContext) -> Option<Vec<Grave>> {
    let count = u32_at(bytes, 24) as usize;
    let fits = bytes.len() >= FRAME_HEAD_BYTES && count <= FRAME_GRAVES_MAX;
    if !fits || bytes.len() < FRAME_HEAD_BYTES + count * GRAVE_BYTES {
        return None;
    }
    let known = take::<4>(bytes, 0) == *MARKER && u32_at(bytes, 4) == FORMAT;
    let placed = u64_at(bytes, 8) == context.frame && u64_at(bytes, 16) == context.file;
    if !known || !placed || u64_at(bytes, 32) != checksum(bytes, context.device, count) {
        return None;
    }
    let places = bytes[FRAME_HEAD_BYTES..].chunks(GRAVE_BYTES).take(count);
    places.map(|place| grave(u32_at(place, 0), u64_at(place, 8), u32_at(place, 4))).collect()
}

fn grave(volume: u32, start: u64, blocks: u32) -> Option<Grave> {
    let end = start.checked_add(u64::from(blocks) * BLOCK_BYTES)?;
    let among_records = start >= RECORDS_START && end <= VOLUME_BYTES_END;
    (among_records && start.is_multiple_of(BLOCK_BYTES)).then_some(Grave { volume, start, end })
}

/// Over the device, the head but for the checksum itself, and the graves.
fn checksum(bytes: &[u8], device: DeviceId, graves: usize) -> u64 {
    let mut sum = Xxh3::with_seed(xxh3_64(&device.0));
    sum.update(&bytes[..32]);
    sum.update(&bytes[FRAME_HEAD_BYTES..FRAME_HEAD_BYTES + graves * GRAVE_BYTES]);
    sum.digest()
}
