//! Disks in memory that forget what was not synced, err, and lose power together.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devices::{Fleet, Numbers, Offer, OpenFault, Options, Reason, State};
use model::DeviceNumber;
use world::{Disk, DiskFile, ManualClock, SeededRandom, Space};

/// What all disks of a machine hang on. Counts changes to any of them.
#[derive(Debug)]
pub struct Power {
    deeds: AtomicU64,
    off_at: AtomicU64,
}

impl Default for Power {
    fn default() -> Self {
        Self { deeds: AtomicU64::new(0), off_at: AtomicU64::new(u64::MAX) }
    }
}

impl Power {
    pub fn deeds(&self) -> u64 {
        self.deeds.load(Ordering::Relaxed)
    }

    /// It goes at the deed after the next `deeds` ones.
    pub fn off_after(&self, deeds: u64) {
        self.off_at.store(self.deeds() + deeds, Ordering::Relaxed);
    }

    pub fn on(&self) {
        self.off_at.store(u64::MAX, Ordering::Relaxed);
    }

    pub fn is_off(&self) -> bool {
        self.deeds() >= self.off_at.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Debug)]
pub struct MemDisk {
    tree: Arc<Mutex<Tree>>,
    power: Arc<Power>,
    /// So many more changes go well; then each errs.
    left: Arc<AtomicU64>,
    /// Reads err too.
    pub dead: Arc<AtomicBool>,
}

/// As programs see it, and as a power cut leaves it.
#[derive(Clone, Debug, Default)]
struct Tree {
    live: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    files: Vec<(Vec<u8>, Vec<u8>)>,
    dirs: Vec<String>,
}

/// All that a disk holds, to be put back later.
#[derive(Clone, Debug)]
pub struct Image(Tree);

impl MemDisk {
    pub fn new(power: &Arc<Power>) -> Self {
        let left = Arc::new(AtomicU64::new(u64::MAX));
        Self { tree: Arc::default(), power: power.clone(), left, dead: Arc::default() }
    }

    pub fn breaks_after(&self, deeds: u64) {
        self.left.store(deeds, Ordering::Relaxed);
    }

    pub fn set_broken(&self, broken: bool) {
        self.breaks_after(if broken { 0 } else { u64::MAX });
    }

    pub fn is_broken(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> io::Result<MutexGuard<'_, Tree>> {
        if self.power.is_off() || self.dead.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(self.tree())
    }

    fn changing(&self) -> io::Result<MutexGuard<'_, Tree>> {
        self.power.deeds.fetch_add(1, Ordering::Relaxed);
        if self.is_broken() {
            return Err(io::Error::from_raw_os_error(5));
        }
        self.left.fetch_sub(1, Ordering::Relaxed);
        self.reading()
    }

    /// Of what was not synced `keeps` says what is kept.
    pub fn lose_power(&self, mut keeps: impl FnMut() -> bool) {
        let mut tree = self.tree();
        if !keeps() {
            tree.live = tree.durable.clone();
        }
        for (live, durable) in &mut tree.files {
            if !keeps() {
                *live = durable.clone();
            }
        }
        tree.durable = tree.live.clone();
        for (live, durable) in &mut tree.files {
            *durable = live.clone();
        }
    }

    pub fn image(&self) -> Image {
        Image(self.tree().clone())
    }

    pub fn put_back(&self, image: &Image) {
        *self.tree() = image.0.clone();
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let mut tree = self.tree();
        tree.files.push((bytes.to_vec(), bytes.to_vec()));
        let file = tree.files.len() - 1;
        tree.live.insert(path.to_owned(), file);
        tree.durable.insert(path.to_owned(), file);
    }

    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let tree = self.tree();
        tree.live.get(path).map(|file| tree.files[*file].0.clone())
    }

    pub fn delete(&self, path: &str) {
        let mut tree = self.tree();
        tree.live.remove(path);
        tree.durable.remove(path);
    }

    pub fn delete_dir(&self, path: &str) {
        self.tree().dirs.retain(|dir| dir != path);
    }

    pub fn paths(&self) -> Vec<String> {
        self.tree().live.keys().cloned().collect()
    }
}

impl Disk for MemDisk {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.changing()?.dirs.push(path.to_owned());
        Ok(())
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = *self.reading()?.live.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(MemFile { disk: self.clone(), file }))
    }

    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut tree = self.changing()?;
        if tree.live.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        tree.files.push((Vec::new(), Vec::new()));
        let file = tree.files.len() - 1;
        tree.live.insert(path.to_owned(), file);
        Ok(Arc::new(MemFile { disk: self.clone(), file }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        let tree = self.reading()?;
        Ok(tree.live.contains_key(path) || tree.dirs.iter().any(|dir| dir == path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut tree = self.changing()?;
        let file = tree.live.remove(from).ok_or(io::ErrorKind::NotFound)?;
        tree.live.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.changing()?.live.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let tree = self.reading()?;
        let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let names = tree.live.keys().chain(&tree.dirs).filter_map(|path| path.strip_prefix(&prefix));
        let mut names: Vec<String> =
            names.map(|path| path.split('/').next().unwrap_or(path).to_owned()).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn sync_dir(&self, _: &str) -> io::Result<()> {
        let mut tree = self.changing()?;
        tree.durable = tree.live.clone();
        Ok(())
    }

    fn space(&self) -> io::Result<Space> {
        Ok(Space { total_bytes: 1 << 30, available_bytes: 1 << 30 })
    }
}

struct MemFile {
    disk: MemDisk,
    file: usize,
}

impl DiskFile for MemFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.reading()?.files[self.file].0.len() as u64)
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let tree = self.disk.reading()?;
        let bytes = tree.files[self.file].0.get(offset as usize..).unwrap_or_default();
        buf.copy_from_slice(bytes.get(..buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn read_cached_at(&self, _: &mut [u8], _: u64) -> io::Result<bool> {
        Ok(false)
    }

    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let mut tree = self.disk.changing()?;
        let bytes = &mut tree.files[self.file].0;
        let end = offset as usize + buf.len();
        bytes.resize(bytes.len().max(end), 0);
        bytes[offset as usize..end].copy_from_slice(buf);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync_all()
    }

    fn sync_all(&self) -> io::Result<()> {
        let mut tree = self.disk.changing()?;
        let file = &mut tree.files[self.file];
        file.1 = file.0.clone();
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.changing()?.files[self.file].0.resize(len as usize, 0);
        Ok(())
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn punch(&self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// Some disks on one machine.
pub struct Rig {
    pub power: Arc<Power>,
    pub disks: Vec<MemDisk>,
    pub random: Arc<SeededRandom>,
    pub clock: Arc<ManualClock>,
}

impl Rig {
    pub fn new(disks: usize, seed: u64) -> Self {
        let power = Arc::<Power>::default();
        let disks = (0..disks).map(|_| MemDisk::new(&power)).collect();
        Self { power, disks, random: Arc::new(SeededRandom::new(seed)), clock: Arc::default() }
    }

    pub fn options(&self) -> Options {
        Options { random: self.random.clone(), clock: self.clock.clone(), deadline: None }
    }

    pub fn offer(&self, disk: usize) -> Offer {
        Offer { disk: Arc::new(self.disks[disk].clone()), label: format!("d{disk}"), zone: None, lock: None }
    }

    pub fn open(&self, disks: &[usize]) -> Result<Fleet, OpenFault> {
        self.open_without(disks, &[])
    }

    pub fn open_without(&self, disks: &[usize], without: &[u16]) -> Result<Fleet, OpenFault> {
        let offers = disks.iter().map(|disk| self.offer(*disk)).collect();
        Fleet::open(offers, &numbers(without), self.options())
    }

    pub fn all(&self) -> Vec<usize> {
        (0..self.disks.len()).collect()
    }
}

pub fn numbers(numbers: &[u16]) -> Numbers {
    numbers.iter().copied().map(DeviceNumber).collect()
}

pub fn n(number: u16) -> DeviceNumber {
    DeviceNumber(number)
}

pub fn states(fleet: &Fleet) -> Vec<State> {
    fleet.roster().entries.iter().map(|entry| entry.state).collect()
}

pub fn out(reason: Reason) -> State {
    State::Out(reason)
}
