//! The volumes of one device: appends through two writers, deletes, seals, recounts, sweeps, orderly restarts.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use volume::{Extent, Fault, Options, Record, VolumeSet, VolumeWriter};
use world::SeededRandom;

use crate::invariants::{Chunks, Fate, owner, payload, payload_of_owner};
use crate::scenario::{Scenario, Stop, alive};
use crate::{Dice, SimDisk};

pub fn make(seed: u64) -> Box<dyn Scenario> {
    Box::new(Volumes { dice: Dice::new(seed), chunks: Chunks::default(), next: 0 })
}

struct Volumes {
    dice: Dice,
    chunks: Chunks,
    /// The id of the next chunk.
    next: u64,
}

const RESERVE_BYTES: u64 = 3 << 20;

pub fn small(dice: &Dice) -> Options {
    Options {
        lanes: 2,
        volume_size_bytes_first: 64 << 10,
        volume_size_bytes_max: 128 << 10,
        // The file of the dead alone takes one MiB, and two of them stand side by side for a moment.
        reserve_bytes: Some(RESERVE_BYTES),
        files_open_max: 2,
        batch_bytes_max: 64 << 10,
        was_away: false,
        random: Arc::new(SeededRandom::new(dice.seed())),
    }
}

/// A writer with room for so much, unless the disk is full; full volumes are sealed on the way.
pub fn writer_with_room(
    disk: &SimDisk,
    set: &VolumeSet,
    mut writer: Option<VolumeWriter>,
    bytes: u64,
) -> Result<Option<VolumeWriter>, Stop> {
    loop {
        match writer.take() {
            Some(writer) if writer.room_bytes() >= bytes => return Ok(Some(writer)),
            Some(full) => alive(disk, "seal", set.seal(full))?,
            None => {}
        }
        if set.ready() == 0 {
            match set.prepare() {
                Err(Fault::NoSpace { .. }) if disk.is_tight() => return Ok(None),
                prepared => alive(disk, "prepare", prepared)?,
            }
        }
        writer = alive(disk, "take_writer", set.take_writer())?;
    }
}

impl Scenario for Volumes {
    fn live(&mut self, disk: &SimDisk, steps: u64) -> Result<(), Stop> {
        let dice = self.dice.fork();
        let mut set = self.open(disk, &dice)?;
        let mut writers: [Option<VolumeWriter>; 2] = [None, None];
        for _ in 0..steps {
            let lane = dice.index(2);
            match dice.below(20) {
                0..10 => {
                    writers[lane] = self.append(disk, &set, writers[lane].take(), &dice)?;
                }
                10..14 => self.delete(disk, &set, &dice)?,
                14 => {
                    if let Some(writer) = writers[lane].take() {
                        alive(disk, "seal", set.seal(writer))?;
                    }
                }
                15 => {
                    for volume in set.doubtful() {
                        alive(disk, "recount", set.recount(volume))?;
                    }
                }
                16 => alive(disk, "checkpoint", set.checkpoint())?,
                17 => {
                    writers.iter_mut().filter_map(Option::take).for_each(|writer| set.hand_back(writer));
                    alive(disk, "close", set.close())?;
                    set = self.open(disk, &dice)?;
                }
                _ => self.check(disk, &set)?,
            }
        }
        self.check(disk, &set)
    }
}

impl Volumes {
    /// Opens the device, checks every chunk, and sweeps what nobody was told of.
    fn open(&mut self, disk: &SimDisk, dice: &Dice) -> Result<Arc<VolumeSet>, Stop> {
        let set = Arc::new(alive(disk, "opening the volumes", VolumeSet::open(disk.port(), small(dice)))?);
        self.check(disk, &set)?;
        if dice.chance(70) {
            self.sweep(disk, &set)?;
            self.check_nothing_leaks(disk, &set)?;
        }
        Ok(set)
    }

    fn check(&mut self, disk: &SimDisk, set: &VolumeSet) -> Result<(), Stop> {
        if disk.has_faulted() {
            return Err(Stop::Faulted);
        }
        self.chunks.check(|extent| match set.read_cached(extent, &volume::Coding::WHOLE)? {
            Some(bytes) => Ok(bytes),
            None => set.read(extent),
        })
    }

    fn append(
        &mut self,
        disk: &SimDisk,
        set: &VolumeSet,
        writer: Option<VolumeWriter>,
        dice: &Dice,
    ) -> Result<Option<VolumeWriter>, Stop> {
        let mut owners = Vec::new();
        let mut records = Vec::new();
        for _ in 0..dice.between(1, 5) {
            // Four of the longest still fit into the smallest volume.
            let len = [0, 1, 700, 4_000, 4_016, 9_000, 14_000][dice.index(7)];
            owners.push(owner(self.next, len));
            records.push(record(disk, self.next, len, dice)?);
            self.next += 1;
        }
        let bytes = records.iter().map(Record::extent_bytes).sum();
        let Some(mut writer) = writer_with_room(disk, set, writer, bytes)? else { return Ok(None) };
        let extents = alive(disk, "append", writer.append_batch(&records))?;
        for ((extent, owner), record) in extents.into_iter().zip(owners).zip(&records) {
            self.chunks.land(extent, owner, record.extent_bytes())?;
        }
        Ok(Some(writer))
    }

    fn delete(&mut self, disk: &SimDisk, set: &VolumeSet, dice: &Dice) -> Result<(), Stop> {
        let alive_now = self.chunks.with_fate(Fate::Alive);
        let mut doomed: Vec<Extent> = alive_now.into_iter().filter(|_| dice.chance(35)).collect();
        // What is dead already may be asked for again.
        doomed.extend(self.chunks.with_fate(Fate::Dead).into_iter().filter(|_| dice.chance(5)));
        self.delete_all(disk, set, &doomed)
    }

    fn delete_all(&mut self, disk: &SimDisk, set: &VolumeSet, doomed: &[Extent]) -> Result<(), Stop> {
        let dying = doomed.iter().filter(|extent| !self.chunks.with_fate(Fate::Dead).contains(extent));
        let dying: Vec<Extent> = dying.copied().collect();
        dying.iter().for_each(|extent| self.chunks.set_fate(extent, Fate::Dying));
        alive(disk, "delete", set.delete(doomed))?;
        dying.iter().for_each(|extent| self.chunks.set_fate(extent, Fate::Dead));
        Ok(())
    }

    /// As a keeper does, to whom only acknowledged chunks have names.
    fn sweep(&mut self, disk: &SimDisk, set: &Arc<VolumeSet>) -> Result<(), Stop> {
        let mut unnamed = Vec::new();
        for orphan in set.sweep() {
            let orphan = alive(disk, "sweep", orphan)?;
            let bytes = alive(disk, "reading an orphan", set.read(&orphan.extent))?;
            if payload_of_owner(&orphan.owner) != Some(bytes) {
                return Stop::violation(format!("orphan {:?} has wrong bytes or owner", orphan.extent));
            }
            match self.chunks.owner_of(&orphan.extent) {
                None => unnamed.push(orphan.extent),
                Some(owner) if *owner == orphan.owner => {}
                Some(_) => return Stop::violation(format!("{:?} has another's owner", orphan.extent)),
            }
        }
        alive(disk, "deleting orphans", set.delete(&unnamed))?;
        alive(disk, "ending the sweep", set.sweep_done())
    }

    /// After a sweep the volumes hold the living chunks and no other.
    fn check_nothing_leaks(&self, disk: &SimDisk, set: &VolumeSet) -> Result<(), Stop> {
        let mut held = BTreeMap::new();
        for volume in set.volumes() {
            let report = alive(disk, "verify", set.verify_volume(volume))?;
            if let Some(fault) = report.faults.first() {
                return Stop::violation(format!("a scrub finds: {fault}"));
            }
            held.insert(volume, report.records);
        }
        let living = self.chunks.with_fate(Fate::Alive);
        for (volume, records) in held {
            let expected = living.iter().filter(|extent| extent.volume == volume).count() as u64;
            if records != expected {
                return Stop::violation(format!("volume {volume} holds {records} records, {expected} live"));
            }
        }
        Ok(())
    }
}

/// The payload comes in pieces, as a client's bytes do.
pub fn record(disk: &SimDisk, id: u64, len: usize, dice: &Dice) -> Result<Record, Stop> {
    let mut rest = payload(id, len);
    let first: Bytes = rest.split_to(dice.index(len + 1));
    let made: Result<Record, Fault> = Record::new(owner(id, len), vec![first, rest]);
    alive(disk, "making a record", made)
}
