//! The catalog's engine: batches of commits, checkpoints between them, a clock that jumps.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{Engine, Purpose};
use model::Timestamp;
use world::ManualClock;

use crate::invariants::{Change, Ordinals, Rows};
use crate::scenario::{Scenario, Stop, alive};
use crate::{Dice, SimDisk};

use super::commit::{Script, commit, dump, open};

pub fn make(seed: u64) -> Box<dyn Scenario> {
    Box::new(Catalog {
        dice: Dice::new(seed),
        clock: Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000))),
        rows: Rows::default(),
        ordinals: Ordinals::default(),
    })
}

struct Catalog {
    dice: Dice,
    clock: Arc<ManualClock>,
    rows: Rows,
    ordinals: Ordinals,
}

impl Scenario for Catalog {
    fn live(&mut self, disk: &SimDisk, steps: u64) -> Result<(), Stop> {
        let dice = self.dice.fork();
        let mut engine = open(disk, &self.clock, dice.seed())?;
        self.rows.check(dump(disk, &engine)?)?;
        for _ in 0..steps {
            match dice.below(10) {
                0..8 => self.commit(disk, &mut engine, &dice)?,
                8 => alive(disk, "checkpoint", engine.checkpoint())?,
                _ => self.clock.set(Timestamp::from_seconds(999_000 + dice.below(2_000).cast_signed())),
            }
            self.rows.check(dump(disk, &engine)?)?;
        }
        Ok(())
    }
}

impl Catalog {
    fn commit(&mut self, disk: &SimDisk, engine: &mut Engine, dice: &Dice) -> Result<(), Stop> {
        let script = |_| Script {
            changes: (0..dice.between(1, 4)).map(|_| change(dice)).collect(),
            read: key(dice),
            purpose: Purpose::Grow,
        };
        let scripts = (0..dice.between(1, 7)).map(script).collect();
        commit(disk, engine, &mut self.rows, &mut self.ordinals, scripts)
    }
}

pub fn key(dice: &Dice) -> Vec<u8> {
    format!("key/{}", dice.below(14)).into_bytes()
}

pub fn change(dice: &Dice) -> Change {
    let len = match dice.below(20) {
        0 => 9_000,
        1..4 => 2_000,
        _ => dice.below(100),
    };
    let value = (!dice.chance(25)).then(|| Bytes::from(dice.bytes(len as usize)));
    (key(dice), value)
}
