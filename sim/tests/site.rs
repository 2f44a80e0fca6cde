//! Whole sites over devices with faults: nothing is lost or wrong, and bugs that are planted are found.

use sim::site::{Conditions, Failure, Plant, play};

const SEEDS: u64 = 300;

#[test]
fn whole_sites_lose_nothing() -> Result<(), Failure> {
    (0..SEEDS).try_for_each(|seed| play(seed, Conditions::default()).map(drop))
}

#[test]
fn a_seed_takes_the_same_course_again() -> Result<(), Failure> {
    for seed in 0..10 {
        let play = || play(seed, Conditions::default());
        assert_eq!(play()?, play()?, "seed {seed}");
    }
    Ok(())
}

/// Among so many seeds one shows it.
fn caught_within(plant: Plant, seeds: u64) {
    let conditions = Conditions { plant: Some(plant), ..Conditions::default() };
    let caught = (0..seeds).find_map(|seed| play(seed, conditions).err());
    assert!(caught.is_some(), "{plant:?} is not caught within {seeds} seeds");
}

#[test]
fn files_that_are_never_synced_are_caught() {
    caught_within(Plant::NoSync, 40);
}

#[test]
fn bytes_that_are_named_before_they_are_durable_are_caught() {
    caught_within(Plant::WrongOrder, 80);
}

#[test]
fn directories_that_are_never_synced_are_caught() {
    caught_within(Plant::NoDirectorySync, 40);
}

#[test]
fn a_stale_device_that_is_trusted_is_caught() {
    caught_within(Plant::StaleTrusted, 80);
}

#[test]
fn checksums_that_nobody_checks_are_caught() {
    caught_within(Plant::ChecksumUnchecked, 80);
}
