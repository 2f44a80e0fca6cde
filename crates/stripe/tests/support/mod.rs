//! Devices in a directory each, which fail when they are told to.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use stripe::{Chunk, Fault, Manifest, Options, Owner, Redundancy, Slot, Store, Watch};
use world::{Disk, DiskFile, RealDisk, Space};

pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub const WELL: u8 = 0;
/// Every call is an error.
pub const ILL: u8 = 1;
/// Calls do not come back until it is well again.
pub const HANGS: u8 = 2;
/// Writes find no space.
pub const FULL: u8 = 3;
/// Calls take their time.
pub const SLOW: u8 = 4;

pub const PATIENCE: Duration = Duration::from_millis(300);
pub const BUFFER_BYTES_MAX: usize = 4 << 20;

#[derive(Clone, Default)]
pub struct Health(Arc<AtomicU8>, Arc<AtomicUsize>);

impl Health {
    pub fn set(&self, health: u8) {
        self.0.store(health, Ordering::Relaxed);
    }

    /// Calls that hang in it now.
    pub fn hanging(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }

    fn is(&self, health: u8) -> bool {
        self.0.load(Ordering::Relaxed) == health
    }

    fn check(&self, writes: bool) -> io::Result<()> {
        if self.is(HANGS) {
            self.1.fetch_add(1, Ordering::Relaxed);
            while self.is(HANGS) {
                std::thread::sleep(Duration::from_millis(5));
            }
            self.1.fetch_sub(1, Ordering::Relaxed);
        }
        match self.0.load(Ordering::Relaxed) {
            ILL => Err(io::Error::other("it is ill")),
            FULL if writes => Err(io::ErrorKind::StorageFull.into()),
            SLOW => {
                std::thread::sleep(Duration::from_millis(40));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

struct Frail {
    disk: RealDisk,
    health: Health,
}

struct FrailFile {
    file: Arc<dyn DiskFile>,
    health: Health,
}

impl Frail {
    fn file(&self, file: io::Result<Arc<dyn DiskFile>>) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(FrailFile { file: file?, health: self.health.clone() }))
    }
}

impl Disk for Frail {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.health.check(true).and_then(|()| self.disk.create_dir(path))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.health.check(false)?;
        self.file(self.disk.open(path))
    }

    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.health.check(true)?;
        self.file(self.disk.create(path))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.health.check(false).and_then(|()| self.disk.exists(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.disk.rename(from, to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.disk.remove(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.health.check(false).and_then(|()| self.disk.list(dir))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.disk.sync_dir(dir))
    }

    fn space(&self) -> io::Result<Space> {
        self.health.check(false)?;
        let mut space = self.disk.space()?;
        if self.health.is(FULL) {
            space.available_bytes = 0;
        }
        Ok(space)
    }
}

impl DiskFile for FrailFile {
    fn len(&self) -> io::Result<u64> {
        self.health.check(false).and_then(|()| self.file.len())
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.file.read_exact_at(buf, offset))
    }

    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        if self.health.is(HANGS) || self.health.is(SLOW) {
            return Ok(false);
        }
        self.health.check(false).and_then(|()| self.file.read_cached_at(buf, offset))
    }

    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.file.write_all_at(buf, offset))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.file.sync_data())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.file.sync_all())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.file.set_len(len))
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.health.check(true).and_then(|()| self.file.allocate(len))
    }

    fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        self.health.check(false).and_then(|()| self.file.punch(offset, len))
    }
}

/// Gives up at most so many devices, and notes whom.
pub struct Books {
    lost_max: usize,
    pub lost: Mutex<Vec<u16>>,
}

impl Watch for Books {
    fn failed(&self, device: u16, _why: &Fault) -> bool {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.contains(&device) {
            return true;
        }
        if lost.len() == self.lost_max {
            return false;
        }
        lost.push(device);
        true
    }

    fn ailing(&self, _device: u16, _why: &Fault) {}
}

/// Devices side by side; they go when the test ends well.
pub struct Shelf {
    root: PathBuf,
    pub health: Vec<Health>,
    pub patience: Duration,
    pub books: Arc<Books>,
}

impl Shelf {
    pub fn new(name: &str, devices: usize, lost_max: usize) -> Self {
        let root = std::env::temp_dir().join(format!("strongroom-shelf-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let health = (0..devices).map(|_| Health::default()).collect();
        Self { root, health, patience: PATIENCE, books: Arc::new(Books { lost_max, lost: Mutex::default() }) }
    }

    pub fn dir(&self, device: usize) -> PathBuf {
        self.root.join(device.to_string())
    }

    pub fn slot(&self, device: usize) -> Outcome<Slot> {
        self.slot_of(device, self.health[device].clone())
    }

    pub fn slot_of(&self, device: usize, health: Health) -> Outcome<Slot> {
        let disk = Arc::new(Frail { disk: RealDisk::at(self.dir(device))?, health });
        Ok(Slot { number: device as u16, zone: format!("zone {device}").into(), disk })
    }

    /// The first `devices` of them.
    pub fn open(&self, devices: usize, parity: u8) -> Outcome<Store> {
        let slots = (0..devices).map(|device| self.slot(device)).collect::<Outcome<Vec<Slot>>>()?;
        let options = Options {
            volume_size_bytes_first: 4 << 20,
            volume_size_bytes_max: 8 << 20,
            reserve_bytes: Some(0),
            parity,
            patience: self.patience,
            buffer_bytes_max: BUFFER_BYTES_MAX,
            ..Options::default()
        };
        Ok(Store::open(slots, self.books.clone(), options)?.0)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.health.iter().for_each(|health| health.set(WELL));
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

pub fn owner() -> Result<Owner, Fault> {
    Owner::new(&b"bucket/key"[..])
}

/// Bytes that differ everywhere.
pub fn body(length: usize, seed: u64) -> Bytes {
    let mut word = seed;
    (0..length)
        .map(|_| {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (word >> 56) as u8
        })
        .collect()
}

pub async fn land(store: &Store, bytes: Bytes) -> Result<Manifest, Fault> {
    let mut landing = store.landing(owner()?, Redundancy::Full);
    landing.write(bytes).await?;
    landing.finish().await
}

pub async fn read_chunk(store: &Store, chunk: &Chunk) -> Result<Vec<u8>, Fault> {
    Ok(store.read(chunk, 0..chunk.length as usize).await?.concat())
}

pub async fn read_back(store: &Store, manifest: &Manifest) -> Result<Vec<u8>, Fault> {
    let mut whole = Vec::new();
    for chunk in manifest.chunks() {
        whole.extend(read_chunk(store, chunk).await?);
    }
    Ok(whole)
}

/// Flips a bit in every block of every volume that is not a hole.
pub fn spoil(device: &Path) -> Outcome {
    for entry in std::fs::read_dir(device.join("volumes"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "vol") {
            let mut bytes = std::fs::read(&path)?;
            for block in bytes.chunks_mut(4096).skip(1) {
                block[100] ^= 4;
            }
            std::fs::write(&path, bytes)?;
        }
    }
    Ok(())
}
