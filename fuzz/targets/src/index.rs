//! The catalog's index: a tree that rotted, was cut, copied over itself or forged, or whose root is any bytes at all.
//!
//! The input's first byte says whether the rest is the root itself; else the rest are damages, as `image` reads them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use catalog::{Applied, Fault, Index, TreeIndex, TreeOptions};
use model::Ordinal;
use sim::SimDisk;
use xxhash_rust::xxh3::xxh3_64;

use crate::image::{BLOCK_BYTES, Damage, File, Image};
use crate::input::{Input, sure};

/// docs/formats/index.md: the three records, their fields, and the first page that no record or bitmap has.
const SLOTS_AT: [usize; 3] = [0, 8 * BLOCK_BYTES, 16 * BLOCK_BYTES];
const COVERED_AT: usize = 16;
const HEIGHT_AT: usize = 18;
const REGIONS_AT: usize = 20;
const ROOT_AT: usize = 56;
const HEADER_BYTES: usize = 80;
const FIRST_PAGE: u32 = 32;

type Rows = BTreeMap<Vec<u8>, Bytes>;

/// An index, and its rows after each transaction.
struct Base {
    image: Image,
    states: Vec<Rows>,
}

/// A damaged index gives the rows that it had or is `Corrupt`; it takes further rows or refuses.
pub fn index(bytes: &[u8]) {
    static BASE: OnceLock<Base> = OnceLock::new();
    let base = BASE.get_or_init(make);
    let mut input = Input::new(bytes);
    let how = input.u8();
    let mut image = base.image.clone();
    let damage = if how & 1 != 0 {
        plant(&mut image.0[0], 1 + u16::from(how >> 1 & 3), input.rest());
        Damage { forged: true, ..Damage::default() }
    } else {
        image.damage(&mut input, forge)
    };
    let disk = image.disk();
    let Some(index) = unless_corrupt(open(&disk), damage) else { return };
    let found = unless_corrupt(dump(&index), damage);
    if let Some(found) = &found
        && !damage.forged
    {
        let was = if damage.is_one_rot() { &base.states[base.states.len() - 1..] } else { &base.states[..] };
        assert!(was.contains(found), "{found:?} never were");
    }
    let _ = unless_corrupt(index.verify(&[], u64::MAX), damage);
    let more = [(&b"key/03"[..], None), (b"later", Some(&b"put after the damage"[..]))];
    let taken = unless_corrupt(index.apply(&mut more.into_iter(), None), damage);
    if let (Some(mut rows), Some(()), false) = (found, taken, damage.forged) {
        rows.remove(&b"key/03"[..]);
        rows.insert(b"later".to_vec(), Bytes::from_static(b"put after the damage"));
        drop(index);
        let again = unless_corrupt(open(&disk).and_then(|index| dump(&index)), damage);
        assert!(again.is_none_or(|again| again == rows), "what was put after the damage stays");
    }
}

/// `None` when it is corrupt; no other fault comes of damage alone, but forged sizes may find no room.
fn unless_corrupt<T>(outcome: Result<T, Fault>, damage: Damage) -> Option<T> {
    match outcome {
        Err(Fault::Corrupt { .. }) => None,
        Err(Fault::NoSpace) if damage.forged => None,
        outcome => Some(sure(outcome)),
    }
}

fn open(disk: &SimDisk) -> Result<TreeIndex, Fault> {
    let options = TreeOptions { cache_bytes: 1 << 20, growth_bytes: 16 << 10, reserve_bytes_max: 64 << 10 };
    TreeIndex::open(disk, options)
}

fn dump(index: &TreeIndex) -> Result<Rows, Fault> {
    let read = index.read()?;
    let mut cursor = read.cursor(&[])?;
    let mut rows = Rows::new();
    while let Some((key, value)) = cursor.row()? {
        rows.insert(key.to_vec(), Bytes::copy_from_slice(value));
        cursor.advance()?;
    }
    Ok(rows)
}

/// Three levels after four transactions, with values in leaves and outside.
fn make() -> Base {
    let disk = SimDisk::new(1);
    let index = sure(open(&disk));
    let (mut rows, mut states) = (Rows::new(), vec![Rows::new()]);
    for txn in 1..=4_u8 {
        for number in 0..12_u8 {
            let key = match number {
                0..3 => [b'a' + txn, number].repeat(700),
                _ => format!("key/{:02}", number * txn % 31).into_bytes(),
            };
            let value = vec![number; [300, 6_000, 1, 900][usize::from(number % 4)]];
            rows.insert(key, Bytes::from(value));
        }
        let mut writes = rows.iter().map(|(key, value)| (key.as_slice(), Some(&value[..])));
        let reaches = Applied { sequence: u64::from(txn), ordinal: Ordinal::from_u64(u64::from(txn)) };
        sure(index.apply(&mut writes, Some(reaches)));
        states.push(rows.clone());
    }
    Base { image: Image::of(&disk, &["index"]), states }
}

/// Makes these bytes the root of a tree so high.
fn plant(file: &mut File, height: u16, node: &[u8]) {
    let start = FIRST_PAGE as usize * BLOCK_BYTES;
    let node = &node[..node.len().min(BLOCK_BYTES)];
    file.bytes[start..start + node.len()].copy_from_slice(node);
    for slot in SLOTS_AT {
        let record = &mut file.bytes[slot..];
        record[HEIGHT_AT..HEIGHT_AT + 2].copy_from_slice(&height.to_le_bytes());
        record[ROOT_AT..ROOT_AT + 4].copy_from_slice(&FIRST_PAGE.to_le_bytes());
        record[ROOT_AT + 4..ROOT_AT + 8].copy_from_slice(&(node.len() as u32).to_le_bytes());
        record[ROOT_AT + 8..ROOT_AT + 16].copy_from_slice(&xxh3_64(node).to_le_bytes());
        seal(record);
    }
}

/// Changes bytes of a record and seals it again.
fn forge(file: &mut File, block: usize, input: &mut Input<'_>) {
    let Some(record) = file.bytes.get_mut(SLOTS_AT[block % SLOTS_AT.len()]..) else { return };
    if record.len() < BLOCK_BYTES {
        return;
    }
    let at = COVERED_AT + usize::from(input.u8()) % 80;
    let edge = input.edge().to_le_bytes();
    let count = 1 + usize::from(input.u8()) % edge.len();
    record[at..at + count].copy_from_slice(&edge[..count]);
    seal(record);
}

fn seal(record: &mut [u8]) {
    let regions = record[REGIONS_AT..].first_chunk().map_or(0, |count| u32::from_le_bytes(*count));
    if let Some(covered) = record.get(COVERED_AT..HEADER_BYTES + regions as usize * 16) {
        let sum = xxh3_64(covered);
        record[8..16].copy_from_slice(&sum.to_le_bytes());
    }
}
