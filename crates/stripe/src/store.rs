//! The store: every way in and out of the bytes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use erasure::Layout;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use volume::{Counts, Usage};

use crate::chunk::{CHUNK_BYTES, Chunk, Owner, Place};
use crate::codes::Codes;
use crate::demand::{Demand, Wanted};
use crate::fault::Fault;
use crate::land::LandedChunk;
use crate::landing::Landing;
use crate::manifest::Manifest;
use crate::options::Options;
use crate::passage::{Earlier, Passage, Passages};
use crate::ranks::{Course, Ranks, Redundancy};
use crate::unit::{Slot, Standing, Unit};
use crate::watch::Watch;

/// What one permit of a budget stands for: their number has 32 bits at most.
const BUDGET_UNIT_BYTES: usize = 1024;
/// Chunks that wait to be mended; more are left to the scrub.
const AILING_MAX: usize = 1024;

#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

struct Inner {
    ranks: ArcSwap<Ranks>,
    /// Devices that failed or left and may still be writing. Held by who replaces `ranks`.
    gone: Mutex<Vec<Arc<Unit>>>,
    codes: Codes,
    watch: Arc<dyn Watch>,
    options: Options,
    parity: AtomicU8,
    /// For chunks on their way to a lane: always gets free again, as lanes always go on.
    writing: Arc<Semaphore>,
    /// For chunks that still fill: may be held for as long as a client is slow, so nobody waits for it.
    filling: Arc<Semaphore>,
    /// Counts bodies, so that equal devices take turns.
    turn: AtomicU64,
    passages: Passages,
    demand: Demand,
    ailing: mpsc::Sender<Ailing>,
    ailments: Mutex<Option<mpsc::Receiver<Ailing>>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("ranks", &self.ranks.load()).finish_non_exhaustive()
    }
}

/// A record that an earlier process landed and perhaps never named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The record alone, whatever it is a shard of: to be deleted when nobody names it.
    pub record: Chunk,
    pub owner: Owner,
    /// Written since this process opened the device: who wrote it may be about to name it.
    pub young: bool,
}

impl Orphan {
    pub fn place(&self) -> Place {
        self.record.places[0]
    }
}

/// A chunk of which shards turned out to be bad while it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ailing {
    pub owner: Owner,
    pub chunk: Chunk,
    /// The shards' places in the chunk.
    pub bad: Vec<usize>,
}

/// One device's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub counts: Counts,
    pub usage: Usage,
    /// Bytes that wait for a device or are being written.
    pub queued_bytes: u64,
    /// Whether its file system gives the space of dead records back at once.
    pub punches: bool,
}

impl Store {
    /// Takes the devices for this process; the caller has locked them. Those that can't be opened are left out and
    /// named, unless none is left.
    pub fn open(
        slots: Vec<Slot>,
        watch: Arc<dyn Watch>,
        options: Options,
    ) -> Result<(Self, Vec<(u16, Fault)>), Fault> {
        let (mut ranks, mut left_out) = (Ranks::default(), Vec::new());
        for slot in slots {
            let number = slot.number;
            match Unit::open(slot, &options, false) {
                Ok(unit) => ranks = ranks.with(Arc::new(unit)),
                Err(fault) => left_out.push((number, fault)),
            }
        }
        if ranks.iter().next().is_none() {
            let none = Fault::Unsupported("a store needs at least one device");
            return Err(left_out.into_iter().next().map_or(none, |(_, fault)| fault));
        }
        let half = (options.buffer_bytes_max / 2).max(CHUNK_BYTES) / BUDGET_UNIT_BYTES;
        let (ailing, ailments) = mpsc::channel(AILING_MAX);
        let store = Self(Arc::new(Inner {
            ranks: ArcSwap::from_pointee(ranks),
            gone: Mutex::default(),
            codes: Codes::new(),
            watch,
            parity: AtomicU8::new(options.parity),
            turn: AtomicU64::new(options.random.0.u64() >> 1),
            options,
            writing: Arc::new(Semaphore::new(half)),
            filling: Arc::new(Semaphore::new(half)),
            passages: Passages::default(),
            demand: Demand::default(),
            ailing,
            ailments: Mutex::new(Some(ailments)),
        }));
        Ok((store, left_out))
    }

    /// Takes a further device, or one that was away. Blocks until its volumes are open.
    pub fn admit(&self, slot: Slot) -> Result<(), Fault> {
        let device = slot.number;
        let mut gone = self.0.gone.lock().unwrap_or_else(PoisonError::into_inner);
        gone.extend(self.ranks().get(device).filter(|unit| unit.is_out()).cloned());
        gone.retain(|unit| !unit.device.has_ended());
        let stays = self.ranks().get(device).is_some_and(|unit| !unit.is_out());
        if stays || gone.iter().any(|unit| unit.number == device) {
            return Err(Fault::Busy { device });
        }
        let unit = Arc::new(Unit::open(slot, &self.0.options, true)?);
        self.0.ranks.store(Arc::new(self.ranks().with(unit)));
        Ok(())
    }

    /// How the store uses a device from now on.
    pub fn stand(&self, device: u16, standing: Standing) {
        if let Some(unit) = self.ranks().get(device) {
            unit.stand(standing);
        }
    }

    /// Lets a device go: whatever it holds is missing from now on. Blocks until what it does has ended, unless it was
    /// out already.
    pub fn dismiss(&self, device: u16) {
        let mut gone = self.0.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let ranks = self.ranks();
        let Some(unit) = ranks.get(device).cloned() else { return };
        if !unit.is_out()
            && let Err(fault) = unit.device.shutdown()
        {
            tracing::warn!(device, %fault, "a dismissed device did not close in order");
        }
        unit.stand(Standing::Out);
        self.0.ranks.store(Arc::new(ranks.without(device)));
        gone.push(unit);
    }

    /// How many devices what is written now may lose at once.
    pub fn parity(&self) -> u8 {
        self.0.parity.load(Ordering::Relaxed)
    }

    /// How many devices what is written from now on may lose at once.
    pub fn set_parity(&self, parity: u8) {
        self.0.parity.store(parity, Ordering::Relaxed);
    }

    /// How what is written now is coded; `None` when there is no device to write to.
    pub fn layout_now(&self, redundancy: Redundancy) -> Option<Layout> {
        self.layout_of(redundancy).ok()
    }

    /// The numbers of the devices, and how each is used.
    pub fn devices(&self) -> Vec<(u16, Standing)> {
        self.ranks().iter().map(|unit| (unit.number, unit.standing())).collect()
    }

    /// For who lands bytes and names them, or frees them and has them named no more.
    pub fn passage(&self) -> Passage {
        self.0.passages.enter()
    }

    /// Who is on the way: what they name may lie on devices that are in no more by then.
    pub fn on_the_way(&self) -> Earlier {
        self.0.passages.earlier()
    }

    /// Whether bodies come or go: who works in the background leaves them the devices and the processor.
    pub fn is_in_demand(&self) -> bool {
        self.0.demand.is_recent()
    }

    /// Whether no further device may go, of those that hold it.
    pub fn bears_no_loss(&self, chunk: &Chunk) -> bool {
        let absent = (0..chunk.places.len()).filter(|index| self.unit_of(chunk, *index).is_err()).count();
        absent >= usize::from(chunk.layout.parity)
    }

    pub(crate) fn demand(&self) -> Wanted<'_> {
        self.0.demand.begin()
    }

    /// Takes a body in pieces.
    pub fn landing(&self, owner: Owner, redundancy: Redundancy) -> Landing {
        Landing::new(self.clone(), owner, redundancy)
    }

    /// One chunk of at most `CHUNK_BYTES`; durable on return. When the future is dropped the chunk is deleted.
    pub async fn put(&self, owner: &Owner, chunk: Bytes, redundancy: Redundancy) -> Result<Chunk, Fault> {
        if chunk.len() > CHUNK_BYTES {
            let (bytes, max) = (chunk.len() as u64, CHUNK_BYTES as u64);
            return Err(Fault::TooLarge { what: "a chunk", bytes, max });
        }
        let permit = self.writing_permit(chunk.len()).await?;
        let course = Arc::new(self.course(redundancy)?);
        let id = self.fresh_id();
        let pending = self.send(owner.clone(), vec![chunk], id, course, redundancy, permit);
        claim(pending.await)
    }

    /// Frees the chunks, durably on return; may be repeated. They must not be read any more. What lies on a device
    /// that is away is swept when it comes back. One that fails keeps nobody from freeing what lies on the others.
    pub async fn delete(&self, chunks: &[Chunk]) -> Result<(), Fault> {
        let delete = |(unit, extents): (Arc<Unit>, _)| tokio::spawn(unit.delete(extents, self.patience()));
        let under_way: Vec<_> = self.by_device(chunks).into_iter().map(delete).collect();
        let mut deleted = Ok(());
        for unit in under_way {
            deleted = deleted.and(unit.await.unwrap_or(Err(Fault::Closed)));
        }
        deleted
    }

    /// As `delete`, later and without an answer: for bodies that were landed and then not named.
    pub fn discard(&self, manifest: &Manifest) {
        for (unit, extents) in self.by_device(manifest.chunks()) {
            unit.device.bury(extents);
        }
    }

    /// What earlier processes may have left unnamed. Blocks, so walk it in `spawn_blocking`; empty after an orderly
    /// shutdown. Call `sweep_done` after asking the catalog about all and deleting what nobody names.
    pub fn sweep(&self) -> impl Iterator<Item = Result<Orphan, Fault>> + Send + 'static {
        let units: Vec<_> = self.ranks().iter().cloned().collect();
        units.into_iter().flat_map(|unit| {
            let candidates = unit.device.set().sweep();
            candidates.map(move |found| found_on(&unit, found))
        })
    }

    /// As `sweep`, all records of one device: for one that was away while records were deleted.
    pub fn sweep_device(&self, device: u16) -> impl Iterator<Item = Result<Orphan, Fault>> + Send + 'static {
        let unit = self.ranks().get(device).cloned();
        unit.into_iter().flat_map(|unit| {
            let candidates = unit.device.set().sweep_all();
            candidates.map(move |found| found_on(&unit, found))
        })
    }

    /// As `sweep`, all living records of one device, and an error for all that is neither a record nor a hole.
    pub fn survey(&self, device: u16) -> impl Iterator<Item = Result<Orphan, Fault>> + Send + 'static {
        let unit = self.ranks().get(device).filter(|unit| !unit.is_out()).cloned();
        unit.into_iter().flat_map(|unit| {
            let living = unit.device.set().survey();
            living.map(move |found| found_on(&unit, found))
        })
    }

    /// Blocks for a sync of each device.
    pub fn sweep_done(&self) -> Result<(), Fault> {
        for unit in self.ranks().iter().filter(|unit| !unit.is_out()) {
            unit.device.set().sweep_done().map_err(|fault| unit.fault(fault))?;
        }
        Ok(())
    }

    /// The volumes there are, as (device, volume).
    pub fn volumes(&self) -> Vec<(u16, u32)> {
        let ranks = self.ranks();
        let of = |unit: &Arc<Unit>| {
            let number = unit.number;
            unit.device.set().volumes().into_iter().map(move |volume| (number, volume))
        };
        ranks.iter().filter(|unit| !unit.is_out()).flat_map(of).collect()
    }

    /// Devices whose ledger was lost, or that were away, each with the epoch of its opening: a record that is missing
    /// there looks like a deleted one.
    pub fn rebuilt(&self) -> BTreeMap<u16, u64> {
        let ranks = self.ranks();
        let rebuilt = ranks.iter().filter(|unit| !unit.is_out() && unit.device.set().is_rebuilt());
        rebuilt.map(|unit| (unit.number, unit.device.set().epoch())).collect()
    }

    /// All that is named there was looked for, unless it was opened anew meanwhile. Blocks for a sync.
    pub fn vouch(&self, device: u16, epoch: u64) -> Result<(), Fault> {
        let ranks = self.ranks();
        let is_same = |unit: &&Arc<Unit>| !unit.is_out() && unit.device.set().epoch() == epoch;
        let Some(unit) = ranks.get(device).filter(is_same) else { return Ok(()) };
        unit.device.set().vouch().map_err(|fault| unit.fault(fault))
    }

    /// Of one device; `None` when it is not here.
    pub fn stats(&self, device: u16) -> Option<Stats> {
        let ranks = self.ranks();
        let unit = ranks.get(device)?;
        let set = unit.device.set();
        let (counts, usage, punches) = (set.counts(), set.usage(), set.punches());
        Some(Stats { counts, usage, queued_bytes: unit.device.queued_bytes(), punches })
    }

    /// Chunks that reads found wanting, for whoever mends them. The first who asks gets them.
    pub fn ailments(&self) -> Option<mpsc::Receiver<Ailing>> {
        self.0.ailments.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until background deletions and seals are done. Blocks.
    pub fn settle(&self) {
        self.ranks().iter().for_each(|unit| unit.device.settle());
    }

    /// Serves what is queued and closes in order, so that the next open needs no scan. Blocks. Reads go on.
    pub fn shutdown(&self) -> Result<(), Fault> {
        let ranks = self.ranks();
        for unit in ranks.iter().filter(|unit| !unit.is_out()) {
            if let Err(fault) = unit.device.shutdown().map_err(|fault| unit.fault(fault)) {
                if !self.0.watch.failed(unit.number, &fault) {
                    return Err(fault);
                }
                unit.stand(Standing::Out);
            }
        }
        Ok(())
    }

    pub(crate) fn ranks(&self) -> Arc<Ranks> {
        self.0.ranks.load_full()
    }

    pub(crate) fn watch(&self) -> &Arc<dyn Watch> {
        &self.0.watch
    }

    pub(crate) fn codes(&self) -> &Codes {
        &self.0.codes
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.0.ranks.load().is_alone()
    }

    /// How long a device may take. One alone may take for ever: nobody goes on without it.
    pub(crate) fn patience(&self) -> Option<Duration> {
        (!self.is_alone()).then_some(self.0.options.patience)
    }

    pub(crate) fn turn(&self) -> u64 {
        self.0.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// Where the next body goes.
    pub(crate) fn course(&self, redundancy: Redundancy) -> Result<Course, Fault> {
        self.0.ranks.load().course(self.parity(), redundancy, self.turn())
    }

    /// What a body's chunks get now.
    pub(crate) fn layout_of(&self, redundancy: Redundancy) -> Result<Layout, Fault> {
        self.0.ranks.load().layout(self.parity(), redundancy).ok_or(Fault::Closed)
    }

    /// For the first chunk of a body; the others count on from it.
    pub(crate) fn fresh_id(&self) -> u128 {
        self.0.options.random.0.u128().max(1)
    }

    /// A place among the chunks that wait to be mended, if there is one.
    pub(crate) fn place_for_ailing(&self) -> Option<mpsc::OwnedPermit<Ailing>> {
        self.0.ailing.clone().try_reserve_owned().ok()
    }

    pub(crate) async fn writing_permit(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Fault> {
        self.0.writing.clone().acquire_many_owned(units(bytes)).await.map_err(|_| Fault::Closed)
    }

    /// What is missing beside the permits held for so many bytes; `None` when memory is short.
    pub(crate) fn filling_permit(&self, bytes: usize, held: usize) -> Option<OwnedSemaphorePermit> {
        let missing = units(bytes).saturating_sub(held as u32);
        self.0.filling.clone().try_acquire_many_owned(missing).ok()
    }

    /// Lands a chunk in a task of its own, so that it never waits for who sends the body; the permit goes back when its
    /// memory does.
    pub(crate) fn send(
        &self,
        owner: Owner,
        pieces: Vec<Bytes>,
        id: u128,
        course: Arc<Course>,
        redundancy: Redundancy,
        permit: OwnedSemaphorePermit,
    ) -> Pending {
        let store = self.clone();
        tokio::spawn(async move {
            let landed = store.land(&owner, &pieces, id, course, redundancy).await;
            drop((pieces, permit));
            landed
        })
    }

    fn by_device(&self, chunks: &[Chunk]) -> Vec<(Arc<Unit>, Vec<volume::Extent>)> {
        let ranks = self.ranks();
        let extents_on = |unit: &Arc<Unit>| {
            let on = |chunk: &&Chunk| chunk.places.iter().any(|place| place.device == unit.number);
            let extents = chunks.iter().filter(on).flat_map(|chunk| {
                let ours = move |index: &usize| chunk.places[*index].device == unit.number;
                (0..chunk.places.len()).filter(ours).map(|index| chunk.extent(index))
            });
            (unit.clone(), extents.collect::<Vec<_>>())
        };
        let living = ranks.iter().filter(|unit| !unit.is_out());
        living.map(extents_on).filter(|(_, extents)| !extents.is_empty()).collect()
    }
}

pub(crate) type Pending = JoinHandle<Result<LandedChunk, Fault>>;

/// Takes over a chunk whose task has ended.
pub(crate) fn claim(
    landed: Result<Result<LandedChunk, Fault>, tokio::task::JoinError>,
) -> Result<Chunk, Fault> {
    Ok(landed.map_err(|_| Fault::Closed)??.claim())
}

pub(crate) fn found_on(unit: &Unit, found: Result<volume::Orphan, volume::Fault>) -> Result<Orphan, Fault> {
    let volume::Orphan { extent, owner, epoch, .. } = found.map_err(|fault| unit.fault(fault))?;
    let young = epoch == unit.device.set().epoch();
    let place = unit.place(&extent);
    Ok(Orphan { record: Chunk::whole(place, extent.length), owner: Owner::recorded(owner), young })
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(BUDGET_UNIT_BYTES).max(1)).unwrap_or(u32::MAX)
}
