//! Repair: gives every chunk its full redundancy again after devices failed, left, came, or told false bytes.
//!
//! One pass walks all rows that name bytes. Between passes it mends what reads found. A pass does what repair, drain and
//! the healing of stale devices have in common: whatever lies where it should not lie, or not at all, is laid anew.
//!
//! An error makes a pass pause, and it goes on at the same row. After a crash one begins at the first row, since whoever
//! came or left meanwhile concerns them all; what was mended before is whole, and costs a look.

mod drain;
mod hands;
mod row;
mod tally;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog::table::JobRow;
use semantics::{ChunkOwner, Hall};
use stripe::{Ailing, Doubt, Place};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::rows::{rows_from, rows_of};
use crate::{Gate, KeeperFault, jobs};
use drain::Drains;
use hands::Hands;
use row::Suspect;
pub use tally::{Counted, Tally};

/// Rows read at once, and mended at the same time.
const ROWS_AT_ONCE_MAX: usize = 32;
const ROWS_READ_MAX: usize = 128;
/// How often to look whether a draining device is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long to wait after a fault.
const PAUSE: Duration = Duration::from_secs(5);
/// The name of a pass among the jobs.
const JOB: &str = "repair";

/// How others ask for repair, and see how far it is.
#[derive(Clone, Debug)]
pub struct Orders(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Passes asked for, and how many of these are done.
    asked: watch::Sender<u64>,
    done: watch::Sender<u64>,
    /// Volumes that turned out to hold false bytes: their places are read to know which are well.
    suspects: Mutex<BTreeSet<(u16, u32)>>,
    /// Chunks on draining devices that are beyond repair.
    stuck: Mutex<BTreeMap<u16, u64>>,
    tally: Tally,
}

pub struct Mender {
    means: Means,
    orders: Orders,
}

/// What mending takes.
#[derive(Clone)]
struct Means {
    hall: Hall,
    gate: Gate,
    hands: Arc<Hands>,
}

/// A pass under way.
struct Pass {
    /// What it was begun for: all demands up to this one. Rows that it left behind know nothing of later ones.
    serves: u64,
    suspects: BTreeSet<(u16, u32)>,
    /// Devices that may lack records, each with the epoch of its opening.
    rebuilt: BTreeMap<u16, u64>,
    /// The first row that is not done.
    next: Vec<u8>,
}

impl Orders {
    /// Asks for a pass over everything; answers its number.
    pub fn pass(&self) -> u64 {
        let mut number = 0;
        self.0.asked.send_modify(|asked| {
            *asked += 1;
            number = *asked;
        });
        number
    }

    /// As `pass`, which also reads what it finds in this volume.
    pub fn suspect(&self, device: u16, volume: u32) -> u64 {
        self.suspects().insert((device, volume));
        self.pass()
    }

    /// Told each time a pass that was asked for is done: its number. All passes up to it are.
    pub fn done(&self) -> watch::Receiver<u64> {
        self.0.done.subscribe()
    }

    pub fn tally(&self) -> Counted {
        self.0.tally.counted()
    }

    /// Whether everything that was asked for is done.
    pub fn is_idle(&self) -> bool {
        *self.0.asked.borrow() == *self.0.done.borrow()
    }

    /// Whether nobody has asked yet.
    pub fn is_untried(&self) -> bool {
        *self.0.asked.borrow() == 0
    }

    /// How many chunks a draining device can't lose because they are beyond repair.
    pub fn stuck(&self, device: u16) -> u64 {
        self.lock_stuck().get(&device).copied().unwrap_or(0)
    }

    fn note_stuck(&self, device: u16, chunks: u64) {
        self.lock_stuck().insert(device, chunks);
    }

    fn keep_stuck(&self, draining: &[u16]) {
        self.lock_stuck().retain(|device, _| draining.contains(device));
    }

    fn lock_stuck(&self) -> MutexGuard<'_, BTreeMap<u16, u64>> {
        self.0.stuck.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last pass found or made everything whole, and nothing was asked for since.
    pub fn is_whole(&self) -> bool {
        self.is_idle() && !self.is_untried() && self.tally().chunks_lost == 0
    }

    fn suspects(&self) -> MutexGuard<'_, BTreeSet<(u16, u32)>> {
        self.0.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mender {
    pub fn new(hall: Hall, gate: Gate) -> (Self, Orders) {
        let orders = Orders(Arc::new(Shared {
            asked: watch::Sender::new(0),
            done: watch::Sender::new(0),
            suspects: Mutex::default(),
            stuck: Mutex::default(),
            tally: Tally::default(),
        }));
        let means = Means { hall, gate, hands: Arc::default() };
        (Self { means, orders: orders.clone() }, orders)
    }

    /// Works until its task is aborted.
    pub async fn run(self) {
        let mut asked = self.orders.0.asked.subscribe();
        let Some(mut ailments) = self.means.hall.store().ailments() else { return };
        match jobs::read(self.means.hall.catalog(), JOB) {
            Ok(Some(_)) => drop(self.orders.pass()),
            Ok(None) => {}
            Err(fault) => tracing::error!(%fault, "whether a repair is owed can't be read"),
        }
        if !self.means.hall.store().rebuilt().is_empty() {
            self.orders.pass();
        }
        let mut under_way = None;
        let (mut drains, mut look) = (Drains::default(), tokio::time::interval(LOOK_EVERY));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wanted = *asked.borrow_and_update();
            if wanted > *self.orders.0.done.borrow() {
                let pass = under_way.get_or_insert_with(|| self.begin(wanted));
                match self.carry_on(pass).await {
                    Ok(()) => {
                        self.orders.0.done.send_replace(pass.serves);
                        under_way = None;
                    }
                    Err(fault) => {
                        tracing::warn!(%fault, "a repair pauses");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                continue;
            }
            tokio::select! {
                changed = asked.changed() => if changed.is_err() { return },
                Some(ailing) = ailments.recv() => {
                    if let Err(fault) = self.heal(ailing).await {
                        tracing::warn!(%fault, "a chunk that reads badly was not mended");
                    }
                }
                _ = look.tick() => {
                    if let Err(fault) = drains.look(&self.means, &self.orders).await {
                        tracing::warn!(%fault, "a drain pauses");
                    }
                }
            }
        }
    }

    fn begin(&self, serves: u64) -> Pass {
        self.orders.0.tally.begin();
        let suspects = self.orders.suspects().clone();
        Pass { serves, suspects, rebuilt: self.means.hall.store().rebuilt(), next: Vec::new() }
    }

    /// To the end of all rows.
    async fn carry_on(&self, pass: &mut Pass) -> Result<(), KeeperFault> {
        // Whatever was to be committed before is visible from here on.
        owe_repair(&self.means.hall).await?;
        self.walk(pass).await?;
        self.orders.suspects().retain(|at| !pass.suspects.contains(at));
        for (device, epoch) in &pass.rebuilt {
            self.means.hall.store().vouch(*device, *epoch)?;
        }
        let tally = &self.orders.0.tally;
        tally.end();
        let counted = tally.counted();
        if counted.chunks_mended > 0 || counted.chunks_lost > 0 {
            tracing::info!(?counted, "a repair is done");
        }
        jobs::note(self.means.hall.catalog(), JOB, None).await
    }

    async fn walk(&self, pass: &mut Pass) -> Result<(), KeeperFault> {
        let looked_at = (pass.suspects.clone(), pass.rebuilt.clone());
        let suspect: Suspect = Arc::new(move |place: &Place| {
            if looked_at.0.contains(&(place.device, place.volume)) {
                Doubt::Bytes
            } else if looked_at.1.contains_key(&place.device) {
                Doubt::Presence
            } else {
                Doubt::Nothing
            }
        });
        let mut under_way: VecDeque<JoinHandle<Result<(), KeeperFault>>> = VecDeque::new();
        loop {
            let mut outcome = Ok(());
            let (named, next) = {
                let view = self.means.hall.catalog().snapshot()?;
                rows_from(&view, &pass.next, ROWS_READ_MAX)?
            };
            for named in named {
                if under_way.len() == ROWS_AT_ONCE_MAX {
                    outcome = ended(under_way.pop_front()).await;
                }
                if outcome.is_err() {
                    break;
                }
                let named = match named {
                    Ok(named) => named,
                    Err(fault) => {
                        tracing::error!(%fault, "whether a row's bytes are whole can't be told");
                        self.orders.0.tally.lost();
                        continue;
                    }
                };
                let (means, orders, suspect) = (self.means.clone(), self.orders.clone(), suspect.clone());
                let mending = async move { means.mend(&named, &suspect, &orders.0.tally).await };
                under_way.push_back(tokio::spawn(mending));
            }
            // A row that failed keeps no other from its end.
            while !under_way.is_empty() {
                outcome = outcome.and(ended(under_way.pop_front()).await);
            }
            outcome?;
            let Some(next) = next else { return Ok(()) };
            pass.next = next;
        }
    }

    /// Mends what a read found.
    async fn heal(&self, ailing: Ailing) -> Result<(), KeeperFault> {
        let Ailing { owner, chunk, bad } = ailing;
        let Some(owner) = ChunkOwner::decode(owner.bytes()) else { return Ok(()) };
        let rows = {
            let view = self.means.hall.catalog().snapshot()?;
            rows_of(&view, &owner)?
        };
        let places: Vec<Place> = bad.into_iter().map(|index| chunk.places[index]).collect();
        let suspect: Suspect =
            Arc::new(move |place: &Place| if places.contains(place) { Doubt::Bytes } else { Doubt::Nothing });
        for mut named in rows {
            if named.manifest.chunks().contains(&chunk) {
                named.manifest = stripe::Manifest::new(vec![chunk.clone()]);
                self.means.mend(&named, &suspect, &self.orders.0.tally).await?;
            }
        }
        Ok(())
    }
}

/// A pass is owed from now on, until one is done: a mender begins it by itself, after a restart, too.
pub async fn owe_repair(hall: &Hall) -> Result<(), KeeperFault> {
    let owed = JobRow { begun: hall.clock().now(), next: Vec::new(), counts: Vec::new() };
    jobs::note(hall.catalog(), JOB, Some(&owed)).await
}

async fn ended(mending: Option<JoinHandle<Result<(), KeeperFault>>>) -> Result<(), KeeperFault> {
    match mending {
        None => Ok(()),
        Some(mending) => mending.await.unwrap_or(Err(KeeperFault::CLOSED)),
    }
}
