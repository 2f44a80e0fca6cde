//! The simulated disk keeps what was synced and nothing surely but that.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};

use world::Disk;

use super::{Options, SimDisk, SkippedSync, SyncKind};

fn read(disk: &SimDisk, path: &str) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let mut bytes = vec![0; usize::try_from(file.len()?).unwrap()];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// A disk with the durable file `a` of 8 KiB of `1`s.
fn prepared() -> SimDisk {
    let disk = SimDisk::new(1);
    let file = disk.create("a").unwrap();
    file.write_all_at(&[1; 8192], 0).unwrap();
    file.sync_all().unwrap();
    disk.sync_dir("").unwrap();
    disk
}

#[test]
fn what_was_synced_survives_every_crash() {
    for seed in 0..100 {
        let disk = prepared();
        assert_eq!(read(&disk.crash(seed), "a").unwrap(), [1; 8192]);
    }
}

#[test]
fn an_unsynced_write_is_kept_dropped_or_torn_between_sectors() {
    let mut kept_sectors = BTreeSet::new();
    for seed in 0..300 {
        let disk = prepared();
        disk.open("a").unwrap().write_all_at(&[2; 4096], 0).unwrap();
        let bytes = read(&disk.crash(seed), "a").unwrap();
        let sectors: Vec<&[u8]> = bytes.chunks(512).collect();
        assert!(sectors.iter().all(|sector| sector.iter().all(|byte| *byte == sector[0])));
        assert!(sectors[8..].iter().all(|sector| sector[0] == 1));
        kept_sectors.insert(sectors.iter().filter(|sector| sector[0] == 2).count());
    }
    assert_eq!(kept_sectors, (0..=8).collect());
}

#[test]
fn unsynced_writes_land_in_any_order() {
    let mut seen = BTreeSet::new();
    for seed in 0..300 {
        let disk = prepared();
        let file = disk.open("a").unwrap();
        file.write_all_at(&[2; 512], 0).unwrap();
        file.write_all_at(&[3; 512], 4096).unwrap();
        let bytes = read(&disk.crash(seed), "a").unwrap();
        seen.insert((bytes[0], bytes[4096]));
    }
    assert_eq!(seen, BTreeSet::from([(1, 1), (2, 1), (1, 3), (2, 3)]));
}

#[test]
fn a_sector_never_holds_a_later_write_without_the_earlier() {
    for seed in 0..200 {
        let disk = prepared();
        let file = disk.open("a").unwrap();
        file.write_all_at(b"first", 0).unwrap();
        file.write_all_at(b"second", 100).unwrap();
        let bytes = read(&disk.crash(seed), "a").unwrap();
        assert!(&bytes[100..106] != b"second" || &bytes[..5] == b"first");
    }
}

#[test]
fn a_file_without_a_synced_directory_may_vanish() {
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let disk = SimDisk::new(1);
        disk.create_dir("d").unwrap();
        disk.sync_dir("").unwrap();
        let file = disk.create("d/f").unwrap();
        file.write_all_at(b"x", 0).unwrap();
        file.sync_all().unwrap();
        let after = disk.crash(seed);
        assert_eq!(after.list("").unwrap(), ["d"]);
        seen.insert(after.exists("d/f").unwrap());
        if after.exists("d/f").unwrap() {
            assert_eq!(read(&after, "d/f").unwrap(), b"x");
        }
    }
    assert_eq!(seen, BTreeSet::from([false, true]));
}

#[test]
fn a_directory_whose_own_name_was_not_synced_takes_its_files_along() {
    let lost = (0..50).any(|seed| {
        let disk = SimDisk::new(1);
        disk.create_dir("d").unwrap();
        disk.create("d/f").unwrap().sync_all().unwrap();
        disk.sync_dir("d").unwrap();
        !disk.crash(seed).exists("d/f").unwrap()
    });
    assert!(lost);
}

#[test]
fn name_changes_of_a_directory_are_kept_up_to_some_point() {
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let disk = prepared();
        disk.create("b").unwrap();
        disk.rename("b", "c").unwrap();
        disk.remove("a").unwrap();
        seen.insert(disk.crash(seed).list("").unwrap().join(" "));
    }
    assert_eq!(seen, ["a", "a b", "a c", "c"].map(str::to_owned).into());
}

#[test]
fn a_rename_replaces_whole_or_not_at_all() {
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let disk = prepared();
        let file = disk.create("new").unwrap();
        file.write_all_at(&[2; 10], 0).unwrap();
        file.sync_all().unwrap();
        disk.sync_dir("").unwrap();
        disk.rename("new", "a").unwrap();
        let after = disk.crash(seed);
        seen.insert((after.exists("new").unwrap(), read(&after, "a").unwrap()[0]));
    }
    assert_eq!(seen, BTreeSet::from([(true, 1), (false, 2)]));
}

#[test]
fn after_its_last_deed_the_machine_answers_nothing() {
    let disk = prepared();
    disk.die_after(1);
    let file = disk.open("a").unwrap();
    file.write_all_at(b"x", 0).unwrap();
    assert!(file.sync_data().is_err());
    assert!(disk.is_off());
    assert!(file.read_exact_at(&mut [0], 0).is_err());
    assert!(disk.open("a").is_err() && disk.space().is_err() && file.len().is_err());
}

#[test]
fn a_skipped_sync_answers_well_and_keeps_nothing_surely() {
    let lost = (0..50).any(|seed| {
        let disk = prepared();
        disk.skip(SkippedSync::every(SyncKind::File, "a"));
        let file = disk.open("a").unwrap();
        file.write_all_at(&[2; 512], 0).unwrap();
        file.sync_data().unwrap();
        read(&disk.crash(seed), "a").unwrap()[0] == 1
    });
    assert!(lost);
}

#[test]
fn only_the_chosen_sync_is_skipped() {
    let disk = prepared();
    disk.skip(SkippedSync::nth(SyncKind::File, "a", 1));
    let file = disk.open("a").unwrap();
    for _ in 0..3 {
        file.sync_data().unwrap();
    }
    disk.sync_dir("").unwrap();
    assert_eq!(disk.counts().syncs_skipped, 1);
}

#[test]
fn a_failed_sync_loses_what_a_later_sync_no_longer_writes() {
    let lost = (0..50).any(|seed| {
        let disk = SimDisk::new(seed);
        let file = disk.create("a").unwrap();
        disk.sync_dir("").unwrap();
        file.write_all_at(&[2; 512], 0).unwrap();
        disk.fail_after(0);
        assert!(file.sync_data().is_err());
        file.sync_data().unwrap();
        read(&disk.crash(seed), "a").unwrap() != [2; 512]
    });
    assert!(lost);
}

#[test]
fn a_failed_sync_keeps_lengths_and_holes_for_the_next_one() {
    for seed in 0..50 {
        let disk = prepared();
        let file = disk.open("a").unwrap();
        file.punch(0, 4096).unwrap();
        file.set_len(6000).unwrap();
        disk.fail_after(0);
        assert!(file.sync_all().is_err());
        let disk = disk.restart(seed);
        let file = disk.open("a").unwrap();
        file.punch(0, 4096).unwrap();
        file.sync_data().unwrap();
        let mut expected = vec![0; 4096];
        expected.resize(6000, 1);
        assert_eq!(read(&disk.crash(seed), "a").unwrap(), expected, "{seed}");
    }
}

#[test]
fn a_full_disk_refuses_new_blocks_and_takes_overwrites() {
    let disk = SimDisk::with_options(Options { capacity_bytes: 8192, ..Options::default() }, 1);
    let file = disk.create("a").unwrap();
    file.allocate(8192).unwrap();
    assert_eq!(file.write_all_at(b"x", 8192).unwrap_err().kind(), ErrorKind::StorageFull);
    file.write_all_at(&[1; 8192], 0).unwrap();
    assert_eq!(disk.space().unwrap().available_bytes, 0);
    file.punch(0, 4096).unwrap();
    file.write_all_at(b"x", 8192).unwrap();
    let mut back = [9; 4097];
    file.read_exact_at(&mut back, 0).unwrap();
    assert_eq!((back[0], back[4095], back[4096]), (0, 0, 1));
}

#[test]
fn lengths_are_durable_after_a_data_sync_unless_the_port_is_taken_at_its_word() {
    let shortest = |strict: bool| {
        let options = Options { data_sync_forgets_length: strict, ..Options::default() };
        (0..50)
            .map(|seed| {
                let disk = SimDisk::with_options(options, 1);
                let file = disk.create("a").unwrap();
                disk.sync_dir("").unwrap();
                file.write_all_at(&[1; 1000], 0).unwrap();
                file.sync_data().unwrap();
                read(&disk.crash(seed), "a").unwrap().len()
            })
            .min()
    };
    assert_eq!((shortest(false), shortest(true)), (Some(1000), Some(0)));
}

#[test]
fn what_lies_beyond_a_cut_never_comes_back() {
    let disk = prepared();
    let file = disk.open("a").unwrap();
    file.set_len(100).unwrap();
    file.set_len(8192).unwrap();
    let mut expected = vec![1; 100];
    expected.resize(8192, 0);
    assert_eq!(read(&disk, "a").unwrap(), expected);
    file.sync_all().unwrap();
    assert_eq!(read(&disk.crash(3), "a").unwrap(), expected);
}

#[test]
fn rot_changes_bits_that_nobody_wrote() {
    let disk = prepared();
    disk.rot("a", 5000, 0x80).unwrap();
    assert_eq!(read(&disk, "a").unwrap()[5000], 0x81);
    assert_eq!(read(&disk.crash(1), "a").unwrap()[5000], 0x81);
}

#[test]
fn a_broken_range_cannot_be_read() {
    let disk = prepared();
    disk.break_range("a", 512..1024).unwrap();
    let file = disk.open("a").unwrap();
    assert!(file.read_exact_at(&mut [0; 512], 0).is_ok());
    assert!(file.read_exact_at(&mut [0; 513], 0).is_err());
}

#[test]
fn the_same_seeds_give_the_same_disk() {
    let after = |seed| {
        let disk = prepared();
        let file = disk.open("a").unwrap();
        for at in 0..8 {
            file.write_all_at(&[7; 700], at * 900).unwrap();
        }
        read(&disk.crash(seed), "a").unwrap()
    };
    assert_eq!(after(11), after(11));
    assert!((0..20).any(|seed| after(seed) != after(11)));
}
