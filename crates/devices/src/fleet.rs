//! The fleet: the devices that are here, and the one place where the roster changes.
//!
//! Every change is durable on every member when it returns; members that don't take it are taken out with it. Calls
//! block, and one waits for the other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{DeviceNumber, Zone};
use tokio::sync::watch;
use volume::DeviceId;
use world::{Clock, Disk, Random};

use crate::fault::Fault;
use crate::roster::{CatalogCopy, Entry, Generation, Numbers, Reason, Roster, State};
use crate::seat::{Failed, Seat, write_copies};

#[derive(Clone)]
pub struct Options {
    pub random: Arc<dyn Random>,
    pub clock: Arc<dyn Clock>,
    /// How long a device may take to take a roster. `None`: as long as it likes, one after the other.
    pub deadline: Option<Duration>,
}

/// A device that is here.
#[derive(Clone)]
pub struct Slot {
    pub number: DeviceNumber,
    pub device: DeviceId,
    pub zone: Option<Zone>,
    pub label: String,
    pub disk: Arc<dyn Disk>,
    pub state: State,
}

/// Holds the devices' locks until it is dropped.
pub struct Fleet {
    held: Mutex<Held>,
    /// Who is here, for those who can't wait until a roster is written.
    here: Mutex<Vec<Slot>>,
    /// As in the options.
    pub(crate) deadline: Option<Duration>,
    changes: watch::Sender<Arc<Roster>>,
}

pub(crate) struct Held {
    /// What all members took last, settled.
    pub roster: Roster,
    /// The last that was written anywhere.
    pub generation: Generation,
    /// What members are asked to promise themselves to, at least the start that `generation` is of.
    pub promised: u32,
    /// Whether every member holds `roster`, and nobody a draft that came after it.
    pub is_firm: bool,
    /// Whether who opens the site means to make the catalog anew.
    pub may_lose_catalog: bool,
    pub seats: BTreeMap<DeviceNumber, Seat>,
    pub options: Options,
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("roster", &self.roster()).finish_non_exhaustive()
    }
}

impl Fleet {
    pub(crate) fn new(held: Held) -> Self {
        let changes = watch::Sender::new(Arc::new(held.roster.clone()));
        let (here, deadline) = (Mutex::new(held.slots()), held.options.deadline);
        Self { here, deadline, held: Mutex::new(held), changes }
    }

    pub fn roster(&self) -> Arc<Roster> {
        self.changes.borrow().clone()
    }

    /// Told after each change that is durable.
    pub fn changes(&self) -> watch::Receiver<Arc<Roster>> {
        self.changes.subscribe()
    }

    /// The devices that are here, members or not, as of the last change that is done.
    pub fn slots(&self) -> Vec<Slot> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// On return no start will trust the device. After `TooFew` whoever waits for it must fail its write. Of one that is out
    /// already only an order changes the reason.
    pub fn take_out(&self, number: DeviceNumber, reason: Reason) -> Result<(), Fault> {
        self.with(|held| {
            held.change_state(number, |state| match state {
                State::Out(_) if reason == Reason::Ordered => State::Out(reason),
                State::In | State::Draining => State::Out(reason),
                State::Out(_) | State::Removed => state,
            })
        })?;
        tracing::warn!(device = %number, %reason, "the device is out; what it held is repaired on others");
        Ok(())
    }

    /// For a device that holds again all that it should, or that is to be drained no longer. It must get whatever is
    /// written from before the call on; and after a fault, since it may be in for the next start, nothing that it
    /// lacks may be acknowledged until it has been taken out with success.
    pub fn let_in(&self, number: DeviceNumber) -> Result<(), Fault> {
        self.with(|held| {
            match held.entry(number)?.state {
                State::Removed => return Err(Fault::Removed(number)),
                State::Out(_) => held.welcome(number)?,
                State::In | State::Draining => {}
            }
            held.change_state(number, |_| State::In)
        })?;
        tracing::info!(device = %number, "the device is in");
        Ok(())
    }

    /// The device stays a member and gets no new bytes.
    pub fn drain(&self, number: DeviceNumber) -> Result<(), Fault> {
        self.with(|held| match held.entry(number)?.state {
            State::Removed => Err(Fault::Removed(number)),
            State::Out(_) => Err(Fault::Out(number)),
            State::In | State::Draining => held.change_state(number, |_| State::Draining),
        })
    }

    /// For good: what it holds must be elsewhere by now.
    pub fn remove(&self, number: DeviceNumber) -> Result<(), Fault> {
        self.with(|held| held.change_state(number, |_| State::Removed))?;
        tracing::info!(device = %number, "the device is removed; leave it out of --data from now on");
        Ok(())
    }

    /// Says who holds the catalog of a new site, or one that is made anew; all others don't.
    pub fn set_catalog(&self, copies: &BTreeMap<DeviceNumber, CatalogCopy>) -> Result<(), Fault> {
        self.with(|held| {
            for number in copies.keys() {
                if !held.entry(*number)?.state.is_member() {
                    return Err(Fault::Out(*number));
                }
            }
            held.change(|roster| {
                for entry in &mut roster.entries {
                    entry.catalog = copies.get(&entry.number).copied();
                }
            })
        })
    }

    /// Says how much of the catalog one device holds from now on. For a copy that becomes whole, what is said of `let_in`
    /// holds.
    pub fn set_copy(&self, number: DeviceNumber, copy: Option<CatalogCopy>) -> Result<(), Fault> {
        self.with(|held| {
            if copy.is_some() && !held.entry(number)?.state.is_member() {
                return Err(Fault::Out(number));
            }
            held.change(|roster| {
                if let Some(entry) = roster.entry_mut(number) {
                    entry.catalog = copy;
                }
            })?;
            // It may have gone out with the change.
            if held.entry(number)?.catalog == copy { Ok(()) } else { Err(Fault::Out(number)) }
        })
    }

    /// From now on images of the devices that are older than this call are told from the devices. Each start does the
    /// same; worth doing at an orderly end, and now and then.
    pub fn renew(&self) -> Result<(), Fault> {
        self.with(|held| {
            let (mut members, known) = (held.roster.members(), held.roster.clone());
            held.promised += 1;
            let failed = held.write(&known, &members);
            members.retain(|number| !failed.contains_key(number));
            // A roster of a start that fewer have promised themselves to could be missed by the next start.
            if known.may_start_with(&members) {
                held.generation = Generation { start: held.promised, change: 0 };
            }
            held.is_firm = false;
            let now = held.options.clock.now();
            held.change(|roster| {
                for (number, reason) in failed {
                    if let Some(entry) = roster.entry_mut(number) {
                        entry.change_state(State::Out(reason), now);
                    }
                }
            })
        })
    }

    /// One change at a time; whoever listens is told what came of it.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Held) -> T) -> T {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = act(&mut held);
        *self.here.lock().unwrap_or_else(PoisonError::into_inner) = held.slots();
        self.changes.send_if_modified(|roster| {
            let is_new = **roster != held.roster;
            if is_new {
                *roster = Arc::new(held.roster.clone());
            }
            is_new
        });
        outcome
    }
}

impl Held {
    fn slots(&self) -> Vec<Slot> {
        let slot = |(number, seat): (&DeviceNumber, &Seat)| {
            let entry = self.roster.entry(*number)?;
            Some(Slot {
                number: *number,
                device: seat.device,
                zone: entry.zone.clone(),
                label: seat.label.clone(),
                disk: seat.disk.clone(),
                state: entry.state,
            })
        };
        self.seats.iter().filter_map(slot).collect()
    }

    pub fn entry(&self, number: DeviceNumber) -> Result<&Entry, Fault> {
        self.roster.entry(number).ok_or(Fault::Unknown(number))
    }

    fn change_state(&mut self, number: DeviceNumber, to: impl FnOnce(State) -> State) -> Result<(), Fault> {
        let (to, now) = (to(self.entry(number)?.state), self.options.clock.now());
        self.change(|roster| {
            if let Some(entry) = roster.entry_mut(number) {
                entry.change_state(to, now);
            }
        })
    }

    /// Gives a device that is no member the roster in which it is none. So at a start after a crash it is one that
    /// knows, and does not count as missing.
    pub fn welcome(&self, number: DeviceNumber) -> Result<(), Fault> {
        if !self.seats.contains_key(&number) {
            return Err(Fault::Absent(number));
        }
        match self.write(&self.roster, &Numbers::from([number])).remove(&number) {
            None => Ok(()),
            Some(reason) => Err(Fault::Unwilling { number, detail: reason.to_string() }),
        }
    }

    /// Two rosters, where members come or go: the first also names the members before, and a start needs more than
    /// half of either; once all members have it, the second names them alone.
    pub fn change(&mut self, edit: impl FnOnce(&mut Roster)) -> Result<(), Fault> {
        let mut draft = self.roster.clone();
        edit(&mut draft);
        if self.is_firm && draft == self.roster {
            return Ok(());
        }
        self.is_firm = false;
        self.number(&mut draft);
        loop {
            if !draft.may_go_on() {
                let (left, before) = (draft.members().len(), draft.were_members().len());
                tracing::error!(
                    left,
                    before,
                    "too few devices are left; writes fail until a restart with more"
                );
                return Err(Fault::TooFew { left, before });
            }
            if !self.may_lose_catalog {
                self.roster.keeps_catalog(&draft)?;
            }
            let failed = self.write(&draft, &draft.members());
            if !failed.is_empty() {
                self.take_out_of(&mut draft, &failed);
                self.number(&mut draft);
                continue;
            }
            self.is_firm = draft.is_settled();
            if !self.is_firm {
                draft.settle();
                self.number(&mut draft);
            }
            self.roster = draft.clone();
            if self.is_firm {
                return Ok(());
            }
        }
    }

    /// Gives a roster a number that none had.
    pub fn number(&mut self, draft: &mut Roster) {
        self.generation = self.generation.next();
        draft.generation = self.generation;
    }

    fn take_out_of(&self, draft: &mut Roster, failed: &Failed) {
        for (number, reason) in failed {
            if let Some(entry) = draft.entry_mut(*number) {
                entry.change_state(State::Out(*reason), self.options.clock.now());
            }
        }
    }

    /// Members that are not here fail too.
    pub fn write(&self, roster: &Roster, to: &Numbers) -> Failed {
        let seats = to.iter().filter_map(|number| Some((*number, self.seats.get(number)?))).collect();
        let mut failed = write_copies(&seats, roster, self.promised, self.options.deadline);
        failed.extend(to.iter().filter(|number| !seats.contains_key(number)).map(|n| (*n, Reason::Missing)));
        failed
    }
}
