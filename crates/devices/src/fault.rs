//! What can go wrong, in words that name the device and the operator's next step.

use model::DeviceNumber;

use crate::roster::{Entry, SiteId};

/// Why the site does not start. Nothing was written, but where `Failed` says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    #[error("no device was given; name at least one directory with --data")]
    None,
    #[error("{}", too_few(*.present, *.needed, .missing, .unreadable))]
    TooFew { present: usize, needed: usize, missing: Vec<Entry>, unreadable: Vec<String> },
    #[error(
        "{label} holds files that are not ours (`{file}`); nothing was written there; give an empty directory"
    )]
    Strangers { label: String, file: String },
    #[error(
        "{label} belongs to site {found}, {other} to site {expected}; leave the devices of one of them out of --data"
    )]
    OtherSite { label: String, found: SiteId, other: String, expected: SiteId },
    #[error("{first} and {second} are the same device; give each device once")]
    Twice { first: String, second: String },
    #[error(
        "{label} does not say which device it is: {detail}; leave it out of --data, and put an empty device in its place"
    )]
    Nameless { label: String, detail: String },
    #[error(
        "{} each hold the data of a site of its own; a site can adopt one such device, the others' objects have to be copied",
        .labels.join(" and ")
    )]
    SeveralSites { labels: Vec<String> },
    #[error(
        "{label} holds data, but is not of this site; leave it out of --data and serve it alone to copy its objects, or empty it"
    )]
    Foreign { label: String },
    #[error(
        "no device's list of devices can be read ({label}: its file `roster` is corrupt); bring another device of the site; \
         only if the site never had another one remove that file and start again"
    )]
    NoRoster { label: String },
    #[error(
        "device {number} was given up, but {label} says it went on without the others; start with --data of one side only"
    )]
    Forked { number: DeviceNumber, label: String },
    #[error("--without {0}: the site has no such device")]
    Unknown(DeviceNumber),
    #[error("another server uses {label}: stop the other server, or give this one its own --data directory")]
    Busy { label: String },
    #[error("{label}: {detail}")]
    Failed { label: String, detail: String },
    #[error("the site had 65,535 devices; no number is left for {label}")]
    Full { label: String },
    #[error(transparent)]
    Change(#[from] Fault),
}

fn too_few(present: usize, needed: usize, missing: &[Entry], unreadable: &[String]) -> String {
    let named: Vec<String> = missing.iter().map(name).collect();
    let without: Vec<String> = missing.iter().map(|entry| format!("--without {}", entry.number)).collect();
    let mut text = format!(
        "only {present} of the site's devices are here and up to date, and {needed} are needed, more than half; missing: {}. \
         Bring them back; or give {} for those that are lost for good. Beware: if one of these went on alone, \
         what was written since is on it only, and is then lost",
        named.join(", "),
        without.join(" "),
    );
    if !unreadable.is_empty() {
        text.push_str(&format!(". Could not be read: {}", unreadable.join("; ")));
    }
    text
}

/// How a device is called in messages.
pub(crate) fn name(entry: &Entry) -> String {
    let zone = entry.zone.as_ref().map(|zone| format!(", zone {zone}")).unwrap_or_default();
    format!("device {} (id {}{zone})", entry.number, entry.device)
}

/// Why a change of the roster did not come about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Whoever has something to write must fail it: the devices left could be the ones that are wrong.
    #[error(
        "{left} of {before} devices are left, fewer than half: nothing can be written until devices come back and the server is restarted"
    )]
    TooFew { left: usize, before: usize },
    /// A site without its catalog would start as a new one.
    #[error(
        "nobody would be left who holds the whole catalog: it is on {}; bring that back as it was, or have the catalog copied to another device first",
        .holders.iter().map(name).collect::<Vec<_>>().join(" and ")
    )]
    LastCatalog { holders: Vec<Entry> },
    #[error("the site has no device {0}")]
    Unknown(DeviceNumber),
    #[error("device {0} was removed; empty its directory to have it registered as a new one")]
    Removed(DeviceNumber),
    #[error("device {0} is out; it must be repaired and let in first")]
    Out(DeviceNumber),
    /// Retry when the device answers.
    #[error("device {number} does not take the list of devices: {detail}")]
    Unwilling { number: DeviceNumber, detail: String },
    /// Retry after a restart that has the device in `--data`.
    #[error("device {0} is not here")]
    Absent(DeviceNumber),
}
