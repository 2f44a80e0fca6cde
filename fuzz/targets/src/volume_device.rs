//! A device of volumes whose files rotted, vanished, were copied or forged.
//!
//! The input's first byte says whether the device was closed in order; the rest are damages, as `image` reads them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use sim::SimDisk;
use volume::format::grave::{self, FrameContext};
use volume::format::ledger::Ledger;
use volume::format::record_header::{RECORD_HEADER_BYTES, RecordHeader, Sight};
use volume::format::volume_header::{VOLUME_HEADER_BYTES, VolumeHeader};
use volume::format::{DeviceId, device};
use volume::{Extent, Fault, Options, Record, VolumeSet, VolumeWriter};
use world::SeededRandom;

use crate::image::{BLOCK_BYTES, File, Image};
use crate::input::{Input, sure};

/// The id that the seeded randomness gives; forging a frame of graves needs it.
static DEVICE: OnceLock<DeviceId> = OnceLock::new();

struct Base {
    image: Image,
    /// What was landed, and whether it still lives.
    landed: Vec<(Extent, Bytes, bool)>,
}

/// A damaged device is refused, or reads what was written and nothing else; and it takes what comes.
pub fn volume_device(bytes: &[u8]) {
    static BASES: OnceLock<[Base; 2]> = OnceLock::new();
    let bases = BASES.get_or_init(|| [make(false), make(true)]);
    let mut input = Input::new(bytes);
    let base = &bases[usize::from(input.u8() % 2)];
    let mut image = base.image.clone();
    let untouched = input.is_empty();
    let damage = image.damage(&mut input, forge);
    let disk = image.disk();
    let Ok(set) = open(&disk) else { return };
    let set = Arc::new(set);
    for (extent, payload, lives) in &base.landed {
        match set.read(extent) {
            Ok(bytes) => assert!(damage.forged || bytes == payload, "{extent:?} has other bytes"),
            Err(fault) => assert!(!(untouched && *lives), "{fault} for {extent:?}"),
        }
    }
    if keep_house(&set).is_err() {
        return;
    }
    let Ok((extent, payload)) = land(&set) else { return };
    assert_eq!(sure(set.read(&extent)), payload);
    let closed = set.close();
    drop(set);
    if !damage.forged && closed.is_ok() {
        assert_eq!(sure(sure(open(&disk)).read(&extent)), payload, "what was landed after the damage stays");
    }
}

fn options() -> Options {
    Options {
        lanes: 1,
        volume_size_bytes_first: 64 << 10,
        volume_size_bytes_max: 64 << 10,
        reserve_bytes: Some(0),
        files_open_max: 2,
        batch_bytes_max: 64 << 10,
        was_away: false,
        random: Arc::new(SeededRandom::new(5)),
    }
}

fn open(disk: &SimDisk) -> Result<VolumeSet, Fault> {
    VolumeSet::open(disk.port(), options())
}

/// What the shell's housekeeper does, and a scrub.
fn keep_house(set: &Arc<VolumeSet>) -> Result<(), Fault> {
    set.free_dead()?;
    for volume in set.doubtful() {
        set.recount(volume)?;
    }
    for volume in set.volumes() {
        set.verify_volume(volume)?;
    }
    for orphan in set.sweep() {
        let orphan = orphan?;
        let _ = set.read(&orphan.extent);
    }
    Ok(())
}

fn land(set: &VolumeSet) -> Result<(Extent, Bytes), Fault> {
    let payload = Bytes::from_static(b"landed after the damage");
    let mut writer = writer(set)?;
    let extents =
        writer.append_batch(&[Record::new(Bytes::from_static(b"later"), vec![payload.clone()])?])?;
    set.hand_back(writer);
    Ok((extents[0], payload))
}

/// One with room for a record; full ones are sealed.
fn writer(set: &VolumeSet) -> Result<VolumeWriter, Fault> {
    loop {
        match set.take_writer()? {
            Some(writer) if writer.room_bytes() >= BLOCK_BYTES as u64 => return Ok(writer),
            Some(full) => set.seal(full)?,
            None => set.prepare()?,
        }
    }
}

fn make(close: bool) -> Base {
    let disk = SimDisk::new(1);
    let set = sure(open(&disk));
    let mut landed = Vec::new();
    for (batch, lengths) in [[0, 700], [5_000, 1], [20_000, 4_016], [9_000, 3]].into_iter().enumerate() {
        let payloads = lengths.map(|length| Bytes::from(vec![b'a' + batch as u8; length]));
        let record = |payload: &Bytes| sure(Record::new(Bytes::from_static(b"owner"), vec![payload.clone()]));
        let mut writer = sure(writer(&set));
        if batch == 2 {
            sure(set.seal(writer));
            sure(set.prepare());
            writer = sure(sure(set.take_writer()).ok_or("one was prepared"));
        }
        let extents = sure(writer.append_batch(&payloads.each_ref().map(record)));
        set.hand_back(writer);
        landed.extend(extents.into_iter().zip(payloads).map(|(extent, payload)| (extent, payload, true)));
    }
    for dead in [1, 4] {
        sure(set.delete(&[landed[dead].0]));
        landed[dead].2 = false;
    }
    if close {
        sure(set.close());
    }
    let image = Image::of(&disk, &["", "volumes"]);
    let id =
        image.0.iter().find(|file| file.path == "device").and_then(|file| device::decode(&file.bytes).ok());
    DEVICE.get_or_init(|| sure(id.ok_or("the device has an id")));
    Base { image, landed }
}

/// Changes a field of what lies at a block and seals it again.
fn forge(file: &mut File, block: usize, input: &mut Input<'_>) {
    let blocks = (file.bytes.len() / BLOCK_BYTES).max(1);
    let at = (block % blocks) * BLOCK_BYTES;
    if file.path.ends_with("ledger") {
        forge_ledger(file, input);
    } else if file.path.ends_with(".graves") {
        forge_graves(file, block % blocks, input);
    } else if at == 0 {
        forge_volume(file, input);
    } else {
        forge_record(file, at, input);
    }
}

fn forge_ledger(file: &mut File, input: &mut Input<'_>) {
    let Ok(mut ledger) = Ledger::decode(&file.bytes) else { return };
    let (field, value) = (input.u8(), input.edge());
    match field % 12 {
        0 => ledger.epoch = value,
        1 => ledger.swept = value,
        2 => ledger.clean = !ledger.clean,
        3 => ledger.next_volume = value as u32,
        4 => ledger.graves = value,
        5 => ledger.graves_counted = value,
        _ => {
            let place = usize::from(input.u8()) % ledger.entries.len().max(1);
            let Some(entry) = ledger.entries.get_mut(place) else { return };
            match field % 12 {
                6 => entry.volume = value as u32,
                7 => (entry.sealed, entry.doubtful) = (value & 1 != 0, value & 2 != 0),
                8 => entry.size = value,
                9 => entry.end = value,
                10 => (entry.sequence, entry.epoch_first, entry.epoch_last) = (value, value, value),
                _ => entry.dead_bytes = value,
            }
        }
    }
    file.bytes = ledger.encode();
}

fn forge_graves(file: &mut File, frame: usize, input: &mut Input<'_>) {
    let number = file.path.trim_start_matches("volumes/").trim_end_matches(".graves").parse().unwrap_or(0);
    let Some(device) = DEVICE.get().copied() else { return };
    let context = FrameContext { device, file: number, frame: frame as u64 };
    let at = frame * BLOCK_BYTES;
    let Some(mut graves) = file.bytes.get(at..).and_then(|bytes| grave::decode(bytes, context)) else {
        return;
    };
    for grave in &mut graves {
        let length = u64::from(input.u16()) * BLOCK_BYTES as u64;
        grave.start = input.edge() / BLOCK_BYTES as u64 * BLOCK_BYTES as u64;
        grave.end = grave.start.saturating_add(length);
        grave.volume = grave.volume.wrapping_add(u32::from(input.u8()));
    }
    let bytes = grave::encode(context, &graves);
    file.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
}

fn forge_volume(file: &mut File, input: &mut Input<'_>) {
    let Some(mut header) = header(file) else { return };
    match input.u8() % 4 {
        0 => header.volume = input.u32(),
        1 => header.generation = input.edge(),
        2 => header.size = input.edge(),
        _ => header.epoch = input.edge(),
    }
    file.bytes[..VOLUME_HEADER_BYTES].copy_from_slice(&header.encode());
}

fn forge_record(file: &mut File, at: usize, input: &mut Input<'_>) {
    let Some(seed) = header(file).map(|header| header.seed()) else { return };
    let Some(bytes) = file.bytes[at..].first_chunk::<RECORD_HEADER_BYTES>() else { return };
    let Sight::Record(mut record) = RecordHeader::decode(bytes, seed, at as u64) else { return };
    match input.u8() % 6 {
        0 => record.epoch = input.edge(),
        1 => record.sequence = input.edge(),
        2 => record.batch_left = input.edge() as u32,
        3 => record.owner_length = input.edge() as u16,
        4 => record.payload_length = input.edge() as u32,
        _ => record.payload_checksum = input.u64(),
    }
    let sealed = record.encode(seed, at as u64);
    file.bytes[at..at + sealed.len()].copy_from_slice(&sealed);
}

fn header(file: &File) -> Option<VolumeHeader> {
    VolumeHeader::decode(file.bytes.first_chunk::<VOLUME_HEADER_BYTES>()?).ok()
}
