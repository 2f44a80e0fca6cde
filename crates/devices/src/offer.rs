//! A directory that the operator gives, and what is found in it. Only reads.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::Zone;
use volume::format::Mismatch;
use volume::{DeviceId, identity};
use world::{DeviceLock, Disk, RealDisk};

use crate::at_once::at_once;
use crate::fault::OpenFault;
use crate::format::{Copy, FILE_BYTES_MAX};

pub(crate) const ROSTER_FILE: &str = "roster";
pub(crate) const PROBE_FILE: &str = "probe";
/// A file system's own, and what a start that was cut short leaves behind.
const EMPTY_ALL_THE_SAME: [&str; 9] = [
    "lost+found",
    "lock",
    "device.new",
    "roster.new",
    PROBE_FILE,
    "volumes",
    // What an operator or a restore puts there before the first start.
    "master-key",
    "root-credentials.json",
    "restoring",
];

const SILENT: &str = "no answer in time";

pub struct Offer {
    pub disk: Arc<dyn Disk>,
    /// How messages call it: its path.
    pub label: String,
    /// `None`: as it was registered.
    pub zone: Option<Zone>,
    /// Kept as long as the fleet is.
    pub lock: Option<DeviceLock>,
}

impl Offer {
    /// Each as `at` has it. With others beside it one that can't be opened, a dead disk under its path, or that doesn't
    /// know itself counts as missing: whether the others may go on, the roster says.
    pub fn all(
        given: &[(PathBuf, Option<Zone>)],
        deadline: Option<Duration>,
    ) -> Result<Vec<Self>, OpenFault> {
        let ask = |(path, zone): &(PathBuf, Option<Zone>)| {
            let (path, zone) = (path.clone(), zone.clone());
            // Where a directory really is can be told once it was made.
            move || (Self::at(&path, zone), fs::canonicalize(&path).ok())
        };
        let mut answers = at_once(given.iter().map(ask).enumerate(), deadline);
        let places: BTreeMap<usize, PathBuf> =
            answers.iter().filter_map(|(at, (_, place))| Some((*at, place.clone()?))).collect();
        let mut offers = Vec::new();
        let mut dead = OpenFault::None;
        for (position, (path, _)) in given.iter().enumerate() {
            let other =
                |(at, place): &(&usize, &PathBuf)| **at != position && Some(*place) == places.get(&position);
            match answers
                .remove(&position)
                .map_or_else(|| Err(silent(&path.display().to_string())), |(offer, _)| offer)
            {
                Ok(offer) => offers.push(offer),
                Err(fault @ (OpenFault::Failed { .. } | OpenFault::Nameless { .. })) => {
                    tracing::error!(%fault, "the device can't be used and counts as missing");
                    dead = fault;
                }
                Err(OpenFault::Busy { label: second })
                    if let Some((first, _)) = places.iter().find(other) =>
                {
                    return Err(OpenFault::Twice { first: given[*first].0.display().to_string(), second });
                }
                Err(fault) => return Err(fault),
            }
        }
        if offers.is_empty() { Err(dead) } else { Ok(offers) }
    }

    /// A directory of a real file system, made where there is none, and locked for this process. One with other
    /// people's files gets no file of ours, not even the lock.
    pub fn at(path: &Path, zone: Option<Zone>) -> Result<Self, OpenFault> {
        let label = path.display().to_string();
        let failed = |error: io::Error| OpenFault::Failed { label: label.clone(), detail: error.to_string() };
        let disk = RealDisk::at(path).map_err(failed)?;
        look(&disk, &label)?;
        let lock = match disk.lock() {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(OpenFault::Busy { label }),
            // A device that takes no file, read-only or broken, does not keep the others from starting.
            Err(_) => None,
        };
        Ok(Self { disk: Arc::new(disk), label, zone, lock })
    }
}

pub(crate) fn silent(label: &str) -> OpenFault {
    OpenFault::Failed { label: label.to_owned(), detail: SILENT.to_owned() }
}

/// What was found, under the name by which messages call it.
pub type Named = (String, Found);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Empty,
    Device(Evidence),
    /// The device errs: it counts as missing.
    Unreadable(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub device: DeviceId,
    /// Its own file says so; otherwise its roster does, and the file has to be written anew.
    pub is_named: bool,
    pub roster: Kept,
    pub volumes: Volumes,
}

/// A device's roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Nothing,
    Corrupt,
    Copy(Copy),
}

impl Kept {
    pub const fn copy(&self) -> Option<&Copy> {
        if let Self::Copy(copy) = self { Some(copy) } else { None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volumes {
    /// Not even their directory, which each device has from the beginning.
    Gone,
    Empty,
    Some,
}

/// What is found in each of these.
pub fn look_at<'a>(
    offers: impl Iterator<Item = &'a Offer> + Clone,
    deadline: Option<Duration>,
) -> Result<Vec<Named>, OpenFault> {
    let ask = |offer: &Offer| {
        let (disk, label) = (offer.disk.clone(), offer.label.clone());
        move || look(&*disk, &label)
    };
    let mut looks = at_once(offers.clone().map(ask).enumerate(), deadline);
    let named = |(at, offer): (usize, &Offer)| {
        let silent = || Ok(Found::Unreadable(format!("{}: {SILENT}", offer.label)));
        Ok((offer.label.clone(), looks.remove(&at).unwrap_or_else(silent)?))
    };
    offers.enumerate().map(named).collect()
}

/// Refused: what is certainly no device of ours, or one that can't tell which it is.
fn look(disk: &dyn Disk, label: &str) -> Result<Found, OpenFault> {
    match look_closely(disk, label) {
        Err(Seen::Refused(fault)) => Err(fault),
        Err(Seen::Erred(fault)) => Ok(Found::Unreadable(format!("{label}: {fault}"))),
        Ok(found) => Ok(found),
    }
}

enum Seen {
    Refused(OpenFault),
    Erred(volume::Fault),
}

impl From<volume::Fault> for Seen {
    fn from(fault: volume::Fault) -> Self {
        Self::Erred(fault)
    }
}

fn look_closely(disk: &dyn Disk, label: &str) -> Result<Found, Seen> {
    let nameless = |detail: &str| {
        Seen::Refused(OpenFault::Nameless { label: label.to_owned(), detail: detail.to_owned() })
    };
    let volumes = match identity::volumes(disk)? {
        None => Volumes::Gone,
        Some(names) if names.is_empty() => Volumes::Empty,
        Some(_) => Volumes::Some,
    };
    let mut roster = kept(disk)?;
    let named = match identity::read(disk) {
        Err(fault) if !fault.is_corruption() => return Err(fault.into()),
        named => named,
    };
    let (device, is_named) = match (named, roster.copy()) {
        (Ok(Some(device)), copy) => {
            if copy.is_some_and(|copy| copy.device != device) {
                roster = Kept::Corrupt;
            }
            (device, true)
        }
        (_, Some(copy)) => (copy.device, false),
        (Err(fault), None) => return Err(nameless(&fault.to_string())),
        (Ok(None), None) if roster == Kept::Corrupt => {
            return Err(nameless("its file `device` is missing and its `roster` corrupt"));
        }
        (Ok(None), None) if volumes == Volumes::Some => {
            return Err(nameless("its file `device` is missing beside its volumes"));
        }
        (Ok(None), None) => return empty(disk, label),
    };
    Ok(Found::Device(Evidence { device, is_named, roster, volumes }))
}

fn empty(disk: &dyn Disk, label: &str) -> Result<Found, Seen> {
    let names = disk.list("").map_err(|error| Seen::Erred(read_fault(&error)))?;
    match names.into_iter().find(|name| !EMPTY_ALL_THE_SAME.contains(&name.as_str())) {
        None => Ok(Found::Empty),
        Some(file) => Err(Seen::Refused(OpenFault::Strangers { label: label.to_owned(), file })),
    }
}

fn kept(disk: &dyn Disk) -> Result<Kept, volume::Fault> {
    Ok(match identity::read_whole(disk, ROSTER_FILE, FILE_BYTES_MAX) {
        Ok(None) => Kept::Nothing,
        Ok(Some(bytes)) => match Copy::decode(&bytes) {
            Ok(copy) => Kept::Copy(copy),
            Err(Mismatch { expected, found }) => {
                tracing::warn!(expected, found, "a device's list of devices is corrupt");
                Kept::Corrupt
            }
        },
        Err(volume::Fault::TooLarge { .. }) => Kept::Corrupt,
        Err(fault) => return Err(fault),
    })
}

fn read_fault(error: &io::Error) -> volume::Fault {
    volume::Fault::Io {
        op: "list",
        path: "".into(),
        kind: error.kind(),
        detail: error.to_string().into(),
        retryable: false,
    }
}
