//! A device of a simulated machine: a disk on the machine's power that may hang, be pulled out, or lie.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use world::{Disk, DiskFile, Space, turns};

use super::plant::Plant;
use crate::SimDisk;

/// What all devices of a machine hang on; it counts what they change.
#[derive(Debug)]
pub struct Power {
    off: AtomicBool,
    deeds: AtomicU64,
    off_at: AtomicU64,
    /// The program has started.
    started: AtomicBool,
}

impl Default for Power {
    fn default() -> Self {
        Self {
            off: AtomicBool::new(false),
            deeds: AtomicU64::new(0),
            off_at: AtomicU64::new(u64::MAX),
            started: AtomicBool::new(false),
        }
    }
}

impl Power {
    /// The power goes at the deed after the next `deeds` ones, of whichever device.
    pub fn off_after(&self, deeds: u64) {
        self.off_at.store(self.deeds.load(Ordering::Relaxed) + deeds, Ordering::Relaxed);
    }

    /// From now on devices may hang: a start waits for all of them, as long as they take.
    pub fn note_start(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    pub fn cut(&self) {
        self.off.store(true, Ordering::Relaxed);
    }

    pub fn is_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }

    pub fn deeds(&self) -> u64 {
        self.deeds.load(Ordering::Relaxed)
    }

    fn check(&self) -> io::Result<()> {
        if self.is_off() { Err(io::Error::other("the machine is off")) } else { Ok(()) }
    }

    /// True for the last deed of all.
    fn count(&self) -> bool {
        let number = self.deeds.fetch_add(1, Ordering::Relaxed);
        number >= self.off_at.load(Ordering::Relaxed)
    }
}

/// What is wrong with a device in one life of the program, by the number of its own deeds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ailment {
    /// From this deed on it hangs, for so long.
    pub hangs: Option<(u64, Duration)>,
    /// From this deed on each call errs.
    pub dies: Option<u64>,
    /// One deed errs.
    pub errs: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Drive {
    disk: SimDisk,
    power: Arc<Power>,
    ailment: Ailment,
    deeds: Arc<AtomicU64>,
    hung_until: Arc<Mutex<Option<Duration>>>,
    plant: Option<Plant>,
}

struct DriveFile {
    drive: Drive,
    path: String,
    file: Arc<dyn DiskFile>,
}

const STEP: Duration = Duration::from_secs(10);

impl Drive {
    pub fn new(disk: SimDisk, power: Arc<Power>, ailment: Ailment, plant: Option<Plant>) -> Self {
        if let Some(deed) = ailment.errs {
            disk.fail_after(deed);
        }
        Self { disk, power, ailment, deeds: Arc::default(), hung_until: Arc::default(), plant }
    }

    /// Whether it may never answer again.
    pub fn hangs(&self) -> bool {
        self.ailment.hangs.is_some()
    }

    /// Whether something went wrong with it that was not the power's doing.
    pub fn has_erred(&self) -> bool {
        let deeds = self.deeds.load(Ordering::Relaxed);
        let after = |at: u64| deeds > at;
        self.ailment.dies.is_some_and(after)
            || self.ailment.hangs.is_some_and(|(at, _)| after(at))
            || self.ailment.errs.is_some_and(after)
    }

    /// Before each call, whatever it is.
    fn ask(&self) -> io::Result<()> {
        self.power.check()?;
        let deeds = self.deeds.load(Ordering::Relaxed);
        if self.ailment.dies.is_some_and(|at| deeds > at) {
            return Err(io::Error::from_raw_os_error(5));
        }
        self.hang(deeds);
        self.power.check()
    }

    /// Before each change.
    fn change(&self) -> io::Result<()> {
        self.deeds.fetch_add(1, Ordering::Relaxed);
        self.ask()?;
        if self.power.count() {
            // What is under way on the others lands or not, as what they have not synced.
            self.power.cut();
            self.disk.die_after(0);
        }
        Ok(())
    }

    fn hang(&self, deeds: u64) {
        let Some((at, long)) = self.ailment.hangs else { return };
        let Some(turns) = turns() else { return };
        if deeds <= at || !self.power.started.load(Ordering::Relaxed) {
            return;
        }
        let until = {
            let mut until = self.hung_until.lock().unwrap_or_else(PoisonError::into_inner);
            *until.get_or_insert_with(|| turns.elapsed().saturating_add(long))
        };
        let place = turns.place();
        while !self.power.is_off() && turns.elapsed() < until {
            turns.wait(place, Some(STEP), &mut || {});
        }
    }

    fn file(&self, path: &str, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(DriveFile { drive: self.clone(), path: path.to_owned(), file })
    }
}

impl Disk for Drive {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.change()?;
        self.disk.create_dir(path)
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.ask()?;
        Ok(self.file(path, self.disk.open(path)?))
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.change()?;
        Ok(self.file(path, self.disk.create(path)?))
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        self.ask()?;
        self.disk.exists(path)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change()?;
        self.disk.rename(from, to)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.change()?;
        self.disk.remove(path)
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.ask()?;
        self.disk.list(dir)
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.change()?;
        if self.plant == Some(Plant::NoDirectorySync) {
            return Ok(());
        }
        self.disk.sync_dir(dir)
    }
    fn space(&self) -> io::Result<Space> {
        self.ask()?;
        self.disk.space()
    }
}

impl DriveFile {
    /// Planted: whether a sync of this file answers well and does nothing.
    fn lies(&self) -> bool {
        match self.drive.plant {
            Some(Plant::NoSync) => true,
            Some(Plant::WrongOrder) => self.path.starts_with("volumes/"),
            _ => false,
        }
    }
}

impl DiskFile for DriveFile {
    fn len(&self) -> io::Result<u64> {
        self.drive.ask()?;
        self.file.len()
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.drive.ask()?;
        self.file.read_exact_at(buf, offset)
    }
    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        self.drive.power.check()?;
        self.file.read_cached_at(buf, offset)
    }
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.drive.change()?;
        self.file.write_all_at(buf, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.drive.change()?;
        if self.lies() { Ok(()) } else { self.file.sync_data() }
    }
    fn sync_all(&self) -> io::Result<()> {
        self.drive.change()?;
        if self.lies() { Ok(()) } else { self.file.sync_all() }
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.drive.change()?;
        self.file.set_len(len)
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.drive.change()?;
        self.file.allocate(len)
    }
    fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        self.drive.change()?;
        self.file.punch(offset, len)
    }
}
