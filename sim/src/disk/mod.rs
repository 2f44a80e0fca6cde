//! A disk in memory that forgets, tears, fills up, errs and rots, and does all of it again from the same seed.
//!
//! Programs see the *live* image. A power cut leaves the *durable* one: what was synced, and of the rest what
//! chance kept, sector by sector, name by name. `sync_data` makes the length durable too, because `fdatasync`
//! on Linux writes all metadata that is needed to read the data back; `Options::data_sync_forgets_length` takes
//! the port at its word instead.

mod fault;
mod file;
mod image;
mod inode;
mod machine;
mod tear;
#[cfg(test)]
mod tests;
mod tree;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use world::{Disk, DiskFile, Space};

pub use self::fault::{Counts, Deed, SkippedSync, SyncKind};
use self::file::SimFile;
use self::image::Touch;
use self::machine::Machine;
use self::tree::normal;
use crate::Dice;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub capacity_bytes: u64,
    /// A sector that was being written at the power cut may hold noise. Devices promise otherwise.
    pub torn_sectors_are_garbage: bool,
    /// Only `sync_all` makes a changed length durable.
    pub data_sync_forgets_length: bool,
    /// No file gives single blocks back.
    pub cannot_punch: bool,
}

/// More than any scenario fills.
const CAPACITY_BYTES: u64 = 1 << 40;

impl Default for Options {
    fn default() -> Self {
        Self {
            capacity_bytes: CAPACITY_BYTES,
            torn_sectors_are_garbage: false,
            data_sync_forgets_length: false,
            cannot_punch: false,
        }
    }
}

/// Clones are handles to the same disk.
#[derive(Clone, Debug)]
pub struct SimDisk(Arc<Mutex<Machine>>);

impl SimDisk {
    pub fn new(seed: u64) -> Self {
        Self::with_options(Options::default(), seed)
    }

    pub fn with_options(options: Options, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Machine::new(options, seed))))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Machine) -> T) -> T {
        // A panic elsewhere fails its own test; the state is still whole for whoever looks at it.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// This disk as the port.
    pub fn port(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    pub fn counts(&self) -> Counts {
        self.with(|machine| machine.counts())
    }

    /// The power goes at the deed after the next `deeds` ones: that deed may land in part, and every call from it
    /// on fails.
    pub fn die_after(&self, deeds: u64) {
        self.with(|machine| machine.faults.die_after = Some(machine.counts().deeds + deeds));
    }

    pub fn power_off(&self) {
        self.with(|machine| machine.faults.off = true);
    }

    pub fn is_off(&self) -> bool {
        self.with(|machine| machine.faults.off)
    }

    /// Whether a call may have failed through no fault of the program: the machine is off, or the device has erred.
    pub fn has_faulted(&self) -> bool {
        self.with(|machine| machine.faults.off || machine.faults.erred)
    }

    /// The deed after the next `deeds` ones fails with EIO. A sync that fails loses what was pending, as Linux does.
    pub fn fail_after(&self, deeds: u64) {
        self.with(|machine| machine.faults.fail_at = Some(machine.counts().deeds + deeds));
    }

    /// Plants a bug, to prove that the simulation sees it.
    pub fn skip(&self, bug: SkippedSync) {
        self.with(|machine| machine.faults.skipped = Some(bug));
    }

    /// Counts a deed of something that is simulated beside the disk, which may be the machine's last.
    pub fn step(&self, name: &str) -> io::Result<()> {
        self.with(|machine| machine.change(Deed::Elsewhere, name, |_| Ok(())))
    }

    /// Whether a scenario may fill it.
    pub fn is_tight(&self) -> bool {
        self.with(|machine| machine.options.capacity_bytes < CAPACITY_BYTES)
    }

    pub fn set_capacity(&self, bytes: u64) {
        self.with(|machine| machine.options.capacity_bytes = bytes);
    }

    /// Cuts the power, here and now. The disk that the machine finds when it is switched on again has the same
    /// options and no faults; this one and its files stay off.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(self.with(|machine| machine.crash(seed)))))
    }

    /// Ends the program, not the machine: the next one finds what was written, synced or not.
    #[must_use]
    pub fn restart(&self, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(self.with(|machine| machine.restart(seed)))))
    }

    /// All that the device surely has, as another device: what an image of it that was taken now would hold.
    #[must_use]
    pub fn image(&self, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(self.with(|machine| machine.copy().crash(seed)))))
    }

    /// Flips bits of one byte where the device keeps it; no program notices.
    pub fn rot(&self, path: &str, offset: u64, flip: u8) -> io::Result<()> {
        self.with(|machine| {
            let id = machine.tree.file(&normal(path))?;
            let inode = machine.inode(id)?;
            for image in [&mut inode.live, &mut inode.durable] {
                let mut byte = [0];
                image.read(&mut byte, offset);
                for touch in image::touches(offset, 1) {
                    image.overwrite(&Touch { at: 0, ..touch }, &[byte[0] ^ flip]);
                }
            }
            Ok(())
        })
    }

    /// Reads of the range fail with EIO from now on.
    pub fn break_range(&self, path: &str, range: std::ops::Range<u64>) -> io::Result<()> {
        self.with(|machine| {
            let id = machine.tree.file(&normal(path))?;
            machine.inode(id)?.unreadable.push(range);
            Ok(())
        })
    }

    /// A sequence of chances that belongs to this disk.
    pub fn dice(&self) -> Dice {
        self.with(|machine| machine.dice.fork())
    }

    fn handle(&self, inode: tree::InodeId, path: String) -> Arc<dyn DiskFile> {
        Arc::new(SimFile { disk: self.clone(), inode, path })
    }
}

impl Disk for SimDisk {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        let path = normal(path);
        self.with(|machine| machine.change(Deed::CreateDir, &path, |machine| machine.tree.create_dir(&path)))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let path = normal(path);
        let inode = self.with(|machine| {
            machine.check_on()?;
            machine.tree.file(&path)
        })?;
        Ok(self.handle(inode, path))
    }

    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let path = normal(path);
        let inode =
            self.with(|machine| machine.change(Deed::Create, &path, |machine| machine.create(&path)))?;
        Ok(self.handle(inode, path))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.with(|machine| {
            machine.check_on()?;
            Ok(machine.tree.exists(&normal(path)))
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (normal(from), normal(to));
        self.with(|machine| machine.change(Deed::Rename, &to, |machine| machine.tree.rename(&from, &to)))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let path = normal(path);
        self.with(|machine| machine.change(Deed::Remove, &path, |machine| machine.tree.remove(&path)))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.with(|machine| {
            machine.check_on()?;
            machine.tree.list(&normal(dir))
        })
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let dir = normal(dir);
        self.with(|machine| machine.sync_dir(&dir))
    }

    fn space(&self) -> io::Result<Space> {
        self.with(|machine| {
            machine.check_on()?;
            Ok(machine.space())
        })
    }
}
