//! What a crash leaves, and what the next start makes of it.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use model::Timestamp;

use super::harness::{Device, commit, plan, put, scan, writing};
use crate::{Fault, Purpose, View, Write};

fn row(key: &str, value: &'static str) -> (Vec<u8>, Bytes) {
    (key.into(), Bytes::from_static(value.as_bytes()))
}

#[test]
fn what_was_committed_is_there_after_a_drop_without_shutdown() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    commit(&mut engine, vec![put("a", "1"), put("b", "2")]).unwrap();
    commit(&mut engine, vec![Write::delete("a"), put("c", "3")]).unwrap();
    let before = scan(&engine.snapshot().unwrap());
    drop(engine);
    for _ in 0..3 {
        let engine = device.open().unwrap();
        assert_eq!(scan(&engine.snapshot().unwrap()), before);
        assert_eq!(before, [row("b", "2"), row("c", "3")]);
    }
}

#[test]
fn the_tree_and_its_journal_survive_many_checkpoints_and_reopens() {
    let device = Device::small();
    let mut expected = std::collections::BTreeMap::new();
    for round in 0..6_u32 {
        let mut engine = device.open_tree().unwrap();
        for number in 0..400_u32 {
            let key = format!("key-{:05}", (number * 7919 + round * 31) % 1_000);
            if number % 5 == 0 {
                commit(&mut engine, vec![Write::delete(key.as_str())]).unwrap();
                expected.remove(key.as_bytes());
            } else {
                let value = Bytes::from(format!("{round}-{number}").repeat(20));
                commit(&mut engine, vec![put(&key, value.clone())]).unwrap();
                expected.insert(key.into_bytes(), value);
            }
        }
        if round % 2 == 0 {
            engine.checkpoint().unwrap();
        }
        let rows = scan(&engine.snapshot().unwrap());
        assert!(rows.iter().map(|(key, value)| (key, value)).eq(&expected), "round {round}");
    }
}

#[test]
fn a_torn_tail_is_cut_at_the_last_whole_batch() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    commit(&mut engine, vec![put("kept", "1")]).unwrap();
    commit(&mut engine, vec![put("torn", Bytes::from(vec![7; 9_000]))]).unwrap();
    drop(engine);
    // The last batch has three blocks; the device kept the first two.
    let (path, mut bytes) = device.segments().pop().unwrap();
    bytes[4096 * 4..4096 * 5].fill(0);
    std::fs::write(path, bytes).unwrap();
    let mut engine = device.open().unwrap();
    assert_eq!(scan(&engine.snapshot().unwrap()), [row("kept", "1")]);
    commit(&mut engine, vec![put("after", "2")]).unwrap();
    drop(engine);
    assert_eq!(scan(&device.open().unwrap().snapshot().unwrap()), [row("after", "2"), row("kept", "1")]);
}

#[test]
fn a_flipped_byte_in_the_last_batch_cuts_it_off_wherever_it_is() {
    for at in [0, 9, 17, 21, 33, 41, 63, 70, 90] {
        let device = Device::small();
        let mut engine = device.open().unwrap();
        commit(&mut engine, vec![put("kept", "1")]).unwrap();
        commit(&mut engine, vec![put("rotten", "a value that is long enough")]).unwrap();
        drop(engine);
        let (path, mut bytes) = device.segments().pop().unwrap();
        bytes[4096 * 2 + at] ^= 0x20;
        std::fs::write(path, bytes).unwrap();
        let engine = device.open().unwrap();
        assert_eq!(scan(&engine.snapshot().unwrap()), [row("kept", "1")], "byte {at}");
    }
}

#[test]
fn a_broken_batch_before_a_whole_one_is_corruption_and_not_a_torn_tail() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    for value in ["1", "2", "3"] {
        commit(&mut engine, vec![put("key", value)]).unwrap();
    }
    drop(engine);
    let (path, whole) = device.segments().pop().unwrap();
    for block in [0, 1, 2] {
        let mut bytes = whole.clone();
        bytes[4096 * block + 41] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(device.open().map(|_| ()), Err(Fault::Corrupt { .. })), "block {block}");
    }
    std::fs::write(&path, whole).unwrap();
    assert_eq!(scan(&device.open().unwrap().snapshot().unwrap()), [row("key", "3")]);
}

#[test]
fn a_lost_journal_is_corruption() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    commit(&mut engine, vec![put("key", "value")]).unwrap();
    engine.checkpoint().unwrap();
    drop(engine);
    for (path, _) in device.segments() {
        std::fs::remove_file(path).unwrap();
    }
    assert!(matches!(device.open().map(|_| ()), Err(Fault::Corrupt { .. })));
}

#[test]
fn stale_frames_of_recycled_segments_are_ignored() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    let value = Bytes::from(vec![b'v'; 600]);
    for round in 0..40 {
        for key in 0..20 {
            commit(&mut engine, vec![put(&format!("{key}"), value.clone())]).unwrap();
        }
        if round % 3 == 0 {
            engine.checkpoint().unwrap();
        }
    }
    let files = std::fs::read_dir(device.scratch.path("journal")).unwrap().count();
    assert!(files <= device.options.spares_max + 4, "{files} segments: they are not recycled");
    for key in 0..20 {
        commit(&mut engine, vec![Write::delete(format!("{key}"))]).unwrap();
    }
    commit(&mut engine, vec![put("last", "1")]).unwrap();
    drop(engine);
    assert_eq!(scan(&device.open().unwrap().snapshot().unwrap()), [row("last", "1")]);
}

#[test]
fn ordinals_grow_over_restarts_although_the_clock_jumps_back() {
    let device = Device::small();
    let mut last = model::Ordinal::FIRST;
    for (start, seconds) in [2_000, 500, 1_500, 1].into_iter().enumerate() {
        let mut engine = device.open().unwrap();
        device.clock.set(Timestamp::from_seconds(seconds));
        for _ in 0..3 {
            let ordinal = commit(&mut engine, vec![put("key", "value")]).unwrap();
            assert!(ordinal > last);
            last = ordinal;
        }
        if start == 1 {
            engine.checkpoint().unwrap();
        }
    }
}

#[test]
fn after_a_failed_sync_nothing_more_is_committed_until_reopened() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    commit(&mut engine, vec![put("before", "1")]).unwrap();
    device.disk.switches.broken.store(true, Ordering::Relaxed);
    let refusing = |view: &dyn View, _: model::Ordinal| {
        // It reads what the batch has not yet made durable, and so must share its fate.
        assert!(view.get(b"doubtful")?.is_some());
        Ok(Vec::new())
    };
    let (first, told_first) = writing(vec![put("doubtful", "2")]);
    let (second, told_second) = plan(Purpose::Grow, refusing);
    engine.commit_batch([first, second]);
    for told in [told_first, told_second] {
        let fault = told.lock().unwrap().take().unwrap().unwrap_err();
        assert!(fault.outcome_unknown(), "{fault}");
    }
    device.disk.switches.broken.store(false, Ordering::Relaxed);
    assert!(matches!(commit(&mut engine, vec![put("after", "3")]), Err(Fault::Failed(_))));
    assert!(engine.tables().failed.get().is_some());
    assert_eq!(scan(&engine.snapshot().unwrap()), [row("before", "1")]);
    drop(engine);
    let mut engine = device.open().unwrap();
    commit(&mut engine, vec![put("after", "3")]).unwrap();
    assert_eq!(engine.get(b"before").unwrap(), Some(Bytes::from_static(b"1")));
}

#[test]
fn deletes_go_on_when_the_disk_is_full() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    let value = Bytes::from(vec![b'v'; 300]);
    for key in 0..500 {
        commit(&mut engine, vec![put(&format!("{key:04}"), value.clone())]).unwrap();
    }
    device.disk.switches.full.store(true, Ordering::Relaxed);
    assert!(matches!(commit(&mut engine, vec![put("more", "1")]), Err(Fault::NoSpace)));
    // Far more batches than the journal's segments hold together.
    for key in 0..500 {
        let key = format!("{key:04}");
        let (freeing, told) = plan(Purpose::Free, move |_, _| {
            Ok(vec![Write::delete(key.as_str()), put(&format!("mark/{key}"), "x")])
        });
        engine.commit_batch([freeing]);
        told.lock().unwrap().take().unwrap().unwrap();
    }
    for key in 0..500 {
        commit(&mut engine, vec![Write::delete(format!("mark/{key:04}"))]).unwrap();
    }
    assert_eq!(scan(&engine.snapshot().unwrap()), []);
    drop(engine);
    let mut engine = device.open().unwrap();
    assert_eq!(scan(&engine.snapshot().unwrap()), []);
    device.disk.switches.full.store(false, Ordering::Relaxed);
    commit(&mut engine, vec![put("more", "1")]).unwrap();
}

#[test]
fn a_write_that_found_no_space_did_not_happen_and_the_next_takes_its_place() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    commit(&mut engine, vec![put("before", "1")]).unwrap();
    device.disk.switches.unwritable.store(true, Ordering::Relaxed);
    let wide = vec![put("lost", Bytes::from(vec![7; 9_000]))];
    assert!(matches!(commit(&mut engine, wide), Err(Fault::NoSpace)));
    device.disk.switches.unwritable.store(false, Ordering::Relaxed);
    commit(&mut engine, vec![put("after", "2")]).unwrap();
    drop(engine);
    let expected = [row("after", "2"), row("before", "1")];
    assert_eq!(scan(&device.open().unwrap().snapshot().unwrap()), expected);
}

#[test]
fn an_index_that_fails_for_a_while_loses_nothing() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    device.state.set_hook(|_| Err(Fault::NoSpace));
    let mut committed = 0;
    for key in 0..2_000 {
        let value = Bytes::from(vec![b'v'; 400]);
        if commit(&mut engine, vec![put(&format!("{key:04}"), value)]).is_err() {
            break;
        }
        committed += 1;
    }
    assert!((200..2_000).contains(&committed), "{committed} were taken in memory");
    device.state.clear_hook();
    commit(&mut engine, vec![put("zlast", "1")]).unwrap();
    assert_eq!(scan(&engine.snapshot().unwrap()).len(), committed + 1);
    drop(engine);
    assert_eq!(scan(&device.open().unwrap().snapshot().unwrap()).len(), committed + 1);
}

#[test]
fn a_plan_that_panics_fails_alone() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    let (first, told_first) = writing(vec![put("a", "1")]);
    let (second, told_second) = plan(Purpose::Grow, |_, _| panic!("a mistake"));
    let (third, told_third) = writing(vec![put("b", "2")]);
    engine.commit_batch([first, second, third]);
    assert!(told_first.lock().unwrap().take().unwrap().is_ok());
    assert!(matches!(told_second.lock().unwrap().take().unwrap(), Err(Fault::Panicked(_))));
    assert!(told_third.lock().unwrap().take().unwrap().is_ok());
    assert_eq!(scan(&engine.snapshot().unwrap()), [row("a", "1"), row("b", "2")]);
}

#[test]
fn writes_that_are_too_large_are_refused_alone() {
    let device = Device::small();
    let mut engine = device.open().unwrap();
    let long = vec![put(&"k".repeat(crate::KEY_BYTES_MAX + 1), "1")];
    assert!(matches!(commit(&mut engine, long), Err(Fault::TooLarge { .. })));
    let wide = vec![put("k", Bytes::from(vec![0; crate::VALUE_BYTES_MAX + 1]))];
    assert!(matches!(commit(&mut engine, wide), Err(Fault::TooLarge { .. })));
    // Larger than a segment, and yet allowed.
    commit(&mut engine, vec![put("k", Bytes::from(vec![0; 300 << 10]))]).unwrap();
    assert_eq!(engine.get(b"k").unwrap().map(|value| value.len()), Some(300 << 10));
}
