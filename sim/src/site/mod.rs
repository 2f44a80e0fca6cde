//! The whole site: 1 to 7 devices with faults, one clock, every keeper, and clients who remember what they were told.
//!
//! A seed is a history: some lives of the program on one machine, each with its faults and its end, then a last one in
//! which all devices are there and well. After it nothing may be lost, wrong, or without its redundancy.

mod bay;
mod bodies;
mod clients;
mod compare;
mod drive;
mod excuse;
mod faults;
mod forge;
mod life;
mod mend;
mod plant;

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use self::bay::Bay;
use self::clients::{Client, KEYS, Known};
use self::compare::{Compare, Desk};
use self::drive::{Ailment, Drive, Power};
use self::excuse::Excuse;
use self::faults::{End, Faults};
use self::life::{Life, Plan};
pub use self::plant::Plant;
use model::Timestamp;
use reference::hall::BEGINNING;

use crate::Dice;
use crate::disk::Options;
use crate::scenario::Stop;

const DEVICES_MAX: u64 = 7;
const CLIENTS: usize = 3;

/// How seeds are played.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    pub plant: Option<Plant>,
    /// Devices may hang. Then a seed may come out differently.
    pub hangs: bool,
    /// Of all devices.
    pub disk: Options,
}

/// What a seed took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    pub lives: u64,
    /// Changes of devices, and turns of threads: the same in each run of a seed.
    pub deeds: u64,
    pub turns: u64,
}

impl Played {
    pub const fn add(&mut self, other: Self) {
        self.lives += other.lives;
        self.deeds += other.deeds;
        self.turns += other.turns;
    }
}

/// A broken invariant, and how to see it again.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    pub seed: u64,
    pub history: Vec<String>,
    pub violation: String,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "site, seed {}: {}", self.seed, self.violation)?;
        for line in &self.history {
            writeln!(f, "  {line}")?;
        }
        write!(f, "  again: cargo xtask sim --scenario site --seed {}", self.seed)
    }
}

/// The whole history of a seed.
pub fn play(seed: u64, conditions: Conditions) -> Result<Played, Failure> {
    let panics = panics();
    let mut machine = Machine::new(seed, conditions);
    let ended = catch_unwind(AssertUnwindSafe(|| machine.history()));
    let violation = match ended {
        Ok(Ok(()) | Err(Stop::Faulted)) if panics == self::panics() => return Ok(machine.played),
        Ok(Err(Stop::Violation(violation))) => violation,
        Ok(_) => "something panicked".to_owned(),
        Err(panic) => format!("a panic: {:?}", panic.downcast_ref::<String>()),
    };
    let Machine { told, desk, .. } = machine;
    if let Some(life) = desk.borrow_mut().life.take() {
        // What it leaves behind says no more.
        let _ = catch_unwind(AssertUnwindSafe(|| life.end()));
    }
    world::take_turns(None);
    Err(Failure { seed, history: told, violation })
}

/// How often a thread of this process has panicked.
fn panics() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            COUNT.fetch_add(1, Ordering::Relaxed);
            before(panic);
        }));
    });
    COUNT.load(Ordering::Relaxed)
}

struct Machine {
    dice: Dice,
    plant: Option<Plant>,
    hangs: bool,
    plan: Plan,
    bays: Vec<Bay>,
    parity: u8,
    now: Timestamp,
    desk: Rc<RefCell<Desk>>,
    compare: Compare,
    known: Arc<Mutex<Known>>,
    /// It once started with all of its devices, as a new site must.
    founded: bool,
    furnished: bool,
    /// Bits flipped, once.
    rotted: bool,
    played: Played,
    /// For who reads a failure.
    told: Vec<String>,
}

impl Machine {
    fn new(seed: u64, conditions: Conditions) -> Self {
        let dice = Dice::new(seed);
        let devices = 1 + dice.below(DEVICES_MAX) as usize;
        let desk = Rc::new(RefCell::new(Desk::default()));
        let plan = Plan { inline_bytes_max: [100, 1024, 16 * 1024][dice.index(3)], lanes: 1 + dice.index(2) };
        let told = vec![format!("{devices} devices, {plan:?}")];
        Self {
            plant: conditions.plant,
            hangs: conditions.hangs,
            plan,
            bays: (0..devices).map(|_| Bay::new(conditions.disk, dice.seed())).collect(),
            parity: stripe::default_parity(devices),
            now: BEGINNING,
            compare: Compare::new(desk.clone(), dice.seed()),
            desk,
            known: Arc::default(),
            founded: false,
            furnished: false,
            rotted: false,
            played: Played::default(),
            told,
            dice,
        }
    }

    fn history(&mut self) -> Result<(), Stop> {
        for _ in 0..self.dice.between(2, 5) {
            self.live()?;
        }
        self.live_well()
    }

    /// A life with faults.
    fn live(&mut self) -> Result<(), Stop> {
        let faults = self.draw();
        self.told.push(format!("life {}: {faults:?}", self.played.lives));
        for (device, mishap) in faults.mishaps.clone() {
            self.bays[device].suffer(mishap, self.plant, &self.dice);
            self.rotted |= mishap == faults::Mishap::Rot;
        }
        let power = Arc::new(Power::default());
        if let Some(deeds) = faults.at_deed {
            power.off_after(deeds);
        }
        let plugged = (0..self.bays.len()).filter(|at| faults.of(*at) != Some(faults::Mishap::Away));
        let mut drives: Vec<Drive> = plugged
            .map(|at| {
                let ailment = faults.of(at).map_or(Ailment::default(), |mishap| mishap.ailment(&self.dice));
                self.bays[at].plug(&power, ailment, self.plant)
            })
            .collect();
        if faults.shuffle {
            shuffle(&mut drives, &self.dice);
        }
        self.desk.borrow_mut().life = Some(Life::new(&self.dice, power.clone(), self.now));
        let refused =
            self.desk.borrow_mut().life.as_mut().map_or(Ok(None), |life| life.open(&drives, &self.plan))?;
        if let Some(refusal) = &refused {
            self.told.push(format!("the site does not start: {refusal}"));
            let excused = power.is_off() || self.bays.iter().any(|bay| bay.ill);
            if !excused {
                return Stop::violation(format!("a well site does not start: {refusal}"));
            }
        } else {
            self.founded = true;
            power.note_start();
            let ill = self.bays.iter().filter(|bay| bay.ill).count();
            let excuse = Excuse::new(power.clone(), drives.clone(), self.parity, ill);
            self.work(&excuse)?;
            if faults.mend && faults.mishaps.is_empty() && !power.is_off() {
                self.mend(&power)?;
            }
        }
        // An orderly end waits for all devices, unless somebody noticed that they hang.
        let hangs = drives.iter().any(Drive::hangs);
        self.end(if hangs { End::Kill } else { faults.end }, &power)
    }

    /// The devices that lack nothing may suffer, as many as may be lost beside those that do.
    fn draw(&self) -> Faults {
        let well: Vec<usize> = (0..self.bays.len()).filter(|at| !self.bays[*at].ill).collect();
        let ill = self.bays.len() - well.len();
        let budget = usize::from(self.parity).saturating_sub(ill);
        // More than half of those that may be members must be there to start.
        let silent = well.len().saturating_sub(1) / 2;
        let mut faults = Faults::draw(&self.dice, &well, budget, silent, self.bays.len() == 1);
        if !self.founded {
            faults.mishaps.clear();
        }
        // Whoever is planted must be met.
        if self.plant == Some(Plant::StaleTrusted) {
            faults.mishaps.iter_mut().for_each(|(_, mishap)| *mishap = faults::Mishap::Older);
        }
        faults.mishaps.retain(|(_, mishap)| self.hangs || *mishap != faults::Mishap::Hangs);
        faults
    }

    /// What clients do in one life.
    fn work(&mut self, excuse: &Excuse) -> Result<(), Stop> {
        self.compare.go_on(self.dice.index(9), excuse)?;
        if excuse.is_off() {
            return Ok(());
        }
        let desk = self.desk.borrow();
        let life = desk.life();
        let client =
            Client { front: life.rooms().front.clone(), known: self.known.clone(), excuse: excuse.clone() };
        if !self.furnished {
            if life.run("making an account", client.front.make_account(2))?.is_err() {
                return Ok(());
            }
            self.furnished = life.run("furnishing", client.furnish(&self.dice))?;
        }
        if self.furnished {
            let works = (0..CLIENTS).map(|_| client.clone().work(self.dice.fork(), self.dice.between(2, 9)));
            let works: Vec<_> = works.collect();
            life.run("the clients' work", async {
                let tasks: Vec<_> = works.into_iter().map(tokio::spawn).collect();
                for task in tasks {
                    let _ = task.await;
                }
            })?;
        }
        drop(desk);
        self.violation()
    }

    /// What clients met that must not be.
    fn violation(&self) -> Result<(), Stop> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.violation.take().map_or(Ok(()), Stop::violation)
    }

    fn mend(&mut self, power: &Power) -> Result<(), Stop> {
        let rotten = self.bays.iter().any(|bay| bay.rotten);
        let desk = self.desk.borrow();
        let mended =
            desk.life().run("a repair", mend::mend(desk.life().rooms(), self.parity, rotten, power))?;
        match mended {
            Ok(()) => self.bays.iter_mut().for_each(Bay::heal),
            Err(_) if power.is_off() => {}
            Err(why) => return Stop::violation(format!("the site does not get whole: {why}")),
        }
        Ok(())
    }

    fn end(&mut self, end: End, power: &Arc<Power>) -> Result<(), Stop> {
        let Some(mut life) = self.desk.borrow_mut().life.take() else { return Ok(()) };
        if end == End::Order
            && !power.is_off()
            && let Err(why) = life.close()?
            && !power.is_off()
            && !self.bays.iter().any(|bay| bay.ill)
        {
            return Stop::violation(format!("a well site does not close: {why}"));
        }
        self.played.lives += 1;
        self.played.deeds += power.deeds();
        self.played.turns += life.turns();
        self.told.push(format!("ended after {} deeds", power.deeds()));
        self.now = life.end()?;
        let alone = self.bays.len() == 1;
        for bay in &mut self.bays {
            bay.unplug(end == End::Power, &self.dice);
            // Nobody went on without it, so it lacks nothing.
            bay.ill &= !alone;
            let kept = self.dice.chance(30) || self.plant == Some(Plant::StaleTrusted) && !bay.is_kept();
            if self.founded && kept {
                bay.keep(&self.dice);
            }
        }
        Ok(())
    }

    /// The last life: everybody is there and well, and whatever was lost is repaired.
    fn live_well(&mut self) -> Result<(), Stop> {
        self.told.push("the last life".to_owned());
        let power = Arc::new(Power::default());
        let drives: Vec<Drive> =
            self.bays.iter().map(|bay| bay.plug(&power, Ailment::default(), self.plant)).collect();
        let mut life = Life::new(&self.dice, power.clone(), self.now);
        if let Some(refusal) = life.open(&drives, &self.plan)? {
            return Stop::violation(format!("the site does not start with all its devices: {refusal}"));
        }
        self.desk.borrow_mut().life = Some(life);
        let ill = self.bays.iter().filter(|bay| bay.ill).count();
        let excuse = Excuse::new(power.clone(), drives, self.parity, ill);
        self.mend(&power)?;
        self.compare.go_on(4, &excuse)?;
        self.look(excuse)?;
        let whole = {
            let desk = self.desk.borrow();
            let front = desk.life().rooms().front.clone();
            desk.life().run("a verification", mend::prove(&front.hall, self.rotted))?
        };
        whole.or_else(Stop::violation)?;
        self.end(End::Order, &power)
    }

    /// All that clients remember, against what there is.
    fn look(&self, excuse: Excuse) -> Result<(), Stop> {
        if self.furnished {
            let desk = self.desk.borrow();
            let front = desk.life().rooms().front.clone();
            let client = Client { front, known: self.known.clone(), excuse };
            desk.life().run("a last look", client.look())?;
        }
        self.violation()?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (0..KEYS).try_for_each(|key| known.register.check(key))
    }
}

fn shuffle<T>(of: &mut [T], dice: &Dice) {
    for at in (1..of.len()).rev() {
        of.swap(at, dice.index(at + 1));
    }
}
