//! Lets a row name chunks that were laid anew in the places of the old ones.
//!
//! Nothing is deleted before the row names the new places, and the commit that does leaves the old ones to the
//! reclaimer. A crash in between leaves records that nobody names, which the sweep finds.

use bytes::Bytes;
use catalog::table::{Content, ReclaimRow, space};
use catalog::{Decision, Fault, Group, Write};
use semantics::Hall;
use stripe::{Chunk, Manifest, Restored};

use crate::KeeperFault;
use crate::rows::{content_of, with_content};

/// Of one row: chunks in the order of its manifest, each with what takes its place. False when the row does not name
/// all of them any more; what was written for it goes then.
pub(crate) async fn swap(
    hall: &Hall,
    key: Vec<u8>,
    laid: Vec<(Chunk, Restored)>,
) -> Result<bool, KeeperFault> {
    // In a task of its own: were it ended between the commit and its answer, what the row names by then would be deleted.
    let swapping = tokio::spawn(swap_whole(hall.clone(), key, laid));
    swapping.await.unwrap_or(Err(KeeperFault::CLOSED))
}

async fn swap_whole(hall: Hall, key: Vec<u8>, laid: Vec<(Chunk, Restored)>) -> Result<bool, KeeperFault> {
    let swaps: Vec<(Chunk, Chunk)> =
        laid.iter().map(|(old, restored)| (old.clone(), restored.chunk().clone())).collect();
    let obsolete: Manifest =
        laid.iter().flat_map(|(_, restored)| restored.obsolete().iter().cloned()).collect();
    let committed = hall.catalog().commit_freeing(Group::new(key.clone()), move |view, ordinal| {
        let Some(row) = view.get(&key)? else { return Ok(Decision::Refuse(())) };
        let Some(replaced) =
            replace(&key, row, &swaps).map_err(|fault| Fault::corrupt("row", fault.to_string()))?
        else {
            return Ok(Decision::Refuse(()));
        };
        let reclaim = ReclaimRow::Stored(obsolete.encode().into()).encode();
        let writes = vec![Write::put(key.clone(), replaced), Write::put(space::reclaim(ordinal, 0), reclaim)];
        Ok(Decision::Write(writes, ()))
    });
    let committed = committed.await;
    // Perhaps the row names them: the next start's sweep will know.
    let may_be_named = match &committed {
        Ok(outcome) => outcome.is_ok(),
        Err(fault) => fault.outcome_unknown(),
    };
    if may_be_named {
        laid.into_iter().for_each(|(_, restored)| drop(restored.claim()));
    }
    Ok(committed?.is_ok())
}

/// The row with the new chunks in the places of the old ones; `None` when it does not name all of those any more.
fn replace(key: &[u8], row: Bytes, swaps: &[(Chunk, Chunk)]) -> Result<Option<Bytes>, KeeperFault> {
    let Some(Content::Stored(encoded)) = content_of(key, row.clone())? else { return Ok(None) };
    let mut manifest = Manifest::decode(&encoded).map_err(KeeperFault::damaged)?;
    let mut swaps = swaps.iter().peekable();
    for chunk in manifest.chunks_mut() {
        if let Some((_, fresh)) = swaps.next_if(|(old, _)| old == chunk) {
            *chunk = fresh.clone();
        }
    }
    if swaps.peek().is_some() {
        return Ok(None);
    }
    with_content(key, row, Content::Stored(manifest.encode().into()))
}
