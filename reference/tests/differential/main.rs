//! The real operations, over a real directory, against the reference.

mod answers;
mod house;
mod inputs;
mod subject;

use std::cell::RefCell;
use std::rc::Rc;

use reference::differential::{Mismatch, Subject, check};

use crate::house::House;
use crate::subject::HallSubject;

const OPERATIONS: usize = 40;

/// All sequences share one server; each has an account and bucket names of its own.
fn compare(name: &str, seeds: std::ops::Range<u64>, restart_at: Option<usize>) -> Result<(), Box<Mismatch>> {
    let house = Rc::new(RefCell::new(House::open(name)));
    let mut accounts = 0;
    for seed in seeds {
        let mut fresh = || -> Box<dyn Subject> {
            accounts += 1;
            Box::new(HallSubject::new(house.clone(), accounts, restart_at))
        };
        check(&mut fresh, seed, OPERATIONS)?;
    }
    let house = Rc::into_inner(house).map(RefCell::into_inner);
    house.expect("no subject is left").remove();
    Ok(())
}

#[test]
fn three_hundred_random_sequences_answer_like_the_reference() -> Result<(), Box<Mismatch>> {
    compare("steady", 0..300, None)
}

#[test]
fn a_restart_amid_a_sequence_changes_no_answer() -> Result<(), Box<Mismatch>> {
    compare("restarted", 1000..1020, Some(OPERATIONS / 2))
}
