//! Opens a device: who it is, a new epoch, and where each volume ends.
//!
//! After an orderly shutdown the ledger says it all. After a crash the volumes that were open are scanned for their
//! ends, from the last checkpoint on. Without a ledger every volume is walked once, and nothing is lost.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use world::Disk;

use super::{Head, VolumeSet};
use crate::fault::Fault;
use crate::format::DeviceId;
use crate::format::grave::Grave;
use crate::format::ledger::{Entry, Ledger};
use crate::format::volume_header::RECORDS_START;
use crate::ghosts::Ghosts;
use crate::graves::{Graves, graves_of, graves_path, read_graves};
use crate::identity;
use crate::meter::Meter;
use crate::options::Options;
use crate::volume::{VOLUMES_DIR, Volume, VolumeFile, fresh_entry, volume_of, volume_path};
use crate::walk::{Met, Tail, Walk, find_end, resume};

/// Numbers left out when the ledger is lost or may be an older one: volumes with higher ones than any left may have been removed, and
/// their numbers must not come again.
const NUMBERS_SKIPPED: u32 = 4096;

type Volumes = BTreeMap<u32, Arc<Volume>>;
/// By volume, where the dead begin and end.
type Dead = BTreeMap<u32, BTreeMap<u64, u64>>;

/// A device on the way to being open.
struct Opening<'a> {
    disk: &'a dyn Disk,
    device: DeviceId,
    meter: &'a Meter,
    files: Files,
    /// It never had a volume.
    is_new: bool,
}

/// What lies in the volumes' directory.
struct Files {
    volumes: BTreeSet<u32>,
    graves: BTreeSet<u64>,
}

/// What was found out about it.
struct Found {
    head: Head,
    epoch: u64,
    graves: Graves,
    volumes: Volumes,
}

impl VolumeSet {
    /// Takes the device for this process; the caller sees to it that no other has it.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Self, Fault> {
        let meter = Arc::new(Meter::default());
        let device = identity::device_id(&*disk, &*options.random, &meter)?;
        let is_new = !disk.exists(VOLUMES_DIR).map_err(|error| Fault::io("stat", VOLUMES_DIR, &error))?;
        identity::volumes_dir(&*disk)?;
        let files = Files::list(&*disk)?;
        let ledger = identity::read_ledger(&*disk, device)?;
        let opening = Opening { disk: &*disk, device, meter: &meter, files, is_new };
        let mut found = match ledger {
            Some(ledger) => opening.with_ledger(&ledger)?,
            None => opening.without_ledger()?,
        };
        if options.was_away && !is_new {
            found.begin_behind();
        }
        let outdated: Vec<u64> =
            opening.files.graves.into_iter().filter(|number| *number != found.graves.number).collect();
        let ready = found.volumes.values().filter(|volume| !volume.entry().sealed).cloned();
        let mut set = Self {
            device,
            epoch: found.epoch,
            options,
            meter,
            punches: true,
            ready: Mutex::new(ready.collect::<VecDeque<_>>()),
            volumes: RwLock::new(found.volumes),
            graves: Mutex::new(found.graves),
            abandoned: AtomicBool::new(false),
            head: Mutex::new(found.head),
            files: Mutex::new(VecDeque::new()),
            ghosts: Ghosts::default(),
            disk,
        };
        // Durable before any record bears the new epoch.
        set.checkpoint()?;
        set.punches = identity::punches(&*set.disk)?;
        for path in outdated.into_iter().map(graves_path) {
            set.disk.remove(&path).map_err(|error| Fault::io("remove", &path, &error))?;
        }
        Ok(set)
    }
}

impl Found {
    /// Nothing is written any more where the image that is here ends, nor where later ones may have had volumes.
    fn begin_behind(&mut self) {
        for volume in self.volumes.values() {
            volume.change(|entry| {
                entry.doubtful |= !entry.sealed;
                entry.sealed = true;
            });
        }
        self.head.next_volume = self.head.next_volume.saturating_add(1 + NUMBERS_SKIPPED);
        self.head.rebuilt = true;
    }
}

impl Files {
    /// Unfinished volumes never held a record and are removed here.
    fn list(disk: &dyn Disk) -> Result<Self, Fault> {
        let names = disk.list(VOLUMES_DIR).map_err(|error| Fault::io("list", VOLUMES_DIR, &error))?;
        for name in names.iter().filter(|name| name.ends_with(".new")) {
            let path = format!("{VOLUMES_DIR}/{name}");
            disk.remove(&path).map_err(|error| Fault::io("remove", &path, &error))?;
        }
        Ok(Self {
            // The highest numbers are never ours: behind each there must be a next one.
            volumes: names
                .iter()
                .filter_map(|name| volume_of(name))
                .filter(|last| *last < u32::MAX)
                .collect(),
            graves: names.iter().filter_map(|name| graves_of(name)).filter(|last| *last < u64::MAX).collect(),
        })
    }
}

impl Opening<'_> {
    fn with_ledger(&self, ledger: &Ledger) -> Result<Found, Fault> {
        let mut volumes = Volumes::new();
        for mut entry in ledger.entries.iter().copied() {
            if !self.files.volumes.contains(&entry.volume) {
                tracing::error!(volume = entry.volume, device = %self.device, "a volume's file is missing");
                // Its records read as corrupt, never as absent, and nothing is appended.
                entry.sealed = true;
            }
            volumes.insert(entry.volume, Arc::new(Volume::new(entry)));
        }
        let frames = read_graves(self.disk, self.device, ledger.graves)?;
        for (number, frame) in frames.iter().enumerate() {
            bury(&volumes, frame, number as u64 >= ledger.graves_counted);
        }
        if !ledger.clean {
            for volume in volumes.values().filter(|volume| !volume.entry().sealed) {
                self.scan(volume)?;
            }
        }
        let dead = places(frames.iter().flatten());
        for number in &self.files.volumes {
            if !volumes.contains_key(number)
                && let Some(entry) = self.unlisted(*number, &dead)?
            {
                volumes.insert(*number, Arc::new(Volume::new(entry)));
            }
        }
        let beyond = self.files.volumes.last().map_or(1, |last| last + 1);
        let swept_all = ledger.clean && ledger.swept + 1 == ledger.epoch;
        let head = Head {
            swept: if swept_all { ledger.epoch } else { ledger.swept },
            next_volume: ledger.next_volume.max(beyond),
            rebuilt: ledger.rebuilt,
        };
        let graves = Graves::found(ledger.graves, self.next_graves(ledger.graves), &frames);
        Ok(Found { head, epoch: ledger.epoch + 1, graves, volumes })
    }

    /// Where an open volume ends. What it accepts and what it doesn't is made durable before anything relies on it:
    /// after the mere death of the process it may so far lie in the kernel's memory only, and a batch that was
    /// withdrawn must not be back after the next power cut, when its epoch may count as swept.
    fn scan(&self, volume: &Volume) -> Result<(), Fault> {
        let entry = volume.entry();
        let opened = VolumeFile::open(self.disk, self.device, entry.volume, &volume.path);
        let (file, header) = match opened {
            Err(fault) if fault.is_corruption() => {
                tracing::error!(%fault, "an open volume can't be read; it is left as it is");
                volume.change(|entry| entry.sealed = true);
                return Ok(());
            }
            other => other?,
        };
        let known = Tail {
            end: entry.end,
            sequence: entry.sequence,
            epoch_first: entry.epoch_first,
            epoch_last: entry.epoch_last,
        };
        file.sync_data()?;
        self.meter.synced();
        let limit = header.size.min(file.len()?);
        let (mut tail, mut is_broken) = (find_end(volume, &file, known, limit)?, false);
        while let Some(from) = resume(&file, tail, limit)? {
            tracing::error!(
                volume = entry.volume,
                at = tail.end,
                "an open volume is damaged; it is filled no more"
            );
            (tail, is_broken) = (find_end(volume, &file, from, limit)?, true);
        }
        if tail == known {
            return Ok(());
        }
        tracing::info!(volume = entry.volume, from = known.end, to = tail.end, "an open volume was scanned");
        volume.change(|entry| {
            entry.end = tail.end;
            entry.sequence = tail.sequence;
            entry.epoch_first = tail.epoch_first;
            entry.epoch_last = tail.epoch_last;
            if is_broken {
                (entry.sealed, entry.doubtful) = (true, true);
            }
        });
        Ok(())
    }

    /// A volume that the ledger doesn't name: taken into no use yet, or removed but for its file. It goes unless
    /// something lies in it that isn't among the dead.
    fn unlisted(&self, volume: u32, dead: &Dead) -> Result<Option<Entry>, Fault> {
        let path: Arc<str> = volume_path(volume).into();
        let (file, header) = match VolumeFile::open(self.disk, self.device, volume, &path) {
            Err(fault) if fault.is_corruption() => {
                tracing::error!(%fault, "a file among the volumes is none of this device's; it stays");
                return Ok(None);
            }
            other => other?,
        };
        let end = file.len()?.max(RECORDS_START);
        let mut entry = Entry { sealed: true, doubtful: true, end, ..fresh_entry(&header) };
        let dead = dead.get(&volume).cloned().unwrap_or_default();
        let (mut kept, mut walk) = (false, Walk::new(&file, dead, RECORDS_START, entry.end));
        while let Some(stretch) = walk.step()? {
            match stretch.met {
                Met::Hole | Met::Dead => {}
                Met::Garbage(_) => kept = true,
                Met::Record(header) => {
                    kept = true;
                    entry.epoch_last = entry.epoch_last.max(header.epoch);
                }
            }
        }
        if kept {
            return Ok(Some(entry));
        }
        self.disk.remove(&path).map_err(|error| Fault::io("remove", &path, &error))?;
        Ok(None)
    }

    /// The ledger is lost: every file is taken as sealed at its length, to be counted, and all of it is to be swept.
    /// Whatever graves there are tell the truth: the dead don't return.
    fn without_ledger(&self) -> Result<Found, Fault> {
        let mut frames = Vec::new();
        for number in &self.files.graves {
            frames.extend(read_graves(self.disk, self.device, *number)?);
        }
        let dead = places(frames.iter().flatten());
        if !self.files.volumes.is_empty() {
            tracing::warn!(device = %self.device, "the ledger is lost; every volume is walked");
        }
        let (mut volumes, mut epoch) = (Volumes::new(), 0);
        for number in &self.files.volumes {
            if let Some(entry) = self.unlisted(*number, &dead)? {
                epoch = epoch.max(entry.epoch_last);
                volumes.insert(*number, Arc::new(Volume::new(entry)));
            }
        }
        frames.iter().for_each(|frame| bury(&volumes, frame, false));
        // Graves of volumes that went with the ledger must not meet new ones of their numbers.
        let last = self.files.volumes.last().max(dead.keys().last());
        let next_volume = last.map_or(1, |last| last.saturating_add(1 + NUMBERS_SKIPPED));
        let head = Head { swept: 0, next_volume, rebuilt: !self.is_new };
        let number = self.files.graves.last().copied().unwrap_or(0);
        let graves = Graves::found(number, self.next_graves(number), &frames);
        Ok(Found { head, epoch: epoch.saturating_add(1), graves, volumes })
    }

    fn next_graves(&self, number: u64) -> u64 {
        self.files.graves.last().map_or(number, |last| number.max(*last)) + 1
    }
}

fn places<'a>(graves: impl Iterator<Item = &'a Grave>) -> Dead {
    let mut dead = Dead::new();
    for grave in graves {
        dead.entry(grave.volume).or_default().insert(grave.start, grave.end);
    }
    dead
}

fn bury(volumes: &Volumes, graves: &[Grave], count: bool) {
    for grave in graves {
        // Of a volume that is no more there is nothing to bury.
        let Some(volume) = volumes.get(&grave.volume) else { continue };
        volume.bury(grave.start, grave.end);
        if count {
            volume.change(|entry| entry.dead_bytes += grave.end - grave.start);
        }
    }
}
