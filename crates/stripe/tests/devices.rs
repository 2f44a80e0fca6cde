//! The store on several devices, and without some of them.

mod support;

use std::time::Duration;

use stripe::{CHUNK_BYTES, Fault, Layout, Redundancy, Standing};
use support::{FULL, HANGS, ILL, Outcome, Shelf, WELL, body, land, owner, read_back, read_chunk, spoil};

const LENGTHS: [usize; 6] = [1, 5000, 16 * 1024, 100_001, CHUNK_BYTES, 3 * CHUNK_BYTES + 77];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_reads_whole_with_any_two_of_six_devices_gone() -> Outcome {
    for first in 0..6 {
        for second in first + 1..6 {
            let shelf = Shelf::new(&format!("pair-{first}-{second}"), 6, 2);
            let store = shelf.open(6, 2)?;
            let mut bodies = Vec::new();
            for (seed, length) in LENGTHS.into_iter().enumerate() {
                let sent = body(length, seed as u64);
                bodies.push((land(&store, sent.clone()).await?, sent));
            }
            spoil(&shelf.dir(first))?;
            shelf.health[second].set(ILL);
            for (manifest, sent) in bodies {
                assert_eq!(read_back(&store, &manifest).await?, sent, "{first} and {second}");
                let last = manifest.chunks().last().ok_or("a chunk")?;
                let middle = last.length as usize / 3..last.length as usize / 2;
                let start = sent.len() - last.length as usize;
                let expected = &sent[start + middle.start..start + middle.end];
                assert_eq!(store.read(last, middle).await?.concat(), expected);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn with_one_more_gone_the_bytes_are_lost_and_said_to_be() -> Outcome {
    let shelf = Shelf::new("three", 6, 2);
    let store = shelf.open(6, 2)?;
    let manifest = land(&store, body(CHUNK_BYTES, 1)).await?;
    for device in [0, 2, 5] {
        shelf.health[device].set(ILL);
    }
    let read = read_back(&store, &manifest).await;
    assert!(matches!(read, Err(Fault::Lost { left: 3, needed: 4, .. })), "{read:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_go_on_with_full_parity_while_devices_fail_one_by_one() -> Outcome {
    let shelf = Shelf::new("failing", 6, 5);
    let store = shelf.open(6, 2)?;
    let layout = |data, parity| Layout { data, parity };
    let expected = [layout(4, 2), layout(3, 2), layout(2, 2), layout(1, 2), layout(1, 1), Layout::WHOLE];
    for (failed, layout) in expected.into_iter().enumerate() {
        if failed > 0 {
            shelf.health[failed - 1].set(ILL);
        }
        let sent = body(2 * CHUNK_BYTES + 9, failed as u64);
        let manifest = land(&store, sent.clone()).await?;
        assert!(manifest.chunks()[..2].iter().all(|chunk| chunk.layout == layout), "{manifest:?}");
        assert_eq!(read_back(&store, &manifest).await?, sent);
    }
    shelf.health[5].set(ILL);
    assert!(matches!(land(&store, body(9, 9)).await, Err(Fault::Io { device: 5, .. })));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_device_is_given_up_for_writes_and_for_reads() -> Outcome {
    let shelf = Shelf::new("hanging", 4, 2);
    let store = shelf.open(4, 2)?;
    let sent = body(CHUNK_BYTES, 1);
    let manifest = land(&store, sent.clone()).await?;
    shelf.health[3].set(HANGS);
    let again = land(&store, sent.clone()).await?;
    assert_eq!(again.chunks()[0].layout, Layout { data: 1, parity: 2 });
    assert_eq!(store.devices()[3], (3, Standing::Out));
    let holder = usize::from(manifest.chunks()[0].places[0].device);
    shelf.health[holder].set(HANGS);
    assert_eq!(read_back(&store, &manifest).await?, sent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_device_costs_no_redundancy() -> Outcome {
    let mut shelf = Shelf::new("full", 4, 2);
    // No device hangs here, however busy the machine is.
    shelf.patience = Duration::from_secs(60);
    let store = shelf.open(4, 1)?;
    let fill = |seed| land(&store, body(CHUNK_BYTES, seed));
    assert_eq!(fill(0).await?.chunks()[0].layout, Layout { data: 3, parity: 1 });
    shelf.health[2].set(FULL);
    let mut narrow = None;
    for seed in 0..200 {
        let layout = fill(seed).await?.chunks()[0].layout;
        assert_eq!(layout.parity, 1);
        narrow = (layout.data == 2).then_some(layout).or(narrow);
    }
    assert!(narrow.is_some(), "the full device was never passed over");
    (0..4).for_each(|device| shelf.health[device].set(FULL));
    let mut refused = Ok(());
    for seed in 0..400 {
        refused = refused.and(fill(seed).await.map(|_| ()));
    }
    assert!(matches!(refused, Err(Fault::NoSpace { .. })), "{refused:?}");
    assert!(store.devices().iter().all(|(_, standing)| *standing == Standing::In));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repair_writes_only_what_is_missing_where_a_device_is_left_for_it() -> Outcome {
    let shelf = Shelf::new("repair", 7, 2);
    let store = shelf.open(6, 2)?;
    let sent = body(CHUNK_BYTES + 50_000, 4);
    let manifest = land(&store, sent.clone()).await?;
    let before = manifest.chunks()[0].clone();
    store.dismiss(before.places[1].device);
    store.admit(shelf.slot(6)?)?;
    let restored = store.restore(&owner()?, &before, Redundancy::Full, |_| stripe::Doubt::Nothing).await?;
    let restored = restored.ok_or("a shard was missing")?;
    let obsolete = restored.obsolete().to_vec();
    let after = restored.claim();
    assert_eq!((after.id, after.layout), (before.id, before.layout));
    let changed: Vec<usize> = (0..6).filter(|index| after.places[*index] != before.places[*index]).collect();
    assert_eq!((changed, after.places[1].device), (vec![1], 6));
    assert_eq!(obsolete.len(), 1);
    assert_eq!(read_chunk(&store, &after).await?, sent[..CHUNK_BYTES]);
    assert!(store.restore(&owner()?, &after, Redundancy::Full, |_| stripe::Doubt::Bytes).await?.is_none());
    // Without the three others that tell it, the new shard is needed.
    for index in [0, 2] {
        store.dismiss(after.places[index].device);
    }
    assert_eq!(read_chunk(&store, &after).await?, sent[..CHUNK_BYTES]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repair_codes_anew_where_too_few_devices_are_left() -> Outcome {
    let shelf = Shelf::new("narrow", 6, 2);
    let store = shelf.open(6, 2)?;
    let sent = body(CHUNK_BYTES, 4);
    let before = land(&store, sent.clone()).await?.chunks()[0].clone();
    store.dismiss(0);
    store.dismiss(1);
    let restored = store.restore(&owner()?, &before, Redundancy::Full, |_| stripe::Doubt::Nothing).await?;
    let restored = restored.ok_or("shards were missing")?;
    let obsolete = restored.obsolete().to_vec();
    let after = restored.claim();
    assert_eq!(after.layout, Layout { data: 2, parity: 2 });
    assert_eq!(obsolete.len(), 6);
    store.delete(&obsolete).await?;
    store.dismiss(2);
    store.dismiss(3);
    assert_eq!(read_chunk(&store, &after).await?, sent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draining_device_takes_nothing_and_is_emptied() -> Outcome {
    let shelf = Shelf::new("draining", 4, 2);
    let store = shelf.open(4, 1)?;
    let sent = body(CHUNK_BYTES, 4);
    let before = land(&store, sent.clone()).await?.chunks()[0].clone();
    let leaving = before.places[0].device;
    store.stand(leaving, Standing::Draining);
    assert!(land(&store, sent.clone()).await?.chunks()[0].places.iter().all(|place| place.device != leaving));
    assert_eq!(read_chunk(&store, &before).await?, sent);
    let restored = store.restore(&owner()?, &before, Redundancy::Full, |_| stripe::Doubt::Nothing).await?;
    let restored = restored.ok_or("it was to move")?;
    let obsolete = restored.obsolete().to_vec();
    let after = restored.claim();
    assert!(after.places.iter().all(|place| place.device != leaving), "{after:?}");
    store.delete(&obsolete).await?;
    store.settle();
    let usage = store.stats(leaving).ok_or("it is still there")?.usage;
    assert_eq!(usage.filled_bytes, usage.dead_bytes);
    assert_eq!(read_chunk(&store, &after).await?, sent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_finds_a_bad_shard_asks_for_repair() -> Outcome {
    let shelf = Shelf::new("ailing", 3, 1);
    let store = shelf.open(3, 1)?;
    let mut ailments = store.ailments().ok_or("nobody asked before")?;
    let manifest = land(&store, body(100_000, 4)).await?;
    spoil(&shelf.dir(usize::from(manifest.chunks()[0].places[0].device)))?;
    assert_eq!(read_back(&store, &manifest).await?, body(100_000, 4));
    let ailing = tokio::time::timeout(Duration::from_secs(10), ailments.recv()).await?.ok_or("one")?;
    assert_eq!((ailing.owner, ailing.bad), (owner()?, vec![0]));
    let found = ailing.chunk.places[0];
    let suspect = move |place: &stripe::Place| {
        if *place == found { stripe::Doubt::Bytes } else { stripe::Doubt::Nothing }
    };
    let restored = store.restore(&owner()?, &ailing.chunk, Redundancy::Full, suspect).await?;
    let restored = restored.ok_or("it was bad")?;
    let after = restored.claim();
    assert_eq!(read_chunk(&store, &after).await?, body(100_000, 4));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_while_a_device_was_away_is_swept_when_it_is_back() -> Outcome {
    let shelf = Shelf::new("away", 3, 1);
    let store = shelf.open(3, 1)?;
    let manifest = land(&store, body(CHUNK_BYTES, 4)).await?;
    let kept = land(&store, body(CHUNK_BYTES, 5)).await?;
    store.dismiss(1);
    store.delete(manifest.chunks()).await?;
    store.admit(shelf.slot(1)?)?;
    let found: Vec<_> = store.sweep_device(1).collect::<Result<_, _>>()?;
    let named =
        |orphan: &&stripe::Orphan| kept.chunks().iter().any(|chunk| chunk.places.contains(&orphan.place()));
    let unnamed: Vec<_> = found.iter().filter(|orphan| !named(orphan)).cloned().collect();
    assert_eq!((found.len(), unnamed.len()), (2, 1));
    store.delete(&unnamed.into_iter().map(|orphan| orphan.record).collect::<Vec<_>>()).await?;
    assert_eq!(store.sweep_device(1).count(), 1);
    assert_eq!(read_back(&store, &kept).await?, body(CHUNK_BYTES, 5));
    shelf.health[0].set(WELL);
    Ok(())
}
