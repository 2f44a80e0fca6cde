//! Plays a scenario until its end, then once more for each deed at which the machine may die.
//!
//! Each of those histories goes on after its death: a second life that dies too, often while it recovers; a third
//! that ends well and is then cut off by a power failure; and a last look.

use std::fmt;

use crate::disk::{Options, SkippedSync};
use crate::scenario::{Scenario, Stop};
use crate::{Dice, SimDisk};

/// How a scenario is made from a seed.
pub type Make = fn(u64) -> Box<dyn Scenario>;

#[derive(Clone, Copy)]
pub struct Play {
    pub name: &'static str,
    pub make: Make,
    /// In the first life; later ones are shorter.
    pub steps: u64,
    /// Disks that the scenario fills, where the conditions ask for it.
    pub tight_bytes: (u64, u64),
}

/// What befalls a first life at each of its deeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trouble {
    /// The power goes.
    #[default]
    Death,
    /// The program is killed, and another one starts on the running machine, whose power goes later.
    Kill,
    /// The device errs once; the program ends at that, and another one starts on the running machine.
    Error,
}

#[derive(Clone, Debug, Default)]
pub struct Conditions {
    pub disk: Options,
    pub trouble: Trouble,
    /// The disk is so small that it fills up; before the third life it grows.
    pub tight: bool,
    /// A planted bug.
    pub bug: Option<SkippedSync>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub seeds: u64,
    pub deaths: u64,
    pub deeds: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.deaths += other.deaths;
        self.deeds += other.deeds;
    }
}

/// A broken invariant, and how to see it again.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    pub scenario: &'static str,
    pub seed: u64,
    /// The deed at which the first life died; `None` when it did not.
    pub death: Option<u64>,
    pub life: u32,
    pub violation: String,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seed, life, violation, .. } = self;
        let death = self.death.map_or("no death".to_owned(), |deed| format!("death at deed {deed}"));
        write!(f, "{scenario}, seed {seed}, {death}, life {life}: {violation}\n  again: ")?;
        write!(f, "cargo run -p strongroom-sim --release -- --scenario {scenario} --seed {seed}")
    }
}

/// One history.
struct History<'a> {
    play: &'a Play,
    conditions: &'a Conditions,
    scenario: Box<dyn Scenario>,
    disk: SimDisk,
    dice: Dice,
    seed: u64,
    death: Option<u64>,
    life: u32,
    deaths: u64,
    deeds: u64,
}

impl<'a> History<'a> {
    fn new(play: &'a Play, conditions: &'a Conditions, seed: u64, death: Option<u64>) -> Self {
        let dice = Dice::new(seed ^ death.map_or(0, |deed| (deed + 1).rotate_left(32)));
        let disk = SimDisk::with_options(conditions.disk, seed);
        if conditions.tight {
            let (least, most) = play.tight_bytes;
            disk.set_capacity(Dice::new(seed).between(least, most));
        }
        let scenario = (play.make)(seed);
        Self { play, conditions, scenario, disk, dice, seed, death, life: 0, deaths: 0, deeds: 0 }
    }

    /// One life.
    fn live(&mut self, death: Option<u64>, steps: u64) -> Result<(), Failure> {
        self.life += 1;
        if let Some(bug) = &self.conditions.bug {
            self.disk.skip(bug.clone());
        }
        match (death, self.conditions.trouble, self.life) {
            (Some(deed), Trouble::Error, 1) => self.disk.fail_after(deed),
            (Some(deed), ..) => self.disk.die_after(deed),
            (None, ..) => {}
        }
        let ended = self.scenario.live(&self.disk, steps);
        self.deeds = self.disk.counts().deeds;
        self.deaths += u64::from(self.disk.is_off());
        match ended {
            Ok(()) | Err(Stop::Faulted) => {}
            Err(Stop::Violation(violation)) => {
                let Self { seed, death, life, .. } = *self;
                return Err(Failure { scenario: self.play.name, seed, death, life, violation });
            }
        }
        Ok(())
    }

    fn power_cut(&mut self) {
        self.disk = self.disk.crash(self.dice.seed());
    }

    fn go_on(&mut self, deeds: u64) -> Result<(), Failure> {
        let steps = self.play.steps;
        // Recovery is the beginning of a life, so every third death comes early.
        let second = if self.dice.chance(33) { self.dice.below(12) } else { self.dice.below(deeds + 1) };
        match self.conditions.trouble {
            Trouble::Death => self.power_cut(),
            Trouble::Kill | Trouble::Error => self.disk = self.disk.restart(self.dice.seed()),
        }
        self.live(Some(second), steps / 2)?;
        self.power_cut();
        self.disk.set_capacity(Options::default().capacity_bytes);
        self.live(None, steps / 2)?;
        self.power_cut();
        self.live(None, 0)
    }
}

/// All histories of one seed.
pub fn play(play: &Play, conditions: &Conditions, seed: u64) -> Result<Tally, Failure> {
    let mut calm = History::new(play, conditions, seed, None);
    calm.live(None, play.steps)?;
    let deeds = calm.deeds;
    calm.power_cut();
    calm.live(None, 0)?;
    let mut tally = Tally { seeds: 1, deaths: 0, deeds };
    for death in 0..deeds {
        let mut history = History::new(play, conditions, seed, Some(death));
        history.live(Some(death), play.steps)?;
        history.go_on(deeds)?;
        tally.deaths += history.deaths;
    }
    Ok(tally)
}
