//! Reads one record and proves it: no byte leaves that isn't what was written.

use bytes::Bytes;
use world::AlignedBytes;
use xxhash_rust::xxh3::xxh3_64;

use crate::fault::Fault;
use crate::format::Mismatch;
use crate::format::record_header::{Coding, RECORD_HEADER_BYTES, RecordHeader, Sight};
use crate::record::Extent;
use crate::volume::VolumeFile;

const AROUND_BYTES_MIN: u32 = 64 * 1024;

/// Whether it is long enough to be read from the device by itself.
pub(crate) const fn is_long(extent: &Extent) -> bool {
    extent.length >= AROUND_BYTES_MIN
}

/// A buffer for header and payload of what `extent` names.
pub(crate) fn buffer(extent: &Extent) -> Vec<u8> {
    vec![0; RECORD_HEADER_BYTES + extent.length as usize]
}

/// The first so many bytes of a record that begins at `offset`, read around the page cache: for what is read once. Short ones
/// are read through it, since the kernel reads their neighbours with them.
pub(crate) fn read_once(file: &VolumeFile, offset: u64, extent_bytes: u64) -> Result<AlignedBytes, Fault> {
    let mut blocks = AlignedBytes::new();
    blocks.resize(extent_bytes as usize, 0);
    let is_long = extent_bytes >= u64::from(AROUND_BYTES_MIN);
    let read = if is_long { VolumeFile::read_blocks } else { VolumeFile::read };
    read(file, &mut blocks, offset)?;
    Ok(blocks)
}

/// The payload, when the buffer's header is alive, is of the record that was asked for, and its checksum holds.
pub(crate) fn prove(
    file: &VolumeFile,
    extent: &Extent,
    coding: &Coding,
    bytes: impl AsRef<[u8]> + Send + 'static,
) -> Result<Bytes, Fault> {
    let bytes = Bytes::from_owner(bytes);
    let header = match sight(&bytes, file, extent.offset) {
        Sight::Record(header) => header,
        Sight::Nothing => return Err(gone(extent)),
        Sight::Foreign(mismatch) => return Err(corrupt(file, extent.offset, mismatch)),
    };
    if header.payload_length != extent.length {
        let mismatch = Mismatch::new(
            format!("a payload of {} bytes", extent.length),
            format!("{} bytes", header.payload_length),
        );
        return Err(corrupt(file, extent.offset, mismatch));
    }
    // A device that was put back to an older state has since written other records at the same places.
    if header.coding != *coding {
        let mismatch = Mismatch::new(coding.to_string(), header.coding.to_string());
        return Err(corrupt(file, extent.offset, mismatch));
    }
    let payload = bytes.slice(RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + extent.length as usize);
    let sum = xxh3_64(&payload);
    if sum != header.payload_checksum {
        let mismatch = Mismatch::checksum("payload", header.payload_checksum, sum);
        return Err(corrupt(file, extent.offset, mismatch));
    }
    Ok(payload)
}

/// The record's header as it lies on the device now.
pub(crate) fn header_at(file: &VolumeFile, offset: u64) -> Result<Sight, Fault> {
    let mut bytes = [0; RECORD_HEADER_BYTES];
    file.read(&mut bytes, offset)?;
    Ok(RecordHeader::decode(&bytes, file.seed, offset))
}

/// Payload and owner against the checksums that `header` gives.
pub(crate) fn verify_record(file: &VolumeFile, offset: u64, header: &RecordHeader) -> Result<(), Fault> {
    let extent = Extent { volume: file.volume, offset, length: header.payload_length };
    let blocks = read_once(file, offset, header.extent_bytes())?;
    let owner_at = RECORD_HEADER_BYTES + header.payload_length as usize;
    let owner = blocks[owner_at..owner_at + usize::from(header.owner_length)].to_vec();
    prove(file, &extent, &header.coding, blocks)?;
    proven_owner(file, offset, header, owner)?;
    Ok(())
}

/// The owner that was recorded beside the payload.
pub(crate) fn owner_of(file: &VolumeFile, offset: u64, header: &RecordHeader) -> Result<Bytes, Fault> {
    let mut owner = vec![0; usize::from(header.owner_length)];
    let at = offset + RECORD_HEADER_BYTES as u64 + u64::from(header.payload_length);
    if !owner.is_empty() {
        file.read(&mut owner, at)?;
    }
    proven_owner(file, offset, header, owner)
}

fn proven_owner(
    file: &VolumeFile,
    offset: u64,
    header: &RecordHeader,
    owner: Vec<u8>,
) -> Result<Bytes, Fault> {
    let sum = xxh3_64(&owner);
    if sum != header.owner_checksum {
        return Err(corrupt(file, offset, Mismatch::checksum("owner", header.owner_checksum, sum)));
    }
    Ok(Bytes::from(owner))
}

fn sight(bytes: &[u8], file: &VolumeFile, offset: u64) -> Sight {
    let mut header = [0; RECORD_HEADER_BYTES];
    header.copy_from_slice(&bytes[..RECORD_HEADER_BYTES]);
    RecordHeader::decode(&header, file.seed, offset)
}

fn corrupt(file: &VolumeFile, offset: u64, mismatch: Mismatch) -> Fault {
    Fault::corrupt(file.volume, offset, mismatch.expected, mismatch.found)
}

pub(crate) const fn gone(extent: &Extent) -> Fault {
    Fault::Gone { volume: extent.volume, offset: extent.offset }
}
