//! The store on a real disk.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use stripe::{CHUNK_BYTES, Chunk, Fault, Manifest, NoWatch, Options, Owner, Redundancy, Slot, Store};
use world::{Disk, RealDisk};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A directory that goes when the test ends well.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("strongroom-stripe-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        Self(dir)
    }

    fn open(&self) -> Result<Store, Box<dyn std::error::Error>> {
        self.open_with(small())
    }

    fn open_with(&self, options: Options) -> Result<Store, Box<dyn std::error::Error>> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::at(&self.0)?);
        let slot = Slot { number: 0, zone: "".into(), disk };
        Ok(Store::open(vec![slot], Arc::new(NoWatch), options)?.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn small() -> Options {
    Options {
        volume_size_bytes_first: 4 << 20,
        volume_size_bytes_max: 8 << 20,
        reserve_bytes: Some(0),
        ..Options::default()
    }
}

fn owner() -> Result<Owner, Fault> {
    Owner::new(&b"bucket/key"[..])
}

/// Bytes that differ everywhere.
fn body(length: usize, seed: u64) -> Bytes {
    let mut word = seed;
    (0..length)
        .map(|_| {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (word >> 56) as u8
        })
        .collect()
}

async fn read_chunk(store: &Store, chunk: &Chunk) -> Result<Vec<u8>, Fault> {
    Ok(store.read(chunk, 0..chunk.length as usize).await?.concat())
}

async fn read_back(store: &Store, manifest: &Manifest) -> Result<Vec<u8>, Fault> {
    let mut whole = Vec::new();
    for chunk in manifest.chunks() {
        whole.extend_from_slice(&read_chunk(store, chunk).await?);
    }
    Ok(whole)
}

#[tokio::test]
async fn a_body_comes_back_as_it_went_in() -> Outcome {
    let scratch = Scratch::new("round");
    let store = scratch.open()?;
    for length in [0, 1, 4096, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 77] {
        let sent = body(length, length as u64);
        let mut landing = store.landing(owner()?, Redundancy::Full);
        for piece in sent.chunks(70_001) {
            landing.write(Bytes::copy_from_slice(piece)).await?;
        }
        let manifest = landing.finish().await?;
        assert_eq!(manifest.len_bytes(), length as u64);
        assert_eq!(manifest.chunks().len(), length.div_ceil(CHUNK_BYTES));
        assert_eq!(read_back(&store, &manifest).await?, sent);
    }
    store.shutdown()?;
    Ok(())
}

/// Waits until the background has done its part.
async fn settled(store: &Store) -> Result<stripe::Stats, Box<dyn std::error::Error>> {
    let waiting = store.clone();
    world::thread::spawn_blocking(move || waiting.settle()).await?;
    Ok(store.stats(0).ok_or("no device 0")?)
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_the_same_body() -> Outcome {
    let scratch = Scratch::new("bytewise");
    let store = scratch.open()?;
    let sent = body(3 * CHUNK_BYTES / 2, 3);
    let mut landing = store.landing(owner()?, Redundancy::Full);
    let mut rest = sent.clone();
    for length in [1, 7, 4095, 4096, 5000, 3].into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        landing.write(rest.split_to(length.min(rest.len()))).await?;
    }
    let manifest = landing.finish().await?;
    assert_eq!(manifest.chunks().len(), 2);
    assert_eq!(read_back(&store, &manifest).await?, sent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_landings_share_a_small_memory_and_none_waits_for_a_slow_one() -> Outcome {
    let scratch = Scratch::new("crowd");
    let store = scratch.open_with(Options { buffer_bytes_max: 4 << 20, ..small() })?;
    // These hold all the memory for filling chunks, and never go on.
    let mut slow = Vec::new();
    for seed in 0..8 {
        let mut landing = store.landing(owner()?, Redundancy::Full);
        landing.write(body(CHUNK_BYTES / 2, seed)).await?;
        slow.push(landing);
    }
    let crowd: Vec<_> = (0..200_u64)
        .map(|seed| {
            let store = store.clone();
            tokio::spawn(async move {
                let sent = body(200_000, seed);
                let mut landing = store.landing(owner()?, Redundancy::Full);
                for piece in sent.chunks(16 << 10) {
                    landing.write(sent.slice_ref(piece)).await?;
                }
                Ok::<_, Fault>((seed, landing.finish().await?))
            })
        })
        .collect();
    for landed in crowd {
        let (seed, manifest) = landed.await??;
        assert_eq!(read_back(&store, &manifest).await?, body(200_000, seed));
    }
    for (seed, mut landing) in slow.into_iter().enumerate() {
        landing.write(body(100, 99)).await?;
        let whole = read_back(&store, &landing.finish().await?).await?;
        assert_eq!(whole, [body(CHUNK_BYTES / 2, seed as u64), body(100, 99)].concat());
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_landing_a_discarded_body_and_an_abandoned_put_leave_nothing() -> Outcome {
    let scratch = Scratch::new("dropped");
    let store = scratch.open()?;
    let mut landing = store.landing(owner()?, Redundancy::Full);
    landing.write(body(7 * CHUNK_BYTES + 5, 1)).await?;
    drop(landing);

    let mut landing = store.landing(owner()?, Redundancy::Full);
    landing.write(body(2 * CHUNK_BYTES + 5, 2)).await?;
    store.discard(&landing.finish().await?);

    let sender = owner()?;
    for _ in 0..20 {
        let put = store.put(&sender, body(50_000, 3), Redundancy::Full);
        // Polled once, so that the record is queued, then dropped.
        tokio::select! { biased; _ = put => {}, () = std::future::ready(()) => {} }
    }
    let kept = store.put(&sender, body(10, 4), Redundancy::Full).await?;
    for _ in 0..100 {
        let usage = settled(&store).await?.usage;
        if usage.filled_bytes - usage.dead_bytes == 4096 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let usage = settled(&store).await?.usage;
    assert_eq!(usage.filled_bytes - usage.dead_bytes, 4096);
    assert_eq!(read_chunk(&store, &kept).await?, body(10, 4));
    Ok(())
}

#[tokio::test]
async fn a_landing_whose_write_was_dropped_halfway_can_not_be_finished() -> Outcome {
    let scratch = Scratch::new("halfway");
    let store = scratch.open()?;
    let mut landing = store.landing(owner()?, Redundancy::Full);
    let write = landing.write(body(9 * CHUNK_BYTES, 1));
    tokio::select! { biased; _ = write => return Err("it should have waited".into()), () = std::future::ready(()) => {} }
    assert_eq!(landing.write(body(1, 1)).await, Err(Fault::Interrupted));
    assert_eq!(landing.finish().await, Err(Fault::Interrupted));
    Ok(())
}

#[tokio::test]
async fn deleting_may_be_repeated_and_touches_nothing_else() -> Outcome {
    let scratch = Scratch::new("delete");
    let store = scratch.open()?;
    let mut manifests = Vec::new();
    for seed in 0..4 {
        let mut landing = store.landing(owner()?, Redundancy::Full);
        landing.write(body(CHUNK_BYTES + 100, seed)).await?;
        manifests.push(landing.finish().await?);
    }
    for _ in 0..2 {
        store.delete(manifests[1].chunks()).await?;
        store.delete(&[]).await?;
    }
    assert!(matches!(read_chunk(&store, &manifests[1].chunks()[0]).await, Err(Fault::Gone { .. })));
    for seed in [0, 2, 3] {
        assert_eq!(read_back(&store, &manifests[seed]).await?, body(CHUNK_BYTES + 100, seed as u64));
    }
    Ok(())
}

#[tokio::test]
async fn after_a_crash_the_sweep_finds_what_was_landed_and_not_named() -> Outcome {
    let scratch = Scratch::new("sweep");
    let store = scratch.open()?;
    let mut landing = store.landing(owner()?, Redundancy::Full);
    landing.write(body(CHUNK_BYTES + 100, 1)).await?;
    let landed = landing.finish().await?;
    drop(store);

    let store = scratch.open()?;
    store.put(&owner()?, body(10, 2), Redundancy::Full).await?;
    let found: Vec<_> = store.sweep().collect::<Result<_, _>>()?;
    assert_eq!(found.iter().map(|orphan| orphan.record.clone()).collect::<Vec<_>>(), landed.chunks());
    assert!(found.iter().all(|orphan| owner().is_ok_and(|owner| owner == orphan.owner)));
    store.delete(landed.chunks()).await?;
    store.sweep_done()?;
    store.shutdown()?;
    drop(store);

    let store = scratch.open()?;
    assert_eq!(store.sweep().count(), 0);
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_or_elsewhere_or_after_the_end_is_refused() -> Outcome {
    let scratch = Scratch::new("refused");
    assert!(matches!(Store::open(vec![], Arc::new(NoWatch), small()), Err(Fault::Unsupported(_))));
    let store = scratch.open()?;
    assert!(matches!(Owner::new(vec![0; 1201]), Err(Fault::TooLarge { .. })));
    let whole = store.put(&Owner::new(vec![7; 1200])?, body(CHUNK_BYTES, 1), Redundancy::Full).await?;
    assert!(matches!(
        store.put(&owner()?, body(CHUNK_BYTES + 1, 1), Redundancy::Full).await,
        Err(Fault::TooLarge { .. })
    ));
    let mut elsewhere = whole.clone();
    elsewhere.places[0].device = 1;
    assert_eq!(read_chunk(&store, &elsewhere).await, Err(Fault::Missing { device: 1 }));
    store.shutdown()?;
    assert_eq!(store.put(&owner()?, body(1, 1), Redundancy::Full).await, Err(Fault::Closed));
    assert_eq!(read_chunk(&store, &whole).await?, body(CHUNK_BYTES, 1));
    Ok(())
}
