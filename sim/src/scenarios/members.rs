//! The catalog on three members of one machine, which go and join while commits go on. Power goes for all of them at
//! once; an error befalls one.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Engine, Fault, Filling, MemIndex, MemState, Member, Options, Purpose, Watch};
use model::Timestamp;
use world::{Disk, DiskFile, ManualClock, Space};

use crate::invariants::{Ordinals, Rows};
use crate::scenario::{Scenario, Stop, alive};
use crate::{Dice, SimDisk};

use super::catalog::{change, key};
use super::commit::{Script, commit, dump, small};

const MEMBERS: u16 = 3;

pub fn make(seed: u64) -> Box<dyn Scenario> {
    Box::new(Members {
        dice: Dice::new(seed),
        indexes: (0..MEMBERS).map(|_| Arc::default()).collect(),
        trusted: Arc::new(Mutex::new((0..MEMBERS).collect())),
        clock: Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000))),
        rows: Rows::default(),
        ordinals: Ordinals::default(),
    })
}

struct Members {
    dice: Dice,
    indexes: Vec<Arc<MemState>>,
    /// What the roster durably knows.
    trusted: Arc<Mutex<BTreeSet<u16>>>,
    clock: Arc<ManualClock>,
    rows: Rows,
    ordinals: Ordinals,
}

impl Scenario for Members {
    fn live(&mut self, disk: &SimDisk, steps: u64) -> Result<(), Stop> {
        let dice = self.dice.fork();
        let mut engine = self.open(disk, &dice)?;
        self.rows.check(dump(disk, &engine)?)?;
        let mut filling = None;
        for _ in 0..steps {
            match dice.below(10) {
                0..5 => self.commit(disk, &mut engine, &dice)?,
                5 => alive(disk, "checkpoint", engine.checkpoint())?,
                _ => filling = self.turn(disk, &mut engine, filling, &dice)?,
            }
            self.rows.check(dump(disk, &engine)?)?;
        }
        Ok(())
    }
}

impl Members {
    fn open(&self, disk: &SimDisk, dice: &Dice) -> Result<Engine, Stop> {
        let trusted = self.trusted().clone();
        let members = trusted.into_iter().map(|number| self.member(disk, number)).collect();
        let watch = Roster { disk: disk.clone(), trusted: self.trusted.clone() };
        let options = Options { member_deadline: None, ..small(dice.seed()) };
        let engine = Engine::open_members(members, Arc::new(watch), self.clock.clone(), options);
        alive(disk, "opening the catalog", engine)
    }

    /// Each application to an index may be the machine's last deed.
    fn member(&self, disk: &SimDisk, number: u16) -> Member {
        let state = &self.indexes[usize::from(number)];
        let power = disk.clone();
        state.set_hook(move |_| power.step("index").map_err(|error| Fault::Index(error.to_string().into())));
        let disk = Arc::new(Part { disk: disk.clone(), name: format!("member-{number}") });
        Member { number, disk, index: Box::new(MemIndex::on(state.clone())) }
    }

    /// A joining goes on, or one begins where a member is missing, or a member goes.
    fn turn(
        &mut self,
        disk: &SimDisk,
        engine: &mut Engine,
        filling: Option<Filling>,
        dice: &Dice,
    ) -> Result<Option<Filling>, Stop> {
        if let Some(mut filling) = filling {
            for _ in 0..dice.between(1, 4) {
                if alive(disk, "filling a member", filling.step())? {
                    return Ok(None);
                }
            }
            return Ok(Some(filling));
        }
        let missing = (0..MEMBERS).find(|number| !self.trusted().contains(number));
        if let Some(number) = missing {
            self.indexes[usize::from(number)] = Arc::default();
            let member = self.member(disk, number);
            return alive(disk, "joining", engine.join(member)).map(Some);
        }
        let number = dice.below(u64::from(MEMBERS)) as u16;
        alive(disk, "noting that a member goes", disk.step("roster"))?;
        self.trusted().remove(&number);
        alive(disk, "leaving", engine.leave(number))?;
        Ok(None)
    }

    fn commit(&mut self, disk: &SimDisk, engine: &mut Engine, dice: &Dice) -> Result<(), Stop> {
        let script = |_| Script {
            changes: (0..dice.between(1, 4)).map(|_| change(dice)).collect(),
            read: key(dice),
            purpose: Purpose::Grow,
        };
        let scripts = (0..dice.between(1, 5)).map(script).collect();
        commit(disk, engine, &mut self.rows, &mut self.ordinals, scripts)
    }

    fn trusted(&self) -> MutexGuard<'_, BTreeSet<u16>> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its notes are durable, or the machine is off.
struct Roster {
    disk: SimDisk,
    trusted: Arc<Mutex<BTreeSet<u16>>>,
}

impl Roster {
    fn note(&self, change: impl FnOnce(&mut BTreeSet<u16>) -> bool) -> Result<(), Fault> {
        self.disk.step("roster").map_err(|error| Fault::Index(error.to_string().into()))?;
        change(&mut self.trusted.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }
}

impl Watch for Roster {
    fn lost(&self, member: u16, _: &Fault) -> Result<(), Fault> {
        self.note(|trusted| trusted.remove(&member))
    }

    fn whole(&self, member: u16) -> Result<(), Fault> {
        self.note(|trusted| trusted.insert(member))
    }
}

/// A directory as a device of its own.
struct Part {
    disk: SimDisk,
    name: String,
}

impl Part {
    fn path(&self, path: &str) -> String {
        format!("{}/{path}", self.name)
    }
}

impl Disk for Part {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.disk.create_dir(&self.path(path))
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open(&self.path(path))
    }
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.create(&self.path(path))
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        self.disk.exists(&self.path(path))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(&self.path(from), &self.path(to))
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.disk.remove(&self.path(path))
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.disk.list(&self.path(dir))
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        if dir.is_empty() {
            self.disk.sync_dir("")?;
        }
        self.disk.sync_dir(self.path(dir).trim_end_matches('/'))
    }
    fn space(&self) -> io::Result<Space> {
        self.disk.space()
    }
}
