//! What else befalls a program: it is killed while the machine runs on, its device errs, its disk is full.

use sim::disk::Options;
use sim::runner::{Conditions, Failure, Trouble, play};
use sim::scenarios::ALL;

fn survive(seeds: u64, conditions: &Conditions) -> Result<(), Failure> {
    for scenario in &ALL {
        for seed in 0..seeds {
            // Every other seed has a device that spoils the sectors it was writing when the power went.
            let disk = Options { torn_sectors_are_garbage: seed % 2 == 0, ..conditions.disk };
            play(scenario, &Conditions { disk, ..conditions.clone() }, seed)?;
        }
    }
    Ok(())
}

#[test]
fn a_kill_and_then_a_power_cut_lose_nothing() -> Result<(), Failure> {
    survive(40, &Conditions { trouble: Trouble::Kill, ..Conditions::default() })
}

#[test]
fn a_device_that_errs_once_loses_nothing() -> Result<(), Failure> {
    survive(40, &Conditions { trouble: Trouble::Error, ..Conditions::default() })
}

#[test]
fn a_full_disk_loses_nothing_and_goes_on_once_there_is_room() -> Result<(), Failure> {
    survive(30, &Conditions { tight: true, ..Conditions::default() })
}
