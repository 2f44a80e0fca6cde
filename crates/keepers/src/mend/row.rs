//! Mends the chunks of one row: lands what is missing, then lets the row name it.
//!
//! Nothing is deleted before the row names the new places, and the commit that does leaves the old ones to the
//! reclaimer. A crash in between leaves records that nobody names, which the sweep finds.

use std::collections::VecDeque;
use std::sync::Arc;

use catalog::table::{Content, ReclaimRow, space};
use catalog::{Decision, Fault, Group, Write};
use semantics::Hall;
use stripe::{Chunk, Manifest, Owner, Place, Restored};
use tokio::task::JoinHandle;

use super::Tally;
use crate::KeeperFault;
use crate::rows::{Named, content_of, with_content};

/// Chunks of one row that are mended at the same time.
const AT_ONCE_MAX: usize = 4;
/// Chunks that one commit puts in their places: what a crash makes be done again.
const COMMIT_MAX: usize = 64;

/// Which places must be read to know whether they are well.
pub(crate) type Suspect = Arc<dyn Fn(&Place) -> bool + Send + Sync>;

type Mending = JoinHandle<Result<Option<Restored>, stripe::Fault>>;

/// Mends what of a row is not whole.
pub(crate) async fn mend(
    hall: &Hall,
    named: &Named,
    suspect: &Suspect,
    tally: &Tally,
) -> Result<(), KeeperFault> {
    let owner = Owner::new(named.owner.encode())?;
    let _passage = hall.store().passage();
    let (mut under_way, mut mended) = (VecDeque::new(), Vec::new());
    for chunk in named.manifest.chunks() {
        if under_way.len() == AT_ONCE_MAX {
            take(&mut under_way, &mut mended, named, tally).await?;
        }
        if mended.len() == COMMIT_MAX {
            commit(hall, named, std::mem::take(&mut mended), tally).await?;
        }
        let (store, owner, redundancy) = (hall.store().clone(), owner.clone(), named.redundancy);
        let (of, suspect) = (chunk.clone(), suspect.clone());
        let mending =
            tokio::spawn(
                async move { store.restore(&owner, &of, redundancy, move |place| suspect(place)).await },
            );
        under_way.push_back((chunk.clone(), mending));
    }
    while !under_way.is_empty() {
        take(&mut under_way, &mut mended, named, tally).await?;
    }
    commit(hall, named, mended, tally).await
}

async fn take(
    under_way: &mut VecDeque<(Chunk, Mending)>,
    mended: &mut Vec<(Chunk, Restored)>,
    named: &Named,
    tally: &Tally,
) -> Result<(), KeeperFault> {
    let Some((chunk, mending)) = under_way.pop_front() else { return Ok(()) };
    tally.saw(&chunk);
    match mending.await.unwrap_or(Err(stripe::Fault::Closed)) {
        Ok(None) => {}
        Ok(Some(restored)) => mended.push((chunk, restored)),
        // Others may still be saved; the object's readers are told.
        Err(fault) if is_beyond_repair(&fault) => {
            tracing::error!(owner = ?named.owner, %fault, "a chunk is lost");
            tally.lost();
        }
        Err(fault) => return Err(fault.into()),
    }
    Ok(())
}

const fn is_beyond_repair(fault: &stripe::Fault) -> bool {
    fault.is_corruption() || matches!(fault, stripe::Fault::Missing { .. })
}

async fn commit(
    hall: &Hall,
    named: &Named,
    mended: Vec<(Chunk, Restored)>,
    tally: &Tally,
) -> Result<(), KeeperFault> {
    if mended.is_empty() {
        return Ok(());
    }
    let swaps: Vec<(Chunk, Chunk)> =
        mended.iter().map(|(old, restored)| (old.clone(), restored.chunk().clone())).collect();
    let obsolete: Manifest =
        mended.iter().flat_map(|(_, restored)| restored.obsolete().iter().cloned()).collect();
    let key = named.key.clone();
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
    match committed {
        // Overwritten or deleted meanwhile: what was written for it goes.
        Ok(Err(())) => return Ok(()),
        Ok(Ok(())) => {
            for (old, restored) in mended {
                tally.mended(&old);
                restored.claim();
            }
        }
        Err(fault) => {
            // Perhaps the row names them now: the next start's sweep will know.
            for (_, restored) in mended {
                restored.claim();
            }
            return Err(fault.into());
        }
    }
    Ok(())
}

/// The row with the new chunks in the places of the old ones; `None` when it does not name all of those any more.
fn replace(
    key: &[u8],
    row: bytes::Bytes,
    swaps: &[(Chunk, Chunk)],
) -> Result<Option<bytes::Bytes>, KeeperFault> {
    let Some(Content::Stored(encoded)) = content_of(key, row.clone())? else { return Ok(None) };
    let mut manifest = Manifest::decode(&encoded).map_err(|error| KeeperFault::Damaged(error.to_string()))?;
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
