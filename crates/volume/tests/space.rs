//! Space: a full disk refuses before it promises, and what is deleted comes back.

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;

use support::{MIB, Outcome, Scratch, Tight, body, fill, record, small, writer};
use volume::{Device, Extent, Fault, Options, VolumeSet};

fn append(device: &Device, length: usize, seed: u64) -> Result<Extent, Fault> {
    let (send, answer) = mpsc::channel();
    device.append(0, record(length, seed)?, Box::new(move |landed| drop(send.send(landed))));
    Ok(answer.recv().map_err(|_| Fault::Closed)??.claim())
}

#[test]
fn a_full_disk_refuses_keeps_its_reserve_and_takes_again_what_fits_once_space_is_back() -> Outcome {
    let scratch = Scratch::new("full");
    let disk = Arc::new(Tight::new(&scratch, 12 * MIB)?);
    let options = Options { reserve_bytes: Some(3 * MIB), lanes: 1, ..small() };
    let device = Device::open(disk.clone(), options)?;
    let (mut kept, mut settled) = (Vec::new(), false);
    let fault = loop {
        match append(&device, 300_000, kept.len() as u64) {
            Ok(extent) => {
                kept.push(extent);
                settled = false;
            }
            Err(fault) if settled => break fault,
            // Sealing gives back what the volumes before had too much.
            Err(_) => {
                device.settle();
                settled = true;
            }
        }
    };
    assert!(matches!(fault, Fault::NoSpace { .. }), "{fault}");
    assert!(kept.len() > 15, "{}", kept.len());
    assert!(world::Disk::space(&*disk)?.available_bytes >= 3 * MIB - MIB / 2);
    // Reads and deletes go on, and what still fits in the open volume is taken.
    assert_eq!(device.set().read(&kept[3])?, body(300_000, 3));
    append(&device, 1000, 99)?;
    assert!(append(&device, 300_000, 99).is_err());
    device.set().delete(&kept)?;
    device.settle();
    for seed in 0..10 {
        append(&device, 300_000, seed)?;
    }
    // The disk may also grow, or others may free it.
    while append(&device, 300_000, 0).is_ok() {}
    disk.capacity_bytes.store(64 * MIB, Ordering::Relaxed);
    append(&device, 300_000, 5)?;
    device.shutdown()?;
    Ok(())
}

#[test]
fn small_batches_find_zeros_and_large_ones_ask_for_none() -> Outcome {
    for (length, is_large) in [(1 << 20, true), (100_000, false)] {
        let scratch = Scratch::new("zeros");
        let options = Options {
            volume_size_bytes_first: 32 * MIB,
            volume_size_bytes_max: 32 * MIB,
            lanes: 1,
            ..small()
        };
        let device = Device::open(scratch.disk()?, options)?;
        for seed in 0..128 * MIB / length as u64 {
            append(&device, length, seed)?;
        }
        let counts = device.set().counts();
        // The first two volumes are begun before anybody knows.
        let ahead = 2 * 16 * MIB;
        let zeroed = counts.bytes_zeroed;
        assert_eq!(zeroed <= ahead, is_large, "{zeroed} zeros for {} bytes", counts.bytes_written);
    }
    Ok(())
}

#[test]
fn a_record_larger_than_any_volume_is_refused_without_making_volumes() -> Outcome {
    let scratch = Scratch::new("large");
    let options = Options { volume_size_bytes_first: 64 << 10, volume_size_bytes_max: 64 << 10, ..small() };
    let device = Device::open(scratch.disk()?, options)?;
    assert!(matches!(append(&device, 100_000, 1), Err(Fault::TooLarge { .. })));
    append(&device, 50_000, 1)?;
    device.settle();
    assert!(device.set().volumes().len() <= 2);
    Ok(())
}

/// But for the file system's own blocks, which many holes need.
fn close(bytes: u64, expected: u64) -> bool {
    bytes.abs_diff(expected) <= 8192
}

#[test]
fn a_deleted_record_gives_its_blocks_back_once() -> Outcome {
    let scratch = Scratch::new("punch");
    let set = scratch.set()?;
    let mut open = writer(&set)?;
    let extents = fill(&mut open, &[100_000; 8])?;
    let before = scratch.blocks_bytes(1)?;
    for _ in 0..3 {
        set.delete(&extents[..4])?;
        assert_eq!(set.usage().dead_bytes, 4 * 102_400);
        // While the volume is open each keeps its first block.
        assert!(close(before - scratch.blocks_bytes(1)?, 4 * (102_400 - 4096)));
    }
    set.seal(open)?;
    assert!(close(scratch.blocks_bytes(1)?, 4096 + 4 * 102_400));
    for _ in 0..3 {
        set.delete(&extents[..6])?;
        assert_eq!(set.usage().dead_bytes, 6 * 102_400);
        assert!(close(scratch.blocks_bytes(1)?, 4096 + 2 * 102_400));
    }
    for extent in &extents[..6] {
        assert!(matches!(set.read(extent), Err(Fault::Gone { .. })));
    }
    assert_eq!(set.read(&extents[7])?, body(100_000, 7));
    let report = set.verify_volume(1)?;
    assert_eq!((report.records, report.dead_bytes, report.corrupt), (2, 6 * 102_400, 0));
    Ok(())
}

#[test]
fn counts_of_the_dead_survive_a_crash_and_an_orderly_end() -> Outcome {
    let scratch = Scratch::new("counts");
    let mut set = scratch.set()?;
    let mut first = writer(&set)?;
    let mut extents = fill(&mut first, &[5000; 20])?;
    set.seal(first)?;
    let mut second = writer(&set)?;
    extents.extend(fill(&mut second, &[5000; 20])?);
    for (life, pair) in extents.chunks(2).enumerate() {
        set.delete(pair)?;
        if life % 3 == 0 {
            set.close()?;
        }
        if life == 0 {
            drop(second);
            second = {
                drop(set);
                set = scratch.set()?;
                writer(&set)?
            };
        } else if life % 2 == 1 {
            drop(second);
            drop(set);
            set = scratch.set()?;
            set.free_dead()?;
            second = writer(&set)?;
        }
        let gone = if life >= 9 { 20 * 8192 } else { 0 };
        assert_eq!(set.usage().dead_bytes, (life as u64 + 1) * 2 * 8192 - gone, "{life}");
    }
    Ok(())
}

#[test]
fn a_volume_in_which_nothing_lives_is_removed_and_never_comes_back() -> Outcome {
    let scratch = Scratch::new("remove");
    let set = scratch.set()?;
    let mut first = writer(&set)?;
    let extents = fill(&mut first, &[200_000; 4])?;
    set.delete(&extents[..2])?;
    set.seal(first)?;
    assert!(scratch.path(1).exists());
    set.delete(&extents)?;
    assert!(!scratch.path(1).exists());
    assert!(matches!(set.read(&extents[0]), Err(Fault::Gone { .. })));
    set.delete(&extents)?;
    drop(set);
    let set = scratch.set()?;
    assert!(set.volumes().is_empty());
    assert!(matches!(set.read(&extents[0]), Err(Fault::Gone { .. })));
    assert_eq!(writer(&set)?.volume(), 2);
    Ok(())
}

#[test]
fn readers_of_the_living_are_not_disturbed_by_deletes_seals_and_removals() -> Outcome {
    let scratch = Scratch::new("disturbed");
    let device = Device::open(scratch.disk()?, Options { files_open_max: 2, ..small() })?;
    let living = append(&device, 4000, 1)?;
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..3000 {
                assert_eq!(device.set().read(&living).unwrap(), body(4000, 1));
            }
        });
        for seed in 0..300 {
            let extent = append(&device, 100_000, seed).unwrap();
            let read = device.set().read(&extent).unwrap();
            assert_eq!(read, body(100_000, seed));
            device.bury(vec![extent]);
        }
        reader.join().unwrap();
    });
    device.settle();
    assert!(device.set().usage().volumes <= 5, "{:?}", device.set().usage());
    Ok(())
}

#[test]
fn a_record_that_nobody_claims_is_deleted() -> Outcome {
    let scratch = Scratch::new("unclaimed");
    let device = scratch.device()?;
    let (send, answer) = mpsc::channel();
    device.append(0, record(10_000, 1)?, Box::new(move |landed| drop(send.send(landed))));
    drop(answer.recv()??);
    device.settle();
    assert_eq!(device.set().usage().dead_bytes, 12_288);
    Ok(())
}

#[test]
fn many_deaths_outgrow_their_file_and_stay_dead() -> Outcome {
    let scratch = Scratch::new("graves");
    let set: Arc<VolumeSet> = scratch.set()?;
    let mut open = writer(&set)?;
    let mut extents = fill(&mut open, &[10; 200])?;
    set.seal(open)?;
    let mut open = writer(&set)?;
    extents.extend(fill(&mut open, &[10; 200])?);
    for extent in extents.iter().skip(1).step_by(2).chain(extents.iter().skip(2).step_by(2)) {
        set.delete(&[*extent])?;
    }
    drop((open, set));
    let set = scratch.set()?;
    set.free_dead()?;
    assert_eq!(set.read(&extents[0])?, body(10, 0));
    for extent in &extents[1..] {
        assert!(matches!(set.read(extent), Err(Fault::Gone { .. })));
    }
    assert_eq!(set.usage().dead_bytes, 399 * 4096);
    Ok(())
}
