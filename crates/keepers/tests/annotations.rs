//! What a crash leaves of annotations is found: bytes that were never named, and rows of a version that is gone.

use std::path::PathBuf;
use std::sync::Arc;

use api::Body;
use api::s3::{
    CreateBucket, CreateBucketInput, DeleteObject, DeleteObjectInput, GetObjectAnnotation,
    GetObjectAnnotationInput, PutObject, PutObjectAnnotation, PutObjectAnnotationInput, PutObjectInput,
};
use auth::{Accounts, Auth, Caller, Credentials, Guarded, Identity, Situation};
use bytes::Bytes;
use catalog::table::{AnnotationRow, Content, space};
use catalog::{Catalog, TreeIndex, TreeOptions};
use keepers::{Reclaimer, sweep};
use model::{AccountId, AnnotationName, BucketId, CanonicalId, Region};
use semantics::{ChunkOwner, Hall, Handle, Settings};
use stripe::{Chunk, Manifest, NoWatch, Owner, Redundancy, Slot, Store};
use world::{Disk, OsRandom, RealDisk, SystemClock};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

struct House {
    store: Store,
    catalog: Catalog,
    auth: Auth,
    hall: Hall,
    account: AccountId,
}

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn scratch(name: &str) -> Scratch {
    let path = std::env::temp_dir().join(format!("strongroom-keepers-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    Scratch(path)
}

impl House {
    async fn open(at: &Scratch) -> Outcome<Self> {
        let disk = RealDisk::at(&at.0)?;
        let index = Box::new(TreeIndex::open(&disk, TreeOptions::default())?);
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let clock = Arc::new(SystemClock);
        let catalog = Catalog::open(disk.clone(), index, clock.clone(), catalog::Options::default())?;
        let slot = Slot { number: 0, zone: "".into(), disk };
        let (store, _) = Store::open(vec![slot], Arc::new(NoWatch), stripe::Options::default())?;
        let root = Credentials { access_key: "root".to_owned(), secret: sigv4::Secret::new("secret") };
        let sealer = seal::Sealer::new(&seal::MasterKey::from_bytes([7; 32]));
        let accounts = Accounts::new(catalog.clone(), Arc::new(OsRandom), sealer.clone());
        let account = accounts.ensure_root().await?;
        let auth = Auth::new(catalog.clone(), root, account, Vec::new(), sigv4::V2::Off, sealer);
        let settings = Settings::default();
        let hall = Hall::new(catalog.clone(), store.clone(), clock, Arc::new(OsRandom), settings);
        Ok(Self { store, catalog, auth, hall, account })
    }

    /// Dies without closing the volumes: the next start finds an epoch that did not end.
    fn crash(self) {
        drop((self.hall, self.auth));
        self.catalog.shutdown();
    }

    async fn call<O: Guarded>(&self, input: O::Input, body: Bytes) -> Outcome<Bytes>
    where
        Hall: Handle<O>,
    {
        let region = Region::parse("us-east-1");
        let root = Identity::root(self.account, CanonicalId::from_bytes([7; 32]), "root", "root", region);
        let caller = Caller::new(Some(Arc::new(root)), Situation::default());
        let request = self.auth.authorize::<O>(&caller, input, &self.hall)?;
        let (_, answer) = self.hall.handle(request, Body::once(body)).await?;
        let mut bytes = Vec::new();
        if let Some(mut answer) = answer {
            while let Some(piece) = answer.source.next().await? {
                bytes.extend_from_slice(&piece);
            }
        }
        Ok(Bytes::from(bytes))
    }

    async fn fill(&self, names: &[&str]) -> Outcome {
        let input = CreateBucketInput { bucket: "bucket".to_owned(), ..Default::default() };
        self.call::<CreateBucket>(input, Bytes::new()).await?;
        let input = PutObjectInput { bucket: "bucket".to_owned(), key: "k".to_owned(), ..Default::default() };
        self.call::<PutObject>(input, Bytes::from_static(b"body")).await?;
        for name in names {
            self.annotate(name, payload(name)).await?;
        }
        Ok(())
    }

    async fn annotate(&self, name: &str, payload: Bytes) -> Outcome {
        let input = PutObjectAnnotationInput {
            bucket: "bucket".to_owned(),
            key: "k".to_owned(),
            annotation_name: Some(name.to_owned()),
            ..Default::default()
        };
        self.call::<PutObjectAnnotation>(input, payload).await?;
        Ok(())
    }

    async fn read(&self, name: &str) -> Outcome<Bytes> {
        let input = GetObjectAnnotationInput {
            bucket: "bucket".to_owned(),
            key: "k".to_owned(),
            annotation_name: Some(name.to_owned()),
            ..Default::default()
        };
        self.call::<GetObjectAnnotation>(input, Bytes::new()).await
    }

    /// The chunks that the rows of annotations name.
    fn chunks(&self) -> Outcome<Vec<Chunk>> {
        let view = self.catalog.snapshot()?;
        let mut cursor = view.cursor(&[space::ANNOTATIONS], &[space::ANNOTATIONS + 1])?;
        let mut chunks = Vec::new();
        while let Some((_, row)) = cursor.next()? {
            let Content::Stored(manifest) = AnnotationRow::decode(row)?.content else { continue };
            chunks.extend_from_slice(Manifest::decode(&manifest)?.chunks());
        }
        Ok(chunks)
    }

    async fn reclaim(&self) -> Outcome {
        let reclaimer = Reclaimer::new(self.hall.clone());
        while reclaimer.round().await? > 0 {}
        Ok(())
    }
}

/// Long enough to lie in the store.
fn payload(name: &str) -> Bytes {
    Bytes::from(name.repeat(9_000))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_landed_and_was_never_named_is_swept_and_what_is_named_stays() -> Outcome {
    let scratch = scratch("sweep");
    let house = House::open(&scratch).await?;
    house.fill(&["a", "b"]).await?;
    let (bucket, salt, name) = (BucketId(1), 7, AnnotationName::new("c")?);
    let owner = Owner::new(ChunkOwner::Annotation { bucket, salt, name }.encode())?;
    let orphan = house.store.put(&owner, payload("c"), Redundancy::Full).await?;
    house.crash();

    let house = House::open(&scratch).await?;
    let swept = sweep(&house.hall).await?;
    assert_eq!((swept.looked_at, swept.freed), (3, 1));
    assert!(house.store.read(&orphan, 0..1).await.is_err());
    for name in ["a", "b"] {
        assert_eq!(house.read(name).await?, payload(name));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_s_annotations_are_reclaimed_after_a_crash_in_between() -> Outcome {
    let scratch = scratch("reclaim");
    let house = House::open(&scratch).await?;
    house.fill(&["a", "b", "c"]).await?;
    let chunks = house.chunks()?;
    assert_eq!(chunks.len(), 3);
    let input = DeleteObjectInput { bucket: "bucket".to_owned(), key: "k".to_owned(), ..Default::default() };
    house.call::<DeleteObject>(input, Bytes::new()).await?;
    house.crash();

    let house = House::open(&scratch).await?;
    assert_eq!(sweep(&house.hall).await?.freed, 0, "the reclaimer's work is left to it");
    house.reclaim().await?;
    assert_eq!(house.chunks()?, []);
    for chunk in &chunks {
        assert!(house.store.read(chunk, 0..1).await.is_err());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_a_replaced_annotation_are_reclaimed_and_the_new_ones_stay() -> Outcome {
    let scratch = scratch("replace");
    let house = House::open(&scratch).await?;
    house.fill(&["a", "b"]).await?;
    let before = house.chunks()?;
    house.annotate("a", payload("new")).await?;
    house.reclaim().await?;
    let after = house.chunks()?;
    let gone: Vec<_> = before.iter().filter(|chunk| !after.contains(chunk)).collect();
    assert_eq!((gone.len(), after.len()), (1, 2));
    assert!(house.store.read(gone[0], 0..1).await.is_err());
    assert_eq!(house.read("a").await?, payload("new"));
    assert_eq!(house.read("b").await?, payload("b"));
    Ok(())
}
