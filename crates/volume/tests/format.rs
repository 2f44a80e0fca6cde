//! Format 1 is frozen: what it wrote must open for ever, and as long as it is current the same bytes are written.

mod support;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::{any, proptest};
use support::{Outcome, Scratch, body, record};
use volume::format::grave::{self, FrameContext, Grave};
use volume::format::ledger::{Entry, Ledger};
use volume::format::record_header::{Coding, RecordHeader, Sight};
use volume::format::volume_header::VolumeHeader;
use volume::format::{DeviceId, Seed, device};
use volume::{Extent, Fault, Options, VolumeSet};
use world::SeededRandom;

/// The lengths of the fixture's payloads; number n has seed n.
const SEALED: [usize; 5] = [0, 1, 100, 4000, 9000];
const OPEN: [usize; 3] = [5000, 200, 3000];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1")
}

fn options() -> Options {
    Options {
        volume_size_bytes_first: 32 << 10,
        volume_size_bytes_max: 32 << 10,
        random: Arc::new(SeededRandom::new(2026)),
        ..support::small()
    }
}

/// Makes what the fixture holds: a sealed volume, an open one with a batch of two, one dead record in each.
fn write(scratch: &Scratch) -> Result<(), Box<dyn std::error::Error>> {
    let set = VolumeSet::open(scratch.disk()?, options())?;
    let mut sealed = support::writer(&set)?;
    let extents = support::fill(&mut sealed, &SEALED)?;
    set.seal(sealed)?;
    let mut open = support::writer(&set)?;
    let alone = open.append_batch(&[record(OPEN[0], 0)?])?;
    open.append_batch(&[record(OPEN[1], 1)?, record(OPEN[2], 2)?])?;
    set.delete(&[extents[3], alone[0]])?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to.join("volumes"))?;
    for name in ["device", "volumes/ledger", "volumes/00000001.vol", "volumes/00000002.vol", GRAVES] {
        fs::copy(from.join(name), to.join(name))?;
    }
    Ok(())
}

const GRAVES: &str = "volumes/00000001.graves";

#[test]
fn what_format_1_wrote_opens_and_reads() -> Outcome {
    let scratch = Scratch::new("frozen");
    copy(&fixture(), &scratch.0)?;
    let set = Arc::new(VolumeSet::open(scratch.disk()?, options())?);
    assert_eq!((set.epoch(), set.volumes()), (2, vec![1, 2]));
    set.free_dead()?;
    let places = [
        (1, 4096, SEALED[0], 0),
        (1, 8192, SEALED[1], 1),
        (1, 12288, SEALED[2], 2),
        (1, 20480, SEALED[4], 4),
        (2, 12288, OPEN[1], 1),
        (2, 16384, OPEN[2], 2),
    ];
    for (volume, offset, length, seed) in places {
        let extent = Extent { volume, offset, length: length as u32 };
        assert_eq!(set.read(&extent)?, body(length, seed), "{extent:?}");
    }
    for (volume, offset, length) in [(1, 16384, SEALED[3]), (2, 4096, OPEN[0])] {
        let extent = Extent { volume, offset, length: length as u32 };
        assert!(matches!(set.read(&extent), Err(Fault::Gone { .. })));
    }
    let owners: Vec<_> =
        set.sweep().map(|orphan| orphan.map(|orphan| orphan.owner)).collect::<Result<_, _>>()?;
    assert_eq!(owners, ["owner 0", "owner 1", "owner 2", "owner 4", "owner 1", "owner 2"]);
    assert_eq!(set.usage().dead_bytes, 4096 + 8192);
    assert_eq!(set.verify_volume(1)?.corrupt + set.verify_volume(2)?.corrupt, 0);
    Ok(())
}

#[test]
fn the_same_deeds_write_the_same_bytes_as_ever() -> Outcome {
    let scratch = Scratch::new("same");
    write(&scratch)?;
    for name in ["device", "volumes/ledger", "volumes/00000001.vol", "volumes/00000002.vol", GRAVES] {
        let (mut now, frozen) = (fs::read(scratch.0.join(name))?, fs::read(fixture().join(name))?);
        // The graves' unused room isn't kept in the fixture.
        if name == GRAVES {
            now.truncate(frozen.len());
        }
        assert!(now == frozen, "{name}");
    }
    Ok(())
}

fn header() -> RecordHeader {
    RecordHeader {
        epoch: 3,
        sequence: 7,
        batch_left: 1,
        owner_length: 20,
        payload_length: 5000,
        coding: Coding { chunk: 9, shard: 2, data_shards: 4, parity_shards: 2 },
        payload_checksum: 11,
        owner_checksum: 12,
    }
}

#[test]
fn a_record_header_validates_in_its_own_place_only() {
    let seed = Seed::of(DeviceId([1; 16]), 2, 3);
    let bytes = header().encode(seed, 4096);
    assert_eq!(RecordHeader::decode(&bytes, seed, 4096), Sight::Record(header()));
    for (other, offset) in [
        (seed, 8192),
        (Seed::of(DeviceId([1; 16]), 3, 3), 4096),
        (Seed::of(DeviceId([1; 16]), 2, 4), 4096),
        (Seed::of(DeviceId([2; 16]), 2, 3), 4096),
    ] {
        assert!(matches!(RecordHeader::decode(&bytes, other, offset), Sight::Foreign(_)));
    }
    assert_eq!(RecordHeader::decode(&[0; 80], seed, 4096), Sight::Nothing);
}

#[test]
fn a_flip_in_any_encoded_thing_is_seen() {
    let id = DeviceId([7; 16]);
    let entry = Entry {
        volume: 1,
        sealed: true,
        doubtful: false,
        size: 2,
        end: 3,
        sequence: 4,
        epoch_first: 5,
        epoch_last: 6,
        dead_bytes: 7,
    };
    let ledger = Ledger {
        device: id,
        epoch: 1,
        swept: 0,
        clean: true,
        rebuilt: true,
        next_volume: 2,
        graves: 3,
        graves_counted: 4,
        entries: vec![entry],
    };
    let volume = VolumeHeader { device: id, volume: 1, generation: 2, size: 3, epoch: 4 };
    let context = FrameContext { device: id, file: 1, frame: 2 };
    let grave = Grave { volume: 1, start: 4096, end: 8192 };
    let frame = grave::encode(context, &[grave]);
    assert_eq!(Ledger::decode(&ledger.encode()), Ok(ledger.clone()));
    assert_eq!(VolumeHeader::decode(&volume.encode()), Ok(volume));
    assert_eq!(device::decode(&device::encode(id)), Ok(id));
    assert_eq!(grave::decode(&frame, context), Some(vec![grave]));
    let flipped = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 4;
        bytes
    };
    for at in 0..ledger.encode().len() {
        assert!(Ledger::decode(&flipped(&ledger.encode(), at)).is_err(), "{at}");
    }
    for at in 0..64 {
        let bytes: [u8; 64] = flipped(&volume.encode(), at).try_into().unwrap();
        assert!(VolumeHeader::decode(&bytes).is_err(), "{at}");
    }
    for at in 0..48 {
        assert!(device::decode(&flipped(&device::encode(id), at)).is_err(), "{at}");
    }
    for at in 0..56 {
        assert_eq!(grave::decode(&flipped(&frame, at), context), None, "{at}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes: Vec<u8>, header: [u8; 32], head in any::<bool>()) {
        let id = DeviceId([7; 16]);
        let mut bytes = bytes;
        if head {
            // Past the marker more is looked at.
            bytes.splice(0..0, *b"SRgr\x01\0\0\0");
        }
        let _ = Ledger::decode(&bytes);
        let _ = device::decode(&bytes);
        let _ = grave::decode(&bytes, FrameContext { device: id, file: 1, frame: 0 });
        let mut record = [0; 80];
        record[..32].copy_from_slice(&header);
        let _ = RecordHeader::decode(&record, Seed(1), 4096);
        let mut volume = [0; 64];
        volume[..32].copy_from_slice(&header);
        let _ = VolumeHeader::decode(&volume);
    }
}
