//! A device in a directory of its own, small volumes, and bytes to tell apart.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fs;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use volume::{Device, Extent, Fault, Options, Record, VolumeSet, VolumeWriter};
use world::{Disk, DiskFile, RealDisk, SeededRandom, Space};

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

pub const KIB: u64 = 1024;
pub const MIB: u64 = 1024 * KIB;

/// A directory that goes when the test ends well.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("strongroom-volume-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Self(dir)
    }

    pub fn disk(&self) -> io::Result<Arc<dyn Disk>> {
        Ok(Arc::new(RealDisk::at(&self.0)?))
    }

    pub fn set(&self) -> Result<Arc<VolumeSet>, Box<dyn std::error::Error>> {
        Ok(Arc::new(VolumeSet::open(self.disk()?, small())?))
    }

    pub fn device(&self) -> Result<Device, Box<dyn std::error::Error>> {
        Ok(Device::open(self.disk()?, small())?)
    }

    pub fn path(&self, volume: u32) -> PathBuf {
        self.0.join(format!("volumes/{volume:08}.vol"))
    }

    /// What the volume's file takes on the disk.
    pub fn blocks_bytes(&self, volume: u32) -> io::Result<u64> {
        Ok(fs::metadata(self.path(volume))?.blocks() * 512)
    }

    /// Overwrites part of a volume behind the engine's back.
    pub fn scribble(&self, volume: u32, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let file = fs::OpenOptions::new().read(true).write(true).open(self.path(volume))?;
        file.write_all_at(bytes, offset)
    }

    pub fn peek(&self, volume: u32, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        fs::File::open(self.path(volume))?.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    pub fn flip(&self, volume: u32, offset: u64) -> io::Result<()> {
        let byte = self.peek(volume, offset, 1)?[0];
        self.scribble(volume, offset, &[byte ^ 0x10])
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

pub fn small() -> Options {
    Options {
        volume_size_bytes_first: MIB,
        volume_size_bytes_max: 4 * MIB,
        reserve_bytes: Some(0),
        random: Arc::new(SeededRandom::new(1)),
        ..Options::default()
    }
}

/// Bytes that differ everywhere.
pub fn body(length: usize, seed: u64) -> Bytes {
    let mut word = seed;
    let mut next = || {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (word >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

pub fn record(length: usize, seed: u64) -> Result<Record, Fault> {
    Record::new(Bytes::from(format!("owner {seed}")), vec![body(length, seed)])
}

pub fn writer(set: &VolumeSet) -> Result<VolumeWriter, Fault> {
    if let Some(writer) = set.take_writer()? {
        return Ok(writer);
    }
    set.prepare()?;
    set.take_writer()?.ok_or(Fault::Closed)
}

/// Batches of records of some lengths, one batch each; payload number n has seed n.
pub fn fill(writer: &mut VolumeWriter, lengths: &[usize]) -> Result<Vec<Extent>, Fault> {
    let mut extents = Vec::new();
    for (seed, length) in lengths.iter().enumerate() {
        extents.extend(writer.append_batch(&[record(*length, seed as u64)?])?);
    }
    Ok(extents)
}

/// A disk of limited size: what its files take is counted as the kernel counts it.
pub struct Tight {
    inner: RealDisk,
    pub capacity_bytes: AtomicU64,
}

impl Tight {
    pub fn new(scratch: &Scratch, capacity_bytes: u64) -> io::Result<Self> {
        Ok(Self { inner: RealDisk::at(&scratch.0)?, capacity_bytes: AtomicU64::new(capacity_bytes) })
    }

    fn used_bytes(&self) -> u64 {
        let files = fs::read_dir(self.inner.root().join("volumes")).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.blocks() * 512).sum()
    }
}

impl Disk for Tight {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.inner.create_dir(path)
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.inner.open(path)
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.inner.create(path)
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        self.inner.exists(path)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.inner.remove(path)
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.inner.list(dir)
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.inner.sync_dir(dir)
    }
    fn space(&self) -> io::Result<Space> {
        let total_bytes = self.capacity_bytes.load(Ordering::Relaxed);
        Ok(Space { total_bytes, available_bytes: total_bytes.saturating_sub(self.used_bytes()) })
    }
}
