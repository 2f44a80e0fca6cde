//! Opens a device: who it is, a new epoch, and where each volume ends.
//!
//! After an orderly shutdown the ledger says it all. After a crash the volumes that were open are scanned for their
//! ends, from the last checkpoint on. Without a ledger every volume is walked once, and nothing is lost.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, RwLock};

use world::Disk;

use super::{Head, VolumeSet};
use crate::fault::Fault;
use crate::format::DeviceId;
use crate::format::ledger::{Entry, Ledger};
use crate::format::volume_header::RECORDS_START;
use crate::identity;
use crate::meter::Meter;
use crate::options::Options;
use crate::volume::{VOLUMES_DIR, Volume, VolumeFile, fresh_entry, volume_of, volume_path};
use crate::walk::{Met, Tail, Walk, find_end};

/// Numbers left out when the ledger is lost: volumes with higher ones than any left may have been removed, and
/// their numbers must not come again.
const NUMBERS_SKIPPED: u32 = 4096;

/// What was found on the device.
struct Found {
    head: Head,
    epoch: u64,
    entries: Vec<Entry>,
}

impl VolumeSet {
    /// Takes the device for this process; the caller sees to it that no other has it.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Self, Fault> {
        let meter = Arc::new(Meter::default());
        let device = identity::device_id(&*disk, &*options.random, &meter)?;
        identity::volumes_dir(&*disk)?;
        let files = volume_files(&*disk)?;
        let found = match identity::read_ledger(&*disk, device)? {
            Some(ledger) => from_ledger(&*disk, device, ledger, &files, &meter)?,
            None => without_ledger(&*disk, device, &files)?,
        };
        let volumes: BTreeMap<_, _> =
            found.entries.iter().map(|entry| (entry.volume, Arc::new(Volume::new(*entry)))).collect();
        let ready =
            volumes.values().filter(|volume| !volume.entry().sealed).cloned().collect::<VecDeque<_>>();
        let set = Self {
            disk,
            device,
            epoch: found.epoch,
            options,
            meter,
            volumes: RwLock::new(volumes),
            head: Mutex::new(found.head),
            ready: Mutex::new(ready),
            files: Mutex::new(VecDeque::new()),
        };
        // Durable before any record bears the new epoch.
        set.checkpoint()?;
        Ok(set)
    }
}

/// The volumes on the disk. Unfinished ones never held a record and are removed here.
fn volume_files(disk: &dyn Disk) -> Result<BTreeSet<u32>, Fault> {
    let names = disk.list(VOLUMES_DIR).map_err(|error| Fault::io("list", VOLUMES_DIR, &error))?;
    for name in names.iter().filter(|name| name.ends_with(".new")) {
        let path = format!("{VOLUMES_DIR}/{name}");
        disk.remove(&path).map_err(|error| Fault::io("remove", &path, &error))?;
    }
    Ok(names.iter().filter_map(|name| volume_of(name)).collect())
}

fn from_ledger(
    disk: &dyn Disk,
    device: DeviceId,
    ledger: Ledger,
    files: &BTreeSet<u32>,
    meter: &Meter,
) -> Result<Found, Fault> {
    let mut entries = Vec::with_capacity(ledger.entries.len());
    for mut entry in ledger.entries.iter().copied() {
        if !files.contains(&entry.volume) {
            tracing::error!(volume = entry.volume, %device, "a volume's file is missing");
            // Its records read as corrupt, never as absent, and nothing is appended.
            entry.sealed = true;
        } else if ledger.clean {
            entry.dirty = false;
        } else {
            // The doubt outlives an orderly shutdown until a recount ends it.
            entry.unfreed |= entry.dirty;
            if !entry.sealed {
                entry = scan(disk, device, entry, meter)?;
            }
        }
        entries.push(entry);
    }
    let listed: BTreeSet<u32> = entries.iter().map(|entry| entry.volume).collect();
    for volume in files.difference(&listed) {
        entries.extend(unlisted(disk, device, *volume)?);
    }
    let beyond = files.last().map_or(1, |last| last + 1);
    let swept_all = ledger.clean && ledger.swept + 1 == ledger.epoch;
    let head = Head {
        swept: if swept_all { ledger.epoch } else { ledger.swept },
        next_volume: ledger.next_volume.max(beyond),
    };
    Ok(Found { head, epoch: ledger.epoch + 1, entries })
}

/// Where an open volume ends. What it accepts is made durable before anything relies on it: after the mere death of
/// the process it may so far lie in the kernel's memory only.
fn scan(disk: &dyn Disk, device: DeviceId, mut entry: Entry, meter: &Meter) -> Result<Entry, Fault> {
    let (file, header) = match VolumeFile::open(disk, device, entry.volume, &volume_path(entry.volume).into())
    {
        Err(fault) if fault.is_corruption() => {
            tracing::error!(%fault, "an open volume can't be read; it is left as it is");
            entry.sealed = true;
            return Ok(entry);
        }
        other => other?,
    };
    let known = Tail {
        end: entry.end,
        sequence: entry.sequence,
        epoch_first: entry.epoch_first,
        epoch_last: entry.epoch_last,
        dead_bytes: entry.dead_bytes,
    };
    let tail = find_end(&file, known, header.size.min(file.len()?))?;
    if tail != known {
        file.sync_data()?;
        meter.synced();
        tracing::info!(volume = entry.volume, from = known.end, to = tail.end, "an open volume was scanned");
    }
    entry.end = tail.end;
    entry.sequence = tail.sequence;
    entry.epoch_first = tail.epoch_first;
    entry.epoch_last = tail.epoch_last;
    entry.dead_bytes = tail.dead_bytes;
    Ok(entry)
}

/// A volume that the ledger doesn't name: taken into no use yet, or removed but for its file. It goes unless
/// something lies in it.
fn unlisted(disk: &dyn Disk, device: DeviceId, volume: u32) -> Result<Option<Entry>, Fault> {
    let path: Arc<str> = volume_path(volume).into();
    let (file, header) = match VolumeFile::open(disk, device, volume, &path) {
        Err(fault) if fault.is_corruption() => {
            tracing::error!(%fault, "a file among the volumes is none of this device's; it stays");
            return Ok(None);
        }
        other => other?,
    };
    let entry = Entry {
        sealed: true,
        dirty: true,
        unfreed: true,
        end: file.len()?.max(RECORDS_START),
        ..fresh_entry(&header)
    };
    let mut walk = Walk::new(&file, RECORDS_START, entry.end);
    while let Some(stretch) = walk.step()? {
        if matches!(stretch.met, Met::Record(header) if !header.dead)
            || matches!(stretch.met, Met::Garbage(_))
        {
            return Ok(Some(entry));
        }
    }
    disk.remove(&path).map_err(|error| Fault::io("remove", &path, &error))?;
    Ok(None)
}

/// The ledger is lost: every file is taken as sealed at its length, to be counted, and all of it is to be swept.
fn without_ledger(disk: &dyn Disk, device: DeviceId, files: &BTreeSet<u32>) -> Result<Found, Fault> {
    if files.is_empty() {
        return Ok(Found { head: Head { swept: 0, next_volume: 1 }, epoch: 1, entries: Vec::new() });
    }
    tracing::warn!(%device, volumes = files.len(), "the ledger is lost; every volume is walked");
    let (mut entries, mut epoch) = (Vec::new(), 0);
    for volume in files {
        let Some(mut entry) = unlisted(disk, device, *volume)? else { continue };
        let (file, _) = VolumeFile::open(disk, device, *volume, &volume_path(*volume).into())?;
        let mut walk = Walk::new(&file, RECORDS_START, entry.end);
        while let Some(stretch) = walk.step()? {
            if let Met::Record(header) = stretch.met {
                entry.epoch_last = entry.epoch_last.max(header.epoch);
            }
        }
        epoch = epoch.max(entry.epoch_last);
        entries.push(entry);
    }
    let next_volume = files.last().map_or(1, |last| last.saturating_add(1 + NUMBERS_SKIPPED));
    Ok(Found { head: Head { swept: 0, next_volume }, epoch: epoch + 1, entries })
}
