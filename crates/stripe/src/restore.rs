//! Full redundancy for a chunk that has lost some: only the missing shards are written where a device for each is left,
//! the whole chunk anew where not.

use std::sync::Arc;

use bytes::Bytes;
use volume::Landed;

use crate::chunk::{Chunk, Owner, Place};
use crate::fault::Fault;
use crate::land::{LandedChunk, append_one};
use crate::passage::Passage;
use crate::ranks::Redundancy;
use crate::store::Store;
use crate::unit::Standing;

/// What takes a chunk's place. Dropped unclaimed, what was written for it is deleted again.
#[derive(Debug)]
pub struct Restored {
    fresh: Fresh,
    /// Until something names it: from before its devices were chosen.
    _passage: Passage,
    /// Records that nobody needs once the chunk is replaced.
    obsolete: Vec<Chunk>,
}

#[derive(Debug)]
enum Fresh {
    Shards { chunk: Chunk, landed: Vec<Landed> },
    Whole(LandedChunk),
}

impl Restored {
    /// A chunk of which these shards lie elsewhere now.
    pub(crate) fn moved(
        old: &Chunk,
        shards: impl IntoIterator<Item = (usize, Place, Landed)>,
        passage: Passage,
    ) -> Self {
        let (mut chunk, mut landed, mut obsolete) = (old.clone(), Vec::new(), Vec::new());
        for (index, place, record) in shards {
            obsolete.push(Chunk::whole(old.places[index], old.extent(index).length));
            chunk.places[index] = place;
            landed.push(record);
        }
        Self { fresh: Fresh::Shards { chunk, landed }, _passage: passage, obsolete }
    }

    /// From here on the caller answers for what was written.
    pub fn claim(self) -> Chunk {
        match self.fresh {
            Fresh::Shards { chunk, landed } => {
                for shard in landed {
                    shard.claim();
                }
                chunk
            }
            Fresh::Whole(landed) => landed.claim(),
        }
    }

    /// The chunk that stands for the old one.
    pub const fn chunk(&self) -> &Chunk {
        match &self.fresh {
            Fresh::Shards { chunk, .. } => chunk,
            Fresh::Whole(landed) => landed.chunk(),
        }
    }

    /// What may be deleted once nothing names the old chunk any more.
    pub fn obsolete(&self) -> &[Chunk] {
        &self.obsolete
    }
}

/// What speaks against a shard whose device is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    Nothing,
    /// Its record may be missing.
    Presence,
    /// Its bytes may be false.
    Bytes,
}

/// How a shard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shard {
    Good,
    /// Reads well, and should lie elsewhere: its device is being emptied, or the next start would not find it.
    Moving,
    Bad,
}

impl Store {
    /// `None` when nothing is missing. `doubt` says of each place whether it must be looked at to know.
    pub async fn restore(
        &self,
        owner: &Owner,
        chunk: &Chunk,
        redundancy: Redundancy,
        doubt: impl Fn(&Place) -> Doubt + Send,
    ) -> Result<Option<Restored>, Fault> {
        let mut shards = Vec::with_capacity(chunk.places.len());
        for (index, place) in chunk.places.iter().enumerate() {
            let standing = self.ranks().get(place.device).map(|unit| unit.standing());
            let Some(standing) = standing.filter(|standing| *standing != Standing::Out) else {
                shards.push(Shard::Bad);
                continue;
            };
            let doubt = doubt(place);
            let there = match doubt {
                Doubt::Nothing => Ok(true),
                Doubt::Presence | Doubt::Bytes => self.is_there(owner, chunk, index).await,
            };
            let is_bad = match there {
                // On an older image another record may lie there.
                Ok(false) => true,
                Ok(true) if doubt != Doubt::Bytes => false,
                Ok(true) | Err(_) => self.read_shard(chunk, index).await.is_err(),
            };
            shards.push(match standing {
                _ if is_bad => Shard::Bad,
                Standing::In if there.is_ok() => Shard::Good,
                _ => Shard::Moving,
            });
        }
        let wanted = self.layout_of(redundancy)?;
        let short = chunk.layout.parity < wanted.parity;
        if !short && shards.iter().all(|shard| *shard == Shard::Good) {
            return Ok(None);
        }
        if !short && let Some(restored) = self.restore_shards(owner, chunk, &shards).await? {
            return Ok(Some(restored));
        }
        let good = shards.iter().filter(|shard| **shard == Shard::Good).count();
        let needed = usize::from(chunk.layout.data) + usize::from(wanted.parity);
        if good >= needed && !shards.contains(&Shard::Moving) {
            // Too few devices are left for all its shards, and what is there bears as many losses as a new form would.
            return Ok(None);
        }
        self.restore_whole(owner, chunk, redundancy, &shards).await.map(Some)
    }

    /// `None` when there are too few devices to hold each shard on one of its own.
    async fn restore_shards(
        &self,
        owner: &Owner,
        chunk: &Chunk,
        shards: &[Shard],
    ) -> Result<Option<Restored>, Fault> {
        let passage = self.passage();
        let is_good = |index: &usize| shards[*index] == Shard::Good;
        let (good, wanted): (Vec<usize>, Vec<usize>) = (0..shards.len()).partition(is_good);
        let mut held: Vec<u16> = good.into_iter().map(|index| chunk.places[index].device).collect();
        let mut berths = Vec::with_capacity(wanted.len());
        for _ in &wanted {
            let Some(berth) = self.ranks().berth_beside(&held, self.turn()) else { return Ok(None) };
            held.push(berth.0.number);
            berths.push(berth);
        }
        let payloads = self.shards(chunk, &wanted).await.map_err(|fault| lost(chunk, fault))?;
        let mut moved = Vec::with_capacity(berths.len());
        for ((index, payload), (unit, lane)) in wanted.into_iter().zip(payloads).zip(berths) {
            let landed = append_one(self, &unit, lane, owner, payload, chunk.coding(index)).await?;
            moved.push((index, unit.place(&landed.extent()), landed));
        }
        Ok(Some(Restored::moved(chunk, moved, passage)))
    }

    async fn restore_whole(
        &self,
        owner: &Owner,
        chunk: &Chunk,
        redundancy: Redundancy,
        shards: &[Shard],
    ) -> Result<Restored, Fault> {
        let pieces: Vec<Bytes> = if shards.contains(&Shard::Good) || shards.contains(&Shard::Moving) {
            self.read_whole(chunk).await.map_err(|fault| lost(chunk, fault))?
        } else {
            let device = chunk.places.first().map_or(0, |place| place.device);
            return Err(Fault::Missing { device });
        };
        let passage = self.passage();
        let course = Arc::new(self.course(redundancy)?);
        let landed = self.land(owner, &pieces, self.fresh_id(), course, redundancy).await?;
        let obsolete = chunk.records().collect();
        Ok(Restored { fresh: Fresh::Whole(landed), _passage: passage, obsolete })
    }
}

/// What can't be read now, will not read later, and nothing else tells: to try it again and again would keep all that
/// comes behind it from repair.
fn lost(chunk: &Chunk, fault: Fault) -> Fault {
    match fault {
        Fault::Io { retryable: false, .. } if chunk.layout.shards() == 1 => {
            Fault::Lost { left: 0, needed: 1, first: Box::new(fault) }
        }
        other => other,
    }
}
