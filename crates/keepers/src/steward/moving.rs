//! How compaction and rebalance stand, for `strongroom status`; and what an operator may say to them.

use model::Timestamp;
use serde::Serialize;

use super::{Charge, DeviceFault, Steward};
use crate::{Compacted, Rebalanced};

/// Of one device, since the start.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Compaction {
    pub device: u16,
    pub running: bool,
    /// Whether its file system gives the space of a deleted object back at once.
    pub punches: bool,
    pub volumes_emptied: u64,
    pub bytes_moved: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Rebalance {
    pub running: bool,
    pub paused: bool,
    pub bytes: u64,
    pub bytes_total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
}

impl Steward {
    /// Holds the rebalance, or lets it go on.
    pub async fn pause_rebalance(&self, paused: bool) -> Result<(), DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        Ok(charge.moving.rebalancing.pause(paused).await?)
    }
}

pub(super) fn compactions(charge: &Charge) -> Vec<Compaction> {
    let of = |device: u16| {
        let punches = charge.store().stats(device)?.punches;
        let Compacted { running, volumes, bytes } = charge.moving.compacting.of(device);
        Some(Compaction { device, running, punches, volumes_emptied: volumes, bytes_moved: bytes })
    };
    charge.store().devices().into_iter().filter_map(|(device, _)| of(device)).collect()
}

pub(super) fn rebalance(charge: &Charge) -> Rebalance {
    let Rebalanced { running, paused, bytes, bytes_total, begun } = charge.moving.rebalancing.status();
    let begun = begun.map(Timestamp::to_iso8601);
    Rebalance { running: running && !paused, paused, bytes, bytes_total, begun }
}
