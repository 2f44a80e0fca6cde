//! Records that no row names, and those among them that the reclaimer is still to free.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use catalog::table::{ReclaimRow, space};
use semantics::{ChunkOwner, Hall};
use stripe::{Manifest, Orphan, Place};

use crate::KeeperFault;
use crate::rows::rows_of;

/// Rows read of one view.
const ROWS_MAX: usize = 1024;

/// Those of the records that no row of their owner names; all those of an owner that this release doesn't know.
pub(crate) fn unnamed(hall: &Hall, records: Vec<Orphan>) -> Result<Vec<Orphan>, KeeperFault> {
    let mut by_owner: BTreeMap<Bytes, Vec<Orphan>> = BTreeMap::new();
    for record in records {
        by_owner.entry(record.owner.bytes().clone()).or_default().push(record);
    }
    let mut unnamed = Vec::new();
    for (owner, records) in by_owner {
        let Some(owner) = ChunkOwner::decode(&owner) else {
            unnamed.extend(records);
            continue;
        };
        let rows = match rows_of(&hall.catalog().snapshot()?, &owner) {
            // What it names can't be told.
            Err(KeeperFault::Damaged(what)) => {
                tracing::error!(?owner, what, "a row is damaged; no record of it is freed");
                continue;
            }
            other => other?,
        };
        let places = rows.iter().flat_map(|row| row.manifest.chunks()).flat_map(|chunk| &chunk.places);
        let named: HashSet<Place> = places.copied().collect();
        unnamed.extend(records.into_iter().filter(|record| !named.contains(&record.place())));
    }
    Ok(unnamed)
}

/// Every row that the reclaimer has not done yet, those too that come while it is asked.
pub(crate) fn each_doomed(hall: &Hall, mut each: impl FnMut(&ReclaimRow)) -> Result<(), KeeperFault> {
    let mut from = Some(vec![space::RECLAIM]);
    while let Some(start) = from.take() {
        let view = hall.catalog().snapshot()?;
        let mut cursor = view.cursor(&start, &[space::RECLAIM + 1])?;
        for _ in 0..ROWS_MAX {
            let Some((_, row)) = cursor.next()? else { return Ok(()) };
            each(&ReclaimRow::decode(row).map_err(KeeperFault::damaged)?);
        }
        from = cursor.next()?.map(|(key, _)| key);
    }
    Ok(())
}

/// Where the bytes lie that such a row names by itself; none when that can't be told.
pub(crate) fn doomed_places(row: &ReclaimRow) -> Vec<Place> {
    let ReclaimRow::Stored(manifest) = row else { return Vec::new() };
    let manifest = Manifest::decode(manifest).unwrap_or_default();
    manifest.chunks().iter().flat_map(|chunk| chunk.places.iter().copied()).collect()
}
