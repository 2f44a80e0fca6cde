//! What moves bytes that are well: compaction and rebalance, and what they have in common; and the gate that all pass who
//! land bytes in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use semantics::Hall;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::pace::Pace;
use crate::{Compacting, Compactor, KeeperFault, Orders, Rebalancer, Rebalancing};

/// More steps than are ever under way at once.
const STEPS_MAX: u32 = 1 << 16;

/// How fast, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveOptions {
    /// Of each device, for compaction and for rebalance. 0: they wait until they may.
    pub bytes_per_second: u64,
    /// How much fuller a device must be than another before shards move. `None`: a tenth of its size, and at least 1 GiB.
    pub rebalance_at_bytes: Option<u64>,
}

impl Default for MoveOptions {
    fn default() -> Self {
        Self { bytes_per_second: 32 * 1024 * 1024, rebalance_at_bytes: None }
    }
}

/// How others see them.
#[derive(Clone)]
pub struct Moving {
    pub compacting: Compacting,
    pub rebalancing: Rebalancing,
}

/// What both work with.
#[derive(Clone)]
pub(crate) struct Means {
    pub hall: Hall,
    /// It goes first.
    pub repair: Orders,
    pub pace: Arc<Pace>,
    pub gate: Gate,
}

/// Steps that land bytes and name them pass it as long as it is open.
#[derive(Clone)]
pub struct Gate {
    steps: Arc<Semaphore>,
    closing: Arc<AtomicBool>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { steps: Arc::new(Semaphore::new(STEPS_MAX as usize)), closing: Arc::default() }
    }
}

impl Gate {
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, KeeperFault> {
        self.steps.clone().acquire_owned().await.map_err(|_| KeeperFault::CLOSED)
    }

    /// Somebody waits for the steps that are under way: who has not begun with a part of one leaves it.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Waits for what is under way and lets nothing begin any more: after an orderly end nobody sweeps what was landed
    /// and not named.
    pub async fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let all = self.steps.acquire_many(STEPS_MAX).await;
        self.steps.close();
        drop(all);
    }
}

pub fn movers(
    hall: &Hall,
    repair: &Orders,
    gate: Gate,
    options: MoveOptions,
) -> (Compactor, Rebalancer, Moving) {
    let means = Means {
        hall: hall.clone(),
        repair: repair.clone(),
        pace: Arc::new(Pace::new(options.bytes_per_second)),
        gate,
    };
    let (compactor, compacting) = Compactor::new(means.clone());
    let (rebalancer, rebalancing) = Rebalancer::new(means, options.rebalance_at_bytes);
    (compactor, rebalancer, Moving { compacting, rebalancing })
}
