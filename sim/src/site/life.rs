//! One life of the program: a site opened on the machine's devices, with a runtime and threads that take turns.

use std::sync::Arc;
use std::time::Duration;

use devices::{Fleet, Numbers, Offer};
use keepers::site::{self, Keeping, Site, SiteOptions};
use keepers::steward::Steward;
use keepers::{MoveOptions, ScrubOptions};
use model::Timestamp;
use reference::hall::{Front, region};
use semantics::Settings;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use world::thread::spawn_blocking;
use world::{Clock as _, Disk, ManualClock, Random as _, SeededRandom, take_turns};

use super::drive::{Drive, Power};
use crate::Dice;
use crate::scenario::Stop;
use crate::scenarios::SMALL_TREE;
use crate::turns::SimTurns;

/// So long a device may be silent.
const PATIENCE: Duration = Duration::from_secs(10);
/// Nothing takes longer, unless somebody waits for ever.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// What a site is made and run with.
#[derive(Clone, Debug)]
pub struct Plan {
    pub inline_bytes_max: usize,
    pub lanes: usize,
}

pub struct Life {
    runtime: Runtime,
    turns: SimTurns,
    clock: Arc<ManualClock>,
    random: Arc<SeededRandom>,
    pub power: Arc<Power>,
    rooms: Option<Rooms>,
}

/// A site that is open.
pub struct Rooms {
    site: Site,
    pub fleet: Arc<Fleet>,
    pub keeping: Keeping,
    pub front: Front,
}

impl Rooms {
    pub const fn steward(&self) -> &Arc<Steward> {
        &self.site.steward
    }
}

impl Life {
    /// The wall clock stands at `now`, and moves when clients wait: no sequence depends on how long anything takes.
    pub fn new(dice: &Dice, power: Arc<Power>, now: Timestamp) -> Self {
        let turns = SimTurns::new(dice.fork());
        take_turns(Some(turns.port()));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.spawn(turns.clone().pump());
        let clock = Arc::new(ManualClock::at(now));
        let random = Arc::new(SeededRandom::new(dice.seed()));
        Self { runtime, turns, clock, random, power, rooms: None }
    }

    /// Until it has ended; nothing else passes time.
    pub fn run<T>(&self, what: &str, work: impl Future<Output = T>) -> Result<T, Stop> {
        let ended = self.runtime.block_on(async { timeout(LONGEST, work).await });
        ended.map_err(|_| Stop::Violation(format!("{what} never ends")))
    }

    /// `Ok(None)`: the site refused to start, and why.
    pub fn open(&mut self, drives: &[Drive], plan: &Plan) -> Result<Option<String>, Stop> {
        let (clock, random) = (self.clock.clone(), self.random.clone());
        let opened = self.run("a start", async {
            let offers = drives.iter().enumerate().map(|(at, drive)| {
                let disk: Arc<dyn Disk> = Arc::new(drive.clone());
                Offer { disk, label: format!("slot {at}"), zone: None, lock: None }
            });
            let offers: Vec<Offer> = offers.collect();
            let deadline = (drives.len() > 1).then_some(PATIENCE);
            let options = devices::Options { random: random.clone(), clock: clock.clone(), deadline };
            let fleet = spawn_blocking(move || Fleet::open(offers, &Numbers::new(), options)).await;
            let fleet =
                Arc::new(fleet.map_err(|fault| fault.to_string())?.map_err(|fault| fault.to_string())?);
            let site = site::open(&fleet, clock.clone(), site_options(plan, &random)).await;
            let site = site.map_err(|fault| told(&fault))?;
            let settings = Settings {
                inline_bytes_max: plan.inline_bytes_max,
                regions: vec![region()],
                ..Settings::default()
            };
            let front = Front::new(site.catalog.clone(), site.store.clone(), clock, random, settings);
            let keeping =
                site::keep(&front.hall, &site.steward, ScrubOptions::default(), MoveOptions::default(), None);
            Ok::<Rooms, String>(Rooms { site, fleet, keeping, front })
        })?;
        match opened {
            Ok(rooms) => {
                self.rooms = Some(rooms);
                Ok(None)
            }
            Err(refusal) => Ok(Some(refusal)),
        }
    }

    pub fn rooms(&self) -> &Rooms {
        self.rooms.as_ref().expect("the site is open")
    }

    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// In order.
    pub fn close(&mut self) -> Result<Result<(), String>, Stop> {
        let Some(rooms) = self.rooms.take() else { return Ok(Ok(())) };
        let Rooms { site, fleet, keeping, front } = rooms;
        self.run("ending the keepers", keeping.end())?;
        drop((keeping, front));
        let closed = self.run("closing", site.close(fleet))?;
        Ok(closed.map_err(|fault| fault.to_string()))
    }

    /// Ends it as it is; answers what the clock shows.
    pub fn end(mut self) -> Result<Timestamp, Stop> {
        self.power.cut();
        if let Some(rooms) = self.rooms.take() {
            rooms.keeping.abort();
            self.runtime.block_on(async { drop(rooms) });
        }
        drop(self.runtime);
        let drained = self.turns.drain();
        take_turns(None);
        drained.map_err(Stop::Violation)?;
        Ok(self.clock.now())
    }

    pub fn turns(&self) -> u64 {
        self.turns.count()
    }
}

fn site_options(plan: &Plan, random: &Arc<SeededRandom>) -> SiteOptions {
    let stripe = stripe::Options {
        lanes: plan.lanes,
        volume_size_bytes_first: 2 << 20,
        volume_size_bytes_max: 2 << 20,
        reserve_bytes: Some(64 << 10),
        patience: PATIENCE,
        random: stripe::SharedRandom(random.clone()),
        ..stripe::Options::default()
    };
    let catalog = catalog::Options {
        memtable_bytes_max: 96 << 10,
        frozen_max: 1,
        batch_bytes_max: 96 << 10,
        segment_bytes_first: 256 << 10,
        segment_bytes_max: 512 << 10,
        spares_max: 2,
        apply_rows_max: 64,
        apply_bytes_max: 64 << 10,
        free_bytes_min: 64 << 10,
        salt: random.u64(),
        ..catalog::Options::default()
    };
    SiteOptions { parity: None, catalog, stripe, index: SMALL_TREE, archived: false }
}

fn told(fault: &dyn std::error::Error) -> String {
    match fault.source() {
        Some(source) => format!("{fault}: {}", told(source)),
        None => fault.to_string(),
    }
}
