//! From the volumes to the catalog: every living record is named by a row, or is about to be, or about to go.

use std::collections::BTreeMap;

use semantics::{ChunkOwner, Hall};
use stripe::{Orphan, Place};

use super::log::{Finding, Kind, Verification, place_of};
use crate::KeeperFault;
use crate::unnamed::unnamed;

/// Records asked about at once.
const BATCH_MAX: usize = 1024;
/// Unnamed records remembered.
const UNNAMED_MAX: usize = 100_000;

/// Records that nothing named when they were seen.
pub(super) type Unnamed = BTreeMap<Place, Orphan>;

/// Walks all volumes by their headers. Blocks.
pub(super) fn survey(hall: &Hall, verification: &Verification) -> Result<Unnamed, KeeperFault> {
    let mut unnamed = Unnamed::new();
    for (device, _) in hall.store().devices() {
        let mut batch = Vec::new();
        for found in hall.store().survey(device) {
            match found {
                Ok(record) => batch.push(record),
                Err(fault) => {
                    let place = place_of(&fault);
                    if place.is_none_or(|place| !verification.is_known(&place)) {
                        let (kind, what) = (Kind::Damage, fault.to_string());
                        verification.find(Finding { kind, bucket: None, key: None, place, what });
                    }
                }
            }
            if batch.len() == BATCH_MAX {
                judge(hall, std::mem::take(&mut batch), verification, &mut unnamed)?;
            }
        }
        judge(hall, batch, verification, &mut unnamed)?;
    }
    Ok(unnamed)
}

fn judge(
    hall: &Hall,
    batch: Vec<Orphan>,
    verification: &Verification,
    found: &mut Unnamed,
) -> Result<(), KeeperFault> {
    verification.count(|verified| verified.records += batch.len() as u64);
    for record in unnamed(hall, batch)? {
        if found.len() < UNNAMED_MAX {
            found.insert(record.place(), record);
        } else {
            verification.count(|verified| verified.unjudged += 1);
        }
    }
    Ok(())
}

/// What is still there and still unnamed after all else was seen.
pub(super) async fn report(
    hall: &Hall,
    found: Unnamed,
    verification: &Verification,
) -> Result<(), KeeperFault> {
    for (place, record) in found {
        let is_named = unnamed(hall, vec![record.clone()])?.is_empty();
        if is_named || hall.store().owner_of_shard(&record.record, 0).await.is_err() {
            continue;
        }
        if record.young {
            verification.count(|verified| verified.young += 1);
            continue;
        }
        let what = "a record that nothing names";
        verification.find(match ChunkOwner::decode(record.owner.bytes()) {
            Some(owner) => Finding::of(Kind::Leak, &owner, Some(place), what),
            None => {
                let what = "a record of an owner that this release does not know".to_owned();
                Finding { kind: Kind::Leak, bucket: None, key: None, place: Some(place), what }
            }
        });
    }
    Ok(())
}
