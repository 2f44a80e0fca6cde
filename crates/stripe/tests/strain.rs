//! The store under strain: devices that are slow, hang or are full, and those that nobody can do without.

mod support;

use std::time::Duration;

use stripe::{CHUNK_BYTES, Fault, Layout, Redundancy, Standing};
use support::{
    BUFFER_BYTES_MAX, FULL, HANGS, Health, ILL, Outcome, PATIENCE, SLOW, Shelf, WELL, body, land, owner,
    read_back, spoil,
};
use tokio::time::{sleep, timeout};

/// More than anything here takes that ends at all.
const FOREVER: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_device_that_alone_takes_bytes_is_an_error_and_no_endless_loop() -> Outcome {
    for standing in [Standing::Out, Standing::Draining] {
        let shelf = Shelf::new(&format!("last-{standing:?}"), 2, 1);
        let store = shelf.open(2, 1)?;
        store.stand(0, standing);
        shelf.health[1].set(FULL);
        let filling = async {
            loop {
                if let Err(fault) = land(&store, body(CHUNK_BYTES, 1)).await {
                    return fault;
                }
            }
        };
        let fault = timeout(FOREVER, filling).await?;
        assert!(matches!(fault, Fault::NoSpace { .. }), "{fault:?}");
        shelf.health[1].set(WELL);
        sleep(Duration::from_millis(1100)).await;
        land(&store, body(CHUNK_BYTES, 2)).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_alone_makes_no_device_count_as_hanging() -> Outcome {
    let mut shelf = Shelf::new("load", 3, 1);
    shelf.patience = 2 * PATIENCE;
    let store = shelf.open(3, 1)?;
    let sent = body(100_000, 1);
    let manifest = land(&store, sent.clone()).await?;
    shelf.health.iter().for_each(|health| health.set(SLOW));
    // Each device takes half a minute of calls, 32 at a time.
    let reads: Vec<_> = (0..800)
        .map(|_| {
            let (store, manifest) = (store.clone(), manifest.clone());
            tokio::spawn(async move { store.read(&manifest.chunks()[0], 0..100_000).await })
        })
        .collect();
    for read in reads {
        assert_eq!(read.await??.concat(), sent);
    }
    assert!(store.devices().iter().all(|(_, standing)| *standing == Standing::In));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_hangs_keeps_so_many_threads_and_no_more() -> Outcome {
    let shelf = Shelf::new("threads", 3, 0);
    let store = shelf.open(3, 1)?;
    let sent = body(100_000, 1);
    let manifest = land(&store, sent.clone()).await?;
    let holder = usize::from(manifest.chunks()[0].places[0].device);
    shelf.health[holder].set(HANGS);
    for _ in 0..3 {
        let reads: Vec<_> = (0..60)
            .map(|_| {
                let (store, manifest) = (store.clone(), manifest.clone());
                tokio::spawn(async move { store.read(&manifest.chunks()[0], 0..100_000).await })
            })
            .collect();
        for read in reads {
            assert_eq!(timeout(FOREVER, read).await???.concat(), sent);
        }
    }
    let hanging = shelf.health[holder].hanging();
    assert!((32..40).contains(&hanging), "{hanging} calls hang");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_turn_in_a_device_is_told_when_it_is_out() -> Outcome {
    let shelf = Shelf::new("turn", 3, 1);
    let store = shelf.open(3, 1)?;
    let sent = body(100_000, 1);
    let manifest = land(&store, sent.clone()).await?;
    let holder = manifest.chunks()[0].places[0].device;
    shelf.health[usize::from(holder)].set(HANGS);
    let reads: Vec<_> = (0..60)
        .map(|_| {
            let (store, manifest) = (store.clone(), manifest.clone());
            tokio::spawn(async move { store.read(&manifest.chunks()[0], 0..100_000).await })
        })
        .collect();
    sleep(PATIENCE / 3).await;
    store.stand(holder, Standing::Out);
    for read in reads {
        assert_eq!(timeout(FOREVER, read).await???.concat(), sent);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_do_not_wait_for_how_full_a_hanging_device_is() -> Outcome {
    let shelf = Shelf::new("measured", 4, 1);
    let store = shelf.open(4, 1)?;
    land(&store, body(CHUNK_BYTES, 1)).await?;
    shelf.health[2].set(HANGS);
    // What was measured is out of date.
    sleep(Duration::from_millis(1100)).await;
    for seed in 0..4 {
        let landing = {
            tokio::spawn({
                let store = store.clone();
                async move { land(&store, body(CHUNK_BYTES, seed)).await }
            })
        };
        timeout(FOREVER, landing).await???;
    }
    assert_eq!(store.devices()[2], (2, Standing::Out));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_hanging_device_that_nobody_can_do_without_is_bounded() -> Outcome {
    let shelf = Shelf::new("choked", 2, 0);
    let store = shelf.open(2, 1)?;
    land(&store, body(CHUNK_BYTES, 1)).await?;
    shelf.health[1].set(HANGS);
    let mut last = None;
    for seed in 0..12 {
        last = land(&store, body(CHUNK_BYTES, seed)).await.err();
    }
    assert_eq!(last, Some(Fault::Busy { device: 1 }));
    let queued = store.stats(1).ok_or("device 1")?.queued_bytes;
    assert!(queued <= (BUFFER_BYTES_MAX + 2 * CHUNK_BYTES) as u64, "{queued} bytes wait");
    shelf.health[1].set(WELL);
    while store.stats(1).ok_or("device 1")?.queued_bytes > 0 {
        sleep(PATIENCE / 3).await;
    }
    land(&store, body(CHUNK_BYTES, 1)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_hanging_device_goes_elsewhere_as_soon_as_it_is_out() -> Outcome {
    let mut shelf = Shelf::new("elsewhere", 3, 1);
    shelf.patience = 3 * FOREVER;
    let store = shelf.open(3, 1)?;
    land(&store, body(CHUNK_BYTES, 1)).await?;
    shelf.health[1].set(HANGS);
    let mut landings = Vec::new();
    for seed in 0..24 {
        let store = store.clone();
        landings.push(tokio::spawn(async move { land(&store, body(20_000, seed)).await }));
        sleep(PATIENCE / 30).await;
    }
    store.stand(1, Standing::Out);
    // Those that hang in the device itself wait for it.
    sleep(10 * PATIENCE).await;
    let ended = landings.iter().filter(|landing| landing.is_finished()).count();
    assert!(ended >= 8, "only {ended} are done");
    shelf.health[1].set(WELL);
    for (seed, landing) in (0..).zip(landings) {
        let manifest = timeout(FOREVER, landing).await???;
        assert_eq!(read_back(&store, &manifest).await?, body(20_000, seed));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_waits_for_no_device_that_hangs_and_is_done_once_that_is_out() -> Outcome {
    let shelf = Shelf::new("delete", 3, 0);
    let store = shelf.open(3, 1)?;
    let manifest = land(&store, body(2 * CHUNK_BYTES, 1)).await?;
    shelf.health[0].set(HANGS);
    let deleted = timeout(FOREVER, store.delete(manifest.chunks())).await?;
    assert_eq!(deleted, Err(Fault::Hangs { device: 0, op: "delete" }));
    for device in [1, 2] {
        let usage = store.stats(device).ok_or("it is there")?.usage;
        assert_eq!(usage.filled_bytes, usage.dead_bytes);
    }
    // The one that hangs is not asked by ever more threads.
    let again = timeout(FOREVER, store.delete(manifest.chunks())).await?;
    assert_eq!(again, Err(Fault::Busy { device: 0 }));
    let waiting = tokio::spawn({
        let (store, manifest) = (store.clone(), manifest.clone());
        async move { store.delete(manifest.chunks()).await }
    });
    sleep(PATIENCE / 3).await;
    store.stand(0, Standing::Out);
    timeout(FOREVER, waiting).await???;
    timeout(FOREVER, store.delete(manifest.chunks())).await??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_not_opened_anew_while_a_delete_of_before_hangs_in_it() -> Outcome {
    let shelf = Shelf::new("anew", 3, 1);
    let store = shelf.open(3, 1)?;
    let manifest = land(&store, body(CHUNK_BYTES, 1)).await?;
    let kept = land(&store, body(CHUNK_BYTES, 2)).await?;
    store.settle();
    sleep(PATIENCE).await;
    shelf.health[0].set(HANGS);
    store.delete(manifest.chunks()).await.expect_err("device 0 hangs");
    store.stand(0, Standing::Out);
    sleep(PATIENCE).await;
    assert_eq!(store.admit(shelf.slot_of(0, Health::default())?), Err(Fault::Busy { device: 0 }));
    shelf.health[0].set(WELL);
    while let Err(fault) = store.admit(shelf.slot(0)?) {
        assert_eq!(fault, Fault::Busy { device: 0 });
        sleep(PATIENCE / 10).await;
    }
    store.delete(manifest.chunks()).await?;
    assert_eq!(read_back(&store, &kept).await?, body(CHUNK_BYTES, 2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_that_lost_one_keeps_what_it_has_until_there_is_another() -> Outcome {
    let shelf = Shelf::new("pair", 3, 1);
    let store = shelf.open(2, 1)?;
    let before = land(&store, body(CHUNK_BYTES, 1)).await?.chunks()[0].clone();
    assert_eq!(before.layout, Layout { data: 1, parity: 1 });
    store.dismiss(0);
    assert!(store.restore(&owner()?, &before, Redundancy::Full, |_| stripe::Doubt::Nothing).await?.is_none());
    store.admit(shelf.slot(2)?)?;
    let restored = store.restore(&owner()?, &before, Redundancy::Full, |_| stripe::Doubt::Nothing).await?;
    let after = restored.ok_or("there is room for a copy")?.claim();
    assert_eq!((after.id, after.layout), (before.id, before.layout));
    assert!(after.places.iter().all(|place| place.device != 0), "{after:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_only_a_failing_place_holds_are_lost_and_not_asked_for_for_ever() -> Outcome {
    let shelf = Shelf::new("only", 2, 0);
    let store = shelf.open(2, 0)?;
    let chunk = land(&store, body(10_000, 1)).await?.chunks()[0].clone();
    assert_eq!(chunk.layout, Layout::WHOLE);
    let holder = chunk.places[0].device;
    shelf.health[usize::from(holder)].set(ILL);
    for standing in [Standing::In, Standing::Draining] {
        store.stand(holder, standing);
        let restored =
            store.restore(&owner()?, &chunk, Redundancy::Full, |_| stripe::Doubt::Bytes).await.map(|_| ());
        assert!(matches!(&restored, Err(Fault::Lost { left: 0, needed: 1, .. })), "{restored:?}");
    }
    shelf.health[usize::from(holder)].set(WELL);
    spoil(&shelf.dir(usize::from(holder)))?;
    let restored =
        store.restore(&owner()?, &chunk, Redundancy::Full, |_| stripe::Doubt::Bytes).await.map(|_| ());
    assert!(restored.as_ref().is_err_and(Fault::is_corruption), "{restored:?}");
    Ok(())
}
