//! What a desk promises: bytes wait for who renews, and for nobody else.

use std::path::PathBuf;
use std::sync::Arc;

use backup::{Desk, LEASE};
use catalog::{Catalog, TreeIndex, TreeOptions};
use semantics::{Hall, Settings};
use stripe::{NoWatch, Slot, Store};
use world::{Disk, OsRandom, RealDisk, SystemClock};

type Outcome = Result<(), Box<dyn std::error::Error>>;

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn hall(name: &str) -> Result<(Hall, Scratch), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join(format!("strongroom-leases-{}-{name}", std::process::id()));
    let scratch = Scratch(path);
    let disk = RealDisk::at(&scratch.0)?;
    let index = Box::new(TreeIndex::open(&disk, TreeOptions::default())?);
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let clock = Arc::new(SystemClock);
    let catalog = Catalog::open(disk.clone(), index, clock.clone(), catalog::Options::default())?;
    let slot = Slot { number: 0, zone: "".into(), disk };
    let (store, _) = Store::open(vec![slot], Arc::new(NoWatch), stripe::Options::default())?;
    Ok((Hall::new(catalog, store, clock, Arc::new(OsRandom), Settings::default()), scratch))
}

#[tokio::test(start_paused = true)]
async fn a_lease_lasts_while_it_is_renewed_and_no_longer() -> Outcome {
    let (hall, _scratch) = hall("lasts")?;
    let desk = Desk::new(hall.clone(), Arc::new(OsRandom));
    let lease = desk.open()?;
    for _ in 0..5 {
        tokio::time::sleep(LEASE / 2).await;
        desk.renew(&lease)?;
        assert!(hall.pins().oldest().is_some());
    }
    tokio::time::sleep(LEASE * 2).await;
    assert!(hall.pins().oldest().is_none());
    assert!(desk.renew(&lease).is_err() && desk.rows(&lease).is_err());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_ended_lease_holds_nothing_and_an_unknown_one_is_refused() -> Outcome {
    let (hall, _scratch) = hall("ended")?;
    let desk = Desk::new(hall.clone(), Arc::new(OsRandom));
    let lease = desk.open()?;
    desk.close(&lease);
    assert!(hall.pins().oldest().is_none());
    assert!(desk.bytes("another", bytes::Bytes::new()).is_err());
    let all: Vec<String> = std::iter::from_fn(|| desk.open().ok()).collect();
    assert_eq!(all.len(), 16);
    Ok(())
}

#[tokio::test]
async fn a_list_of_bytes_that_is_none_is_refused_and_false_places_are_told() -> Outcome {
    let (hall, _scratch) = hall("list")?;
    let desk = Desk::new(hall, Arc::new(OsRandom));
    let lease = desk.open()?;
    assert!(desk.bytes(&lease, bytes::Bytes::from_static(&[5, 1])).is_err());
    // A manifest of no known format, and the bytes 0 to 7.
    let mut told = desk.bytes(&lease, bytes::Bytes::from_static(&[1, 9, 0, 7]))?;
    assert_eq!(told.next().await?.and_then(|record| record.first().copied()), Some(5));
    assert_eq!(told.next().await?.as_deref(), Some(&[3][..]));
    assert!(told.next().await?.is_none());
    Ok(())
}
