//! The sweep: after a crash, finds bytes that landed but were never named, and frees them.
//!
//! It looks only at what was being written when the last run died, so it costs nothing after a clean stop.

use catalog::table::{AnnotationRow, Content, PartRow, VersionRow, VersionState, space};
use catalog::{Snapshot, View};
use semantics::{ChunkOwner, Hall};
use stripe::{Manifest, Orphan, Place};

use crate::KeeperFault;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub looked_at: u64,
    pub freed: u64,
}

/// Runs once after a start. Blocks between awaits only for the disk.
pub async fn sweep(hall: &Hall) -> Result<Swept, KeeperFault> {
    let swept = free_unnamed(hall, hall.store().sweep()).await?;
    hall.store().sweep_done()?;
    Ok(swept)
}

/// As `sweep`, for a device that was away while others deleted.
pub async fn sweep_device(hall: &Hall, device: u16) -> Result<Swept, KeeperFault> {
    free_unnamed(hall, hall.store().sweep_device(device)).await
}

async fn free_unnamed(
    hall: &Hall,
    orphans: impl Iterator<Item = Result<Orphan, stripe::Fault>>,
) -> Result<Swept, KeeperFault> {
    let mut swept = Swept::default();
    for orphan in orphans {
        let orphan = match orphan {
            // Nobody can be asked about it: it stays, for repair if a row names it.
            Err(fault) if fault.is_corruption() => {
                tracing::error!(%fault, "a record can't be swept");
                continue;
            }
            other => other?,
        };
        swept.looked_at += 1;
        // Bytes of an unknown owner belong to a newer release: they stay.
        let Some(owner) = ChunkOwner::decode(orphan.owner.bytes()) else { continue };
        let named = {
            let view = hall.catalog().snapshot()?;
            is_named(&view, &owner, &orphan.place())?
        };
        if !named {
            hall.store().delete(&[orphan.record]).await?;
            swept.freed += 1;
        }
        tokio::task::yield_now().await;
    }
    Ok(swept)
}

fn is_named(view: &Snapshot, owner: &ChunkOwner, place: &Place) -> Result<bool, KeeperFault> {
    match owner {
        ChunkOwner::Part { bucket, key, upload, number } => {
            let row = view.get(&space::part(*bucket, key, *upload, *number))?;
            let Some(row) = row else { return Ok(false) };
            holds(&PartRow::decode(row).map_err(damaged)?.content, place)
        }
        ChunkOwner::Annotation { bucket, salt, name } => {
            let row = view.get(&space::annotation(*bucket, *salt, name))?;
            let Some(row) = row else { return Ok(false) };
            holds(&AnnotationRow::decode(row).map_err(damaged)?.content, place)
        }
        ChunkOwner::Object { bucket, key } => {
            let prefix = space::of_key(space::VERSIONS, *bucket, key.as_str());
            let mut cursor = view.cursor(&prefix, &space::end_of(&prefix))?;
            while let Some((_, row)) = cursor.next()? {
                if let VersionState::Object(object) = VersionRow::decode(row).map_err(damaged)?.state
                    && holds(&object.content, place)?
                {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

fn holds(content: &Content, place: &Place) -> Result<bool, KeeperFault> {
    let Content::Stored(manifest) = content else { return Ok(false) };
    Ok(Manifest::decode(manifest).map_err(damaged)?.chunks().iter().any(|chunk| chunk.places.contains(place)))
}

fn damaged(cause: impl std::fmt::Display) -> KeeperFault {
    KeeperFault::Damaged(cause.to_string())
}
