//! Compaction: empties volumes of which little lives, so that files and dead bytes stay bounded.
//!
//! Each device is looked after by itself. What lives in the chosen volume is written anew on the same device; when the
//! reclaimer has freed the last old record, the volume goes. Nothing is remembered: a volume that a crash left half empty is
//! chosen again. It gives way to requests and to repair, except where space runs over its bound.

mod choose;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stripe::Filled;
use tokio::time::Instant;

use crate::KeeperFault;
use crate::each_device::{devices_in, each_device};
use crate::evacuate::{Evacuation, give_way, reclaimed};
use crate::moving::Means;
use crate::pace::Allowance;
use choose::{Choice, choose};

/// How often to look whether a volume is worth it.
const IDLE: Duration = Duration::from_secs(1);
/// How long to wait after a fault.
const PAUSE: Duration = Duration::from_secs(5);
/// A volume that was just emptied is left alone so long: the reclaimer frees it, and what was being landed gets its name. Doubled
/// each time that something stayed.
const REST: Duration = Duration::from_secs(5);
const REST_MAX: Duration = Duration::from_secs(600);

/// Volumes that were emptied and are still there: until when each is left alone, and how long that is.
type Rested = BTreeMap<u32, (Instant, Duration)>;

/// What was done on one device since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    pub running: bool,
    pub volumes: u64,
    pub bytes: u64,
}

/// How others see it.
#[derive(Clone, Debug, Default)]
pub struct Compacting(Arc<Mutex<BTreeMap<u16, Compacted>>>);

pub struct Compactor {
    means: Means,
    compacting: Compacting,
}

impl Compacting {
    pub fn of(&self, device: u16) -> Compacted {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&device).copied().unwrap_or_default()
    }

    fn note(&self, device: u16, change: impl FnOnce(&mut Compacted)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(device).or_default());
    }
}

impl Compactor {
    pub(crate) fn new(means: Means) -> (Self, Compacting) {
        let compacting = Compacting::default();
        (Self { means, compacting: compacting.clone() }, compacting)
    }

    /// Works until its task is aborted.
    pub async fn run(self) {
        let compactor = Arc::new(self);
        let hall = &compactor.means.hall;
        each_device(|| devices_in(hall), |device| compactor.clone().look_after(device)).await;
    }

    /// One device, until it is in no more.
    async fn look_after(self: Arc<Self>, device: u16) {
        let (mut rested, mut allowance) = (Rested::new(), self.means.pace.allowance());
        while devices_in(&self.means.hall).contains(&device) {
            let Some(choice) = self.choose(device, &mut rested) else {
                tokio::time::sleep(IDLE).await;
                continue;
            };
            if !choice.is_urgent {
                // A rate of nothing lets nothing begin.
                allowance.spend(0).await;
            }
            let rest = rested.get(&choice.volume).map_or(REST, |(_, rest)| (*rest * 2).min(REST_MAX));
            rested.insert(choice.volume, (Instant::now() + rest, rest));
            self.compacting.note(device, |compacted| compacted.running = true);
            let emptied = self.empty(device, &choice, &mut allowance).await;
            self.compacting.note(device, |compacted| compacted.running = false);
            if let Err(fault) = emptied {
                tracing::warn!(device, volume = choice.volume, %fault, "a compaction pauses");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn choose(&self, device: u16, rested: &mut Rested) -> Option<Choice> {
        let store = self.means.hall.store();
        let punches = store.stats(device)?.punches;
        let mut volumes: Vec<Filled> = store.filled(device);
        rested.retain(|volume, _| volumes.iter().any(|filled| filled.volume == *volume));
        volumes.retain(|filled| rested.get(&filled.volume).is_none_or(|(until, _)| *until < Instant::now()));
        choose(&volumes, punches).filter(|choice| choice.is_urgent || self.means.repair.is_idle())
    }

    async fn empty(
        &self,
        device: u16,
        choice: &Choice,
        allowance: &mut Allowance,
    ) -> Result<(), KeeperFault> {
        let before = self.means.hall.catalog().last_ordinal();
        let mut evacuation = Evacuation::of(&self.means, device, choice.volume);
        loop {
            if !choice.is_urgent {
                give_way(self.means.hall.store(), &[device]).await;
            }
            let Some(moved) = evacuation.step(&[device]).await? else { break };
            self.compacting.note(device, |compacted| compacted.bytes += moved.bytes);
            metrics::counter!("strongroom_compacted_bytes_total").increment(moved.bytes);
            if !choice.is_urgent {
                allowance.spend(moved.seen_bytes).await;
            }
        }
        self.compacting.note(device, |compacted| compacted.volumes += 1);
        metrics::counter!("strongroom_compacted_volumes_total").increment(1);
        if choice.is_urgent { Ok(()) } else { reclaimed(&self.means.hall, before).await }
    }
}
