//! What was acknowledged is there after any end; what wasn't is cut off.

mod support;

use std::sync::mpsc;
use std::thread;

use support::{Outcome, Scratch, body, fill, record, writer};
use volume::{Device, Extent, Fault};

fn append(device: &Device, lane: usize, length: usize, seed: u64) -> Result<Extent, Fault> {
    let (send, answer) = mpsc::channel();
    device.append(lane, record(length, seed)?, Box::new(move |landed| drop(send.send(landed))));
    Ok(answer.recv().map_err(|_| Fault::Closed)??.claim())
}

#[test]
fn many_threads_share_few_syncs_and_all_read_back_their_own() -> Outcome {
    let scratch = Scratch::new("group");
    let device = scratch.device()?;
    let extents = thread::scope(|scope| {
        let writers: Vec<_> = (0..32_u64)
            .map(|thread| {
                let device = &device;
                scope.spawn(move || {
                    let seeds = (0..40).map(move |number| thread * 1000 + number);
                    seeds.map(|seed| Ok((seed, append(device, seed as usize, 5000, seed)?))).collect()
                })
            })
            .collect();
        let joined: Result<Vec<Vec<(u64, Extent)>>, Fault> =
            writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        joined
    })?;
    let counts = device.set().counts();
    assert_eq!(counts.records, 32 * 40);
    assert!(counts.batches < counts.records / 4, "{counts:?}");
    for (seed, extent) in extents.iter().flatten() {
        assert_eq!(device.set().read(extent)?, body(5000, *seed));
    }
    device.shutdown()?;
    assert_eq!(append(&device, 0, 1, 1).unwrap_err(), Fault::Closed);
    Ok(())
}

#[test]
fn a_device_that_was_dropped_without_a_shutdown_opens_with_all_that_was_acknowledged() -> Outcome {
    let scratch = Scratch::new("drop");
    let mut kept = Vec::new();
    for life in 0..4_u64 {
        let device = scratch.device()?;
        assert_eq!(device.set().epoch(), life + 1);
        for number in 0..30 {
            let seed = life * 100 + number;
            kept.push((seed, append(&device, seed as usize, 40_000, seed)?));
        }
        for (seed, extent) in &kept {
            assert_eq!(device.set().read(extent)?, body(40_000, *seed));
        }
    }
    Ok(())
}

#[test]
fn an_orderly_end_needs_neither_scan_nor_sweep() -> Outcome {
    let scratch = Scratch::new("orderly");
    let device = scratch.device()?;
    let extent = append(&device, 0, 100, 7)?;
    device.shutdown()?;
    drop(device);
    let set = scratch.set()?;
    assert_eq!(set.sweep().count(), 0);
    assert_eq!(set.read(&extent)?, body(100, 7));
    // And appending goes on in the same volume, right behind.
    let next = fill(&mut writer(&set)?, &[10])?;
    assert_eq!((next[0].volume, next[0].offset), (extent.volume, extent.offset + 4096));
    Ok(())
}

#[test]
fn a_torn_tail_is_cut_at_the_last_whole_batch() -> Outcome {
    for torn in ["header", "middle header", "payload", "owner"] {
        let scratch = Scratch::new("torn");
        let set = scratch.set()?;
        let mut writer_ = writer(&set)?;
        let good = fill(&mut writer_, &[9000, 100])?;
        let batch = [record(5000, 1)?, record(6000, 2)?, record(7000, 3)?];
        let lost = writer_.append_batch(&batch)?;
        drop((writer_, set));
        match torn {
            "header" => scratch.scribble(1, lost[0].offset, &[0; 4096])?,
            "middle header" => scratch.scribble(1, lost[1].offset, &[0; 512])?,
            "payload" => scratch.scribble(1, lost[2].offset + 4096, &[0; 512])?,
            _ => scratch.flip(1, lost[2].offset + 80 + 7000)?,
        }
        let set = scratch.set()?;
        for (seed, extent) in good.iter().enumerate() {
            assert_eq!(set.read(extent)?.len(), [9000, 100][seed]);
        }
        // The place is used again, and the remains behind it are never taken for records.
        let mut writer_ = writer(&set)?;
        assert_eq!(writer_.end(), lost[0].offset, "{torn}");
        let again = writer_.append_batch(&[record(5000, 9)?])?;
        assert_eq!(again[0].offset, lost[0].offset);
        drop((writer_, set));
        let set = scratch.set()?;
        assert_eq!(set.read(&again[0])?, body(5000, 9));
        assert_eq!(writer(&set)?.end(), lost[1].offset, "{torn}");
        assert_eq!(set.verify_volume(1)?.corrupt, 0);
    }
    Ok(())
}

#[test]
fn a_rotten_record_of_an_open_volume_costs_none_of_those_behind_it() -> Outcome {
    for in_payload in [false, true] {
        let scratch = Scratch::new("rotten");
        let set = scratch.set()?;
        let mut writer_ = writer(&set)?;
        let mut extents = Vec::new();
        for seed in 0..6 {
            extents.extend(writer_.append_batch(&[record(5000, seed)?])?);
        }
        drop((writer_, set));
        let rotten = extents[2];
        scratch.flip(1, rotten.offset + if in_payload { 4096 } else { 20 })?;
        for life in 0..3 {
            let set = scratch.set()?;
            for (seed, extent) in extents.iter().enumerate().filter(|(_, extent)| **extent != rotten) {
                assert_eq!(set.read(extent)?, body(5000, seed as u64), "life {life}");
            }
            assert!(set.read(&rotten).unwrap_err().is_corruption());
            assert_eq!(set.verify_volume(1)?.corrupt, 1);
            // What comes next lies elsewhere, or behind them all.
            let next = writer(&set)?.append_batch(&[record(100, life)?])?;
            assert!(next[0].volume != 1 || next[0].offset > extents[5].offset);
        }
    }
    Ok(())
}

#[test]
fn garbage_behind_the_end_is_not_taken_for_records() -> Outcome {
    let scratch = Scratch::new("garbage");
    let set = scratch.set()?;
    let mut writer_ = writer(&set)?;
    let good = fill(&mut writer_, &[3000])?;
    let end = writer_.end();
    drop((writer_, set));
    // A copy of a valid record elsewhere in the volume, then noise.
    let copy = scratch.peek(1, good[0].offset, 4096)?;
    scratch.scribble(1, end, &copy)?;
    scratch.scribble(1, end + 4096, &body(20_000, 5))?;
    let set = scratch.set()?;
    assert_eq!(writer(&set)?.end(), end);
    Ok(())
}

#[test]
fn after_a_crash_the_sweep_names_the_living_of_the_crashed_epoch_and_no_others() -> Outcome {
    let scratch = Scratch::new("sweep");
    let set = scratch.set()?;
    let mut first = writer(&set)?;
    fill(&mut first, &[100, 200])?;
    set.hand_back(first);
    set.close()?;
    drop(set);

    let set = scratch.set()?;
    let mut second = writer(&set)?;
    let landed = fill(&mut second, &[300; 200])?;
    set.delete(&landed[..10])?;
    set.seal(second)?;
    let mut third = writer(&set)?;
    let open = fill(&mut third, &[400; 300])?;
    drop((third, set));

    let set = scratch.set()?;
    let mut fourth = writer(&set)?;
    fill(&mut fourth, &[600])?;
    let found: Vec<Extent> =
        set.sweep().map(|orphan| orphan.map(|orphan| orphan.extent)).collect::<Result<_, _>>()?;
    assert_eq!(found, [&landed[10..], &open].concat());
    let owner = set.sweep().next().ok_or("nothing swept")??.owner;
    assert_eq!(owner, "owner 10");
    set.sweep_done()?;
    assert_eq!(set.sweep().count(), 0);
    Ok(())
}

#[test]
fn a_batch_that_does_not_fit_is_refused_and_writes_nothing() -> Outcome {
    let scratch = Scratch::new("full");
    let set = scratch.set()?;
    let mut writer_ = writer(&set)?;
    let end = writer_.end();
    let batch = [record(700_000, 1)?, record(700_000, 2)?];
    assert!(matches!(writer_.append_batch(&batch), Err(Fault::NoSpace { .. })));
    assert_eq!(writer_.end(), end);
    assert!(!writer_.has_failed());
    assert_eq!(writer_.append_batch(&batch[..1])?.len(), 1);
    Ok(())
}
