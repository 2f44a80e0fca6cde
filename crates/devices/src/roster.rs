//! The roster: all devices that the site ever had, and what each is to it. Plain values and their arithmetic.

use std::collections::BTreeSet;
use std::fmt;

use model::{DeviceNumber, Timestamp, Zone};
use volume::DeviceId;

use crate::fault::Fault;

pub type Numbers = BTreeSet<DeviceNumber>;

/// 16 random bytes, drawn when the first devices are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SiteId(pub [u8; 16]);

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteId({self})")
    }
}

/// Which roster is the newer. No two rosters of a site that differ have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation {
    /// Which start wrote it. Before it writes any, a start has more than half of the devices promise its number.
    pub start: u32,
    /// The how manieth roster of that start; from 1.
    pub change: u32,
}

impl Generation {
    pub const fn next(self) -> Self {
        Self { start: self.start, change: self.change + 1 }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.start, self.change)
    }
}

/// Why a device is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It was not there at a start.
    Missing,
    /// It erred.
    Failed,
    /// It did not answer in time.
    Hung,
    /// In its place there was another device, or nothing: a wrong disk in the slot, a missing mount.
    Swapped,
    /// It came with less than it had: an older image, or files are gone.
    Stale,
    /// An operator said so. It stays out until an operator lets it in.
    Ordered,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Failed => "failed",
            Self::Hung => "hung",
            Self::Swapped => "another device or none in its place",
            Self::Stale => "holds less than it had",
            Self::Ordered => "by order",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Holds all that it should.
    In,
    /// As `In`, but gets no new bytes.
    Draining,
    /// Lacks what was written since; may be let in again once it has been repaired.
    Out(Reason),
    /// Gone for good. Its number stays taken.
    Removed,
}

impl State {
    /// Whether the device may be trusted, and counts at a start.
    pub const fn is_member(self) -> bool {
        matches!(self, Self::In | Self::Draining)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In => f.write_str("in"),
            Self::Draining => f.write_str("draining"),
            Self::Out(reason) => write!(f, "out ({reason})"),
            Self::Removed => f.write_str("removed"),
        }
    }
}

/// How much of the catalog a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CatalogCopy {
    Whole,
    /// Takes every commit, but not yet all that were before.
    Filling,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub number: DeviceNumber,
    pub device: DeviceId,
    pub zone: Option<Zone>,
    pub state: State,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// A member in the last roster that all its members are known to hold.
    pub was_member: bool,
    /// Members only: a copy on a device that is out is never trusted.
    pub catalog: Option<CatalogCopy>,
}

impl Entry {
    pub fn change_state(&mut self, state: State, now: Timestamp) {
        if self.state != state {
            (self.state, self.since) = (state, now);
        }
        if !state.is_member() {
            self.catalog = None;
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    pub site: SiteId,
    pub generation: Generation,
    /// For the next device to be registered.
    pub next_number: u16,
    /// By number.
    pub entries: Vec<Entry>,
}

impl Roster {
    /// Of a site that has no devices yet.
    pub const fn new(site: SiteId) -> Self {
        Self { site, generation: Generation { start: 0, change: 0 }, next_number: 0, entries: Vec::new() }
    }

    pub fn entry(&self, number: DeviceNumber) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.number == number)
    }

    pub fn entry_mut(&mut self, number: DeviceNumber) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.number == number)
    }

    pub fn of_device(&self, device: DeviceId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.device == device)
    }

    pub fn members(&self) -> Numbers {
        self.numbers(|entry| entry.state.is_member())
    }

    pub fn were_members(&self) -> Numbers {
        self.numbers(|entry| entry.was_member)
    }

    fn numbers(&self, of: impl Fn(&Entry) -> bool) -> Numbers {
        self.entries.iter().filter(|entry| of(entry)).map(|entry| entry.number).collect()
    }

    /// Where a device holds the whole catalog one does in the roster after it: who finds none takes the site for new.
    pub fn keeps_catalog(&self, after: &Self) -> Result<(), Fault> {
        let holders = |roster: &Self| -> Vec<Entry> {
            let is_whole = |entry: &&Entry| entry.catalog == Some(CatalogCopy::Whole);
            roster.entries.iter().filter(is_whole).cloned().collect()
        };
        match holders(self) {
            before if !before.is_empty() && holders(after).is_empty() => {
                Err(Fault::LastCatalog { holders: before })
            }
            _ => Ok(()),
        }
    }

    /// Whether its members are those of the roster before. If not it may not have reached all of them, and those
    /// before may still count.
    pub fn is_settled(&self) -> bool {
        self.entries.iter().all(|entry| entry.state.is_member() == entry.was_member)
    }

    /// Every member holds this roster: what was before counts no more.
    pub fn settle(&mut self) {
        for entry in &mut self.entries {
            entry.was_member = entry.state.is_member();
        }
    }

    /// The start rule: more than half of the members, and of those before where they were others.
    pub fn may_start_with(&self, present: &Numbers) -> bool {
        let most = |of: &Numbers| 2 * of.intersection(present).count() > of.len();
        let before = self.were_members();
        // Before the very first roster there were none.
        most(&self.members()) && (before.is_empty() || most(&before))
    }

    /// The take-out rule: at least half of those before are members still, so that the others never start alone.
    pub fn may_go_on(&self) -> bool {
        let (before, members) = (self.were_members(), self.members());
        !members.is_empty() && 2 * before.intersection(&members).count() >= before.len()
    }
}
