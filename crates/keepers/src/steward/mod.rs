//! The steward: keeps the store and the catalog in step with the roster of devices.
//!
//! The store, the catalog and the watch over the devices' health tell it who failed; it has that noted on the others
//! before they go on. Each change of the roster it turns into deeds: a device that is out is used no more, one that is
//! back is opened, swept and let in, the catalog gets a further copy where one is missing, and a repair is ordered.

mod catalog_copies;
mod status;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use catalog::{Catalog, Index};
use devices::{Entry, Fleet, Offer, Reason, Roster, State};
use model::{DeviceNumber, Zone};
use semantics::Hall;
use stripe::Store;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::KeeperFault;
use crate::mend::Orders;
use crate::scrub::Scrubbing;
use crate::sweep::sweep_device;
use crate::verify::{Verification, Verified, verify};

pub use catalog_copies::first_copies;
pub use status::{DeviceStatus, DeviceUsage, Repair, Scrub, SiteStatus, Verdict};

/// So long a device that failed stays out before it is tried again by itself.
const QUARANTINE: Duration = Duration::from_secs(600);

/// Opens the index of a catalog's copy; `true`: an empty one, whatever is there.
pub type OpenIndex =
    Arc<dyn Fn(&devices::Slot, bool) -> Result<Box<dyn Index>, catalog::Fault> + Send + Sync>;

/// What it cares for; there once all of it is open.
struct Charge {
    hall: Hall,
    orders: Orders,
    scrubbing: Scrubbing,
    /// The last verification, and how it ended once it has.
    verifying: Mutex<Option<(Verification, Arc<OnceLock<Ended>>)>>,
}

/// How a verification ended; an error's text where it could not go on.
type Ended = Result<Verified, String>;

pub struct Steward {
    fleet: Arc<Fleet>,
    open_index: OpenIndex,
    charge: OnceLock<Charge>,
    /// Held while the catalog's copies change.
    copying: tokio::sync::Mutex<()>,
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
        let (charge, copying) = (OnceLock::new(), tokio::sync::Mutex::default());
        Arc::new(Self { fleet, open_index, charge, copying, well, returning })
    }

    /// From now on it acts.
    pub fn take_charge(&self, hall: Hall, orders: Orders, scrubbing: Scrubbing) {
        let _ = self.charge.set(Charge { hall, orders, scrubbing, verifying: Mutex::default() });
    }

    /// Works until its task is aborted.
    pub async fn run(self: Arc<Self>) {
        let Some(mut returning) = self.returning.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let mut changes = self.fleet.changes();
        changes.mark_changed();
        let mut followed: Option<Arc<Roster>> = None;
        loop {
            tokio::select! {
                changed = changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let roster = changes.borrow_and_update().clone();
                    self.follow(&roster, followed.as_deref());
                    followed = Some(roster);
                }
                Some(number) = returning.recv() => {
                    // It is told the same again and again meanwhile.
                    while let Ok(other) = returning.try_recv() {
                        if other != number {
                            let _ = self.well.send(other);
                            break;
                        }
                    }
                    self.consider(number).await;
                }
            }
        }
    }

    /// Brings store and catalog in step with the roster. `before` is the last one that it followed.
    fn follow(self: &Arc<Self>, roster: &Roster, before: Option<&Roster>) {
        let Some(charge) = self.charge.get() else { return };
        for entry in &roster.entries {
            charge.store().stand(entry.number.0, standing(entry.state));
        }
        if roster.entries.iter().any(|entry| wants_repair(entry, before)) {
            charge.orders.pass();
        }
        // A large catalog takes long to copy, and the next device may fail meanwhile.
        let steward = self.clone();
        tokio::spawn(async move {
            if let Some(charge) = steward.charge.get() {
                steward.copy_catalog(charge).await;
            }
        });
    }

    /// A device that is out looks well: is it time to let it in?
    async fn consider(&self, number: DeviceNumber) {
        let roster = self.fleet.roster();
        let Some(entry) = roster.entry(number) else { return };
        let State::Out(reason) = entry.state else { return };
        let Some(charge) = self.charge.get() else { return };
        let out_for = charge.hall.clock().now().millis() - entry.since.millis();
        if reason == Reason::Failed && out_for < QUARANTINE.as_millis() as i64 {
            return;
        }
        if let Err(fault) = self.take_back(number).await {
            tracing::warn!(device = %number, %fault, "a device that looks well could not be let in");
        }
    }

    /// Opens a device that was out, lets it in, and frees what was deleted without it.
    async fn take_back(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        let slot = self.slot(number)?;
        let (store, fleet) = (charge.store().clone(), self.fleet.clone());
        let opened = spawn_blocking(move || {
            store.dismiss(number.0);
            store.admit(stripe_slot(&slot))?;
            fleet.let_in(number).inspect_err(|_| store.stand(number.0, stripe::Standing::Out))?;
            Ok::<_, DeviceFault>(())
        });
        opened.await.map_err(|_| DeviceFault::Starting)??;
        match sweep_device(&charge.hall, number.0).await {
            Ok(swept) => tracing::info!(device = %number, swept.looked_at, swept.freed, "the device is back"),
            Err(fault) => {
                tracing::warn!(device = %number, %fault, "what was deleted without it stays for now")
            }
        }
        charge.orders.pass();
        Ok(())
    }

    /// Takes a further directory: a new device, or one that was out, in its old place or another.
    pub async fn add(&self, path: &Path, zone: Option<Zone>) -> Result<DeviceNumber, DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        let (path, fleet) = (path.to_owned(), self.fleet.clone());
        let registered = spawn_blocking(move || {
            let offer = Offer::at(&path, zone)?;
            fleet.register(offer)
        });
        let number = registered.await.map_err(|_| DeviceFault::Starting)??;
        if self.state(number)? == State::In {
            let (slot, store) = (self.slot(number)?, charge.store().clone());
            let admitted = spawn_blocking(move || store.admit(stripe_slot(&slot)));
            admitted.await.map_err(|_| DeviceFault::Starting)??;
            charge.orders.pass();
        } else {
            self.take_back(number).await?;
        }
        Ok(number)
    }

    /// Its bytes go elsewhere, and no new ones come.
    pub async fn drain(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        let fleet = self.fleet.clone();
        let drained = spawn_blocking(move || fleet.drain(number)).await;
        Ok(drained.map_err(|_| DeviceFault::Starting)??)
    }

    /// Out at the operator's word.
    pub async fn take_out(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        let fleet = self.fleet.clone();
        let taken = spawn_blocking(move || fleet.take_out(number, Reason::Failed)).await;
        Ok(taken.map_err(|_| DeviceFault::Starting)??)
    }

    /// In again: one that was out, or that was to be drained.
    pub async fn let_in(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        if let State::Out(_) = self.state(number)? {
            return self.take_back(number).await;
        }
        let fleet = self.fleet.clone();
        let entered = spawn_blocking(move || fleet.let_in(number)).await;
        Ok(entered.map_err(|_| DeviceFault::Starting)??)
    }

    /// For good. Refused as long as somebody may need what it holds.
    pub async fn remove(&self, number: DeviceNumber) -> Result<(), DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
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
}

/// A device as the store takes it. Without a zone each is one of its own.
pub fn stripe_slot(slot: &devices::Slot) -> stripe::Slot {
    let zone = slot.zone.as_ref().map_or_else(|| format!("device {}", slot.number), ToString::to_string);
    stripe::Slot { number: slot.number.0, zone: zone.into(), disk: slot.disk.clone() }
}

/// Whether what lies on the device must be looked at because of what became of it. At a start all that are in were in.
fn wants_repair(entry: &Entry, before: Option<&Roster>) -> bool {
    let before = before.map_or(Some(State::In), |roster| roster.entry(entry.number).map(|entry| entry.state));
    entry.state != State::Removed && before.is_some_and(|before| before != entry.state)
}

/// Files that were there and are not: the directory is another one, or empty. It may come back as it was.
const fn reason_of(kind: ErrorKind) -> Reason {
    match kind {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Reason::Swapped,
        ErrorKind::TimedOut => Reason::Hung,
        _ => Reason::Failed,
    }
}

const fn standing(state: State) -> stripe::Standing {
    match state {
        State::In => stripe::Standing::In,
        State::Draining => stripe::Standing::Draining,
        State::Out(_) | State::Removed => stripe::Standing::Out,
    }
}

impl stripe::Watch for Steward {
    fn failed(&self, device: u16, why: &stripe::Fault) -> bool {
        let reason = match why {
            stripe::Fault::Hangs { .. } => Reason::Hung,
            stripe::Fault::Io { kind, .. } => reason_of(*kind),
            _ => Reason::Failed,
        };
        tracing::error!(device, %why, "a device failed");
        self.fleet.take_out(DeviceNumber(device), reason).is_ok()
    }

    fn ailing(&self, device: u16, why: &stripe::Fault) {
        metrics::counter!("strongroom_device_bad_reads_total", "device" => device.to_string()).increment(1);
        tracing::warn!(device, %why, "a shard reads badly; others tell its bytes and it is laid anew");
    }
}

impl catalog::Watch for Steward {
    fn lost(&self, member: u16, why: &catalog::Fault) -> Result<(), catalog::Fault> {
        tracing::error!(device = member, %why, "a copy of the catalog failed");
        let number = DeviceNumber(member);
        let noted = match why {
            // One rotten block is no dead device: the copy is made anew, the volumes stay in use.
            catalog::Fault::Corrupt { .. } => self.note_no_copy(number),
            catalog::Fault::Io { source, .. } => self.fleet.take_out(number, reason_of(source.kind())),
            _ => self.fleet.take_out(number, Reason::Failed),
        };
        noted.map_err(|fault| catalog::Fault::Member { number: member, detail: fault.to_string().into() })
    }

    fn whole(&self, member: u16) -> Result<(), catalog::Fault> {
        self.note_whole(DeviceNumber(member))
            .map_err(|fault| catalog::Fault::Member { number: member, detail: fault.to_string().into() })
    }
}

impl devices::Listener for Steward {
    fn ill(&self, number: DeviceNumber, reason: Reason) {
        let (fleet, charge) = (self.fleet.clone(), self.charge.get().is_some());
        // May not block: the device that hangs is asked once more by whoever takes it out.
        let taken = std::thread::Builder::new().name("take-out".to_owned()).spawn(move || {
            if let Err(fault) = fleet.take_out(number, reason) {
                tracing::error!(device = %number, %fault, charge, "a device that is ill can't be taken out");
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

impl From<DeviceFault> for KeeperFault {
    fn from(fault: DeviceFault) -> Self {
        Self::Damaged(fault.to_string())
    }
}
