//! The sweep: finds bytes that landed but were never named, or were deleted on the other devices only, and frees them.
//!
//! After a crash it looks only at what was being written when the last run died, so it costs nothing after a clean stop.
//! Of a device that was away while others deleted it looks at everything; that is owed until it is done.

use std::collections::BTreeMap;

use catalog::table::JobRow;
use semantics::{ChunkOwner, Hall};
use stripe::{Chunk, Orphan, Place};
use world::thread::spawn_blocking;

use crate::unnamed::{doomed_places, each_doomed, unnamed};
use crate::{KeeperFault, jobs};

/// Records asked about at once.
const BATCH_MAX: usize = 1024;
/// Records freed at once, and a batch more: for each such step all that the reclaimer has to do is read.
const FREED_MAX: usize = 16 * 1024;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub looked_at: u64,
    pub freed: u64,
}

/// Runs once after a start.
pub async fn sweep(hall: &Hall) -> Result<Swept, KeeperFault> {
    let mut swept = free_unnamed(hall, hall.store().sweep()).await?;
    let store = hall.store().clone();
    spawn_blocking(move || store.sweep_done()).await.map_err(|_| KeeperFault::CLOSED)??;
    for (device, _) in hall.store().devices() {
        if jobs::read(hall.catalog(), &job(device))?.is_some() {
            let owed = sweep_device(hall, device).await?;
            swept.looked_at += owed.looked_at;
            swept.freed += owed.freed;
        }
    }
    Ok(swept)
}

/// To be called before a device is let in that was away while others deleted: then it is swept, be it by a later process.
pub(crate) async fn owe_sweep(hall: &Hall, device: u16) -> Result<(), KeeperFault> {
    let owed = JobRow { begun: hall.clock().now(), next: Vec::new(), counts: Vec::new() };
    jobs::note(hall.catalog(), &job(device), Some(&owed)).await
}

/// As `sweep`, all of a device that was away. Whoever landed bytes there before it went must have named them, or have given
/// them up.
pub async fn sweep_device(hall: &Hall, device: u16) -> Result<Swept, KeeperFault> {
    // Once more: an earlier sweep of it may have ended since, and what was to be committed before is visible then.
    owe_sweep(hall, device).await?;
    let swept = free_unnamed(hall, hall.store().sweep_device(device)).await?;
    jobs::note(hall.catalog(), &job(device), None).await?;
    Ok(swept)
}

fn job(device: u16) -> String {
    format!("sweep {device}")
}

async fn free_unnamed(
    hall: &Hall,
    mut orphans: impl Iterator<Item = Result<Orphan, stripe::Fault>> + Send + 'static,
) -> Result<Swept, KeeperFault> {
    let mut swept = Swept::default();
    loop {
        let of = hall.clone();
        let step = spawn_blocking(move || {
            let (mut looked_at, mut found) = (0, Vec::new());
            while found.len() < FREED_MAX {
                let batch = next_batch(&mut orphans)?;
                if batch.is_empty() {
                    break;
                }
                looked_at += batch.len() as u64;
                found.extend(unnamed(&of, batch)?);
            }
            Ok::<_, KeeperFault>((orphans, looked_at, freeable(&of, found)?))
        });
        let (rest, looked_at, freed) = step.await.map_err(|_| KeeperFault::CLOSED)??;
        if looked_at == 0 {
            return Ok(swept);
        }
        hall.store().delete(&freed).await?;
        swept.looked_at += looked_at;
        swept.freed += freed.len() as u64;
        orphans = rest;
    }
}

fn freeable(hall: &Hall, unnamed: Vec<Orphan>) -> Result<Vec<Chunk>, KeeperFault> {
    // Bytes of an unknown owner belong to a newer release: they stay.
    let known = |orphan: &Orphan| ChunkOwner::decode(orphan.owner.bytes()).is_some();
    let mut freed: BTreeMap<Place, Chunk> =
        unnamed.into_iter().filter(known).map(|orphan| (orphan.place(), orphan.record)).collect();
    if !freed.is_empty() {
        // Who reads an older version, and the archive, still need these: the reclaimer knows when they do no more.
        each_doomed(hall, |row| doomed_places(row).iter().for_each(|place| drop(freed.remove(place))))?;
    }
    Ok(freed.into_values().collect())
}

/// Empty at the end.
fn next_batch(
    orphans: &mut impl Iterator<Item = Result<Orphan, stripe::Fault>>,
) -> Result<Vec<Orphan>, KeeperFault> {
    let mut batch = Vec::new();
    while batch.len() < BATCH_MAX
        && let Some(orphan) = orphans.next()
    {
        match orphan {
            // Nobody can be asked about it: it stays, for repair if a row names it.
            Err(fault) if fault.is_corruption() => tracing::error!(%fault, "a record can't be swept"),
            other => batch.push(other?),
        }
    }
    Ok(batch)
}
