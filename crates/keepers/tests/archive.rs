//! Rows that went into a catalog's archive make another catalog of the same rows, and what is missing is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use catalog::table::{ArchiveRow, Content, PartRow, PartTable, ReclaimRow, space};
use catalog::{
    Catalog, Decision, Fault, Group, Index, Member, TreeIndex, TreeOptions, Watch, Write, begin_after,
};
use keepers::archive::{Found, Progress, Rebuilt, RowArchive, check, find, rebuild};
use model::{BucketId, ObjectKey, Ordinal, PartNumber, Timestamp, UploadId};
use stripe::{Chunk, Manifest, NoWatch, Place, Slot, Store};
use world::thread::spawn_blocking;
use world::{Disk, RealDisk, SystemClock};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;
type Rows = BTreeMap<Vec<u8>, Bytes>;

struct Nobody;

impl Watch for Nobody {
    fn lost(&self, _: u16, why: &Fault) -> Result<(), Fault> {
        Err(why.clone())
    }

    fn whole(&self, _: u16) -> Result<(), Fault> {
        Ok(())
    }
}

/// A directory that goes when the test ends well.
struct Site(PathBuf);

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

impl Site {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("strongroom-archive-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        Self(root)
    }

    fn store(&self) -> Outcome<Store> {
        let slot = |number: u16| -> Outcome<Slot> {
            let disk = Arc::new(RealDisk::at(self.0.join(format!("d{number}")))?);
            Ok(Slot { number, zone: format!("zone {number}").into(), disk })
        };
        let sizes = stripe::Options {
            volume_size_bytes_first: 4 << 20,
            volume_size_bytes_max: 8 << 20,
            reserve_bytes: Some(0),
            parity: 1,
            ..stripe::Options::default()
        };
        Ok(Store::open((0..3).map(slot).collect::<Outcome<_>>()?, Arc::new(NoWatch), sizes)?.0)
    }
}

fn disk(at: &Path) -> Outcome<(Arc<dyn Disk>, Box<dyn Index>)> {
    let disk = RealDisk::at(at.to_owned())?;
    let index = Box::new(TreeIndex::open(&disk, TreeOptions::default())?);
    Ok((Arc::new(disk), index))
}

/// Commits each of the batches in a run of its own, which ends in order.
async fn fill(site: &Site, store: &Store, batches: Vec<Vec<Write>>) -> Outcome {
    for batch in batches {
        let (disk, index) = disk(&site.0.join("catalog"))?;
        let members = vec![Member { number: 0, disk, index }];
        let archive = Arc::new(RowArchive::new(store.clone()));
        let options = catalog::Options::default();
        let catalog =
            Catalog::open_archived(members, Arc::new(Nobody), archive, Arc::new(SystemClock), options)?;
        commit(&catalog, batch).await?;
        spawn_blocking(move || catalog.shutdown()).await?;
    }
    Ok(())
}

async fn commit(catalog: &Catalog, writes: Vec<Write>) -> Outcome {
    let done: Result<(), ()> =
        catalog.commit(Group::new(&b"test"[..]), move |_, _| Ok(Decision::Write(writes.clone(), ()))).await?;
    done.map_err(|()| "refused".into())
}

async fn rebuilt(site: &Site, store: &Store) -> Outcome<(Rebuilt, Rows, Vec<ArchiveRow>)> {
    let of = store.clone();
    let found: Found = spawn_blocking(move || find(&of, &Progress::default())).await?;
    let (disk, index) = disk(&site.0.join("anew"))?;
    begin_after(&*disk, &*index, found.last)?;
    let catalog = Catalog::open(disk, index, Arc::new(SystemClock), catalog::Options::default())?;
    let last = found.last;
    let rebuilt = rebuild(store, &catalog, found, &Progress::default()).await?;
    assert!(catalog.last_ordinal() > last);
    let (rows, named) = rows(&catalog)?;
    Ok((rebuilt, rows, named))
}

/// Of the catalog, and of its archive.
fn rows(catalog: &Catalog) -> Outcome<(Rows, Vec<ArchiveRow>)> {
    let view = catalog.snapshot()?;
    let mut cursor = view.cursor(&[0], &[0xff])?;
    let (mut rows, mut named) = (Rows::new(), Vec::new());
    while let Some((key, row)) = cursor.next()? {
        if key[0] == space::ARCHIVE {
            named.push(ArchiveRow::decode(row)?);
        } else {
            rows.insert(key, row);
        }
    }
    Ok((rows, named))
}

fn put(key: &str, value: impl Into<Bytes>) -> Write {
    Write::put(key, value)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_into_the_index_comes_back_from_the_volumes() -> Outcome {
    let site = Site::new("whole");
    let store = site.store()?;
    let large = Bytes::from(vec![b'x'; 3 << 20]);
    let batches = vec![
        vec![put("a", "old"), put("b", "gone"), put("large", large.clone())],
        vec![put("a", "new"), Write::delete("b")],
        // Work under way is of that catalog.
        vec![Write::put(space::job("some"), "work")],
    ];
    fill(&site, &store, batches).await?;
    let (rebuilt, rows, named) = rebuilt(&site, &store).await?;
    assert_eq!((rebuilt.holes.len(), rebuilt.unread), (0, 0));
    let wanted = [(b"a".to_vec(), Bytes::from_static(b"new")), (b"large".to_vec(), large)];
    assert_eq!(rows, Rows::from(wanted));
    // Four pages of the first changes, one of the second, none of the work.
    assert_eq!(named.len(), 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_are_lost_are_told_and_all_others_come_back() -> Outcome {
    let site = Site::new("hole");
    let store = site.store()?;
    let batches = ["a", "b", "c"].map(|key| vec![put(key, "value")]);
    fill(&site, &store, batches.to_vec()).await?;
    let (disk, index) = disk(&site.0.join("catalog"))?;
    let catalog = Catalog::open(disk, index, Arc::new(SystemClock), catalog::Options::default())?;
    let (_, before) = self::rows(&catalog)?;
    drop(catalog);
    store.delete(Manifest::decode(&before[1].manifest)?.chunks()).await?;

    let (rebuilt, rows, named) = rebuilt(&site, &store).await?;
    assert_eq!(rows.into_keys().collect::<Vec<_>>(), [b"a", b"c"]);
    let stretches = |rows: &[ArchiveRow]| rows.iter().map(|row| row.page.stretch).collect::<Vec<_>>();
    assert_eq!(stretches(&named), stretches(&before));
    assert!(named[1].is_missed() && !rebuilt.is_whole());
    let catalog::table::Stretch::Changes { from, to } = before[1].page.stretch else {
        return Err("the second row is of changes".into());
    };
    assert_eq!(rebuilt.holes, [(from, to)]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_upload_whose_unlisted_parts_go_the_listed_ones_are_missed() -> Outcome {
    let site = Site::new("listed");
    let store = site.store()?;
    let (disk, index) = disk(&site.0.join("catalog"))?;
    let catalog = Catalog::open(disk, index, Arc::new(SystemClock), catalog::Options::default())?;
    let (bucket, key) = (BucketId(7), ObjectKey::new("key")?);
    let upload = UploadId { ordinal: Ordinal::from_u64(1), salt: 2 };
    let places = Manifest::new(vec![Chunk::whole(Place::NOWHERE, 5000)]).encode();
    let row = PartRow {
        size_bytes: 5000,
        md5: [0; 16],
        modified: Timestamp::from_millis(1),
        checksum: None,
        content: Content::Stored(places.into()),
    };
    let part = |number| PartNumber::new(number).ok_or("a part's number");
    let mut listed = PartTable::default();
    listed.push(part(2)?, 5000);
    let unlisted = ReclaimRow::Unlisted { bucket, key: key.clone(), upload, listed };
    let writes = vec![
        Write::put(space::part(bucket, &key, upload, part(1)?), row.encode()),
        Write::put(space::part(bucket, &key, upload, part(2)?), row.encode()),
        Write::put(space::reclaim(Ordinal::from_u64(3), 0), unlisted.encode()),
    ];
    commit(&catalog, writes).await?;
    let mut rebuilt = Rebuilt::default();
    check(&store, &catalog, &mut rebuilt, &Progress::default()).await?;
    assert_eq!(rebuilt.lost, 1, "{:?}", rebuilt.lost_names);
    assert!(!rebuilt.is_whole());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_about_to_be_freed_and_is_named_again_is_not_freed() -> Outcome {
    let site = Site::new("spared");
    let store = site.store()?;
    fill(&site, &store, vec![vec![put("a", "value")]]).await?;
    let (disk, index) = disk(&site.0.join("catalog"))?;
    let catalog = Catalog::open(disk, index, Arc::new(SystemClock), catalog::Options::default())?;
    let (_, before) = self::rows(&catalog)?;
    drop(catalog);
    let page = Manifest::decode(&before[0].manifest)?.chunks()[0].clone();
    let other = Chunk::whole(Place::NOWHERE, 1);
    let freeing = |chunks| ReclaimRow::Stored(Manifest::new(chunks).encode().into()).encode();
    let key = space::reclaim(Ordinal::from_u64(3), 0);
    fill(&site, &store, vec![vec![Write::put(key.clone(), freeing(vec![page, other.clone()]))]]).await?;
    let (rebuilt, rows, named) = rebuilt(&site, &store).await?;
    assert!(rebuilt.is_whole() && named.iter().any(|row| row.manifest == before[0].manifest));
    assert_eq!(rows.get(&key), Some(&freeing(vec![other])));
    Ok(())
}
