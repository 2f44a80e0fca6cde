//! A scratch device, counted syncs, and plans that tests can read.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use model::{Ordinal, Timestamp};
use world::{Disk, DiskFile, ManualClock, RealDisk, Space};

use crate::engine::{Engine, Index, MemIndex, MemState, Options, Snapshot, TreeIndex, TreeOptions};
use crate::{Fault, Plan, Purpose, View, Write};

static SCRATCHES: AtomicU64 = AtomicU64::new(0);

/// A directory that is removed with it.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        let number = SCRATCHES.fetch_add(1, Ordering::Relaxed);
        let name = format!("strongroom-catalog-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub fn disk(&self) -> RealDisk {
        RealDisk::at(&self.0).unwrap()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.0.join(relative)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A device, its index state and its clock: what outlives an engine.
pub(super) struct Device {
    pub scratch: Scratch,
    pub disk: Arc<FaultyDisk>,
    pub state: Arc<MemState>,
    pub clock: Arc<ManualClock>,
    pub options: Options,
}

impl Device {
    /// Small segments and memtables, so that tests see many.
    pub fn small() -> Self {
        let scratch = Scratch::new();
        let options = Options {
            memtable_bytes_max: 64 << 10,
            segment_bytes_first: 64 << 10,
            segment_bytes_max: 128 << 10,
            free_bytes_min: 0,
            apply_rows_max: 50,
            ..Options::default()
        };
        Self {
            disk: Arc::new(FaultyDisk::over(scratch.disk())),
            scratch,
            state: Arc::default(),
            clock: Arc::new(ManualClock::at(Timestamp::from_seconds(1_000))),
            options,
        }
    }

    pub fn open(&self) -> Result<Engine, Fault> {
        let index = Box::new(MemIndex::on(self.state.clone()));
        Engine::open(self.disk.clone(), index, self.clock.clone(), self.options)
    }

    pub fn open_tree(&self) -> Result<Engine, Fault> {
        let index = Box::new(TreeIndex::open(&*self.disk, TreeOptions::default())?);
        Engine::open(self.disk.clone(), index, self.clock.clone(), self.options)
    }

    /// The journal's segments that hold frames, the newest generation last, with their bytes.
    pub fn segments(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let journal = self.scratch.path("journal");
        let mut used = Vec::new();
        for entry in std::fs::read_dir(journal).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            if bytes[0] != 0 {
                used.push((path, bytes));
            }
        }
        used.sort_by_key(|(_, bytes)| u64::from_le_bytes(*bytes[24..].first_chunk().unwrap()));
        used
    }
}

/// What a plan was told.
pub(super) type Told = Arc<Mutex<Option<Result<Ordinal, Fault>>>>;
type Decide = Box<dyn FnMut(&dyn View, Ordinal) -> Result<Vec<Write>, Fault> + Send>;

pub(super) struct TestPlan {
    decide: Decide,
    told: Told,
    purpose: Purpose,
}

impl Plan for TestPlan {
    fn decide(&mut self, view: &dyn View, ordinal: Ordinal) -> Result<Vec<Write>, Fault> {
        (self.decide)(view, ordinal)
    }

    fn settle(self: Box<Self>, outcome: Result<Ordinal, Fault>) {
        let before = self.told.lock().unwrap().replace(outcome);
        assert!(before.is_none(), "a plan is settled once");
    }

    fn purpose(&self) -> Purpose {
        self.purpose
    }
}

pub(super) fn plan(
    purpose: Purpose,
    decide: impl FnMut(&dyn View, Ordinal) -> Result<Vec<Write>, Fault> + Send + 'static,
) -> (Box<dyn Plan>, Told) {
    let told = Told::default();
    (Box::new(TestPlan { decide: Box::new(decide), told: told.clone(), purpose }), told)
}

pub(super) fn writing(writes: Vec<Write>) -> (Box<dyn Plan>, Told) {
    plan(Purpose::Grow, move |_, _| Ok(writes.clone()))
}

/// Commits one plan of these writes and gives what it was told.
pub(super) fn commit(engine: &mut Engine, writes: Vec<Write>) -> Result<Ordinal, Fault> {
    let (plan, told) = writing(writes);
    engine.commit_batch([plan]);
    told.lock().unwrap().take().unwrap()
}

pub(super) fn put(key: &str, value: impl Into<Bytes>) -> Write {
    Write::put(key, value)
}

pub(super) fn scan(snapshot: &Snapshot) -> Vec<(Vec<u8>, Bytes)> {
    let mut cursor = snapshot.cursor(b"", &[0xff; 8]).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = cursor.next().unwrap() {
        rows.push(row);
    }
    rows
}

/// A real disk that counts syncs, can break the next one, and can be full.
pub(super) struct FaultyDisk {
    inner: RealDisk,
    pub switches: Arc<Switches>,
}

#[derive(Default)]
pub(super) struct Switches {
    pub syncs: AtomicU64,
    /// Every data sync fails.
    pub broken: AtomicBool,
    /// No file can be made, and no space is free.
    pub full: AtomicBool,
    /// Writes stop half-way for want of space, as on a copy-on-write file system.
    pub unwritable: AtomicBool,
}

struct FaultyFile {
    inner: Arc<dyn DiskFile>,
    switches: Arc<Switches>,
}

impl FaultyDisk {
    pub fn over(inner: RealDisk) -> Self {
        Self { inner, switches: Arc::default() }
    }

    fn wrap(&self, inner: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(FaultyFile { inner, switches: self.switches.clone() })
    }

    fn is_full(&self) -> bool {
        self.switches.full.load(Ordering::Relaxed)
    }
}

impl Disk for FaultyDisk {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.inner.create_dir(path)
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.wrap(self.inner.open(path)?))
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        if self.is_full() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(self.wrap(self.inner.create(path)?))
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
        let space = self.inner.space()?;
        Ok(if self.is_full() { Space { available_bytes: 0, ..space } } else { space })
    }
}

impl DiskFile for FaultyFile {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.inner.read_exact_at(buf, offset)
    }
    fn read_cached_at(&self, buf: &mut [u8], offset: u64) -> io::Result<bool> {
        self.inner.read_cached_at(buf, offset)
    }
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        if self.switches.unwritable.load(Ordering::Relaxed) {
            self.inner.write_all_at(&buf[..buf.len() / 2], offset)?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.write_all_at(buf, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.switches.syncs.fetch_add(1, Ordering::Relaxed);
        if self.switches.broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("the device does not answer"));
        }
        self.inner.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.inner.sync_all()
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.inner.allocate(len)
    }
    fn punch(&self, offset: u64, len: u64) -> io::Result<()> {
        self.inner.punch(offset, len)
    }
}

pub(super) fn scan_index(index: &dyn Index) -> Vec<(Vec<u8>, Bytes)> {
    let read = index.read().unwrap();
    let mut cursor = read.cursor(b"").unwrap();
    let mut rows = Vec::new();
    while let Some((key, value)) = cursor.row().unwrap() {
        rows.push((key.to_vec(), Bytes::copy_from_slice(value)));
        cursor.advance().unwrap();
    }
    rows
}
