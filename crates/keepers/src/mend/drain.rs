//! Drains to the end: what landed on a draining device after a pass had gone by.
//!
//! A writer that had chosen the device before names its bytes when it is done, perhaps behind the pass. So as long as
//! something lives on the device it is asked what that is, and whoever names it is mended. What nobody names was left by
//! an earlier process or is about to be freed. What can't be mended is reported, and looked at again ever more seldom.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use semantics::ChunkOwner;
use stripe::{Chunk, Doubt, Earlier, Manifest, Owner, Standing};
use tokio::time::Instant;

use super::row::Suspect;
use super::{Means, Orders, Tally};
use crate::KeeperFault;
use crate::evacuate::{Living, by_owner, next_group};
use crate::rows::rows_of_which;
use crate::sweep::sweep_device;

/// From one look at a device to the next; doubled while nothing changes.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_EVERY_MAX: Duration = Duration::from_secs(600);

/// The draining devices, between looks.
#[derive(Debug, Default)]
pub(super) struct Drains(BTreeMap<u16, Look>);

#[derive(Debug)]
struct Look {
    due: Instant,
    pause: Duration,
    /// What lived there at the last one.
    living_bytes: u64,
    /// Who may still name something there, since nothing was left to mend.
    on_the_way: Option<Earlier>,
}

impl Drains {
    /// Looks at those devices for which it is time.
    pub async fn look(&mut self, means: &Means, orders: &Orders) -> Result<(), KeeperFault> {
        let store = means.hall.store();
        let draining = store.devices().into_iter().filter(|(_, standing)| *standing == Standing::Draining);
        let draining: Vec<u16> = draining.map(|(device, _)| device).collect();
        self.0.retain(|device, _| draining.contains(device));
        orders.keep_stuck(&draining);
        for device in draining {
            let living_bytes = store.filled(device).iter().map(stripe::Filled::living_bytes).sum();
            let now = Instant::now();
            let look = self.0.entry(device).or_insert(Look {
                // The pass goes first.
                due: now + LOOK_EVERY,
                pause: LOOK_EVERY,
                living_bytes: 0,
                on_the_way: None,
            });
            if living_bytes == 0 || now < look.due {
                continue;
            }
            let changes = living_bytes != look.living_bytes;
            look.pause = if changes { LOOK_EVERY } else { (look.pause * 2).min(LOOK_EVERY_MAX) };
            (look.due, look.living_bytes) = (now + look.pause, living_bytes);
            let lost = empty(means, device).await?;
            orders.note_stuck(device, lost);
            if changes || lost > 0 {
                look.on_the_way = None;
            } else if look.on_the_way.get_or_insert_with(|| store.on_the_way()).have_left() {
                sweep_device(&means.hall, device).await?;
            }
        }
        Ok(())
    }
}

/// Mends whoever names something on the device; answers how many chunks are beyond repair.
async fn empty(means: &Means, device: u16) -> Result<u64, KeeperFault> {
    let (store, tally) = (means.hall.store(), Tally::default());
    for filled in store.filled(device) {
        let mut living: Living = Box::new(store.survey_volume(device, filled.volume));
        loop {
            let group = next_group(&mut living).await?;
            if group.is_empty() {
                break;
            }
            for (owner, _) in by_owner(group) {
                mend_all(means, &owner, device, &tally).await?;
            }
        }
    }
    Ok(tally.counted().chunks_lost)
}

async fn mend_all(means: &Means, owner: &Owner, device: u16, tally: &Tally) -> Result<(), KeeperFault> {
    let Some(owner) = ChunkOwner::decode(owner.bytes()) else { return Ok(()) };
    let lies_there = move |chunk: &&Chunk| chunk.places.iter().any(|place| place.device == device);
    let rows = {
        let view = means.hall.catalog().snapshot()?;
        rows_of_which(&view, &owner, |named| named.manifest.chunks().iter().any(|chunk| lies_there(&chunk)))?
    };
    let suspect: Suspect = Arc::new(|_| Doubt::Nothing);
    for mut named in rows {
        named.manifest = Manifest::new(named.manifest.chunks().iter().filter(lies_there).cloned().collect());
        means.mend(&named, &suspect, tally).await?;
    }
    Ok(())
}
