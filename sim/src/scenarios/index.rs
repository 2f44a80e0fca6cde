//! The index alone: sorted batches with reads between them and readers that stay.
//!
//! After a death exactly the last durable batch is there: the last that was acknowledged, or the one under way.

use std::collections::BTreeMap;

use bytes::Bytes;
use catalog::{Applied, Fault, Index, IndexRead, TreeIndex};
use model::Ordinal;

use super::commit::SMALL_TREE;
use crate::scenario::{Scenario, Stop, alive};
use crate::{Dice, SimDisk};

pub fn make(seed: u64) -> Box<dyn Scenario> {
    Box::new(Batches { dice: Dice::new(seed), durable: State::default(), doubtful: Vec::new() })
}

type Rows = BTreeMap<Vec<u8>, Bytes>;

/// The rows, and the number of the batch that made them.
#[derive(Clone, Default, PartialEq, Eq)]
struct State(u64, Rows);

struct Batches {
    dice: Dice,
    durable: State,
    /// What batches would have made of it that were neither acknowledged nor refused for good.
    doubtful: Vec<State>,
}

impl Scenario for Batches {
    fn live(&mut self, disk: &SimDisk, steps: u64) -> Result<(), Stop> {
        let dice = self.dice.fork();
        let index = alive(disk, "opening the index", TreeIndex::open(disk, SMALL_TREE))?;
        let found =
            State(alive(disk, "asking how far it is", index.applied())?.sequence, dump(disk, &index)?);
        if found != self.durable && !self.doubtful.contains(&found) {
            return Stop::violation(format!("batch {} is there, not {}", found.0, self.durable.0));
        }
        self.durable = found;
        self.doubtful.clear();
        let mut pinned: Option<(Box<dyn IndexRead>, Rows)> = None;
        for _ in 0..steps {
            match dice.below(10) {
                0..7 => self.apply(disk, &index, &dice)?,
                7 => reserve(disk, &index)?,
                8 => pinned = Some((alive(disk, "reading", index.read())?, self.durable.1.clone())),
                _ => pinned = None,
            }
            let proven = alive(disk, "verifying", index.verify(&[], u64::MAX))?;
            if dump(disk, &index)? != self.durable.1 || proven.rows != self.durable.1.len() as u64 {
                return Stop::violation("the rows are not those of the last batch");
            }
            if let Some((read, then)) = &pinned
                && walk(disk, &**read)? != *then
            {
                return Stop::violation("a reader's rows have changed");
            }
        }
        Ok(())
    }
}

impl Batches {
    fn apply(&mut self, disk: &SimDisk, index: &TreeIndex, dice: &Dice) -> Result<(), Stop> {
        let mut after = self.durable.clone();
        after.0 += 1;
        let rows: BTreeMap<_, _> = (0..dice.between(0, 30)).map(|_| row(dice)).collect();
        for (key, value) in &rows {
            match value {
                Some(value) => drop(after.1.insert(key.clone(), value.clone())),
                None => drop(after.1.remove(key)),
            }
        }
        let reaches = Applied { sequence: after.0, ordinal: Ordinal::from_u64(after.0) };
        let mut writes = rows.iter().map(|(key, value)| (key.as_slice(), value.as_deref()));
        match index.apply(&mut writes, Some(reaches)) {
            Ok(()) => self.durable = after,
            Err(Fault::NoSpace) if disk.is_tight() && !disk.has_faulted() => {}
            failed => {
                self.doubtful.push(after);
                alive(disk, "applying", failed)?;
            }
        }
        Ok(())
    }
}

fn reserve(disk: &SimDisk, index: &TreeIndex) -> Result<(), Stop> {
    match index.reserve() {
        Err(Fault::NoSpace) if disk.is_tight() && !disk.has_faulted() => Ok(()),
        done => alive(disk, "reserving", done),
    }
}

/// Few keys, some of them long, so that nodes split and join; now and then a value that lies outside.
fn row(dice: &Dice) -> (Vec<u8>, Option<Bytes>) {
    let number = dice.below(60);
    let key = [&vec![b'k'; if number.is_multiple_of(7) { 700 } else { 3 }][..], &[number as u8]].concat();
    let len = if dice.chance(5) { 9_000 } else { dice.below(400) };
    let value = (!dice.chance(40)).then(|| Bytes::from(dice.bytes(len as usize)));
    (key, value)
}

fn dump(disk: &SimDisk, index: &TreeIndex) -> Result<Rows, Stop> {
    walk(disk, &*alive(disk, "reading", index.read())?)
}

fn walk(disk: &SimDisk, read: &dyn IndexRead) -> Result<Rows, Stop> {
    let mut rows = Rows::new();
    let mut cursor = alive(disk, "a cursor", read.cursor(&[]))?;
    while let Some((key, value)) = alive(disk, "walking", cursor.row())? {
        rows.insert(key.to_vec(), Bytes::copy_from_slice(value));
        alive(disk, "walking", cursor.advance())?;
    }
    Ok(rows)
}
