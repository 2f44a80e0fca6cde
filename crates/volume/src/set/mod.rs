//! All volumes of one device: the whole engine without its threads.
//!
//! Every call does its work before it returns, in the caller's thread; who calls from one thread only gets the
//! same disk operations in the same order each time. `device` puts lanes and a housekeeper above it.

mod delete;
mod open;
mod prepare;
mod seal;
mod sweep;
mod verify;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

use bytes::Bytes;
use world::Disk;

use crate::fault::Fault;
use crate::format::DeviceId;
use crate::format::ledger::{Entry, Ledger};
use crate::format::record_header::{Coding, Sight};
use crate::ghosts::Ghosts;
use crate::graves::Graves;
use crate::identity;
use crate::meter::{Counts, Meter};
use crate::options::Options;
use crate::read::{buffer, gone, header_at, is_long, owner_of, prove, read_once};
use crate::record::{Extent, PAYLOAD_BYTES_MAX, extent_bytes_at_least};
use crate::volume::{Volume, VolumeFile, lock};
use crate::writer::VolumeWriter;

pub use prepare::Preparation;
pub use sweep::{Orphan, Sweep};
pub use verify::Report;

pub struct VolumeSet {
    disk: Arc<dyn Disk>,
    device: DeviceId,
    epoch: u64,
    options: Options,
    meter: Arc<Meter>,
    /// Whether the file system takes single blocks of a file back.
    punches: bool,
    volumes: RwLock<BTreeMap<u32, Arc<Volume>>>,
    /// Held by whoever kills, seals, counts or writes the ledger, so that counts and ledger always fit together
    /// and an older state never replaces a newer one. Taken before `head`.
    graves: Mutex<Graves>,
    /// The device was given up, and another set may have it now: nothing is changed any more.
    abandoned: AtomicBool,
    head: Mutex<Head>,
    /// Open volumes that no writer has, in the order in which they are to be filled.
    ready: Mutex<VecDeque<Arc<Volume>>>,
    /// Volumes whose files are open, in the order of opening.
    files: Mutex<VecDeque<u32>>,
    ghosts: Ghosts,
}

/// What the ledger says beside its entries.
#[derive(Clone, Copy, Debug)]
struct Head {
    swept: u64,
    next_volume: u32,
    rebuilt: bool,
}

/// What the device holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub volumes: u32,
    /// Bytes of extents, deleted ones included.
    pub filled_bytes: u64,
    pub dead_bytes: u64,
    /// Prepared and not yet filled.
    pub room_bytes: u64,
}

impl std::fmt::Debug for VolumeSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VolumeSet")
            .field("device", &self.device)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl VolumeSet {
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The number of this process-open of the device.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub const fn options(&self) -> &Options {
        &self.options
    }

    pub fn counts(&self) -> Counts {
        self.meter.counts()
    }

    /// The payload of an uncoded record, whole and proven. `Gone` when the record was deleted.
    pub fn read(&self, extent: &Extent) -> Result<Bytes, Fault> {
        self.read_coded(extent, &Coding::WHOLE)
    }

    /// As `read`, of a record that is this shard of this chunk: any other in its place is corruption.
    pub fn read_coded(&self, extent: &Extent, coding: &Coding) -> Result<Bytes, Fault> {
        if is_long(extent) && !self.ghosts.meet(extent) {
            return self.read_once(extent, coding);
        }
        let volume = self.living(extent)?;
        let file = self.open_file(&volume)?;
        let mut bytes = buffer(extent);
        let read = file.read(&mut bytes, extent.offset).and_then(|()| prove(&file, extent, coding, bytes));
        self.watch(&volume, extent, read)
    }

    /// As `read_coded`, around the page cache: for what nobody is going to read again soon.
    pub fn read_once(&self, extent: &Extent, coding: &Coding) -> Result<Bytes, Fault> {
        let volume = self.living(extent)?;
        let file = self.open_file(&volume)?;
        let blocks = read_once(&file, extent.offset, extent_bytes_at_least(extent.length));
        let read = blocks.and_then(|blocks| prove(&file, extent, coding, blocks));
        self.watch(&volume, extent, read)
    }

    /// As `read_coded` when no device must be waited for; `None` when one must.
    pub fn read_cached(&self, extent: &Extent, coding: &Coding) -> Result<Option<Bytes>, Fault> {
        let volume = self.living(extent)?;
        // Even to ask the page cache would have it filled.
        if is_long(extent) && !self.ghosts.know(extent) {
            return Ok(None);
        }
        let Some(file) = volume.file_if_open() else { return Ok(None) };
        let mut bytes = buffer(extent);
        if !file.read_cached(&mut bytes, extent.offset)? {
            return Ok(None);
        }
        self.watch(&volume, extent, prove(&file, extent, coding, bytes)).map(Some)
    }

    /// The owner that was recorded beside a payload.
    pub fn owner(&self, extent: &Extent) -> Result<Bytes, Fault> {
        let volume = self.living(extent)?;
        let file = self.open_file(&volume)?;
        match header_at(&file, extent.offset)? {
            Sight::Record(header) => owner_of(&file, extent.offset, &header),
            Sight::Nothing => Err(gone(extent)),
            Sight::Foreign(mismatch) => {
                Err(Fault::corrupt(extent.volume, extent.offset, mismatch.expected, mismatch.found))
            }
        }
    }

    /// Whether the space of a dead record comes back at once; if not, only with its whole volume.
    pub const fn punches(&self) -> bool {
        self.punches
    }

    /// What the ledger says of each volume.
    pub fn entries(&self) -> Vec<Entry> {
        self.all().iter().map(|volume| volume.entry()).collect()
    }

    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        for entry in self.entries() {
            usage.volumes += 1;
            usage.filled_bytes += entry.end - crate::format::volume_header::RECORDS_START;
            usage.dead_bytes += entry.dead_bytes;
            usage.room_bytes += if entry.sealed { 0 } else { entry.size.saturating_sub(entry.end) };
        }
        usage
    }

    /// Whether records may be missing, and what is named was not held against the volumes since: one that went with the
    /// ledger, or came after the image that is here, looks like a deleted one.
    pub fn is_rebuilt(&self) -> bool {
        lock(&self.head).rebuilt
    }

    /// All that is named was looked for.
    pub fn vouch(&self) -> Result<(), Fault> {
        self.write_head(&*self.hold()?, false, |head| head.rebuilt = false)
    }

    /// The numbers of all volumes, ascending.
    pub fn volumes(&self) -> Vec<u32> {
        self.read_volumes().keys().copied().collect()
    }

    /// A prepared or unfinished volume to append to, if there is one. One whose file is not what it was is left as it is.
    pub fn take_writer(&self) -> Result<Option<VolumeWriter>, Fault> {
        loop {
            let Some(volume) = lock(&self.ready).pop_front() else { return Ok(None) };
            match self.open_file(&volume) {
                Ok(file) => return Ok(Some(VolumeWriter::new(volume, file, self.meter.clone(), self.epoch))),
                Err(fault) if fault.is_corruption() => {
                    tracing::error!(%fault, "an open volume can't be filled on");
                    volume.change(|entry| entry.sealed = true);
                }
                Err(fault) => {
                    lock(&self.ready).push_front(volume);
                    return Err(fault);
                }
            }
        }
    }

    /// How many volumes `take_writer` has left.
    pub fn ready(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Writes down that everything is in order, so that the next open needs no scan. Writers must have ended.
    pub fn close(&self) -> Result<(), Fault> {
        self.write_ledger(&*self.hold()?, true)
    }

    /// A checkpoint: after a crash the open volumes are scanned from here on.
    pub fn checkpoint(&self) -> Result<(), Fault> {
        self.write_ledger(&*self.hold()?, false)
    }

    /// Refuses all changes from now on. One that is under way goes on.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Whether a change is under way.
    pub(crate) fn is_changing(&self) -> bool {
        matches!(self.graves.try_lock(), Err(TryLockError::WouldBlock))
    }

    /// For a change: waits until no other is under way.
    fn hold(&self) -> Result<MutexGuard<'_, Graves>, Fault> {
        let graves = lock(&self.graves);
        if self.is_abandoned() { Err(Fault::Closed) } else { Ok(graves) }
    }

    fn write_ledger(&self, graves: &Graves, clean: bool) -> Result<(), Fault> {
        self.write_head(graves, clean, |_| {})
    }

    fn write_head(&self, graves: &Graves, clean: bool, change: impl FnOnce(&mut Head)) -> Result<(), Fault> {
        let mut head = lock(&self.head);
        let mut changed = *head;
        change(&mut changed);
        let ledger = Ledger {
            device: self.device,
            epoch: self.epoch,
            swept: changed.swept,
            clean,
            rebuilt: changed.rebuilt,
            next_volume: changed.next_volume,
            graves: graves.number,
            graves_counted: graves.frames,
            entries: self.entries(),
        };
        identity::write_ledger(&*self.disk, &ledger, &self.meter)?;
        *head = changed;
        Ok(())
    }

    fn read_volumes(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<u32, Arc<Volume>>> {
        self.volumes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_volumes(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<u32, Arc<Volume>>> {
        self.volumes.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Volume>> {
        self.read_volumes().values().cloned().collect()
    }

    fn volume(&self, number: u32) -> Option<Arc<Volume>> {
        self.read_volumes().get(&number).cloned()
    }

    /// The volume's file; when too many are open, the one opened first is closed. Readers that hold it keep it.
    fn open_file(&self, volume: &Volume) -> Result<VolumeFile, Fault> {
        let (file, opened) = match volume.file(&*self.disk, self.device) {
            Ok(found) => found,
            // Removed since it was looked up.
            Err(_) if self.volume(volume.number).is_none() => {
                return Err(Fault::Gone { volume: volume.number, offset: 0 });
            }
            Err(fault) => return Err(fault),
        };
        if opened {
            self.opened(volume.number);
        }
        Ok(file)
    }

    fn opened(&self, number: u32) {
        let mut files = lock(&self.files);
        files.push_back(number);
        if files.len() > self.options.files_open_max.max(1)
            && let Some(oldest) = files.pop_front()
            && let Some(volume) = self.volume(oldest)
        {
            volume.close_file();
        }
    }

    fn sync(&self, file: &VolumeFile) -> Result<(), Fault> {
        self.meter.synced();
        file.sync_data()
    }

    /// A number that was in use is a volume that was removed when its last record had died.
    fn missing(&self, extent: &Extent) -> Fault {
        if extent.volume < lock(&self.head).next_volume {
            return gone(extent);
        }
        Fault::corrupt(extent.volume, extent.offset, "a volume of this device", "a number never used")
    }

    /// The volume of a record that isn't known to be dead.
    fn living(&self, extent: &Extent) -> Result<Arc<Volume>, Fault> {
        plausible(extent)?;
        let volume = self.volume(extent.volume).ok_or_else(|| self.missing(extent))?;
        if volume.is_dead(extent.offset) { Err(gone(extent)) } else { Ok(volume) }
    }

    /// Reports corruption, unless the record died while it was read.
    fn watch(&self, volume: &Volume, extent: &Extent, read: Result<Bytes, Fault>) -> Result<Bytes, Fault> {
        match read {
            Err(fault) if fault.is_corruption() && volume.is_dead(extent.offset) => Err(gone(extent)),
            Err(fault) if fault.is_corruption() => {
                self.meter.corrupt_seen();
                tracing::error!(device = %self.device, %fault, "a record is corrupt");
                Err(fault)
            }
            other => other,
        }
    }
}

/// Refuses what no volume can hold before memory is taken for it.
fn plausible(extent: &Extent) -> Result<(), Fault> {
    if extent.length as usize <= PAYLOAD_BYTES_MAX && extent.offset < 1 << 62 {
        return Ok(());
    }
    let found = format!("{} bytes at {}", extent.length, extent.offset);
    Err(Fault::corrupt(extent.volume, extent.offset, "an extent within a volume", found))
}
