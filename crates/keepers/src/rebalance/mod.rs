//! Rebalance: evens out how full the devices are, after one was added or a larger one took another's place.
//!
//! It begins by itself, moves single shards from the fullest device to the emptiest that may hold them, and gives way to
//! requests and to repair. Where it is stands in a job's row as long as it is under way or paused; the volumes themselves
//! say what is left to do, so a crash loses nothing but the counts of the last seconds.

mod choose;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog::table::JobRow;
use model::Timestamp;
use semantics::Hall;
use stripe::Standing;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::evacuate::{Evacuation, Moved, give_way, reclaimed};
use crate::moving::Means;
use crate::pace::Allowance;
use crate::{KeeperFault, jobs};
use choose::{Choice, Fill, bytes_to_move, choose};

/// The job's name.
const JOB: &str = "rebalance";
/// How often to look whether the devices differ.
const IDLE: Duration = Duration::from_secs(5);
/// How often it writes down how far it is.
const NOTE_EVERY: Duration = Duration::from_secs(2);
/// A device from which nothing could be moved is left alone so long, or until others come or go.
const REST: Duration = Duration::from_secs(3600);

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebalanced {
    pub running: bool,
    pub paused: bool,
    /// Of this time, or of the last.
    pub bytes: u64,
    /// What there was to move at least, when it began.
    pub bytes_total: u64,
    pub begun: Option<Timestamp>,
}

/// How others see it, and hold it.
#[derive(Clone)]
pub struct Rebalancing(Arc<Shared>);

struct Shared {
    hall: Hall,
    at_bytes: Option<u64>,
    state: Mutex<Rebalanced>,
    /// Held while the state is written down: what is there last is what was so last.
    noting: tokio::sync::Mutex<()>,
    changed: Notify,
}

/// A device that is being relieved: its volumes that were not looked at yet.
#[derive(Default)]
struct Source {
    volumes: VecDeque<u32>,
    evacuation: Option<Evacuation>,
}

pub struct Rebalancer {
    means: Means,
    rebalancing: Rebalancing,
    /// Devices that are In, and since when which of them have nothing to move.
    members: Vec<u16>,
    stuck: BTreeMap<u16, Instant>,
}

impl Rebalancing {
    pub fn status(&self) -> Rebalanced {
        *self.state()
    }

    /// Durable: it stays paused over a restart.
    pub async fn pause(&self, paused: bool) -> Result<(), KeeperFault> {
        self.state().paused = paused;
        self.note().await?;
        self.0.changed.notify_one();
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, Rebalanced> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As the job's row has it.
    fn resume(&self) -> Result<(), KeeperFault> {
        let Some(row) = jobs::read(self.0.hall.catalog(), JOB)? else { return Ok(()) };
        let count = |place: usize| row.counts.get(place).copied().unwrap_or(0);
        let (bytes, bytes_total, paused) = (count(0), count(1), count(2) > 0);
        let begun = (row.begun.millis() > 0).then_some(row.begun);
        *self.state() = Rebalanced { running: false, paused, bytes, bytes_total, begun };
        Ok(())
    }

    async fn note(&self) -> Result<(), KeeperFault> {
        let _one = self.0.noting.lock().await;
        let state = self.status();
        let row = JobRow {
            begun: state.begun.unwrap_or(Timestamp::from_millis(0)),
            next: Vec::new(),
            counts: vec![state.bytes, state.bytes_total, u64::from(state.paused)],
        };
        jobs::note(self.0.hall.catalog(), JOB, (state.begun.is_some() || state.paused).then_some(&row)).await
    }
}

impl Rebalancer {
    pub(crate) fn new(means: Means, at_bytes: Option<u64>) -> (Self, Rebalancing) {
        let shared = Shared {
            hall: means.hall.clone(),
            at_bytes,
            state: Mutex::default(),
            noting: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        };
        let rebalancing = Rebalancing(Arc::new(shared));
        let (members, stuck) = (Vec::new(), BTreeMap::new());
        (Self { means, rebalancing: rebalancing.clone(), members, stuck }, rebalancing)
    }

    /// Works until its task is aborted.
    pub async fn run(mut self) {
        if let Err(fault) = self.rebalancing.resume() {
            tracing::error!(%fault, "how far a rebalance was can't be read");
        }
        loop {
            if let Err(fault) = self.round().await {
                tracing::warn!(%fault, "a rebalance pauses");
            }
            tokio::select! {
                () = tokio::time::sleep(IDLE) => {}
                () = self.rebalancing.0.changed.notified() => {}
            }
        }
    }

    /// Until the devices are even, or it has to stop for a while.
    async fn round(&mut self) -> Result<(), KeeperFault> {
        let (mut sources, mut allowance) = (BTreeMap::new(), self.means.pace.allowance());
        let mut noted = Instant::now();
        while !self.rebalancing.status().paused && self.means.repair.is_idle() {
            let fills = self.fills();
            let state = self.rebalancing.status();
            let (stuck, at_bytes) = (self.stuck(), self.rebalancing.0.at_bytes);
            let Some(choice) = choose(&fills, &stuck, at_bytes, state.begun.is_some()) else {
                return self.finish().await;
            };
            // A rate of nothing lets nothing begin.
            allowance.spend(0).await;
            if !state.running {
                self.begin(&fills).await?;
            }
            let before = self.means.hall.catalog().last_ordinal();
            let source = sources.entry(choice.from).or_insert_with(|| self.source(choice.from));
            let is_exhausted = self.relieve(&choice, source, &mut allowance).await?;
            if is_exhausted {
                self.stuck.insert(choice.from, Instant::now());
            }
            if noted.elapsed() >= NOTE_EVERY {
                noted = Instant::now();
                self.rebalancing.note().await?;
            }
            // Until then the space is taken twice, and nobody knows who is the fullest.
            reclaimed(&self.means.hall, before).await?;
        }
        Ok(())
    }

    /// One that was under way when the last process ended goes on with its counts.
    async fn begin(&self, fills: &[Fill]) -> Result<(), KeeperFault> {
        let bytes = {
            let mut state = self.rebalancing.state();
            if state.begun.is_none() {
                state.begun = Some(self.means.hall.clock().now());
                (state.bytes, state.bytes_total) = (0, bytes_to_move(fills));
            }
            state.running = true;
            state.bytes_total
        };
        tracing::info!(bytes, "shards move so that all devices are equally full");
        self.rebalancing.note().await
    }

    async fn finish(&self) -> Result<(), KeeperFault> {
        let bytes = {
            let mut state = self.rebalancing.state();
            if state.begun.take().is_none() {
                return Ok(());
            }
            state.running = false;
            state.bytes
        };
        tracing::info!(bytes, "the devices are as even as they get");
        self.rebalancing.note().await
    }

    /// Moves one batch; true when the source has nothing more to move.
    async fn relieve(
        &self,
        choice: &Choice,
        source: &mut Source,
        allowance: &mut Allowance,
    ) -> Result<bool, KeeperFault> {
        let devices: Vec<u16> = [&[choice.from], &choice.to[..]].concat();
        let mut bytes = 0;
        while bytes < choice.bytes {
            give_way(self.means.hall.store(), &devices).await;
            let Some(moved) = source.step(&self.means, choice).await? else { return Ok(true) };
            bytes += moved.bytes;
            self.rebalancing.state().bytes += moved.bytes;
            metrics::counter!("strongroom_rebalanced_bytes_total").increment(moved.bytes);
            allowance.spend(moved.seen_bytes).await;
        }
        Ok(false)
    }

    fn source(&self, device: u16) -> Source {
        let mut volumes = self.means.hall.store().filled(device);
        volumes.retain(|filled| filled.living_bytes() > 0);
        let volumes = volumes.into_iter().map(|filled| filled.volume).collect();
        Source { volumes, evacuation: None }
    }

    fn fills(&mut self) -> Vec<Fill> {
        let store = self.means.hall.store();
        let fill = |device: u16| {
            let usage = store.stats(device)?.usage;
            let living_bytes = usage.filled_bytes.saturating_sub(usage.dead_bytes);
            Some(Fill { device, living_bytes, total_bytes: store.space(device)?.total_bytes })
        };
        let all = store.devices().into_iter().filter(|(_, standing)| *standing == Standing::In);
        let fills: Vec<Fill> = all.filter_map(|(device, _)| fill(device)).collect();
        let members: Vec<u16> = fills.iter().map(|fill| fill.device).collect();
        if members != self.members {
            self.members = members;
            self.stuck.clear();
        }
        fills
    }

    fn stuck(&mut self) -> BTreeSet<u16> {
        self.stuck.retain(|_, since| since.elapsed() < REST);
        self.stuck.keys().copied().collect()
    }
}

impl Source {
    /// `None` when all its volumes were looked at.
    async fn step(&mut self, means: &Means, choice: &Choice) -> Result<Option<Moved>, KeeperFault> {
        loop {
            let evacuation = match &mut self.evacuation {
                Some(evacuation) => evacuation,
                None => {
                    let Some(volume) = self.volumes.pop_front() else { return Ok(None) };
                    self.evacuation.insert(Evacuation::of(means, choice.from, volume))
                }
            };
            match evacuation.step(&choice.to).await? {
                Some(moved) => return Ok(Some(moved)),
                None => self.evacuation = None,
            }
        }
    }
}
