//! Moves the living records of one volume elsewhere: what compaction and rebalancing have in common.
//!
//! The volume tells which records live and whose they are; the rows of that owner name them. A record that no row names is
//! just being landed, or about to be freed, or the sweep's: it stays. Each row is changed in a commit of its own, which
//! leaves the old records to the reclaimer, so a crash at any point loses nothing, and a volume that is half empty is
//! simply begun again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::Ordinal;
use semantics::{ChunkOwner, Hall};
use stripe::{Fault, Orphan, Owner, Place, Store};
use tokio::task::JoinHandle;
use world::thread::spawn_blocking;

use crate::KeeperFault;
use crate::moving::{Gate, Means};
use crate::reclaim::is_reclaimed;
use crate::rows::{Named, rows_of_which};
use crate::swap::swap;

/// Moved together, with one sync: what a request that comes meanwhile may have to wait for. A record may be longer.
const GROUP_BYTES_MAX: u64 = 1024 * 1024;
const GROUP_RECORDS_MAX: usize = 64;
/// How often to look whether a device is free, and how often in all: who always waits would never be done.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOKS_MAX: u32 = 40;
/// How often to look whether the reclaimer is as far.
const RECLAIM_EVERY: Duration = Duration::from_millis(200);

/// Records of a volume that are left to look at.
pub(crate) type Living = Box<dyn Iterator<Item = Result<Orphan, Fault>> + Send>;
/// Records of a group, and how many bytes each fills.
type Places = BTreeMap<Place, u64>;

/// On its way through one volume.
pub(crate) struct Evacuation {
    hall: Hall,
    gate: Gate,
    living: Living,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Met, moved or not.
    pub seen_bytes: u64,
    pub records: u64,
    pub bytes: u64,
}

impl Evacuation {
    pub fn of(means: &Means, device: u16, volume: u32) -> Self {
        let living = Box::new(means.hall.store().survey_volume(device, volume));
        Self { hall: means.hall.clone(), gate: means.gate.clone(), living }
    }

    /// Moves the next records, each to the first of the devices `to` that may hold it. `None` at the volume's end.
    pub async fn step(&mut self, to: &[u16]) -> Result<Option<Moved>, KeeperFault> {
        let group = next_group(&mut self.living).await?;
        let _passed = self.gate.enter().await?;
        if group.is_empty() {
            return Ok(None);
        }
        let to: Arc<[u16]> = to.into();
        let (mut moved, mut under_way, mut ended) = (Moved::default(), Vec::new(), Ok(()));
        for (owner, places) in by_owner(group) {
            moved.seen_bytes += places.values().sum::<u64>();
            // Bytes of an unknown owner belong to a newer release: they stay.
            let Some(owner) = ChunkOwner::decode(owner.bytes()) else { continue };
            let view = self.hall.catalog().snapshot().map_err(KeeperFault::from);
            let rows = match view.and_then(|view| rows_of_which(&view, &owner, |named| names(named, &places)))
            {
                Ok(rows) => rows,
                // What such a row names can't be told: it is for verification.
                Err(KeeperFault::Damaged(_)) => continue,
                Err(fault) => {
                    ended = Err(fault);
                    break;
                }
            };
            let places = Arc::new(places);
            for named in rows {
                under_way.push(tokio::spawn(move_of_row(
                    self.hall.clone(),
                    named,
                    places.clone(),
                    to.clone(),
                )));
            }
        }
        for row in under_way {
            match row.await.unwrap_or(Err(KeeperFault::CLOSED)) {
                Ok((records, bytes)) => {
                    moved.records += records;
                    moved.bytes += bytes;
                }
                Err(fault) => ended = Err(fault),
            }
        }
        ended.map(|()| Some(moved))
    }
}

/// Empty at the volume's end.
pub(crate) async fn next_group(living: &mut Living) -> Result<Vec<Orphan>, KeeperFault> {
    let mut rest = std::mem::replace(living, Box::new(std::iter::empty()));
    let read = spawn_blocking(move || {
        let (mut group, mut bytes) = (Vec::new(), 0);
        while bytes < GROUP_BYTES_MAX && group.len() < GROUP_RECORDS_MAX {
            match rest.next() {
                None => break,
                Some(Ok(found)) => {
                    bytes += found.record.stored_bytes();
                    group.push(found);
                }
                // Whose it is can't be told: it is for scrub and repair.
                Some(Err(fault)) if fault.is_corruption() => {}
                Some(Err(fault)) => return Err(fault),
            }
        }
        Ok((rest, group))
    });
    let (rest, group) = read.await.unwrap_or(Err(Fault::Closed))?;
    *living = rest;
    Ok(group)
}

pub(crate) fn by_owner(group: Vec<Orphan>) -> Vec<(Owner, Places)> {
    let mut owners: Vec<(Owner, Places)> = Vec::new();
    for found in group {
        let (place, bytes) = (found.place(), found.record.stored_bytes());
        match owners.iter_mut().find(|(owner, _)| *owner == found.owner) {
            Some((_, places)) => drop(places.insert(place, bytes)),
            None => owners.push((found.owner, Places::from([(place, bytes)]))),
        }
    }
    owners
}

fn names(named: &Named, places: &Places) -> bool {
    named.manifest.chunks().iter().flat_map(|chunk| &chunk.places).any(|place| places.contains_key(place))
}

/// Answers how many records it moved, and of how many bytes.
async fn move_of_row(
    hall: Hall,
    named: Named,
    places: Arc<Places>,
    to: Arc<[u16]>,
) -> Result<(u64, u64), KeeperFault> {
    let owner = Owner::new(named.owner.encode())?;
    let mut under_way = Vec::new();
    for chunk in named.manifest.chunks() {
        let Some(index) = chunk.places.iter().position(|place| places.contains_key(place)) else { continue };
        let (store, owner, of, to) = (hall.store().clone(), owner.clone(), chunk.clone(), to.clone());
        let moving: JoinHandle<_> =
            tokio::spawn(async move { store.relocate(&owner, &of, index, &to).await });
        under_way.push((chunk.clone(), chunk.places[index], moving));
    }
    let (mut laid, mut bytes) = (Vec::new(), 0);
    for (chunk, place, moving) in under_way {
        match moving.await.unwrap_or(Err(Fault::Closed)) {
            Ok(Some(restored)) => {
                bytes += places.get(&place).copied().unwrap_or(0);
                laid.push((chunk, restored));
            }
            Ok(None) => {}
            // Repair was told.
            Err(fault) if fault.is_corruption() => {
                tracing::warn!(owner = ?named.owner, %fault, "a record that does not read well is not moved");
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    let records = laid.len() as u64;
    let swapped = !laid.is_empty() && swap(&hall, named.key, laid).await?;
    Ok(if swapped { (records, bytes) } else { (0, 0) })
}

/// Lets requests that wait for one of these devices go first, for a while.
pub(crate) async fn give_way(store: &Store, devices: &[u16]) {
    for _ in 0..LOOKS_MAX {
        if !devices.iter().any(|device| store.is_busy(*device)) {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until what was moved since is freed where it lay: reads and backups may hold that up, and what goes on moving
/// meanwhile would only take more space.
pub(crate) async fn reclaimed(hall: &Hall, since: Ordinal) -> Result<(), KeeperFault> {
    let moved = since..=hall.catalog().last_ordinal();
    while !is_reclaimed(hall, &moved)? {
        tokio::time::sleep(RECLAIM_EVERY).await;
    }
    Ok(())
}
