//! Which devices carry the catalog: as many as may be lost, and one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Member, MemberState, Standing};
use devices::{CatalogCopy, Slot, State};
use model::DeviceNumber;
use world::Instant;
use world::thread::spawn_blocking;

use super::{Charge, Steward};

/// A device that could not be given a copy is left alone so long.
const REST: Duration = Duration::from_secs(60);

impl Steward {
    /// Lets copies go that are lost or to be drained, and has further ones made.
    pub(super) async fn copy_catalog(self: Arc<Self>) {
        let Some(charge) = self.charge.get() else { return };
        // While another copy is made, which may wait for the one that is lost.
        self.dismiss_lost(charge).await;
        let mut failed = self.copying.lock().await;
        failed.retain(|_, since| since.elapsed() < REST);
        loop {
            let wanted = usize::from(charge.store().parity()) + 1;
            let mut slots = self.fleet.slots();
            slots.retain(|slot| !failed.contains_key(&slot.number));
            let held: Vec<u16> = charge.catalog().members().into_iter().map(|member| member.number).collect();
            let Some(slot) = next_copy(&slots, &held, wanted) else { break };
            let number = slot.number;
            match self.make_copy(charge, slot).await {
                Ok(()) => tracing::info!(device = %number, "the catalog has a further copy"),
                // Another device may do it.
                Err(fault) => {
                    tracing::error!(device = %number, %fault, "the catalog could not be copied");
                    failed.insert(number, Instant::now());
                }
            }
            self.dismiss_lost(charge).await;
        }
        self.dismiss_draining(charge);
    }

    async fn dismiss_lost(&self, charge: &Charge) {
        let (fleet, catalog) = (self.fleet.clone(), charge.catalog().clone());
        let dismissing = spawn_blocking(move || {
            let members = catalog.members();
            // Behind the members: who joins is listed first.
            let roster = fleet.roster();
            for member in members {
                // One that went out and came in again in the meantime is listed no more.
                let entry = roster.entry(DeviceNumber(member.number));
                let is_listed = entry.is_some_and(|entry| entry.state.is_member() && entry.catalog.is_some());
                if is_listed && !matches!(member.standing, Standing::Lost { .. }) {
                    continue;
                }
                if let Err(fault) = catalog.leave(member.number) {
                    tracing::error!(device = member.number, %fault, "a copy of the catalog can't be given up");
                }
            }
        });
        // A panic there has been told already.
        let _ = dismissing.await;
    }

    fn dismiss_draining(&self, charge: &Charge) {
        let members = charge.catalog().members();
        let slots = self.fleet.slots();
        let state = |number: u16| slots.iter().find(|slot| slot.number.0 == number).map(|slot| slot.state);
        let stays = |member: &&MemberState| {
            matches!(member.standing, Standing::Whole) && state(member.number) == Some(State::In)
        };
        let staying = members.iter().filter(stays).count();
        let takers = slots.iter().filter(|slot| slot.state == State::In).count();
        if staying < (usize::from(charge.store().parity()) + 1).min(takers) {
            return;
        }
        for member in members.iter().filter(|member| state(member.number) == Some(State::Draining)) {
            let noted = self.fleet.set_copy(DeviceNumber(member.number), None);
            let noted = noted.map_err(|fault| fault.to_string());
            let left =
                noted.and_then(|()| charge.catalog().leave(member.number).map_err(|fault| fault.to_string()));
            if let Err(fault) = left {
                tracing::error!(device = member.number, fault, "a copy of the catalog can't be let go");
            }
        }
    }

    async fn make_copy(&self, charge: &Charge, slot: Slot) -> Result<(), String> {
        let (fleet, catalog) = (self.fleet.clone(), charge.catalog().clone());
        let open_index = self.open_index.clone();
        let copied = spawn_blocking(move || {
            fleet.set_copy(slot.number, Some(CatalogCopy::Filling)).map_err(|fault| fault.to_string())?;
            let joined = open_index(&slot, true).and_then(|index| {
                catalog.join(Member { number: slot.number.0, disk: slot.disk.clone(), index })
            });
            joined.map_err(|fault| fault.to_string()).inspect_err(|_| {
                // Nobody fills it any more. Where even that can't be noted, the next start does not trust it either.
                let _ = fleet.set_copy(slot.number, None);
            })
        });
        copied.await.map_err(|_| "the server stops".to_owned())?
    }
}

/// The next device to carry the catalog, from a zone that carries least. `None` when there are enough.
fn next_copy(slots: &[Slot], held: &[u16], wanted: usize) -> Option<Slot> {
    let living = |slot: &&Slot| slot.state == State::In;
    let carries = |slot: &Slot| held.contains(&slot.number.0);
    if slots.iter().filter(living).filter(|slot| carries(slot)).count() >= wanted {
        return None;
    }
    let load = |slot: &Slot| {
        slots.iter().filter(|other| carries(other) && other.zone.is_some() && other.zone == slot.zone).count()
    };
    slots.iter().filter(living).filter(|slot| !carries(slot)).min_by_key(|slot| load(slot)).cloned()
}

/// Which devices of a new site carry the catalog from the beginning.
pub fn first_copies(slots: &[Slot], parity: u8) -> BTreeMap<DeviceNumber, CatalogCopy> {
    let mut held = Vec::new();
    while let Some(slot) = next_copy(slots, &held, usize::from(parity) + 1) {
        held.push(slot.number.0);
    }
    held.into_iter().map(|number| (DeviceNumber(number), CatalogCopy::Whole)).collect()
}
