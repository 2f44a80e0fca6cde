//! Single shards move while all is well.

mod support;

use stripe::{CHUNK_BYTES, Chunk, Fault, Manifest, Redundancy, Standing};
use support::{FULL, Outcome, Shelf, WELL, body, land, owner, read_back, spoil};

fn devices(chunk: &Chunk) -> Vec<u16> {
    chunk.places.iter().map(|place| place.device).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_moves_within_its_device_or_to_one_that_holds_no_other() -> Outcome {
    let shelf = Shelf::new("relocate", 5, 2);
    let store = shelf.open(4, 2)?;
    let sent = body(CHUNK_BYTES, 1);
    let manifest = land(&store, sent.clone()).await?;
    let chunk = &manifest.chunks()[0];
    store.admit(shelf.slot(4)?)?;
    let from = chunk.places[1].device;
    for (to, expected) in
        [(vec![from], Some(from)), (devices(chunk), Some(from)), (vec![0, 1, 2, 3, 4], None)]
    {
        let restored = store.relocate(&owner()?, chunk, 1, &to).await?.ok_or("it moves")?;
        assert_eq!(restored.obsolete().len(), 1);
        let moved = restored.claim();
        assert_eq!(moved.places[1].device, expected.unwrap_or(moved.places[1].device));
        assert_ne!(moved.places[1], chunk.places[1]);
        let mut distinct = devices(&moved);
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), chunk.places.len());
        assert_eq!(read_back(&store, &Manifest::new(vec![moved])).await?, sent);
    }
    let moved = store.relocate(&owner()?, chunk, 1, &[4]).await?.ok_or("it moves")?.claim();
    assert_eq!(moved.places[1].device, 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_moves_to_where_another_shard_lies_to_a_device_that_takes_nothing_or_out_of_its_zones_order()
-> Outcome {
    let shelf = Shelf::new("relocate-not", 6, 2);
    let store = shelf.open(4, 1)?;
    let manifest = land(&store, body(CHUNK_BYTES, 2)).await?;
    let chunk = &manifest.chunks()[0];
    let others: Vec<u16> = devices(chunk)[1..].to_vec();
    assert!(store.relocate(&owner()?, chunk, 0, &others).await?.is_none());
    store.admit(shelf.slot(4)?)?;
    store.stand(4, Standing::Draining);
    assert!(store.relocate(&owner()?, chunk, 0, &[4, 9]).await?.is_none());
    // In the zone of a shard that stays.
    let mut slot = shelf.slot(5)?;
    slot.zone = format!("zone {}", others[0]).into();
    store.admit(slot)?;
    assert!(store.relocate(&owner()?, chunk, 0, &[5]).await?.is_none());
    assert!(store.relocate(&owner()?, chunk, 1, &[5]).await?.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_reads_badly_is_not_moved_but_told_to_repair() -> Outcome {
    let shelf = Shelf::new("relocate-bad", 3, 1);
    let store = shelf.open(3, 1)?;
    let manifest = land(&store, body(CHUNK_BYTES, 3)).await?;
    let chunk = &manifest.chunks()[0];
    let device = chunk.places[0].device;
    spoil(&shelf.dir(device.into()))?;
    let refused = store.relocate(&owner()?, chunk, 0, &[device]).await;
    assert!(matches!(refused, Err(Fault::Corrupt { .. })), "{refused:?}");
    let ailing = store.ailments().ok_or("ailments")?.try_recv()?;
    assert_eq!((&ailing.chunk, ailing.bad), (chunk, vec![0]));
    assert!(store.restore(&owner()?, chunk, Redundancy::Full, |_| stripe::Doubt::Bytes).await?.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_relocated_and_not_claimed_goes_again() -> Outcome {
    let shelf = Shelf::new("relocate-drop", 1, 0);
    let store = shelf.open(1, 0)?;
    let manifest = land(&store, body(300_000, 4)).await?;
    let living = || store.filled(0).iter().map(stripe::Filled::living_bytes).sum::<u64>();
    let before = living();
    drop(store.relocate(&owner()?, &manifest.chunks()[0], 0, &[0]).await?);
    store.settle();
    assert_eq!(living(), before);
    let found =
        store.survey_volume(0, manifest.chunks()[0].places[0].volume).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].place(), manifest.chunks()[0].places[0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_finds_no_space_on_a_single_device_keeps_nobody_else_from_it() -> Outcome {
    let shelf = Shelf::new("relocate-alone", 1, 0);
    let store = shelf.open(1, 0)?;
    let manifest = land(&store, body(CHUNK_BYTES, 5)).await?;
    shelf.health[0].set(FULL);
    let refused = loop {
        match store.relocate(&owner()?, &manifest.chunks()[0], 0, &[0]).await {
            Ok(moved) => drop(moved.ok_or("it moves")?.claim()),
            Err(fault) => break fault,
        }
    };
    assert!(matches!(refused, Fault::NoSpace { .. }), "{refused:?}");
    shelf.health[0].set(WELL);
    land(&store, body(CHUNK_BYTES, 6)).await?;
    Ok(())
}
