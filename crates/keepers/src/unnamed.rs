//! Records that no row names.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use semantics::{ChunkOwner, Hall};
use stripe::{Orphan, Place};

use crate::KeeperFault;
use crate::rows::rows_of;

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
