//! Mends the chunks of one row: lands what is missing, then lets the row name it.

use std::collections::VecDeque;
use std::sync::Arc;

use semantics::Hall;
use stripe::{Chunk, Doubt, Owner, Place, Restored};
use tokio::task::JoinHandle;

use super::Tally;
use crate::rows::Named;
use crate::swap::swap;
use crate::{Gate, KeeperFault};

/// Chunks of one row that are mended at the same time.
const AT_ONCE_MAX: usize = 4;
/// Chunks that one commit puts in their places: what a crash makes be done again.
const COMMIT_MAX: usize = 64;

/// Which places must be looked at to know whether they are well.
pub(crate) type Suspect = Arc<dyn Fn(&Place) -> Doubt + Send + Sync>;

type Mending = JoinHandle<Result<Option<Restored>, stripe::Fault>>;

/// Mends what of a row is not whole.
pub(crate) async fn mend(
    hall: &Hall,
    gate: &Gate,
    named: &Named,
    suspect: &Suspect,
    tally: &Tally,
) -> Result<(), KeeperFault> {
    for chunks in named.manifest.chunks().chunks(COMMIT_MAX) {
        // An orderly end waits for these, and for no more of a long row.
        let _passed = gate.enter().await?;
        mend_some(hall, named, chunks, suspect, tally).await?;
    }
    Ok(())
}

async fn mend_some(
    hall: &Hall,
    named: &Named,
    chunks: &[Chunk],
    suspect: &Suspect,
    tally: &Tally,
) -> Result<(), KeeperFault> {
    let owner = Owner::new(named.owner.encode())?;
    let (mut under_way, mut mended) = (VecDeque::new(), Vec::new());
    for chunk in chunks {
        if under_way.len() == AT_ONCE_MAX {
            take(&mut under_way, &mut mended, named, tally).await?;
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
    let old: Vec<Chunk> = mended.iter().map(|(old, _)| old.clone()).collect();
    // Overwritten or deleted meanwhile: nobody needs it any more.
    if swap(hall, named.key.clone(), mended).await? {
        old.iter().for_each(|chunk| tally.mended(chunk));
    }
    Ok(())
}
