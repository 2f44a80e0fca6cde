//! A device that is here, and the writing of its copy of the roster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::DeviceNumber;
use volume::{DeviceId, identity};
use world::{DeviceLock, Disk};

use crate::at_once::at_once;
use crate::format::Copy;
use crate::offer::{Offer, ROSTER_FILE};
use crate::roster::{Reason, Roster};

pub(crate) struct Seat {
    pub disk: Arc<dyn Disk>,
    pub label: String,
    pub device: DeviceId,
    /// Held while the copy is being written. A write that was given up may still be under way, and must not land after
    /// a later one.
    pen: Arc<Mutex<()>>,
    _lock: Option<DeviceLock>,
}

/// Those that did not take a roster.
pub(crate) type Failed = BTreeMap<DeviceNumber, Reason>;

impl Seat {
    pub fn new(offer: Offer, device: DeviceId) -> Self {
        Self { disk: offer.disk, label: offer.label, device, pen: Arc::default(), _lock: offer.lock }
    }

    /// The deed of writing the copy, for any thread.
    fn writing(
        &self,
        roster: &Roster,
        promised: u32,
    ) -> impl FnOnce() -> Result<(), String> + Send + 'static + use<> {
        let bytes = Copy { device: self.device, promised, roster: roster.clone() }.encode();
        let (disk, pen) = (self.disk.clone(), self.pen.clone());
        move || {
            let _pen = pen.try_lock().map_err(|_| "an earlier write has not ended yet".to_owned())?;
            identity::replace_file(&*disk, ROSTER_FILE, &bytes).map_err(|fault| fault.to_string())
        }
    }
}

/// Writes everybody's copy, durably: all at once where there is a deadline, else one by one.
pub(crate) fn write_copies(
    seats: &BTreeMap<DeviceNumber, &Seat>,
    roster: &Roster,
    promised: u32,
    deadline: Option<Duration>,
) -> Failed {
    let writings = seats.iter().map(|(number, seat)| (*number, seat.writing(roster, promised)));
    let outcomes = at_once(writings, deadline);
    let mut failed = Failed::new();
    for (number, seat) in seats {
        let (reason, detail) = match outcomes.get(number) {
            Some(Ok(())) => continue,
            Some(Err(detail)) => (Reason::Failed, detail.as_str()),
            None => (Reason::Hung, "no answer in time"),
        };
        tracing::error!(device = %number, at = seat.label, detail, "the device does not take the list of devices");
        failed.insert(*number, reason);
    }
    failed
}
