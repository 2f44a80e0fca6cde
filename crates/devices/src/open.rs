//! A start: looks at every device, has it judged, and only then writes.

use std::collections::BTreeMap;
use std::iter;
use std::path::PathBuf;

use model::{DeviceNumber, Timestamp, Zone};
use volume::{DeviceId, identity};
use world::Disk;

use crate::at_once::at_once;
use crate::fault::{Fault, OpenFault, name};
use crate::fleet::{Fleet, Held, Options};
use crate::offer::{Found, Named, Offer, look_at, silent};
use crate::roster::{CatalogCopy, Entry, Generation, Numbers, Reason, Roster, SiteId, State};
use crate::seat::{Failed, Seat};
use crate::start::{Plan, Role, judge, roles, too_few};

impl Fleet {
    /// Opens the site with the devices that are here. Those `without` are given up for good. Nothing is written
    /// unless the site may start.
    pub fn open(offers: Vec<Offer>, without: &Numbers, options: Options) -> Result<Self, OpenFault> {
        Self::open_all_the_same(offers, without, options, false)
    }

    /// For who makes the catalog anew: those who hold the whole of it may be missing, or given up.
    pub fn open_without_catalog(
        offers: Vec<Offer>,
        without: &Numbers,
        options: Options,
    ) -> Result<Self, OpenFault> {
        Self::open_all_the_same(offers, without, options, true)
    }

    fn open_all_the_same(
        offers: Vec<Offer>,
        without: &Numbers,
        options: Options,
        may_lose_catalog: bool,
    ) -> Result<Self, OpenFault> {
        let given = look_at(offers.iter(), options.deadline)?;
        let mut site = [0; 16];
        options.random.fill(&mut site);
        let plan = judge(&given, without, SiteId(site))?;
        if !may_lose_catalog {
            plan.known.keeps_catalog(&plan.roster)?;
        }
        let mut opening = Opening::new(&plan, options);
        opening.held.may_lose_catalog = may_lose_catalog;
        for ((offer, (_, found)), role) in offers.into_iter().zip(given).zip(&plan.roles) {
            opening.seat(offer, found, *role)?;
        }
        opening.promise()?;
        opening.settle()?;
        opening.begin()?;
        opening.held.may_lose_catalog = false;
        opening.report();
        Ok(Self::new(opening.held))
    }

    /// A further directory, looked at no longer than the others at the start.
    pub fn offer(&self, path: PathBuf, zone: Option<Zone>) -> Result<Offer, OpenFault> {
        let offers = Offer::all(&[(path, zone)], self.deadline)?;
        offers.into_iter().next().ok_or(OpenFault::None)
    }

    /// Takes one more directory while running: an empty one as a new device, one of a device that is out in its
    /// old place, to be repaired and let in. One that hangs keeps no change of the others waiting for long.
    pub fn register(&self, offer: Offer) -> Result<DeviceNumber, OpenFault> {
        let given = look_at(iter::once(&offer), self.deadline)?;
        self.with(|held| held.register(offer, given))
    }
}

struct Opening<'a> {
    plan: &'a Plan,
    held: Held,
    /// Zones that the operator gave.
    zones: BTreeMap<DeviceNumber, Zone>,
    failed: Failed,
}

impl<'a> Opening<'a> {
    fn new(plan: &'a Plan, options: Options) -> Self {
        let held = Held {
            roster: plan.roster.clone(),
            generation: Generation { start: plan.start, change: 0 },
            promised: plan.start,
            is_firm: false,
            may_lose_catalog: false,
            seats: BTreeMap::new(),
            options,
        };
        Self { plan, held, zones: BTreeMap::new(), failed: Failed::new() }
    }

    /// Takes a device that is here.
    fn seat(&mut self, offer: Offer, found: Found, role: Role) -> Result<(), OpenFault> {
        if role == Role::Left {
            let step = "if it is the mount point of one of them, mount that and start again; if it is to be a new device, run `strongroom device add`";
            tracing::error!(
                at = offer.label,
                step,
                "an empty directory is left alone while devices are missing"
            );
            return Ok(());
        }
        let (Some(number), label) = (role.number(), offer.label.clone()) else {
            tracing::error!(at = offer.label, "the device can't be read and counts as missing");
            return Ok(());
        };
        if let Role::Removed(_) = role {
            let step = "leave it out of --data, or empty it to have it registered as a new one";
            tracing::warn!(device = %number, at = label, step, "a device that was removed takes no part");
            return Ok(());
        }
        let zone = offer.zone.clone();
        match self.held.name(offer, found, role) {
            Ok(seat) => {
                self.zones.extend(zone.map(|zone| (number, zone)));
                self.held.seats.insert(number, seat);
            }
            // A new site starts with all of its devices.
            Err(fault @ OpenFault::Twice { .. }) => return Err(fault),
            Err(fault) if self.plan.roster.entries.is_empty() => return Err(fault),
            Err(fault) => {
                tracing::error!(device = %number, at = label, %fault, "the device fails and counts as missing");
                self.failed.insert(number, Reason::Failed);
            }
        }
        Ok(())
    }

    /// More than half promise to take no roster of an earlier start. Who promised knows of this one, so that no
    /// later start can miss what it is about to write.
    fn promise(&mut self) -> Result<(), OpenFault> {
        self.write(&self.plan.known.clone())
    }

    /// A change that a crash cut short, and that may or may not have come about, is brought about before another one.
    fn settle(&mut self) -> Result<(), OpenFault> {
        while !self.held.roster.is_settled() {
            let mut draft = self.held.roster.clone();
            self.held.number(&mut draft);
            self.write(&draft)?;
            draft.settle();
            self.held.number(&mut draft);
            self.write(&draft)?;
            self.held.roster = draft;
        }
        Ok(())
    }

    /// Writes to all whose copies can be relied on afterwards, and goes on if that is more than half.
    fn write(&mut self, roster: &Roster) -> Result<(), OpenFault> {
        let failed = self.held.write(roster, &self.reliable());
        self.failed.extend(failed);
        let taken: Numbers = self.reliable().intersection(&self.plan.witnesses).copied().collect();
        if self.plan.roster.entries.is_empty() {
            let failed = self.failed.keys().find_map(|number| self.held.seats.get(number));
            return failed.map_or(Ok(()), |seat| Err(failed_to_take(&seat.label)));
        }
        if !self.held.roster.may_start_with(&taken) {
            return Err(too_few(&self.held.roster, &taken, Vec::new()));
        }
        Ok(())
    }

    /// An older image is not among them: with the newest roster in its hands it would pass for a member.
    fn reliable(&self) -> Numbers {
        let roles = self.plan.roles.iter().filter(|role| match role {
            Role::Member(_) | Role::New(_) | Role::Adopted(_) => true,
            Role::Stale(number) | Role::Out(number) => self.plan.witnesses.contains(number),
            Role::Removed(_) | Role::Unreadable | Role::Left => false,
        });
        let numbers = roles.filter_map(|role| role.number());
        numbers.filter(|n| !self.failed.contains_key(n) && self.held.seats.contains_key(n)).collect()
    }

    /// The first roster of this start: who is not here is out, who is new is in.
    fn begin(&mut self) -> Result<(), OpenFault> {
        let now = self.held.options.clock.now();
        let mut roster = self.held.roster.clone();
        for entry in &mut roster.entries {
            if entry.state.is_member()
                && let Some(reason) = self.lack(entry.number)
            {
                entry.change_state(State::Out(reason), now);
            }
        }
        for role in &self.plan.roles {
            let (Role::New(number) | Role::Adopted(number)) = *role else { continue };
            if let Some(seat) = self.held.seats.get(&number)
                && !self.failed.contains_key(&number)
            {
                roster.register(number, seat.device, role.catalog(), now);
            }
        }
        for (number, zone) in &self.zones {
            if let Some(entry) = roster.entry_mut(*number) {
                entry.zone = Some(zone.clone());
            }
        }
        Ok(self.held.change(|draft| *draft = roster)?)
    }

    /// Why the device is no member any longer; `None` if it is.
    fn lack(&self, number: DeviceNumber) -> Option<Reason> {
        if let Some(reason) = self.failed.get(&number) {
            return Some(*reason);
        }
        match self.plan.roles.iter().find(|role| role.number() == Some(number)) {
            Some(Role::Member(_)) => None,
            Some(Role::Stale(_)) => Some(Reason::Stale),
            _ => Some(Reason::Missing),
        }
    }

    fn report(&self) {
        let roster = &self.held.roster;
        let out: Vec<String> =
            roster.entries.iter().filter(|entry| matches!(entry.state, State::Out(_))).map(name).collect();
        for entry in &roster.entries {
            let at = self.held.seats.get(&entry.number).map_or("nowhere", |seat| seat.label.as_str());
            match entry.state {
                State::Out(reason) => {
                    tracing::warn!(device = %name(entry), at, %reason, "out: its data are repaired on others");
                }
                State::In | State::Draining if self.is_new(entry.number) => {
                    tracing::info!(device = %name(entry), at, "a new device joins the site");
                    if !out.is_empty() {
                        let step =
                            "if this is the mount point of one of these, stop, mount it and start again";
                        tracing::warn!(at, number = %entry.number, out = out.join(", "), step, "it replaces none of those that are out");
                    }
                }
                State::In | State::Draining | State::Removed => {}
            }
        }
    }

    fn is_new(&self, number: DeviceNumber) -> bool {
        self.plan.roles.contains(&Role::New(number))
    }
}

impl Held {
    fn register(&mut self, offer: Offer, mut given: Vec<Named>) -> Result<DeviceNumber, OpenFault> {
        let label = offer.label.clone();
        if let [(_, Found::Device(found))] = &given[..] {
            if let Some(seat) = self.seats.values().find(|seat| seat.device == found.device) {
                return Err(OpenFault::Twice { first: seat.label.clone(), second: label });
            }
            if let Some(copy) = found.roster.copy() {
                self.is_behind(&label, &copy.roster)?;
            }
        }
        // What it is to the site is judged as at a start, but its own roster no longer counts.
        let role = roles(&given, &self.roster)?[0];
        let number = match role {
            Role::New(number) | Role::Out(number) => number,
            Role::Removed(number) => return Err(Fault::Removed(number).into()),
            _ => return Err(failed_to_take(&label)),
        };
        let Some((_, found)) = given.pop() else { return Err(failed_to_take(&label)) };
        let zone = offer.zone.clone();
        let seat = self.name(offer, found, role)?;
        let device = seat.device;
        self.seats.insert(number, seat);
        let joined = self.join(number, device, zone, role);
        if joined.is_err() && self.roster.entry(number).is_none() {
            self.seats.remove(&number);
        }
        joined.map(|()| number)
    }

    fn join(
        &mut self,
        number: DeviceNumber,
        device: DeviceId,
        zone: Option<Zone>,
        role: Role,
    ) -> Result<(), OpenFault> {
        if role == Role::New(number) {
            self.welcome(number)?;
        }
        let now = self.options.clock.now();
        self.change(|roster| {
            if role == Role::New(number) {
                roster.register(number, device, None, now);
            }
            if let Some(entry) = roster.entry_mut(number) {
                entry.zone = zone.or(entry.zone.take());
            }
        })?;
        Ok(())
    }

    /// Of this site, and no newer: then it went on without the others.
    fn is_behind(&self, label: &str, theirs: &Roster) -> Result<(), OpenFault> {
        if theirs.site != self.roster.site {
            return Err(OpenFault::OtherSite {
                label: label.to_owned(),
                found: theirs.site,
                other: self.seats.values().next().map_or_else(String::new, |seat| seat.label.clone()),
                expected: self.roster.site,
            });
        }
        match theirs.entries.iter().find(|entry| entry.state.is_member()) {
            Some(entry) if theirs.generation > self.generation => {
                Err(OpenFault::Forked { number: entry.number, label: label.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Sees to it that the directory says which device it is.
    fn name(&self, offer: Offer, found: Found, role: Role) -> Result<Seat, OpenFault> {
        let is_new = matches!(role, Role::New(_));
        let device = match found {
            Found::Device(found) if !is_new && found.is_named => return Ok(Seat::new(offer, found.device)),
            Found::Device(found) => found.device,
            Found::Empty | Found::Unreadable(_) => {
                let mut id = [0; 16];
                self.options.random.fill(&mut id);
                DeviceId(id)
            }
        };
        let label = offer.label.clone();
        let (offer, now) = self.ask(offer, identity::read)?;
        // Empty when we looked, and since then ours under another path.
        if let Ok(Some(now)) = now
            && let Some(seat) = self.seats.values().find(|seat| seat.device == now)
        {
            return Err(OpenFault::Twice { first: seat.label.clone(), second: label });
        }
        if !is_new {
            tracing::warn!(%device, at = label, "the file `device` is written anew from the roster");
        }
        let write = if is_new { identity::create } else { identity::write };
        let (offer, written) = self.ask(offer, move |disk| write(disk, device))?;
        written.map_err(|fault| OpenFault::Failed { label, detail: fault.to_string() })?;
        Ok(Seat::new(offer, device))
    }

    /// No longer than the deadline. As long as the deed goes on it holds the device's lock, so that it lands in nobody
    /// else's.
    fn ask<T: Send + 'static>(
        &self,
        offer: Offer,
        deed: impl FnOnce(&dyn Disk) -> T + Send + 'static,
    ) -> Result<(Offer, T), OpenFault> {
        let label = offer.label.clone();
        let ask = move || {
            let done = deed(&*offer.disk);
            (offer, done)
        };
        at_once(iter::once((0, ask)), self.options.deadline).remove(&0).ok_or_else(|| silent(&label))
    }
}

impl Roster {
    fn register(
        &mut self,
        number: DeviceNumber,
        device: DeviceId,
        catalog: Option<CatalogCopy>,
        since: Timestamp,
    ) {
        let (state, was_member) = (State::In, false);
        let entry = Entry { number, device, zone: None, state, since, was_member, catalog };
        let place = self.entries.partition_point(|other| other.number < number);
        self.entries.insert(place, entry);
        self.next_number = self.next_number.max(number.0 + 1);
    }
}

fn failed_to_take(label: &str) -> OpenFault {
    let detail = "the device can't be written; replace it, or leave it out of --data".to_owned();
    OpenFault::Failed { label: label.to_owned(), detail }
}
