//! One volume as the process knows it: its state, and its file once somebody needs it.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeBounds;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use world::{Disk, DiskFile};

use crate::fault::Fault;
use crate::format::ledger::Entry;
use crate::format::volume_header::{RECORDS_START, VOLUME_HEADER_BYTES, VolumeHeader};
use crate::format::{BLOCK_BYTES, DeviceId, Seed};

pub(crate) const VOLUMES_DIR: &str = "volumes";

pub(crate) fn volume_path(volume: u32) -> String {
    format!("{VOLUMES_DIR}/{volume:08}.vol")
}

/// A volume's name while it is being prepared; such a file never holds a record.
pub(crate) fn unfinished_path(volume: u32) -> String {
    format!("{VOLUMES_DIR}/{volume:08}.new")
}

/// The number in a volume's file name.
pub(crate) fn volume_of(name: &str) -> Option<u32> {
    name.strip_suffix(".vol")?.parse().ok()
}

#[derive(Debug)]
pub(crate) struct Volume {
    pub number: u32,
    pub path: Arc<str>,
    /// What the ledger says of it, kept current.
    entry: Mutex<Entry>,
    file: Mutex<Option<VolumeFile>>,
    /// Records that the graves name: where they begin and end. Their headers may still be there.
    dead: Mutex<BTreeMap<u64, u64>>,
    sync_failed: Arc<AtomicBool>,
}

/// The open file; stays usable for who holds it after the volume was removed.
#[derive(Clone)]
pub(crate) struct VolumeFile {
    pub volume: u32,
    pub path: Arc<str>,
    pub seed: Seed,
    file: Arc<dyn DiskFile>,
    /// A sync has failed: what was pending then may be lost although it reads as done.
    sync_failed: Arc<AtomicBool>,
}

impl std::fmt::Debug for VolumeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VolumeFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A poisoned guard only says that some thread panicked; the states behind ours are whole at every step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Volume {
    pub fn new(entry: Entry) -> Self {
        Self {
            number: entry.volume,
            path: volume_path(entry.volume).into(),
            entry: Mutex::new(entry),
            file: Mutex::new(None),
            dead: Mutex::default(),
            sync_failed: Arc::default(),
        }
    }

    pub fn entry(&self) -> Entry {
        *lock(&self.entry)
    }

    pub fn change(&self, change: impl FnOnce(&mut Entry)) -> Entry {
        let mut entry = lock(&self.entry);
        change(&mut entry);
        *entry
    }

    pub fn is_dead(&self, offset: u64) -> bool {
        lock(&self.dead).contains_key(&offset)
    }

    /// Whether a record that the graves name lies there.
    pub fn is_within_dead(&self, at: u64) -> bool {
        lock(&self.dead).range(..=at).next_back().is_some_and(|(_, end)| at < *end)
    }

    /// The dead that the graves name.
    pub fn dead(&self) -> BTreeMap<u64, u64> {
        lock(&self.dead).clone()
    }

    /// Those of them that begin there.
    pub fn dead_in(&self, places: impl RangeBounds<u64>) -> BTreeMap<u64, u64> {
        lock(&self.dead).range(places).map(|(start, end)| (*start, *end)).collect()
    }

    pub fn bury(&self, start: u64, end: u64) {
        lock(&self.dead).insert(start, end);
    }

    /// Whether what was synced since is durable for certain; if not, only the next process can find out.
    pub fn is_trusted(&self) -> bool {
        !self.sync_failed.load(Ordering::Relaxed)
    }

    /// It reads as a hole, durably.
    pub fn forget(&self, start: u64) {
        lock(&self.dead).remove(&start);
    }

    /// The file if it is open, without a system call.
    pub fn file_if_open(&self) -> Option<VolumeFile> {
        lock(&self.file).clone()
    }

    pub fn set_file(&self, mut file: VolumeFile) {
        file.sync_failed = self.sync_failed.clone();
        *lock(&self.file) = Some(file);
    }

    pub fn close_file(&self) {
        *lock(&self.file) = None;
    }

    /// Opens the file and checks that it is this volume of this device. Says whether it was opened just now.
    pub fn file(&self, disk: &dyn Disk, device: DeviceId) -> Result<(VolumeFile, bool), Fault> {
        if let Some(file) = self.file_if_open() {
            return Ok((file, false));
        }
        // Not under the guard: where the device hangs, who only looks whether it is open must not wait.
        let mut file = VolumeFile::open(disk, device, self.number, &self.path)?.0;
        file.sync_failed = self.sync_failed.clone();
        let mut slot = lock(&self.file);
        if let Some(file) = &*slot {
            return Ok((file.clone(), false));
        }
        *slot = Some(file.clone());
        Ok((file, true))
    }
}

impl VolumeFile {
    pub fn new(header: &VolumeHeader, path: Arc<str>, file: Arc<dyn DiskFile>) -> Self {
        Self { volume: header.volume, path, seed: header.seed(), file, sync_failed: Arc::default() }
    }

    pub fn open(
        disk: &dyn Disk,
        device: DeviceId,
        volume: u32,
        path: &Arc<str>,
    ) -> Result<(Self, VolumeHeader), Fault> {
        let file = disk.open(path).map_err(|error| match error.kind() {
            // The ledger names it, so somebody else took it away.
            io::ErrorKind::NotFound => Fault::corrupt(volume, 0, format!("the file {path}"), "no such file"),
            _ => Fault::io("open", path, &error),
        })?;
        let mut bytes = [0; VOLUME_HEADER_BYTES];
        match file.read_exact_at(&mut bytes, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Fault::corrupt(volume, 0, "a volume header", "a shorter file"));
            }
            other => other.map_err(|error| Fault::io("read", path, &error))?,
        }
        let header = VolumeHeader::decode(&bytes)
            .map_err(|mismatch| Fault::corrupt(volume, 0, mismatch.expected, mismatch.found))?;
        if (header.device, header.volume) != (device, volume) {
            let found = format!("volume {} of device {}", header.volume, header.device);
            return Err(Fault::corrupt(volume, 0, format!("volume {volume} of device {device}"), found));
        }
        Ok((Self::new(&header, path.clone(), file), header))
    }

    pub fn len(&self) -> Result<u64, Fault> {
        self.file.len().map_err(|error| self.failed("stat", &error))
    }

    /// A file that ends too early is missing bytes that were once written: corruption, not a device's failure.
    pub fn read(&self, buf: &mut [u8], offset: u64) -> Result<(), Fault> {
        self.file.read_exact_at(buf, offset).map_err(|error| self.unread(buf.len(), offset, &error))
    }

    /// As `read`, around the page cache.
    pub fn read_blocks(&self, buf: &mut [u8], offset: u64) -> Result<(), Fault> {
        self.file.read_blocks_at(buf, offset).map_err(|error| self.unread(buf.len(), offset, &error))
    }

    fn unread(&self, length: usize, offset: u64, error: &io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Fault::corrupt(self.volume, offset, format!("{length} bytes"), "the end of the file")
            }
            _ => self.failed("read", error),
        }
    }

    pub fn read_cached(&self, buf: &mut [u8], offset: u64) -> Result<bool, Fault> {
        self.file.read_cached_at(buf, offset).map_err(|error| self.failed("read", &error))
    }

    pub fn write(&self, buf: &[u8], offset: u64) -> Result<(), Fault> {
        self.file.write_all_at(buf, offset).map_err(|error| self.failed("write", &error))
    }

    pub fn write_blocks(&self, buf: &[u8], offset: u64) -> Result<(), Fault> {
        self.file.write_blocks_at(buf, offset).map_err(|error| match error.kind() {
            // Where the file system did not reserve what the volume is long.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Fault::NoSpace { wanted: buf.len() as u64 }
            }
            _ => self.failed("write", &error),
        })
    }

    /// Overwrites a batch that failed with zeros, as far as the device lets it. After a failed sync the kernel takes its
    /// pages for written, so a program that starts while the machine runs on would read a whole batch, build on
    /// it, and lose it with the power. Nobody was told of it: nothing is risked, unlike by writing it again there.
    pub fn withdraw(&self, start: u64, length: u64) {
        let zeros = [0; BLOCK_BYTES as usize];
        // Its first header first: without that the scan for the end takes up none of it.
        let written =
            (start..start + length).step_by(zeros.len()).try_for_each(|offset| self.write(&zeros, offset));
        if let Err(fault) = written {
            tracing::warn!(%fault, "a batch that failed stays readable");
        }
    }

    pub fn sync_data(&self) -> Result<(), Fault> {
        self.synced(self.file.sync_data())
    }

    fn synced(&self, synced: io::Result<()>) -> Result<(), Fault> {
        synced.map_err(|error| {
            self.sync_failed.store(true, Ordering::Relaxed);
            self.failed("sync", &error)
        })
    }

    pub fn punch(&self, start: u64, end: u64) -> Result<(), Fault> {
        if start >= end {
            return Ok(());
        }
        self.file.punch(start, end - start).map_err(|error| self.failed("punch", &error))
    }

    /// Cuts what lies behind the last record of a sealed volume, durably: remains of torn batches that came back
    /// would be taken for damage.
    pub fn truncate(&self, len: u64) -> Result<(), Fault> {
        self.file.set_len(len).map_err(|error| self.failed("truncate", &error))?;
        self.synced(self.file.sync_all())
    }

    fn failed(&self, op: &'static str, error: &io::Error) -> Fault {
        Fault::io(op, &self.path, error)
    }
}

/// The entry of a volume that holds nothing yet.
pub(crate) const fn fresh_entry(header: &VolumeHeader) -> Entry {
    Entry {
        volume: header.volume,
        sealed: false,
        doubtful: false,
        size: header.size,
        end: RECORDS_START,
        sequence: 0,
        epoch_first: header.epoch,
        epoch_last: header.epoch,
        dead_bytes: 0,
    }
}
