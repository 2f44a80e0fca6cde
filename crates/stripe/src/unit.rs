//! One device as the store uses it: its volumes, and how it stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use volume::{Coding, Device, Extent, VolumeSet};
use world::thread::spawn_blocking;
use world::{Disk, Instant, Space};

use crate::chunk::Place;
use crate::fault::Fault;
use crate::options::Options;
use crate::turns::{Delay, Turns};

/// Threads that may wait for one device's reads: a hanging one must not hold up the others.
const READS_MAX: usize = 32;
/// Records that are deleted at once: small enough that a slow disk is done within its patience.
const DELETES_MAX: usize = 256;
/// How long a measurement of a device's space counts.
const FREE_PAUSE: Duration = Duration::from_secs(1);
/// So long a device that had no space is passed over.
const FULL_PAUSE: Duration = Duration::from_secs(1);
const MEASURING: u64 = u64::MAX;

/// A device that is given to the store.
pub struct Slot {
    /// What manifests call it. Never given twice.
    pub number: u16,
    /// Devices of one zone fail together.
    pub zone: Arc<str>,
    pub disk: Arc<dyn Disk>,
}

/// What may be done with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    In,
    /// Is read, and takes nothing new.
    Draining,
    /// Is not used: it failed.
    Out,
}

pub(crate) struct Unit {
    pub number: u16,
    pub zone: Arc<str>,
    pub device: Device,
    standing: AtomicU8,
    reading: Arc<Turns>,
    /// One at a time, as each has all graves to itself.
    deleting: Arc<Turns>,
    /// More than ever wait for a device that goes on writing.
    queued_bytes_max: u64,
    /// Milliseconds after `born` until which it counts as full.
    full_until_ms: AtomicU64,
    born: Instant,
    disk: Arc<dyn Disk>,
    /// Sixteenths of the device that are free, and when to look again; `MEASURING` while somebody looks.
    free: AtomicU8,
    free_until_ms: AtomicU64,
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unit").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Unit {
    /// `was_away`: others went on without it, if it is not new.
    pub fn open(slot: Slot, options: &Options, was_away: bool) -> Result<Self, Fault> {
        let Slot { number, zone, disk } = slot;
        let options_of_volumes = volume::Options { was_away, ..options.volume() };
        let device =
            Device::open(disk.clone(), options_of_volumes).map_err(|fault| Fault::of(number, fault))?;
        let unit = Self {
            number,
            zone,
            device,
            standing: AtomicU8::new(Standing::In as u8),
            reading: Turns::new(READS_MAX),
            deleting: Turns::new(1),
            queued_bytes_max: options.buffer_bytes_max as u64,
            full_until_ms: AtomicU64::new(0),
            born: Instant::now(),
            disk,
            free: AtomicU8::new(0),
            free_until_ms: AtomicU64::new(0),
        };
        unit.measure();
        Ok(unit)
    }

    pub fn standing(&self) -> Standing {
        match self.standing.load(Ordering::Acquire) {
            0 => Standing::In,
            1 => Standing::Draining,
            _ => Standing::Out,
        }
    }

    /// Out is for good: a device comes back as another unit.
    pub fn stand(&self, standing: Standing) {
        if standing == Standing::Out {
            self.standing.store(Standing::Out as u8, Ordering::Release);
            self.device.abandon();
            self.reading.end();
            self.deleting.end();
            return;
        }
        let unless_out = |now| (now != Standing::Out as u8).then_some(standing as u8);
        let _ = self.standing.fetch_update(Ordering::AcqRel, Ordering::Acquire, unless_out);
    }

    pub fn is_out(&self) -> bool {
        self.standing() == Standing::Out
    }

    /// Passed over for a while.
    pub fn is_full(&self) -> bool {
        self.since_birth_ms(Duration::ZERO) < self.full_until_ms.load(Ordering::Relaxed)
    }

    pub fn note_full(&self) {
        self.full_until_ms.store(self.since_birth_ms(FULL_PAUSE), Ordering::Relaxed);
    }

    fn since_birth_ms(&self, further: Duration) -> u64 {
        u64::try_from((self.born.elapsed() + further).as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether so much waits for it that it can't have written for long: more would only take up memory.
    pub fn is_choked(&self) -> bool {
        self.device.queued_bytes() > self.queued_bytes_max
    }

    /// Sixteenths of the device that are free, as of a second or so ago. Measured in the background, since a device that
    /// hangs must not hold up who asks.
    pub fn free_sixteenths(self: &Arc<Self>) -> u8 {
        let until = self.free_until_ms.load(Ordering::Relaxed);
        let due = self.since_birth_ms(Duration::ZERO) >= until;
        let relaxed = Ordering::Relaxed;
        if due && self.free_until_ms.compare_exchange(until, MEASURING, relaxed, relaxed).is_ok() {
            let unit = self.clone();
            spawn_blocking(move || unit.measure());
        }
        self.free.load(relaxed)
    }

    fn measure(&self) {
        let free = self.disk.space().map_or(0, |space| {
            (space.available_bytes.saturating_mul(16) / space.total_bytes.max(1)).min(16) as u8
        });
        self.free.store(free, Ordering::Relaxed);
        self.free_until_ms.store(self.since_birth_ms(FREE_PAUSE), Ordering::Relaxed);
    }

    /// Where a record of this device lies, as manifests say it.
    pub const fn place(&self, extent: &Extent) -> Place {
        Place { device: self.number, volume: extent.volume, offset: extent.offset }
    }

    pub fn space(&self) -> Option<Space> {
        self.disk.space().ok()
    }

    /// Somebody waits for a write or a read.
    pub fn is_busy(&self) -> bool {
        self.device.queued_bytes() > 0 || self.reading.left() < READS_MAX
    }

    /// The payload of a record, proven, when it is short and lies in memory.
    pub fn read_now(
        &self,
        extent: &Extent,
        coding: &Coding,
        bytes_max: usize,
    ) -> Result<Option<Bytes>, Fault> {
        if extent.length as usize > bytes_max {
            return Ok(None);
        }
        self.device.set().read_cached(extent, coding).map_err(|fault| self.fault(fault))
    }

    /// The payload of a record, proven. `once`: nobody is going to read it again soon. `patience`: how long the device may
    /// take before it counts as hanging.
    pub async fn read(
        self: Arc<Self>,
        extent: Extent,
        coding: Coding,
        once: bool,
        patience: Option<Duration>,
    ) -> Result<Bytes, Fault> {
        let read = if once { VolumeSet::read_once } else { VolumeSet::read_coded };
        self.ask(patience, move |set| read(set, &extent, &coding)).await
    }

    /// Whatever reads the device's volumes, in a thread that may wait for it.
    pub async fn ask<T: Send + 'static>(
        self: Arc<Self>,
        patience: Option<Duration>,
        question: impl FnOnce(&VolumeSet) -> Result<T, volume::Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let unit = self.clone();
        let answer = self.reading.clone().take(patience, move || question(unit.device.set())).await;
        self.answered("read", answer)
    }

    /// Durable on return. What lies on a device that is out is swept when it comes back. A long wait tells the caller
    /// alone: it may be for another change on the device, not for the device.
    pub async fn delete(
        self: Arc<Self>,
        extents: Vec<Extent>,
        patience: Option<Duration>,
    ) -> Result<(), Fault> {
        for some in extents.chunks(DELETES_MAX) {
            let (unit, some) = (self.clone(), some.to_vec());
            let answer = self.deleting.clone().take(patience, move || unit.device.set().delete(&some)).await;
            match self.answered("delete", answer) {
                Err(_) if self.is_out() => return Ok(()),
                other => other?,
            }
        }
        Ok(())
    }

    fn answered<T>(
        &self,
        op: &'static str,
        answer: Result<Result<T, volume::Fault>, Delay>,
    ) -> Result<T, Fault> {
        match answer {
            Ok(answer) => answer.map_err(|fault| self.fault(fault)),
            Err(Delay::Hangs) => Err(self.hangs(op)),
            Err(Delay::Busy) => Err(self.busy()),
            Err(Delay::Lost) => Err(Fault::Closed),
            Err(Delay::Over) => Err(Fault::Missing { device: self.number }),
        }
    }

    pub fn fault(&self, fault: volume::Fault) -> Fault {
        Fault::of(self.number, fault)
    }

    pub fn busy(&self) -> Fault {
        Fault::Busy { device: self.number }
    }

    pub fn hangs(&self, op: &'static str) -> Fault {
        Fault::Hangs { device: self.number, op }
    }
}
