//! The bytes of a device, each format for itself.
//!
//! The input's first byte chooses the format, the second whether the rest is its bytes or its fields. Fields reach
//! what a checksum keeps random bytes from.

use volume::DeviceId;
use volume::format::grave::{self, FrameContext, Grave};
use volume::format::ledger::{Entry, Ledger};
use volume::format::record_header::{Coding, RECORD_HEADER_BYTES, RecordHeader, Sight};
use volume::format::volume_header::{VOLUME_HEADER_BYTES, VolumeHeader};
use volume::format::{BLOCK_BYTES, Seed, device};

use crate::input::Input;

const DEVICE: DeviceId = DeviceId(*b"0123456789abcdef");
const SEED: Seed = Seed(42);
const CONTEXT: FrameContext = FrameContext { device: DEVICE, file: 3, frame: 5 };

/// What decodes encodes to the same, and what was encoded decodes to the same.
pub fn volume_formats(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    match (input.u8() % 5, input.u8() % 2) {
        (0, 0) => device_bytes(input.rest()),
        (0, _) => assert_eq!(
            device::decode(&device::encode(DeviceId(input.array()))),
            Ok(DeviceId(input_id(bytes)))
        ),
        (1, 0) => header_bytes(input.array()),
        (1, _) => header_fields(&mut input),
        (2, 0) => record_bytes(input.u64(), input.array()),
        (2, _) => record_fields(&mut input),
        (3, 0) => ledger_bytes(input.rest()),
        (3, _) => ledger_fields(&mut input),
        (_, 0) => drop(grave::decode(input.rest(), CONTEXT)),
        (_, _) => grave_fields(&mut input),
    }
}

fn input_id(bytes: &[u8]) -> [u8; 16] {
    Input::new(bytes.get(2..).unwrap_or_default()).array()
}

fn device_bytes(bytes: &[u8]) {
    if let Ok(id) = device::decode(bytes) {
        assert_eq!(device::decode(&device::encode(id)), Ok(id));
    }
}

fn header_bytes(bytes: [u8; VOLUME_HEADER_BYTES]) {
    if let Ok(header) = VolumeHeader::decode(&bytes) {
        assert_eq!(VolumeHeader::decode(&header.encode()), Ok(header));
    }
}

fn header_fields(input: &mut Input<'_>) {
    let header = VolumeHeader {
        device: DeviceId(input.array()),
        volume: input.u32(),
        generation: input.u64(),
        size: input.edge(),
        epoch: input.edge(),
    };
    assert_eq!(VolumeHeader::decode(&header.encode()), Ok(header));
    flip(&mut header.encode(), input, |bytes| assert!(VolumeHeader::decode(bytes).is_err()));
}

fn record_bytes(offset: u64, bytes: [u8; RECORD_HEADER_BYTES]) {
    match RecordHeader::decode(&bytes, SEED, offset) {
        Sight::Record(header) => {
            assert_eq!(
                RecordHeader::decode(&header.encode(SEED, offset), SEED, offset),
                Sight::Record(header)
            );
        }
        Sight::Nothing => assert!(bytes.iter().all(|byte| *byte == 0)),
        Sight::Foreign(mismatch) => assert_ne!(mismatch.expected, mismatch.found),
    }
}

fn record_fields(input: &mut Input<'_>) {
    let header = RecordHeader {
        epoch: input.edge(),
        sequence: input.edge(),
        batch_left: input.u32(),
        owner_length: input.u16(),
        payload_length: input.u32(),
        coding: Coding {
            chunk: u128::from_le_bytes(input.array()),
            shard: input.u8(),
            data_shards: input.u8(),
            parity_shards: input.u8(),
        },
        payload_checksum: input.u64(),
        owner_checksum: input.u64(),
    };
    let offset = input.edge();
    let mut bytes = header.encode(SEED, offset);
    assert_eq!(RecordHeader::decode(&bytes, SEED, offset), Sight::Record(header));
    assert!(header.extent_bytes().is_multiple_of(BLOCK_BYTES));
    assert!(header.extent_bytes() > u64::from(header.payload_length));
    let elsewhere = RecordHeader::decode(&bytes, SEED, offset ^ BLOCK_BYTES);
    assert!(matches!(elsewhere, Sight::Foreign(_)), "a record counts in its place alone");
    flip(&mut bytes, input, |bytes| {
        assert!(matches!(RecordHeader::decode(bytes, SEED, offset), Sight::Foreign(_)));
    });
}

fn ledger_bytes(bytes: &[u8]) {
    if let Ok(ledger) = Ledger::decode(bytes) {
        assert_eq!(Ledger::decode(&ledger.encode()), Ok(ledger));
    }
}

fn ledger_fields(input: &mut Input<'_>) {
    let (epoch, swept, flags) = (input.edge(), input.edge(), input.u8());
    let mut ledger = Ledger {
        device: DEVICE,
        epoch,
        swept,
        clean: flags & 1 == 0,
        rebuilt: flags & 2 != 0,
        next_volume: input.u32(),
        graves: input.edge(),
        graves_counted: input.edge(),
        entries: Vec::new(),
    };
    while !input.is_empty() && ledger.entries.len() < 64 {
        let flags = input.u8();
        ledger.entries.push(Entry {
            volume: input.u32(),
            sealed: flags & 1 != 0,
            doubtful: flags & 2 != 0,
            size: input.edge(),
            end: input.edge(),
            sequence: input.edge(),
            epoch_first: input.edge(),
            epoch_last: input.edge(),
            dead_bytes: input.edge(),
        });
    }
    let bytes = ledger.encode();
    for cut in [1, 8, 64, bytes.len()] {
        assert!(Ledger::decode(&bytes[..bytes.len().saturating_sub(cut)]).is_err());
    }
    assert_eq!(Ledger::decode(&bytes), Ok(ledger));
}

fn grave_fields(input: &mut Input<'_>) {
    let mut graves = Vec::new();
    while !input.is_empty() && graves.len() < grave::FRAME_GRAVES_MAX {
        let (volume, start) = (input.u32(), (u64::from(input.u32()) + 1) * BLOCK_BYTES);
        graves.push(Grave { volume, start, end: start + u64::from(input.u16()) * BLOCK_BYTES });
    }
    let bytes = grave::encode(CONTEXT, &graves);
    assert_eq!(grave::decode(&bytes, CONTEXT).as_ref(), Some(&graves));
    let later = FrameContext { frame: CONTEXT.frame + 1, ..CONTEXT };
    assert_eq!(grave::decode(&bytes, later), None, "a frame counts in its place alone");
}

/// One bit that flips is found.
fn flip<const N: usize>(bytes: &mut [u8; N], input: &mut Input<'_>, check: impl Fn(&[u8; N])) {
    let bit = usize::from(input.u16()) % (N * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    check(bytes);
}
