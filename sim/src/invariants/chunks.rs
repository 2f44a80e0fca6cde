//! Every acknowledged chunk reads back exactly; a chunk that was never acknowledged, or is deleted, reads as what it
//! was or as a fault; nothing ever reads as wrong bytes.

use std::collections::BTreeMap;

use bytes::Bytes;
use volume::{Extent, Fault};

use crate::Dice;
use crate::scenario::Stop;

const PERIOD_BYTES: usize = 509;

/// Owner of the `id`-th chunk: it says how the payload goes, so that any chunk found anywhere can be proven.
pub fn owner(id: u64, len: usize) -> Bytes {
    Bytes::from(format!("{id}:{len}"))
}

pub fn payload(id: u64, len: usize) -> Bytes {
    // A prime period, so that no block or sector looks like its neighbour; drawing every byte would cost most of a run.
    let period = Dice::new(id).bytes(PERIOD_BYTES);
    let mut bytes = period.repeat(len.div_ceil(PERIOD_BYTES));
    bytes.truncate(len);
    bytes.into()
}

/// The payload that belongs to an owner; `None` when the owner is none of ours.
pub fn payload_of_owner(owner: &[u8]) -> Option<Bytes> {
    let (id, len) = std::str::from_utf8(owner).ok()?.split_once(':')?;
    Some(payload(id.parse().ok()?, len.parse().ok()?))
}

/// What clients know of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Alive,
    /// Its deletion got no answer.
    Dying,
    Dead,
}

#[derive(Clone, Debug)]
struct Chunk {
    owner: Bytes,
    payload: Bytes,
    fate: Fate,
    /// What it fills in its volume.
    bytes: u64,
}

/// All chunks that were ever acknowledged.
#[derive(Debug, Default)]
pub struct Chunks(BTreeMap<Extent, Chunk>);

impl Chunks {
    /// Its place must never have been another's: places are not used twice.
    pub fn land(&mut self, extent: Extent, owner: Bytes, bytes: u64) -> Result<(), Stop> {
        for (other, chunk) in self.0.iter().filter(|(other, _)| other.volume == extent.volume) {
            if other.offset < extent.offset + bytes && extent.offset < other.offset + chunk.bytes {
                return Stop::violation(format!(
                    "{extent:?} was given, where {other:?} ({:?}) lies",
                    chunk.fate
                ));
            }
        }
        let payload = payload_of_owner(&owner).unwrap_or_default();
        self.0.insert(extent, Chunk { owner, payload, fate: Fate::Alive, bytes });
        Ok(())
    }

    pub fn set_fate(&mut self, extent: &Extent, fate: Fate) {
        if let Some(chunk) = self.0.get_mut(extent) {
            chunk.fate = fate;
        }
    }

    pub fn with_fate(&self, fate: Fate) -> Vec<Extent> {
        self.0.iter().filter(|(_, chunk)| chunk.fate == fate).map(|(extent, _)| *extent).collect()
    }

    pub fn owner_of(&self, extent: &Extent) -> Option<&Bytes> {
        self.0.get(extent).map(|chunk| &chunk.owner)
    }

    pub fn is_known(&self, extent: &Extent) -> bool {
        self.0.contains_key(extent)
    }

    /// One read of every chunk. A dying one settles by what it reads as.
    pub fn check(&mut self, read: impl Fn(&Extent) -> Result<Bytes, Fault>) -> Result<(), Stop> {
        for (extent, chunk) in &mut self.0 {
            match (read(extent), chunk.fate) {
                (Ok(found), Fate::Alive | Fate::Dying) if found == chunk.payload => chunk.fate = Fate::Alive,
                (Err(Fault::Gone { .. }), Fate::Dying | Fate::Dead) => chunk.fate = Fate::Dead,
                (Ok(found), fate) => {
                    let what = if found == chunk.payload { "its bytes" } else { "wrong bytes" };
                    return Stop::violation(format!("{fate:?} {extent:?} reads as {what}"));
                }
                (Err(fault), fate) => {
                    return Stop::violation(format!("{fate:?} {extent:?} cannot be read: {fault}"));
                }
            }
        }
        Ok(())
    }
}
