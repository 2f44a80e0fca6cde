//! Snapshots, cursors and the threads around the engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use world::SeededRandom;

use super::harness::{Device, commit, plan, put, scan};
use crate::engine::{Engine, Index as _, MemIndex};
use crate::{Catalog, Decision, Fault, Group, Purpose, View, Write};

fn key(random: &SeededRandom) -> String {
    let length = 1 + random.below(3);
    (0..length).map(|_| char::from(b'a' + random.below(4) as u8)).collect()
}

/// Random commits with checkpoints between them, and a BTreeMap that says what must be there.
fn mixed(engine: &mut Engine, random: &SeededRandom, model: &mut BTreeMap<Vec<u8>, Bytes>, commits: usize) {
    for number in 0..commits {
        let mut writes = Vec::new();
        for _ in 0..1 + random.below(3) {
            let key = key(random);
            if random.below(3) == 0 {
                model.remove(key.as_bytes());
                writes.push(Write::delete(key));
            } else {
                let value = Bytes::from(format!("{number}"));
                model.insert(key.clone().into_bytes(), value.clone());
                writes.push(Write::put(key, value));
            }
        }
        commit(engine, writes).unwrap();
        if random.below(10) == 0 {
            engine.checkpoint().unwrap();
        }
    }
}

fn compare(view: &dyn View, model: &BTreeMap<Vec<u8>, Bytes>, start: &[u8], end: &[u8]) {
    let within = || model.iter().filter(|(key, _)| key[..] >= *start && key[..] < *end);
    let owned = |(key, value): (&Vec<u8>, &Bytes)| (key.clone(), value.clone());
    assert_eq!(view.first_at_or_after(start, end).unwrap(), within().next().map(owned));
    assert_eq!(view.last_before(start, end).unwrap(), within().next_back().map(owned));
    assert_eq!(view.get(start).unwrap().as_ref(), model.get(start));
}

fn reads_equal_the_model(open: impl Fn(&Device) -> Engine, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let device = Device::small();
        let random = SeededRandom::new(seed);
        let mut model = BTreeMap::new();
        let mut engine = open(&device);
        for _ in 0..8 {
            mixed(&mut engine, &random, &mut model, 15);
            let snapshot = engine.snapshot().unwrap();
            let frozen = model.clone();
            // What comes after the snapshot must not show in it.
            mixed(&mut engine, &random, &mut model, 10);
            assert!(scan(&snapshot).iter().map(|(key, value)| (key, value)).eq(&frozen), "seed {seed}");
            let mut cursor = snapshot.cursor(b"", b"zz").unwrap();
            for _ in 0..40 {
                let (start, end) = (key(&random), key(&random));
                compare(&snapshot, &frozen, start.as_bytes(), end.as_bytes());
                cursor.seek(start.as_bytes()).unwrap();
                let mut following = frozen.range(start.into_bytes()..);
                for _ in 0..random.below(4) {
                    let expected = following.next().map(|(key, value)| (&key[..], &value[..]));
                    assert_eq!(cursor.next_ref().unwrap(), expected, "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn cursors_over_memtables_and_index_equal_a_btreemap() {
    reads_equal_the_model(|device| device.open().unwrap(), 0..60);
}

#[test]
fn cursors_over_memtables_and_tree_equal_a_btreemap() {
    reads_equal_the_model(|device| device.open_tree().unwrap(), 100..115);
}

#[test]
fn a_plan_sees_the_writes_of_earlier_plans_of_its_batch() {
    for seed in 0..40 {
        let device = Device::small();
        let random = Arc::new(SeededRandom::new(seed));
        let mut model = BTreeMap::new();
        let mut engine = device.open().unwrap();
        mixed(&mut engine, &random, &mut model, 30);
        let model = Arc::new(std::sync::Mutex::new(model));
        let mut told = Vec::new();
        let mut plans = Vec::new();
        for number in 0..40 {
            let (random, model) = (random.clone(), model.clone());
            let (plan, outcome) = plan(Purpose::Grow, move |view, _| {
                let mut model = model.lock().unwrap();
                for _ in 0..10 {
                    compare(view, &model, key(&random).as_bytes(), key(&random).as_bytes());
                }
                let key = key(&random);
                if random.below(2) == 0 {
                    model.remove(key.as_bytes());
                    return Ok(vec![Write::delete(key)]);
                }
                let value = Bytes::from(format!("in batch {number}"));
                model.insert(key.clone().into_bytes(), value.clone());
                Ok(vec![Write::put(key, value)])
            });
            plans.push(plan);
            told.push(outcome);
        }
        engine.commit_batch(plans);
        for told in told {
            told.lock().unwrap().take().unwrap().unwrap();
        }
        assert!(scan(&engine.snapshot().unwrap()).into_iter().eq(model.lock().unwrap().clone()));
    }
}

fn threaded(device: &Device) -> Catalog {
    let index = Box::new(MemIndex::on(device.state.clone()));
    Catalog::open(device.disk.clone(), index, device.clock.clone(), device.options).unwrap()
}

async fn add(catalog: Catalog, key: &'static str) -> Result<u64, ()> {
    let decided = catalog.commit(Group::new(key), move |view, _| {
        let before =
            view.get(key.as_bytes())?.map_or(0, |value| u64::from_le_bytes(*value.first_chunk().unwrap()));
        let after = (before + 1).to_le_bytes().to_vec();
        let writes = vec![Write::put(key, after.clone()), Write::put(format!("{key}/twin"), after)];
        Ok::<_, Fault>(Decision::Write::<_, ()>(writes, before + 1))
    });
    decided.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_concurrent_commits_share_few_syncs_and_lose_no_update() {
    let device = Device::small();
    let catalog = threaded(&device);
    let before = device.disk.switches.syncs.load(Ordering::Relaxed);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let catalog = catalog.clone();
        tasks.spawn(async move {
            for _ in 0..100 {
                add(catalog.clone(), "counter").await.unwrap();
            }
        });
    }
    let watching = catalog.clone();
    #[expect(clippy::disallowed_methods, reason = "this test takes no turns")]
    let watcher = std::thread::spawn(move || {
        let mut seen = 0;
        loop {
            let snapshot = watching.snapshot().unwrap();
            let counter = snapshot.get(b"counter").unwrap();
            std::thread::sleep(Duration::from_micros(50));
            assert_eq!(snapshot.get(b"counter/twin").unwrap(), counter, "a snapshot is one point in time");
            let count = counter.map_or(0, |value| u64::from_le_bytes(*value.first_chunk().unwrap()));
            assert!(count >= seen);
            seen = count;
            if count == 6_400 {
                break;
            }
        }
    });
    tasks.join_all().await;
    watcher.join().unwrap();
    let syncs = device.disk.switches.syncs.load(Ordering::Relaxed) - before;
    assert!(syncs < 6_400 / 8, "{syncs} syncs for 6,400 commits");
    catalog.shutdown();
    let refused =
        catalog.commit(Group::new("g"), |_, _| Ok(Decision::Write::<_, ()>(vec![put("k", "v")], ())));
    assert!(matches!(refused.await, Err(Fault::Closed)));
    drop(catalog);
    assert_eq!(add(threaded(&device), "counter").await, Ok(6_401));
}

#[test]
fn keys_of_any_length_can_be_asked_for() {
    let device = Device::small();
    let mut engine = device.open_tree().unwrap();
    let longest = "k".repeat(crate::KEY_BYTES_MAX);
    commit(&mut engine, vec![put(&longest, "1")]).unwrap();
    engine.checkpoint().unwrap();
    let snapshot = engine.snapshot().unwrap();
    let longer = "k".repeat(4_000);
    for key in ["", &longer] {
        assert_eq!(snapshot.get(key.as_bytes()).unwrap(), None);
        assert_eq!(engine.get(key.as_bytes()).unwrap(), None);
    }
    assert_eq!(snapshot.first_at_or_after(longer.as_bytes(), b"z").unwrap(), None);
    let (first, _) = snapshot.first_at_or_after(b"", longer.as_bytes()).unwrap().unwrap();
    let (last, _) = snapshot.last_before(b"", longer.as_bytes()).unwrap().unwrap();
    assert_eq!((first.as_slice(), last.as_slice()), (longest.as_bytes(), longest.as_bytes()));
    assert_eq!(snapshot.last_before(b"", b"").unwrap(), None);
}

#[test]
fn handles_cross_threads() {
    fn shared<T: Send + Sync>() {}
    fn moved<T: Send>() {}
    shared::<Catalog>();
    moved::<crate::Snapshot>();
    moved::<Engine>();
}

#[tokio::test]
async fn a_clean_shutdown_leaves_nothing_to_replay() {
    let device = Device::small();
    let catalog = threaded(&device);
    add(catalog.clone(), "counter").await.unwrap();
    catalog.shutdown();
    drop(catalog);
    let index = MemIndex::on(device.state.clone());
    let read = crate::Index::read(&index).unwrap();
    assert!(read.get(b"counter").unwrap().is_some());
}

#[tokio::test]
async fn a_refusal_reaches_its_caller_and_changes_nothing() {
    let device = Device::small();
    let catalog = threaded(&device);
    let refused = catalog.commit(Group::new("g"), |_, _| Ok(Decision::Refuse::<(), _>("no"))).await;
    assert_eq!(refused.unwrap(), Err("no"));
    assert_eq!(scan(&catalog.snapshot().unwrap()), []);
}

#[tokio::test]
async fn an_idle_catalog_gives_the_index_what_it_has() {
    let device = Device::small();
    let catalog = threaded(&device);
    add(catalog.clone(), "counter").await.unwrap();
    let indexed = || MemIndex::on(device.state.clone()).read().unwrap().get(b"counter").unwrap();
    assert_eq!(indexed(), None);
    let begun = Instant::now();
    while indexed().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    add(catalog.clone(), "counter").await.unwrap();
    assert_eq!(catalog.get(b"counter").unwrap().as_deref(), Some(&2_u64.to_le_bytes()[..]));
}
