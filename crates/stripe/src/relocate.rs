//! Single shards moved while they are well: within their device, so that a thin volume empties, or to another one, so that
//! devices fill evenly.

use volume::format::ledger::Entry;
use volume::format::volume_header::RECORDS_START;
use world::Space;

use crate::chunk::{Chunk, Owner};
use crate::fault::Fault;
use crate::land::append_one;
use crate::restore::Restored;
use crate::store::{Ailing, Orphan, Store, found_on};

/// What one volume holds, as its ledger counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    pub volume: u32,
    /// Nothing is appended any more, and the count of the dead is exact.
    pub settled: bool,
    /// Bytes of extents, dead ones included.
    pub bytes: u64,
    pub dead_bytes: u64,
}

impl Filled {
    pub const fn living_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.dead_bytes)
    }
}

impl From<Entry> for Filled {
    fn from(entry: Entry) -> Self {
        Self {
            volume: entry.volume,
            settled: entry.sealed && !entry.doubtful,
            bytes: entry.end.saturating_sub(RECORDS_START),
            dead_bytes: entry.dead_bytes,
        }
    }
}

impl Store {
    /// Lays shard `index` anew on the first of the devices `to` that may hold it; `None` when none may. A shard that does
    /// not read well is left to repair.
    pub async fn relocate(
        &self,
        owner: &Owner,
        chunk: &Chunk,
        index: usize,
        to: &[u16],
    ) -> Result<Option<Restored>, Fault> {
        let passage = self.passage();
        let Some((unit, lane)) = self.ranks().berth_for(chunk, index, to) else { return Ok(None) };
        let read = self.read_shard(chunk, index).await;
        if read.as_ref().is_err_and(Fault::is_corruption)
            && let Some(place) = self.place_for_ailing()
        {
            place.send(Ailing { owner: owner.clone(), chunk: chunk.clone(), bad: vec![index] });
        }
        let landed = append_one(self, &unit, lane, owner, read?, chunk.coding(index)).await?;
        let place = unit.place(&landed.extent());
        Ok(Some(Restored::moved(chunk, [(index, place, landed)], passage)))
    }

    /// The volumes of one device, by number; none when it is not here.
    pub fn filled(&self, device: u16) -> Vec<Filled> {
        let ranks = self.ranks();
        let unit = ranks.get(device).filter(|unit| !unit.is_out());
        let entries = unit.map(|unit| unit.device.set().entries()).unwrap_or_default();
        entries.into_iter().map(Filled::from).collect()
    }

    /// As `survey`, the living records of one volume alone.
    pub fn survey_volume(
        &self,
        device: u16,
        volume: u32,
    ) -> impl Iterator<Item = Result<Orphan, Fault>> + Send + 'static {
        let unit = self.ranks().get(device).filter(|unit| !unit.is_out()).cloned();
        unit.into_iter().flat_map(move |unit| {
            let living = unit.device.set().survey_volume(volume);
            living.map(move |found| found_on(&unit, found))
        })
    }

    /// The device's size and what of it is free; `None` when it is not here. Asks the file system.
    pub fn space(&self, device: u16) -> Option<Space> {
        self.ranks().get(device).filter(|unit| !unit.is_out())?.space()
    }

    /// Whether somebody waits for the device now.
    pub fn is_busy(&self, device: u16) -> bool {
        self.ranks().get(device).is_some_and(|unit| unit.is_busy())
    }
}
