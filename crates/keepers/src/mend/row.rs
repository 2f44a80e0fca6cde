//! Mends the chunks of one row: lands what is missing, then lets the row name it.

use std::collections::VecDeque;
use std::sync::Arc;

use stripe::{Chunk, Doubt, Owner, Place, Redundancy, Restored};
use tokio::task::JoinHandle;

use super::hands::AT_ONCE_MAX;
use super::{Means, Tally};
use crate::KeeperFault;
use crate::rows::Named;
use crate::swap::swap;

/// Chunks that one commit puts in their places: what a crash makes be done again.
const COMMIT_MAX: usize = 128;

/// Which places must be looked at to know whether they are well.
pub(crate) type Suspect = Arc<dyn Fn(&Place) -> Doubt + Send + Sync>;

type Mending = JoinHandle<Result<Option<Restored>, stripe::Fault>>;

impl Means {
    /// Mends what of a row is not whole.
    pub(super) async fn mend(
        &self,
        named: &Named,
        suspect: &Suspect,
        tally: &Tally,
    ) -> Result<(), KeeperFault> {
        for chunks in named.manifest.chunks().chunks(COMMIT_MAX) {
            // An orderly end waits for those of them that have begun.
            let _passed = self.gate.enter().await?;
            self.mend_some(named, chunks, suspect, tally).await?;
        }
        Ok(())
    }

    async fn mend_some(
        &self,
        named: &Named,
        chunks: &[Chunk],
        suspect: &Suspect,
        tally: &Tally,
    ) -> Result<(), KeeperFault> {
        let owner = Owner::new(named.owner.encode())?;
        let (mut under_way, mut mended, mut outcome) = (VecDeque::new(), Vec::new(), Ok(()));
        for chunk in chunks {
            if under_way.len() == AT_ONCE_MAX as usize {
                outcome = take(&mut under_way, &mut mended, named, tally).await;
            }
            if outcome.is_err() {
                break;
            }
            let mending =
                self.clone().mend_one(owner.clone(), chunk.clone(), named.redundancy, suspect.clone());
            under_way.push_back((chunk.clone(), tokio::spawn(mending)));
        }
        // Whatever failed: what is under way ends here, and what was mended stays.
        while !under_way.is_empty() {
            outcome = outcome.and(take(&mut under_way, &mut mended, named, tally).await);
        }
        self.commit(named, mended, tally).await?;
        outcome
    }

    async fn mend_one(
        self,
        owner: Owner,
        chunk: Chunk,
        redundancy: Redundancy,
        suspect: Suspect,
    ) -> Result<Option<Restored>, stripe::Fault> {
        let store = self.hall.store();
        let _hand = self.hands.take(store, &chunk).await;
        if self.gate.is_closing() {
            return Err(stripe::Fault::Closed);
        }
        store.restore(&owner, &chunk, redundancy, |place| suspect(place)).await
    }

    async fn commit(
        &self,
        named: &Named,
        mended: Vec<(Chunk, Restored)>,
        tally: &Tally,
    ) -> Result<(), KeeperFault> {
        if mended.is_empty() {
            return Ok(());
        }
        let old: Vec<Chunk> = mended.iter().map(|(old, _)| old.clone()).collect();
        // Overwritten or deleted meanwhile: nobody needs it any more.
        if swap(&self.hall, named.key.clone(), mended).await? {
            old.iter().for_each(|chunk| tally.mended(chunk));
        }
        Ok(())
    }
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
