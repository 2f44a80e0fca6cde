//! The real operations, over a real directory, against the reference.

mod hasty;
mod house;
mod plants;

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::thread;

use reference::differential::{Mismatch, Subject, check};
use reference::hall::HallSubject;

use crate::house::House;
use crate::plants::{Plant, SEEDS_MAX};

/// Ten thousand of these take less than half a minute on two cores.
const OPERATIONS: usize = 32;
const SEQUENCES: u64 = 10_000;
const OPERATIONS_OF_LONG: usize = 120;
const THREADS: u64 = 2;

struct Run<'a> {
    name: &'a str,
    operations: usize,
    restart_at: Option<usize>,
    plant: Option<Plant>,
}

impl Run<'_> {
    /// All sequences share one server; each has an account and bucket names of its own.
    fn compare(&self, seeds: Range<u64>) -> Result<(), Box<Mismatch>> {
        let house = Rc::new(RefCell::new(House::open(self.name)));
        let mut accounts = 0;
        let mut compared = Ok(());
        for seed in seeds {
            let mut fresh = || -> Box<dyn Subject> {
                accounts += 1;
                let subject = HallSubject::new(house.clone(), accounts, self.restart_at);
                match self.plant {
                    None => Box::new(subject),
                    Some(plant) => plant.into(subject),
                }
            };
            compared = check(&mut fresh, seed, self.operations);
            if compared.is_err() {
                break;
            }
        }
        let house = Rc::into_inner(house).map(RefCell::into_inner);
        house.expect("no subject is left").remove();
        compared
    }
}

/// Each thread has a server of its own.
fn compare_in_threads(name: &str, seeds: Range<u64>, operations: usize) -> Result<(), Box<Mismatch>> {
    let share = (seeds.end - seeds.start).div_ceil(THREADS);
    thread::scope(|scope| {
        let spawn = |number: u64| {
            let start = seeds.start + number * share;
            let seeds = start..seeds.end.min(start + share);
            let name = format!("{name}-{number}");
            let compare =
                move || Run { name: &name, operations, restart_at: None, plant: None }.compare(seeds);
            scope.spawn(compare)
        };
        let threads: Vec<_> = (0..THREADS).map(spawn).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a comparison ends"))
    })
}

#[test]
fn ten_thousand_random_sequences_answer_like_the_reference() -> Result<(), Box<Mismatch>> {
    compare_in_threads("steady", 0..SEQUENCES, OPERATIONS)
}

#[test]
fn long_random_sequences_answer_like_the_reference() -> Result<(), Box<Mismatch>> {
    compare_in_threads("long", 20_000..20_200, OPERATIONS_OF_LONG)
}

#[test]
fn a_restart_amid_a_sequence_changes_no_answer() -> Result<(), Box<Mismatch>> {
    let operations = 40;
    Run { name: "restarted", operations, restart_at: Some(operations / 2), plant: None }
        .compare(30_000..30_020)
}

/// Planted bugs of a few lines each, among the operations of the real server.
#[test]
fn planted_bugs_are_caught_and_the_proofs_are_short() {
    for plant in Plant::ALL {
        let name = format!("planted-{plant:?}");
        let run = Run { name: &name, operations: OPERATIONS, restart_at: None, plant: Some(plant) };
        let caught = run.compare(0..SEEDS_MAX);
        let mismatch = caught.expect_err("a plant is caught");
        assert!(mismatch.operations.len() <= OPERATIONS / 2, "{plant:?}: {mismatch:?}");
    }
}
