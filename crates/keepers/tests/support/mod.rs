//! A site in directories: a catalog, devices, and the operations of one account.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::Body;
use api::s3::{
    DeleteObject, DeleteObjectInput, GetObject, GetObjectAnnotation, GetObjectAnnotationInput,
    GetObjectInput, PutObject, PutObjectAnnotation, PutObjectAnnotationInput, PutObjectInput,
};
use auth::Guarded;
use bytes::Bytes;
use catalog::table::{AnnotationRow, Content, PartRow, VersionRow, space};
use catalog::{Catalog, Group, TreeIndex, TreeOptions, Write};
use keepers::{Gate, Mender, Orders, Reclaimer, Verification, Verified, verify};
use reference::hall::{Front, account, caller};
use semantics::{Hall, Handle, Settings};
use stripe::{Chunk, Manifest, NoWatch, Slot, Store};
use tokio::task::JoinHandle;
use world::{Disk, OsRandom, RealDisk, SystemClock};

pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub const BUCKET: &str = "bucket";

/// Directories that go when the test ends well.
pub struct Site {
    root: PathBuf,
    devices: usize,
    parity: u8,
    pub volume_bytes_max: u64,
}

pub struct House {
    pub store: Store,
    pub catalog: Catalog,
    pub hall: Hall,
    front: Front,
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

impl Site {
    pub fn new(name: &str, devices: usize, parity: u8) -> Self {
        let root = std::env::temp_dir().join(format!("strongroom-keepers-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        Self { root, devices, parity, volume_bytes_max: 8 << 20 }
    }

    pub fn device(&self, number: usize) -> PathBuf {
        self.root.join(format!("d{number}"))
    }

    pub fn catalog(&self) -> PathBuf {
        self.root.join("catalog")
    }

    pub async fn open(&self) -> Outcome<House> {
        self.open_without(&[]).await
    }

    /// Some devices are away.
    pub async fn open_without(&self, away: &[usize]) -> Outcome<House> {
        let disk = RealDisk::at(self.catalog())?;
        let index = Box::new(TreeIndex::open(&disk, TreeOptions::default())?);
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let catalog = Catalog::open(disk, index, Arc::new(SystemClock), catalog::Options::default())?;
        let slot = |number: usize| -> Outcome<Slot> {
            let (zone, disk) =
                (format!("zone {number}").into(), Arc::new(RealDisk::at(self.device(number))?));
            Ok(Slot { number: number as u16, zone, disk })
        };
        let here = (0..self.devices).filter(|number| !away.contains(number));
        let slots = here.map(slot).collect::<Outcome<Vec<Slot>>>()?;
        let options = stripe::Options {
            volume_size_bytes_first: 4 << 20,
            volume_size_bytes_max: self.volume_bytes_max,
            reserve_bytes: Some(0),
            parity: self.parity,
            ..stripe::Options::default()
        };
        let (store, _) = Store::open(slots, Arc::new(NoWatch), options)?;
        House::of(catalog, store).await
    }
}

impl House {
    pub async fn of(catalog: Catalog, store: Store) -> Outcome<Self> {
        let settings = Settings { inline_bytes_max: 1024, ..Settings::default() };
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let front = Front::new(catalog.clone(), store.clone(), clock, random, settings);
        let house = Self { store, catalog, hall: front.hall.clone(), front };
        house.furnish().await?;
        Ok(house)
    }

    /// An account and its bucket, if they are not there yet.
    async fn furnish(&self) -> Outcome {
        if self.catalog.get(&space::account(account(1)))?.is_none() {
            self.front.make_account(1).await?;
            self.front.make_bucket(&caller(1), BUCKET).await?;
        }
        Ok(())
    }

    /// Behind the back of all rules.
    pub async fn write(&self, writes: Vec<Write>) -> Outcome {
        Ok(self.catalog.write(Group::new("test"), writes).await?)
    }

    /// Dies without closing the volumes: the next start finds an epoch that did not end.
    pub fn crash(self) {
        drop((self.hall, self.front));
        self.catalog.shutdown();
    }

    pub fn close(self) -> Outcome {
        self.store.shutdown()?;
        self.crash();
        Ok(())
    }

    pub async fn call<O: Guarded>(&self, input: O::Input, body: Bytes) -> Outcome<(O::Output, Bytes)>
    where
        Hall: Handle<O>,
    {
        self.call_with::<O>(input, Body::once(body)).await
    }

    pub async fn call_with<O: Guarded>(&self, input: O::Input, body: Body) -> Outcome<(O::Output, Bytes)>
    where
        Hall: Handle<O>,
    {
        Ok(self.front.call_with::<O>(&caller(1), input, body).await?)
    }

    pub async fn put(&self, key: &str, body: Bytes) -> Outcome {
        let input = PutObjectInput { bucket: BUCKET.to_owned(), key: key.to_owned(), ..Default::default() };
        self.call::<PutObject>(input, body).await?;
        Ok(())
    }

    pub async fn delete(&self, key: &str) -> Outcome {
        let input =
            DeleteObjectInput { bucket: BUCKET.to_owned(), key: key.to_owned(), ..Default::default() };
        self.call::<DeleteObject>(input, Bytes::new()).await?;
        Ok(())
    }

    pub async fn get(&self, key: &str) -> Outcome<Bytes> {
        let input = GetObjectInput { bucket: BUCKET.to_owned(), key: key.to_owned(), ..Default::default() };
        Ok(self.call::<GetObject>(input, Bytes::new()).await?.1)
    }

    pub async fn annotate(&self, key: &str, name: &str, payload: Bytes) -> Outcome {
        let input = PutObjectAnnotationInput {
            bucket: BUCKET.to_owned(),
            key: key.to_owned(),
            annotation_name: Some(name.to_owned()),
            ..Default::default()
        };
        self.call::<PutObjectAnnotation>(input, payload).await?;
        Ok(())
    }

    pub async fn annotation(&self, key: &str, name: &str) -> Outcome<Bytes> {
        let input = GetObjectAnnotationInput {
            bucket: BUCKET.to_owned(),
            key: key.to_owned(),
            annotation_name: Some(name.to_owned()),
            ..Default::default()
        };
        Ok(self.call::<GetObjectAnnotation>(input, Bytes::new()).await?.1)
    }

    /// The chunks that the rows of a space name.
    pub fn chunks(&self, of: u8) -> Outcome<Vec<Chunk>> {
        let view = self.catalog.snapshot()?;
        let mut cursor = view.cursor(&[of], &[of + 1])?;
        let mut chunks = Vec::new();
        while let Some((_, row)) = cursor.next()? {
            let content = match of {
                space::ANNOTATIONS => AnnotationRow::decode(row)?.content,
                space::PARTS => PartRow::decode(row)?.content,
                _ => match VersionRow::decode(row)?.object() {
                    Some(object) => object.content.clone(),
                    None => continue,
                },
            };
            let Content::Stored(manifest) = content else { continue };
            chunks.extend_from_slice(Manifest::decode(&manifest)?.chunks());
        }
        Ok(chunks)
    }

    pub async fn reclaim(&self) -> Outcome {
        let reclaimer = Reclaimer::new(self.hall.clone());
        while reclaimer.round().await? > 0 {}
        Ok(())
    }

    pub async fn verify(&self) -> Outcome<Verified> {
        Ok(verify(&self.hall, &Verification::default()).await?)
    }

    pub fn mender(&self) -> (JoinHandle<()>, Orders) {
        self.mender_behind(Gate::default())
    }

    pub fn mender_behind(&self, gate: Gate) -> (JoinHandle<()>, Orders) {
        let (mender, orders) = Mender::new(self.hall.clone(), gate);
        (tokio::spawn(mender.run()), orders)
    }
}

/// Bytes that differ everywhere.
pub fn body(length: usize, seed: u64) -> Bytes {
    let mut word = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (word >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Flips a bit of one byte of a file.
pub fn flip(path: &Path, offset: u64) -> Outcome {
    use std::os::unix::fs::FileExt;
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset)?;
    file.write_all_at(&[byte[0] ^ 0x10], offset)?;
    Ok(())
}

pub fn volume_path(device: &Path, volume: u32) -> PathBuf {
    device.join(format!("volumes/{volume:08}.vol"))
}
