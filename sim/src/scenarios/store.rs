//! Catalog and volumes on one device, in the order of a write: land the chunk, name it by a commit. What a commit
//! displaces it marks for a reclaimer; what was landed and never named a sweeper finds.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{Engine, Purpose};
use model::Timestamp;
use volume::{Extent, Record, VolumeSet, VolumeWriter};
use world::ManualClock;

use crate::invariants::{Change, Ordinals, Rows, payload};
use crate::scenario::{Scenario, Stop, alive};
use crate::{Dice, SimDisk};

use super::commit::{Script, commit, dump, open};
use super::volumes::{record, small, writer_with_room};

pub fn make(seed: u64) -> Box<dyn Scenario> {
    Box::new(Store {
        dice: Dice::new(seed),
        clock: Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000))),
        rows: Rows::default(),
        ordinals: Ordinals::default(),
        next: 0,
    })
}

struct Store {
    dice: Dice,
    clock: Arc<ManualClock>,
    rows: Rows,
    ordinals: Ordinals,
    /// The id of the next chunk.
    next: u64,
}

/// A life of the program.
struct Program {
    engine: Engine,
    set: Arc<VolumeSet>,
    writer: Option<VolumeWriter>,
}

/// Keys of objects begin so, and marks for the reclaimer so.
const OBJECT: &[u8] = b"object/";
const RECLAIM: &[u8] = b"reclaim/";

impl Scenario for Store {
    fn live(&mut self, disk: &SimDisk, steps: u64) -> Result<(), Stop> {
        let dice = self.dice.fork();
        let mut program = self.start(disk, &dice)?;
        for _ in 0..steps {
            match dice.below(12) {
                0..6 => self.put(disk, &mut program, &dice)?,
                6..8 => self.delete(disk, &mut program, &dice)?,
                8 => self.reclaim(disk, &mut program)?,
                9 => alive(disk, "checkpoint", program.engine.checkpoint())?,
                10 => {
                    if let Some(writer) = program.writer.take() {
                        alive(disk, "seal", program.set.seal(writer))?;
                    }
                }
                _ => alive(disk, "checkpoint of the volumes", program.set.checkpoint())?,
            }
            self.check(disk, &program)?;
        }
        Ok(())
    }
}

impl Store {
    fn start(&mut self, disk: &SimDisk, dice: &Dice) -> Result<Program, Stop> {
        let engine = open(disk, &self.clock, dice.seed())?;
        let set = Arc::new(alive(disk, "opening the volumes", VolumeSet::open(disk.port(), small(dice)))?);
        let mut program = Program { engine, set, writer: None };
        self.check(disk, &program)?;
        if dice.chance(70) {
            self.sweep(disk, &program)?;
            self.reclaim(disk, &mut program)?;
            self.check_nothing_leaks(disk, &program)?;
        }
        Ok(program)
    }

    /// Each row is one that may be there, and what it names reads right.
    fn check(&mut self, disk: &SimDisk, program: &Program) -> Result<(), Stop> {
        self.rows.check(dump(disk, &program.engine)?)?;
        for (key, row) in self.rows.iter().filter(|(key, _)| key.starts_with(OBJECT)) {
            let named = Named::decode(row)?;
            let bytes = alive(disk, "reading a named chunk", program.set.read(&named.extent))?;
            if bytes != payload(named.id, named.extent.length as usize) {
                return Stop::violation(format!("{} reads as wrong bytes", String::from_utf8_lossy(key)));
            }
        }
        Ok(())
    }

    fn put(&mut self, disk: &SimDisk, program: &mut Program, dice: &Dice) -> Result<(), Stop> {
        // On a full disk a plan may be refused, and what those after it displace would then be wrong.
        let count = if disk.is_tight() { 1 } else { dice.between(1, 4) };
        let ids: Vec<u64> = (self.next..self.next + count).collect();
        self.next += count;
        let lens: Vec<usize> = ids.iter().map(|_| [0, 100, 4_000, 12_000][dice.index(4)]).collect();
        let made = ids.iter().zip(&lens).map(|(id, len)| record(disk, *id, *len, dice));
        let records = made.collect::<Result<Vec<Record>, Stop>>()?;
        let wanted = records.iter().map(Record::extent_bytes).sum();
        let writer = writer_with_room(disk, &program.set, program.writer.take(), wanted)?;
        let Some(mut writer) = writer else { return Ok(()) };
        let extents = alive(disk, "append", writer.append_batch(&records))?;
        program.writer = Some(writer);
        let named = ids.into_iter().zip(extents).map(|(id, extent)| Named { id, extent });
        let keys = named.map(|named| (object(dice), Some(named.encode())));
        self.commit(disk, program, keys.collect(), Purpose::Grow)
    }

    fn delete(&mut self, disk: &SimDisk, program: &mut Program, dice: &Dice) -> Result<(), Stop> {
        let changes = (0..dice.between(1, 3)).map(|_| (object(dice), None));
        self.commit(disk, program, changes.collect(), Purpose::Free)
    }

    /// Each change in a plan of its own, with the mark for what it displaces.
    fn commit(
        &mut self,
        disk: &SimDisk,
        program: &mut Program,
        changes: Vec<Change>,
        purpose: Purpose,
    ) -> Result<(), Stop> {
        let mut truth = self.rows.clone();
        let mut scripts = Vec::new();
        for (key, value) in changes {
            let displaced = truth.get(&key).map(Named::decode_bytes).transpose()?;
            let mut changes = vec![(key.clone(), value)];
            changes.extend(displaced.map(|named| (named.mark(), Some(named.encode()))));
            truth.acknowledge(changes.clone());
            scripts.push(Script { changes, read: key, purpose });
        }
        commit(disk, &mut program.engine, &mut self.rows, &mut self.ordinals, scripts)
    }

    /// Deletes what is marked, then the marks.
    fn reclaim(&mut self, disk: &SimDisk, program: &mut Program) -> Result<(), Stop> {
        let marks = self.rows.iter().filter(|(key, _)| key.starts_with(RECLAIM));
        let marks: Vec<(Vec<u8>, Bytes)> = marks.map(|(key, row)| (key.clone(), row.clone())).collect();
        let doomed = marks.iter().map(|(_, row)| Ok(Named::decode(row)?.extent));
        let doomed = doomed.collect::<Result<Vec<Extent>, Stop>>()?;
        alive(disk, "delete", program.set.delete(&doomed))?;
        let scripts = marks.into_iter().map(|(key, _)| Script {
            changes: vec![(key.clone(), None)],
            read: key,
            purpose: Purpose::Free,
        });
        commit(disk, &mut program.engine, &mut self.rows, &mut self.ordinals, scripts.collect())
    }

    /// Deletes what an earlier life landed and no row names.
    fn sweep(&self, disk: &SimDisk, program: &Program) -> Result<(), Stop> {
        let named = self.rows.iter().map(|(_, row)| Ok(Named::decode(row)?.extent));
        let named = named.collect::<Result<Vec<Extent>, Stop>>()?;
        let mut unnamed = Vec::new();
        for orphan in program.set.sweep() {
            let orphan = alive(disk, "sweep", orphan)?;
            if !named.contains(&orphan.extent) {
                unnamed.push(orphan.extent);
            }
        }
        alive(disk, "deleting orphans", program.set.delete(&unnamed))?;
        alive(disk, "ending the sweep", program.set.sweep_done())
    }

    /// After a sweep and a reclaim the volumes hold what is named and nothing else.
    fn check_nothing_leaks(&self, disk: &SimDisk, program: &Program) -> Result<(), Stop> {
        let mut held = 0;
        for volume in program.set.volumes() {
            let report = alive(disk, "verify", program.set.verify_volume(volume))?;
            if let Some(fault) = report.faults.first() {
                return Stop::violation(format!("a scrub finds: {fault}"));
            }
            held += report.records;
        }
        let named = self.rows.iter().count() as u64;
        if held != named {
            return Stop::violation(format!("the volumes hold {held} chunks, of which {named} have a name"));
        }
        Ok(())
    }
}

fn object(dice: &Dice) -> Vec<u8> {
    [OBJECT, dice.below(9).to_string().as_bytes()].concat()
}

/// What an object's row says: which chunk it is and where it lies.
#[derive(Clone, Copy)]
struct Named {
    id: u64,
    extent: Extent,
}

impl Named {
    fn encode(&self) -> Bytes {
        let Extent { volume, offset, length } = self.extent;
        Bytes::from(format!("{} {volume} {offset} {length}", self.id))
    }

    fn mark(&self) -> Vec<u8> {
        [RECLAIM, &self.encode()[..]].concat()
    }

    fn decode_bytes(row: &Bytes) -> Result<Self, Stop> {
        Self::decode(row)
    }

    fn decode(row: &[u8]) -> Result<Self, Stop> {
        let text = String::from_utf8_lossy(row);
        let numbers: Vec<u64> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [id, volume, offset, length] = numbers[..] else {
            return Stop::violation(format!("a row holds {text:?}"));
        };
        Ok(Self { id, extent: Extent { volume: volume as u32, offset, length: length as u32 } })
    }
}
