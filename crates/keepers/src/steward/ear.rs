//! What store and catalog tell while they work: who failed is noted on the other devices before they go on.

use std::io::ErrorKind;
use std::sync::{Arc, Weak};

use devices::{CatalogCopy, Fleet, Reason};
use model::DeviceNumber;

/// Given to the store and the catalog. A thread that a device keeps for ever must not keep the locks of all, nor may a
/// thread of theirs be the last to let go of what waits for it.
pub struct Ear(Weak<Fleet>);

impl Ear {
    pub fn new(fleet: &Arc<Fleet>) -> Arc<Self> {
        Arc::new(Self(Arc::downgrade(fleet)))
    }

    fn note(
        &self,
        member: u16,
        note: impl FnOnce(&Fleet, DeviceNumber) -> Result<(), devices::Fault>,
    ) -> Result<(), catalog::Fault> {
        let fleet = self.0.upgrade().ok_or(catalog::Fault::Closed)?;
        note(&fleet, DeviceNumber(member))
            .map_err(|fault| catalog::Fault::Member { number: member, detail: fault.to_string().into() })
    }
}

impl stripe::Watch for Ear {
    fn failed(&self, device: u16, why: &stripe::Fault) -> bool {
        let reason = match why {
            stripe::Fault::Hangs { .. } => Reason::Hung,
            stripe::Fault::Io { kind, .. } => reason_of(*kind),
            _ => Reason::Failed,
        };
        tracing::error!(device, %why, "a device failed");
        self.0.upgrade().is_some_and(|fleet| fleet.take_out(DeviceNumber(device), reason).is_ok())
    }

    fn ailing(&self, device: u16, why: &stripe::Fault) {
        metrics::counter!("strongroom_device_bad_reads_total", "device" => device.to_string()).increment(1);
        tracing::warn!(device, %why, "a shard reads badly; others tell its bytes and it is laid anew");
    }
}

impl catalog::Watch for Ear {
    fn lost(&self, member: u16, why: &catalog::Fault) -> Result<(), catalog::Fault> {
        tracing::error!(device = member, %why, "a copy of the catalog failed");
        self.note(member, |fleet, number| match why {
            catalog::Fault::Io { source, .. } => fleet.take_out(number, reason_of(source.kind())),
            // One rotten block, or no room for what is missing, is no dead device: the copy is made anew, the volumes
            // stay in use.
            _ => fleet.set_copy(number, None),
        })
    }

    fn whole(&self, member: u16) -> Result<(), catalog::Fault> {
        self.note(member, |fleet, number| fleet.set_copy(number, Some(CatalogCopy::Whole)))
    }
}

/// Files that were there and are not: the directory is another one, or empty. It may come back as it was.
const fn reason_of(kind: ErrorKind) -> Reason {
    match kind {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Reason::Swapped,
        ErrorKind::TimedOut => Reason::Hung,
        _ => Reason::Failed,
    }
}
