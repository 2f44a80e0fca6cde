//! The steward: keeps the store and the catalog in step with the roster of devices.
//!
//! What the store and the catalog tell (`Ear`) and what the watch over the devices' health tells is noted on the roster.
//! Each change of the roster it turns into deeds: a device that is out is used no more, one that is
//! back is opened, let in and swept, the catalog gets a further copy where one is missing, and a repair is ordered.
//! Nothing that takes long keeps it from the next change.

mod catalog_copies;
mod ear;
mod entering;
mod moving;
mod status;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use catalog::{Catalog, Index};
use devices::{Entry, Fleet, Listener as _, Reason, Roster, State};
use model::DeviceNumber;
use semantics::Hall;
use stripe::Store;
use tokio::sync::mpsc;
use world::Instant;
use world::thread::{self, spawn_blocking};

use crate::KeeperFault;
use crate::Moving;
use crate::mend::Orders;
use crate::scrub::Scrubbing;
use crate::verify::{Verification, Verified, verify};

pub use catalog_copies::first_copies;
pub use ear::Ear;
pub use moving::{Compaction, Rebalance};
pub use status::{DeviceStatus, DeviceUsage, Repair, Scrub, SiteStatus, Verdict};

/// How often it looks whether store and roster agree, beside each change.
const LOOK: Duration = Duration::from_secs(10);

/// Opens the index of a catalog's copy; `true`: an empty one, whatever is there.
pub type OpenIndex =
    Arc<dyn Fn(&devices::Slot, bool) -> Result<Box<dyn Index>, catalog::Fault> + Send + Sync>;

/// What it cares for; there once all of it is open.
struct Charge {
    hall: Hall,
    orders: Orders,
    scrubbing: Scrubbing,
    moving: Moving,
    /// The last verification, and how it ended once it has.
    verifying: Mutex<Option<(Verification, Arc<OnceLock<Ended>>)>>,
}

/// How a verification ended; an error's text where it could not go on.
type Ended = Result<Verified, String>;

pub struct Steward {
    fleet: Arc<Fleet>,
    open_index: OpenIndex,
    charge: OnceLock<Charge>,
    /// The roster that store and repair are in step with.
    followed: Mutex<Option<Arc<Roster>>>,
    /// Held while a device is opened and let in: until then it is in the store and not on the roster, or the reverse.
    entering: tokio::sync::Mutex<()>,
    /// Held while a device that came back is swept.
    sweeping: tokio::sync::Mutex<()>,
    /// Held while the catalog's copies change: devices that could not be given one, and since when.
    copying: tokio::sync::Mutex<BTreeMap<DeviceNumber, Instant>>,
    well: mpsc::UnboundedSender<DeviceNumber>,
    returning: Mutex<Option<mpsc::UnboundedReceiver<DeviceNumber>>>,
}

/// Why an operator's wish was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum DeviceFault {
    #[error("there is no device {0} here")]
    Unknown(DeviceNumber),
    #[error(transparent)]
    Roster(#[from] devices::Fault),
    #[error(transparent)]
    Offer(#[from] devices::OpenFault),
    #[error(transparent)]
    Store(#[from] stripe::Fault),
    #[error(transparent)]
    Keeper(#[from] KeeperFault),
    #[error("device {0} is in use: drain it first, or take it out")]
    InUse(DeviceNumber),
    #[error("device {0} may still hold what nobody else holds: wait until the repair is done")]
    Needed(DeviceNumber),
    #[error("the server is still starting")]
    Starting,
}

impl Steward {
    pub fn new(fleet: Arc<Fleet>, open_index: OpenIndex) -> Arc<Self> {
        let (well, returning) = mpsc::unbounded_channel();
        let returning = Mutex::new(Some(returning));
        Arc::new(Self {
            fleet,
            open_index,
            charge: OnceLock::new(),
            followed: Mutex::default(),
            entering: tokio::sync::Mutex::default(),
            sweeping: tokio::sync::Mutex::default(),
            copying: tokio::sync::Mutex::default(),
            well,
            returning,
        })
    }

    /// From now on it acts.
    pub fn take_charge(&self, hall: Hall, orders: Orders, scrubbing: Scrubbing, moving: Moving) {
        let _ = self.charge.set(Charge { hall, orders, scrubbing, moving, verifying: Mutex::default() });
    }

    /// Works until its task is aborted.
    pub async fn run(self: Arc<Self>) {
        let Some(mut returning) = self.returning.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let mut changes = self.fleet.changes();
        changes.mark_changed();
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                changed = changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.follow();
                    // A large catalog takes long to copy.
                    tokio::spawn(self.clone().copy_catalog());
                }
                Some(number) = returning.recv() => self.consider(number),
                _ = look.tick() => {
                    self.follow();
                    if self.copying.try_lock().is_ok() {
                        tokio::spawn(self.clone().copy_catalog());
                    }
                }
            }
        }
    }

    /// Brings store and repair in step with the roster. Whoever goes by either of them calls it first.
    fn follow(&self) {
        let Some(charge) = self.charge.get() else { return };
        let alone = self.entering.try_lock();
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let roster = self.fleet.roster();
        let before = |entry: &Entry| match &*followed {
            // At a start all that are in were in.
            None => Some(State::In),
            Some(followed) => followed.entry(entry.number).map(|entry| entry.state),
        };
        let mut wants_repair = false;
        for entry in &roster.entries {
            let (now, before) = (standing(entry.state), before(entry).map(standing));
            // Old news must not close a device that is about to be let in.
            if alone.is_ok() || before != Some(now) {
                charge.store().stand(entry.number.0, now);
            }
            wants_repair |= entry.state != State::Removed && before.is_some_and(|before| before != now);
        }
        if alone.is_ok() {
            for number in charge.unused(&roster) {
                self.ill(number, Reason::Failed);
            }
        }
        *followed = Some(roster);
        if wants_repair {
            charge.order_repair();
        }
    }

    /// Its bytes go elsewhere, and no new ones come.
    pub async fn drain(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        let fleet = self.fleet.clone();
        let drained = spawn_blocking(move || fleet.drain(number)).await;
        Ok(drained.map_err(|_| DeviceFault::Starting)??)
    }

    /// Out at the operator's word, until `let_in`.
    pub async fn take_out(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        let fleet = self.fleet.clone();
        let taken = spawn_blocking(move || fleet.take_out(number, Reason::Ordered)).await;
        Ok(taken.map_err(|_| DeviceFault::Starting)??)
    }

    /// For good. Refused as long as somebody may need what it holds.
    pub async fn remove(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        // The repair of it may not be ordered yet.
        self.follow();
        match self.state(number)? {
            State::Removed => return Ok(()),
            State::In => return Err(DeviceFault::InUse(number)),
            State::Draining if !self.is_empty(charge, number) => return Err(DeviceFault::Needed(number)),
            State::Out(_) if !charge.orders.is_whole() => return Err(DeviceFault::Needed(number)),
            State::Draining | State::Out(_) => {}
        }
        let (fleet, store) = (self.fleet.clone(), charge.store().clone());
        let removed = spawn_blocking(move || {
            fleet.remove(number)?;
            store.dismiss(number.0);
            Ok::<_, devices::Fault>(())
        });
        Ok(removed.await.map_err(|_| DeviceFault::Starting)??)
    }

    /// Orders a pass over everything; answers its number.
    pub fn repair(&self) -> Result<u64, DeviceFault> {
        Ok(self.charge.get().ok_or(DeviceFault::Starting)?.orders.pass())
    }

    /// Has every device's records read and proven, each from now on.
    pub fn scrub(&self) -> Result<(), DeviceFault> {
        self.charge.get().ok_or(DeviceFault::Starting)?.scrubbing.begin();
        Ok(())
    }

    /// Walks catalog against volumes, both ways; one at a time.
    pub fn verify(&self) -> Result<(), DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        let mut verifying = charge.verifying.lock().unwrap_or_else(PoisonError::into_inner);
        if verifying.as_ref().is_some_and(|(_, ended)| ended.get().is_none()) {
            return Ok(());
        }
        let (verification, ended) = (Verification::default(), Arc::new(OnceLock::new()));
        *verifying = Some((verification.clone(), ended.clone()));
        let hall = charge.hall.clone();
        tokio::spawn(async move {
            let outcome = verify(&hall, &verification).await.map_err(|fault| fault.to_string());
            let _ = ended.set(outcome);
        });
        Ok(())
    }

    fn is_empty(&self, charge: &Charge, number: DeviceNumber) -> bool {
        let holds_catalog = charge.hall.catalog().members().iter().any(|member| member.number == number.0);
        let usage = charge.store().stats(number.0).map(|stats| stats.usage);
        !holds_catalog && usage.is_some_and(|usage| usage.filled_bytes == usage.dead_bytes)
    }

    fn state(&self, number: DeviceNumber) -> Result<State, DeviceFault> {
        Ok(self.fleet.roster().entry(number).ok_or(DeviceFault::Unknown(number))?.state)
    }

    fn slot(&self, number: DeviceNumber) -> Result<devices::Slot, DeviceFault> {
        let slot = self.fleet.slots().into_iter().find(|slot| slot.number == number);
        slot.ok_or(DeviceFault::Unknown(number))
    }
}

impl Charge {
    fn store(&self) -> &Store {
        self.hall.store()
    }

    fn catalog(&self) -> &Catalog {
        self.hall.catalog()
    }

    /// Members that the store does not use: one could not be opened, or failed before it was let in.
    fn unused(&self, roster: &Roster) -> Vec<DeviceNumber> {
        let devices = self.store().devices();
        let is_used = |number: &DeviceNumber| {
            devices.iter().any(|(used, standing)| *used == number.0 && *standing != stripe::Standing::Out)
        };
        roster.members().into_iter().filter(|number| !is_used(number)).collect()
    }

    /// Once the store has heard of the device for whose sake it is.
    fn order_repair(&self) {
        self.orders.pass();
        // What is on its way may lie there too, and get its name behind the pass.
        let (earlier, orders) = (self.store().on_the_way(), self.orders.clone());
        if !earlier.have_left() {
            tokio::spawn(async move {
                earlier.leave().await;
                orders.pass();
            });
        }
    }
}

/// A device as the store takes it. Without a zone each is one of its own.
pub fn stripe_slot(slot: &devices::Slot) -> stripe::Slot {
    let zone = slot.zone.as_ref().map_or_else(|| format!("device {}", slot.number), ToString::to_string);
    stripe::Slot { number: slot.number.0, zone: zone.into(), disk: slot.disk.clone() }
}

pub(crate) const fn standing(state: State) -> stripe::Standing {
    match state {
        State::In => stripe::Standing::In,
        State::Draining => stripe::Standing::Draining,
        State::Out(_) | State::Removed => stripe::Standing::Out,
    }
}

impl devices::Listener for Steward {
    fn ill(&self, number: DeviceNumber, reason: Reason) {
        let fleet = self.fleet.clone();
        // May not block: the device that hangs is asked once more by whoever takes it out.
        let taken = thread::spawn("take-out", move || {
            if let Err(fault) = fleet.take_out(number, reason) {
                tracing::error!(device = %number, %fault, "a device that is ill can't be taken out");
            }
        });
        if let Err(error) = taken {
            tracing::error!(device = %number, %error, "no thread to take a device out");
        }
    }

    fn well(&self, number: DeviceNumber) {
        let _ = self.well.send(number);
    }
}
