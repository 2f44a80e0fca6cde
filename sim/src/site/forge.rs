//! A false record that every checksum calls true: what it is like when nobody looks at checksums.

use volume::format::record_header::{RECORD_HEADER_BYTES, RecordHeader, Sight};
use volume::format::volume_header::VolumeHeader;
use world::Disk as _;
use xxhash_rust::xxh3::xxh3_64;

use super::bay::read;
use crate::{Dice, SimDisk};

const BLOCK_BYTES: usize = 4096;

/// Flips a bit of some record's payload, and has its checksums say so. False when there is none.
pub fn forge(disk: &SimDisk, dice: &Dice) -> bool {
    let names = disk.list("volumes").unwrap_or_default();
    let volumes: Vec<&String> = names.iter().filter(|name| name.ends_with(".vol")).collect();
    let Some(name) = dice.pick(&volumes) else { return false };
    forge_in(disk, &format!("volumes/{name}"), dice).is_some()
}

fn forge_in(disk: &SimDisk, path: &str, dice: &Dice) -> Option<()> {
    let bytes = read(disk, path)?;
    let seed = VolumeHeader::decode(bytes.get(..64)?.try_into().ok()?).ok()?.seed();
    let records = (0..bytes.len() / BLOCK_BYTES).filter_map(|block| {
        let at = block * BLOCK_BYTES;
        let head = bytes.get(at..at + RECORD_HEADER_BYTES)?.try_into().ok()?;
        match RecordHeader::decode(head, seed, at as u64) {
            Sight::Record(header) if header.payload_length > 0 => Some((at, header)),
            _ => None,
        }
    });
    let (at, header) = dice.pick(&records.collect::<Vec<_>>()).copied()?;
    let start = at + RECORD_HEADER_BYTES;
    let mut payload = bytes.get(start..start + header.payload_length as usize)?.to_vec();
    let flipped = dice.index(payload.len());
    payload[flipped] ^= 1;
    let forged = RecordHeader { payload_checksum: xxh3_64(&payload), ..header };
    let head = forged.encode(seed, at as u64);
    for (offset, (old, new)) in bytes[at..start].iter().zip(head).enumerate() {
        disk.rot(path, (at + offset) as u64, old ^ new).ok()?;
    }
    disk.rot(path, (start + flipped) as u64, 1).ok()
}
