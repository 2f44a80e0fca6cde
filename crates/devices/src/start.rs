//! The start rule: from what was found in the directories to who may be trusted, or why the site does not start.
//!
//! Pure. `docs/decisions/0013-who-may-be-trusted.md` says why it is right.

use model::DeviceNumber;

use crate::fault::OpenFault;
use crate::offer::{Evidence, Found, Kept, Named, Volumes};
use crate::roster::{CatalogCopy, Entry, Numbers, Roster, SiteId, State};

/// What a given device is to the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Holds all that it should.
    Member(DeviceNumber),
    /// Was a member, and came with less than it had.
    Stale(DeviceNumber),
    Out(DeviceNumber),
    Removed(DeviceNumber),
    /// To be registered under this number.
    New(DeviceNumber),
    /// To be registered, with the data of a site of its own that had no other device.
    Adopted(DeviceNumber),
    Unreadable,
    /// Empty while devices are missing: perhaps the mount point of one of them, so nothing is written there.
    Left,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The roster that counts, as it was found.
    pub known: Roster,
    /// The same without those whom the operator gave up.
    pub roster: Roster,
    /// Higher than any start that a device here knows of.
    pub start: u32,
    /// One for each device that was given.
    pub roles: Vec<Role>,
    /// Those here whose memory of rosters can be relied on, be they members or not.
    pub witnesses: Numbers,
}

impl Role {
    /// The device of a site from before there were rosters has all of its catalog.
    pub const fn catalog(self) -> Option<CatalogCopy> {
        if let Self::Adopted(_) = self { Some(CatalogCopy::Whole) } else { None }
    }

    pub const fn number(self) -> Option<DeviceNumber> {
        match self {
            Self::Member(number)
            | Self::Stale(number)
            | Self::Out(number)
            | Self::Removed(number)
            | Self::New(number)
            | Self::Adopted(number) => Some(number),
            Self::Unreadable | Self::Left => None,
        }
    }
}

/// `fresh` is the site's id if there is none yet.
pub fn judge(given: &[Named], without: &Numbers, fresh: SiteId) -> Result<Plan, OpenFault> {
    if given.is_empty() {
        return Err(OpenFault::None);
    }
    none_is_given_twice(given)?;
    let known = counting(given)?.unwrap_or_else(|| Roster::new(fresh));
    none_went_on_alone(given, &known)?;
    let roster = give_up(&known, without)?;
    let mut roles = roles(given, &roster)?;
    leave_mount_points(given, &roster, &mut roles);
    let witnesses = witnesses(given, &roster);
    if !roster.entries.is_empty() && !roster.may_start_with(&witnesses) {
        let unreadable = given.iter().filter_map(|(_, found)| match found {
            Found::Unreadable(detail) => Some(detail.clone()),
            _ => None,
        });
        return Err(too_few(&roster, &witnesses, unreadable.collect()));
    }
    let promised = evidence(given).filter_map(|(_, found)| Some(found.roster.copy()?.promised)).max();
    let start = promised.unwrap_or(0).max(roster.generation.start) + 1;
    Ok(Plan { known, roster, start, roles, witnesses })
}

fn evidence(given: &[Named]) -> impl Iterator<Item = (&String, &Evidence)> {
    given.iter().filter_map(|(label, found)| match found {
        Found::Device(evidence) => Some((label, evidence)),
        _ => None,
    })
}

fn none_is_given_twice(given: &[Named]) -> Result<(), OpenFault> {
    for (position, (first, one)) in evidence(given).enumerate() {
        if let Some((second, _)) =
            evidence(given).skip(position + 1).find(|(_, other)| other.device == one.device)
        {
            return Err(OpenFault::Twice { first: first.clone(), second: second.clone() });
        }
    }
    Ok(())
}

/// The newest roster; all are of one site. `None` when there is no roster yet.
fn counting(given: &[Named]) -> Result<Option<Roster>, OpenFault> {
    let mut newest: Option<(&String, &Roster)> = None;
    for (label, found) in evidence(given) {
        let Some(copy) = found.roster.copy() else { continue };
        if let Some((other, first)) = newest
            && first.site != copy.roster.site
        {
            return Err(OpenFault::OtherSite {
                label: label.clone(),
                found: copy.roster.site,
                other: other.clone(),
                expected: first.site,
            });
        }
        if newest.is_none_or(|(_, newest)| newest.generation < copy.roster.generation) {
            newest = Some((label, &copy.roster));
        }
    }
    match evidence(given).find(|(_, found)| found.roster == Kept::Corrupt) {
        Some((label, _)) if newest.is_none() => Err(OpenFault::NoRoster { label: label.clone() }),
        _ => Ok(newest.map(|(_, roster)| roster.clone())),
    }
}

/// What all members were told is known to every later roster, and nobody who was removed comes back: where one
/// such roster knows of a removal and the newest does not, both sides went on without each other.
fn none_went_on_alone(given: &[Named], newest: &Roster) -> Result<(), OpenFault> {
    for (label, found) in evidence(given) {
        let Some(roster) = found.roster.copy().map(|copy| &copy.roster).filter(|roster| roster.is_settled())
        else {
            continue;
        };
        let removed = roster.entries.iter().filter(|entry| entry.state == State::Removed);
        let back = |entry: &&Entry| newest.entry(entry.number).is_some_and(|now| now.state != State::Removed);
        if let Some(entry) = removed.into_iter().find(back) {
            return Err(OpenFault::Forked { number: entry.number, label: label.clone() });
        }
    }
    Ok(())
}

fn give_up(known: &Roster, without: &Numbers) -> Result<Roster, OpenFault> {
    let mut roster = known.clone();
    for number in without {
        let entry = roster.entry_mut(*number).ok_or(OpenFault::Unknown(*number))?;
        entry.change_state(State::Removed, entry.since);
        entry.was_member = false;
    }
    Ok(roster)
}

pub fn roles(given: &[Named], roster: &Roster) -> Result<Vec<Role>, OpenFault> {
    let with_data =
        |found: &Evidence| found.volumes == Volumes::Some && roster.of_device(found.device).is_none();
    let foreign: Vec<String> =
        evidence(given).filter(|(_, found)| with_data(found)).map(|(label, _)| label.clone()).collect();
    let is_first = roster.entries.is_empty();
    match foreign.as_slice() {
        [] => {}
        [_] if is_first => {}
        [..] if is_first => return Err(OpenFault::SeveralSites { labels: foreign }),
        [label, ..] => return Err(OpenFault::Foreign { label: label.clone() }),
    }
    // The one with data is number 0.
    let mut next = u32::from(roster.next_number) + foreign.len() as u32;
    let mut register = |label: &String| {
        let number = u16::try_from(next).ok().filter(|number| *number < u16::MAX);
        next += 1;
        number.map(DeviceNumber).map(Role::New).ok_or_else(|| OpenFault::Full { label: label.clone() })
    };
    let role = |(label, found): &Named| match found {
        Found::Unreadable(_) => Ok(Role::Unreadable),
        Found::Empty => register(label),
        Found::Device(found) if with_data(found) => Ok(Role::Adopted(DeviceNumber(roster.next_number))),
        Found::Device(found) => match roster.of_device(found.device) {
            None => register(label),
            Some(entry) => Ok(role_of_known(entry, found, roster)),
        },
    };
    given.iter().map(role).collect()
}

/// An empty directory beside missing devices may be where one of these is to be mounted: what is written there would
/// fill the disk beneath. Whoever means a new device says so while the site runs.
fn leave_mount_points(given: &[Named], roster: &Roster, roles: &mut [Role]) {
    let is_here = |entry: &Entry| evidence(given).any(|(_, found)| found.device == entry.device);
    if roster.entries.iter().all(|entry| entry.state == State::Removed || is_here(entry)) {
        return;
    }
    for ((_, found), role) in given.iter().zip(roles) {
        if matches!((found, &role), (Found::Empty, Role::New(_))) {
            *role = Role::Left;
        }
    }
}

fn role_of_known(entry: &Entry, found: &Evidence, roster: &Roster) -> Role {
    let is_whole =
        found.volumes != Volumes::Gone && (found.roster == Kept::Corrupt || remembers(found, roster));
    match entry.state {
        State::Removed => Role::Removed(entry.number),
        State::Out(_) => Role::Out(entry.number),
        State::In | State::Draining if is_whole => Role::Member(entry.number),
        State::In | State::Draining => Role::Stale(entry.number),
    }
}

/// Every member promised itself to the start that wrote the roster before it was written. One that doesn't know of
/// that is an older image.
fn remembers(found: &Evidence, roster: &Roster) -> bool {
    found.roster.copy().is_some_and(|copy| copy.promised >= roster.generation.start)
}

fn witnesses(given: &[Named], roster: &Roster) -> Numbers {
    let remembering = evidence(given).filter(|(_, found)| remembers(found, roster));
    remembering.filter_map(|(_, found)| Some(roster.of_device(found.device)?.number)).collect()
}

/// What is missing of those whom a start needs.
pub fn too_few(roster: &Roster, here: &Numbers, unreadable: Vec<String>) -> OpenFault {
    let members = roster.members();
    // Where the members are enough those before them are not.
    let are_enough = 2 * members.intersection(here).count() > members.len();
    let wanted = if are_enough { roster.were_members() } else { members };
    OpenFault::TooFew {
        present: wanted.intersection(here).count(),
        needed: wanted.len() / 2 + 1,
        missing: wanted.difference(here).filter_map(|number| roster.entry(*number).cloned()).collect(),
        unreadable,
    }
}

#[cfg(test)]
mod tests;
