//! A site without a network: its desk is asked directly, and parts of uploads are its bodies.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use api::ByteSource;
use async_trait::async_trait;
use backup::{Backup, Desk, Directory, Fault, LEASE, Options, Progress, Restored, Shelf, Source, Taken};
use bytes::Bytes;
use catalog::table::{Content, PartRow, space};
use catalog::{Catalog, Group, TreeIndex, TreeOptions, View as _, Write};
use model::{BucketId, ObjectKey, PartNumber, Timestamp, UploadId};
use semantics::{ChunkOwner, Hall, Settings};
use stripe::{Manifest, NoWatch, Owner, Redundancy, Slot, Store};
use world::{Disk, OsRandom, RealDisk, SystemClock};

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

pub const BUCKET: BucketId = BucketId(7);
pub const UPLOAD: UploadId = UploadId { ordinal: model::Ordinal::from_u64(5), salt: 6 };

/// A directory that goes when the test ends.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("strongroom-backup-{}-{name}", std::process::id())))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Site {
    pub hall: Hall,
    pub desk: Desk,
    /// Whether the last backup has all rows.
    pub rows_told: Arc<AtomicBool>,
    _scratch: Scratch,
}

struct Near {
    desk: Desk,
    rows_told: Arc<AtomicBool>,
}

struct Told {
    rows: Box<dyn ByteSource>,
    all: Arc<AtomicBool>,
}

#[async_trait]
impl ByteSource for Told {
    async fn next(&mut self) -> Result<Option<Bytes>, api::S3Error> {
        let next = self.rows.next().await?;
        self.all.store(next.is_none(), Ordering::Relaxed);
        Ok(next)
    }
}

fn refused(refused: backup::Refused) -> Fault {
    Fault::Refused(refused.to_string())
}

#[async_trait]
impl Source for Near {
    async fn open(&self) -> Result<(String, Duration), Fault> {
        Ok((self.desk.open().map_err(refused)?, LEASE))
    }

    async fn renew(&self, lease: &str) -> Result<(), Fault> {
        self.desk.renew(lease).map_err(refused)
    }

    async fn close(&self, lease: &str) -> Result<(), Fault> {
        self.desk.close(lease);
        Ok(())
    }

    async fn rows(&self, lease: &str) -> Result<Box<dyn ByteSource>, Fault> {
        let rows = self.desk.rows(lease).map_err(refused)?;
        Ok(Box::new(Told { rows, all: self.rows_told.clone() }))
    }

    async fn bytes(&self, lease: &str, wanted: Bytes) -> Result<Box<dyn ByteSource>, Fault> {
        self.desk.bytes(lease, wanted).map_err(refused)
    }
}

impl Site {
    pub fn new(name: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let scratch = Scratch::new(name);
        let disk = RealDisk::at(scratch.path())?;
        let index = Box::new(TreeIndex::open(&disk, TreeOptions::default())?);
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let clock = Arc::new(SystemClock);
        let catalog = Catalog::open(disk.clone(), index, clock.clone(), catalog::Options::default())?;
        let slot = Slot { number: 0, zone: "".into(), disk };
        let (store, _) = Store::open(vec![slot], Arc::new(NoWatch), stripe::Options::default())?;
        let hall = Hall::new(catalog, store, clock, Arc::new(OsRandom), Settings::default());
        let desk = Desk::new(hall.clone(), Arc::new(OsRandom));
        Ok(Self { hall, desk, rows_told: Arc::default(), _scratch: scratch })
    }

    pub async fn write(&self, writes: Vec<Write>) -> Result<(), catalog::Fault> {
        self.hall.catalog().write(Group::new(&b"a test"[..]), writes).await
    }

    /// Lands bytes as part 1 of an upload of this key.
    pub async fn put(
        &self,
        key: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        self.put_part(BUCKET, key, 1, bytes.into()).await
    }

    pub async fn put_part(
        &self,
        bucket: BucketId,
        key: &str,
        number: i64,
        bytes: Bytes,
    ) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let key = ObjectKey::new(key)?;
        let number = PartNumber::new(number).ok_or("a part's number")?;
        let row_key = space::part(bucket, &key, UPLOAD, number);
        let owner = ChunkOwner::Part { bucket, key, upload: UPLOAD, number };
        let mut landing = self.hall.store().landing(Owner::new(owner.encode())?, Redundancy::Full);
        landing.write(bytes.clone()).await?;
        let content = Content::Stored(landing.finish().await?.encode().into());
        let row = PartRow {
            size_bytes: bytes.len() as u64,
            md5: digest::md5(&bytes),
            modified: Timestamp::from_millis(1_700_000_000_000),
            checksum: None,
            content,
        };
        self.write(vec![Write::put(row_key.clone(), row.encode())]).await?;
        Ok(row_key)
    }

    /// The bytes that a part's row names.
    pub async fn body(&self, row_key: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let row = self.hall.catalog().get(row_key)?.ok_or("a row")?;
        let Content::Stored(places) = PartRow::decode(row)?.content else { return Err("no places".into()) };
        let mut body = Vec::new();
        for chunk in Manifest::decode(&places)?.chunks() {
            for piece in self.hall.store().read(chunk, 0..chunk.length as usize).await? {
                body.extend_from_slice(&piece);
            }
        }
        Ok(body)
    }

    pub fn holds(&self, row_key: &[u8]) -> Result<bool, catalog::Fault> {
        Ok(self.hall.catalog().snapshot()?.get(row_key)?.is_some())
    }

    pub async fn take(&self, shelf: Arc<dyn Shelf>) -> Result<Taken, Fault> {
        // Ids tell milliseconds apart.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let options = Options { jobs: 2, rate: None, spool: std::env::temp_dir() };
        let source = Arc::new(Near { desk: self.desk.clone(), rows_told: self.rows_told.clone() });
        backup::take(source, shelf, &options, Arc::new(Progress::default()), &SystemClock).await
    }

    pub async fn restore(&self, shelf: Arc<dyn Shelf>, backup: &Backup) -> Result<Restored, Fault> {
        backup::restore(shelf, backup, false, &self.hall, Arc::default()).await
    }
}

pub fn counting(scratch: &Scratch, site: &Site) -> Arc<Counting> {
    let (inner, rows_told) = (shelf(scratch), site.rows_told.clone());
    Arc::new(Counting { inner, read: AtomicU64::new(0), rows_told, early: AtomicU64::new(0) })
}

pub fn shelf(scratch: &Scratch) -> Arc<dyn Shelf> {
    Arc::new(Directory::at(scratch.path()))
}

/// Bytes that no other seed has.
pub fn noise(seed: u64, length: usize) -> Bytes {
    let mut bytes = Vec::with_capacity(length + 32);
    let mut block = digest::sha256(&seed.to_be_bytes());
    while bytes.len() < length {
        bytes.extend_from_slice(&block);
        block = digest::sha256(&block);
    }
    bytes.truncate(length);
    bytes.into()
}

/// Counts what is read of packs, and what is put there before the site told all rows.
pub struct Counting {
    pub inner: Arc<dyn Shelf>,
    pub read: AtomicU64,
    pub rows_told: Arc<AtomicBool>,
    pub early: AtomicU64,
}

#[async_trait]
impl Shelf for Counting {
    async fn put(&self, name: &str, bytes: Bytes) -> Result<(), Fault> {
        let early = name.starts_with("packs/") && !self.rows_told.load(Ordering::Relaxed);
        self.early.fetch_add(early.into(), Ordering::Relaxed);
        self.inner.put(name, bytes).await
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>, Fault> {
        let got = self.inner.get(name).await?;
        if name.starts_with("packs/") {
            self.read.fetch_add(got.as_ref().map_or(0, Bytes::len) as u64, Ordering::Relaxed);
        }
        Ok(got)
    }

    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>, Fault> {
        let got = self.inner.get_range(name, range).await?;
        self.read.fetch_add(got.as_ref().map_or(0, Bytes::len) as u64, Ordering::Relaxed);
        Ok(got)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, Fault> {
        self.inner.list(prefix).await
    }

    async fn delete(&self, name: &str) -> Result<(), Fault> {
        self.inner.delete(name).await
    }

    async fn lock(&self) -> Result<(), Fault> {
        self.inner.lock().await
    }

    async fn unlock(&self) -> Result<(), Fault> {
        self.inner.unlock().await
    }
}
