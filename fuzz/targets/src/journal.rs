//! The catalog's journal: segments that rotted, vanished, were copied or forged, or are any bytes at all.
//!
//! The input's first byte says whether the index has the first batches and whether the rest of the input is a
//! segment itself; else the rest are damages, as `image` reads them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use catalog::{Applied, Engine, Fault, Index, MemIndex, MemState, Options, Plan, View, Write};
use model::{Ordinal, Timestamp};
use sim::SimDisk;
use world::ManualClock;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::image::{BLOCK_BYTES, Damage, File, Image};
use crate::input::{Input, sure};

const BATCHES: u64 = 6;
/// So many of them the index has in the other base.
const BATCHES_APPLIED: u64 = 3;
const HEADER_BYTES: usize = 64;
const PAYLOAD_BYTES_AT: usize = 20;

type Rows = BTreeMap<Vec<u8>, Bytes>;

/// A journal with its index, and the rows after each batch from the last that the index has.
struct Base {
    image: Image,
    index: Rows,
    applied: Applied,
    states: Vec<Rows>,
}

/// A damaged journal is refused, or gives the rows of a moment that was; and it goes on from there.
pub fn journal(bytes: &[u8]) {
    static BASES: OnceLock<[Base; 2]> = OnceLock::new();
    let bases = BASES.get_or_init(|| [make(false), make(true)]);
    let mut input = Input::new(bytes);
    let how = input.u8();
    let base = &bases[usize::from(how & 1)];
    let mut image = base.image.clone();
    let damage = if how & 2 != 0 {
        let bytes = input.rest().to_vec();
        image.0.truncate(usize::from(how >> 2) % (image.0.len() + 1));
        image.0.push(File { path: "journal/00000077.seg".to_owned(), bytes: padded(bytes) });
        Damage { forged: true, ..Damage::default() }
    } else {
        image.damage(&mut input, forge)
    };
    let index = Arc::new(MemState::default());
    restore(&MemIndex::on(index.clone()), base);
    let disk = image.disk();
    let Ok(mut engine) = open(&disk, &index) else { return };
    let mut rows = dump(&engine);
    assert!(damage.forged || base.states.contains(&rows), "{rows:?} never were");
    if damage.is_one_rot() {
        // The last batch cannot be told from one that was torn; all before it were acknowledged.
        let kept = base.states.len().saturating_sub(2);
        assert!(base.states[kept..].contains(&rows), "{rows:?} lack what was acknowledged");
    }
    let outcome = commit(&mut engine, b"later".to_vec(), Bytes::from_static(b"committed after the damage"));
    if damage.forged {
        return;
    }
    sure(outcome);
    rows.insert(b"later".to_vec(), Bytes::from_static(b"committed after the damage"));
    drop(engine);
    assert_eq!(dump(&sure(open(&disk, &index))), rows, "what was committed after the damage stays");
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
    bytes
}

/// Two batches fill a segment.
fn options() -> Options {
    Options {
        memtable_bytes_max: 1 << 20,
        segment_bytes_first: 12 << 10,
        segment_bytes_max: 16 << 10,
        spares_min: 1,
        spares_max: 2,
        free_bytes_min: 0,
        salt: 7,
        ..Options::default()
    }
}

fn open(disk: &SimDisk, index: &Arc<MemState>) -> Result<Engine, Fault> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000)));
    Engine::open(disk.port(), Box::new(MemIndex::on(index.clone())), clock, options())
}

fn make(with_index: bool) -> Base {
    let (disk, index) = (SimDisk::new(1), Arc::new(MemState::default()));
    let mut engine = sure(open(&disk, &index));
    let mut states = vec![Rows::new()];
    for batch in 1..=BATCHES {
        let value = Bytes::from(vec![batch as u8; 900 * batch as usize]);
        sure(commit(&mut engine, format!("key/{}", batch % 4).into_bytes(), value));
        states.push(dump(&engine));
        if with_index && batch == BATCHES_APPLIED {
            sure(engine.checkpoint());
            // The index cannot be younger than this.
            states.drain(..batch as usize);
        }
    }
    let applied = sure(MemIndex::on(index.clone()).applied());
    let mut indexed = Rows::new();
    let reader = sure(MemIndex::on(index).read());
    let mut cursor = sure(reader.cursor(&[]));
    while let Some((key, value)) = sure(cursor.row()) {
        indexed.insert(key.to_vec(), Bytes::copy_from_slice(value));
        sure(cursor.advance());
    }
    Base { image: Image::of(&disk, &["journal"]), index: indexed, applied, states }
}

fn restore(index: &MemIndex, base: &Base) {
    let mut writes = base.index.iter().map(|(key, value)| (key.as_slice(), Some(&value[..])));
    sure(index.apply(&mut writes, Some(base.applied)));
}

fn dump(engine: &Engine) -> Rows {
    let snapshot = sure(engine.snapshot());
    let mut cursor = sure(snapshot.cursor(&[0], &[0xff]));
    let mut rows = Rows::new();
    while let Some((key, value)) = sure(cursor.next()) {
        rows.insert(key, value);
    }
    rows
}

struct Put(Vec<u8>, Bytes, std::sync::mpsc::Sender<Result<Ordinal, Fault>>);

impl Plan for Put {
    fn decide(&mut self, _: &dyn View, _: Ordinal) -> Result<Vec<Write>, Fault> {
        Ok(vec![Write::put(self.0.clone(), self.1.clone())])
    }

    fn settle(self: Box<Self>, outcome: Result<Ordinal, Fault>) {
        sure(self.2.send(outcome));
    }
}

fn commit(engine: &mut Engine, key: Vec<u8>, value: Bytes) -> Result<Ordinal, Fault> {
    let (told, outcome) = std::sync::mpsc::channel();
    engine.commit_batch([Box::new(Put(key, value, told)) as Box<dyn Plan>]);
    sure(outcome.recv())
}

/// Changes a field or the payload of the frame at a block and seals it again: docs/formats/journal.md.
fn forge(file: &mut File, block: usize, input: &mut Input<'_>) {
    let blocks = (file.bytes.len() / BLOCK_BYTES).max(1);
    let Some(frame) = file.bytes.get_mut((block % blocks) * BLOCK_BYTES..) else { return };
    if frame.len() < BLOCK_BYTES || !frame.starts_with(b"SRjourn\n") {
        return;
    }
    match input.u8() % 7 {
        0 => frame[PAYLOAD_BYTES_AT..PAYLOAD_BYTES_AT + 4].copy_from_slice(&input.u32().to_le_bytes()),
        1 => frame[16..18].copy_from_slice(&input.u16().to_le_bytes()),
        word @ 2..6 => {
            let at = 24 + 8 * usize::from(word - 2);
            frame[at..at + 8].copy_from_slice(&input.edge().to_le_bytes());
        }
        _ => {
            let at = HEADER_BYTES + usize::from(input.u16()) % (BLOCK_BYTES - HEADER_BYTES);
            let bytes = input.take(16.min(BLOCK_BYTES - at));
            frame[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
    let word = |at: usize| frame[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    let seed = word(24) ^ word(32);
    let payload = frame[PAYLOAD_BYTES_AT..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
    if let Some(covered) = frame.get(16..HEADER_BYTES + payload as usize) {
        let checksum = xxh3_64_with_seed(covered, seed);
        frame[8..16].copy_from_slice(&checksum.to_le_bytes());
    }
}
