//! How devices come in: new ones, and those that were out.
//!
//! What takes long goes on in tasks of its own, and to its end even when who asked for it waits no longer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use devices::{OpenFault, Reason, State};
use model::{DeviceNumber, Zone};
use world::thread::spawn_blocking;

use super::{DeviceFault, Steward, stripe_slot};
use crate::sweep::{owe_sweep, sweep_device};

/// So long a device that failed stays out before it is tried again by itself.
const QUARANTINE: Duration = Duration::from_secs(600);

impl Steward {
    /// A device that is out looks well: is it time to let it in? Who asks will ask again.
    pub(super) fn consider(self: &Arc<Self>, number: DeviceNumber) {
        let (roster, Some(charge)) = (self.fleet.roster(), self.charge.get()) else { return };
        let Some(entry) = roster.entry(number) else { return };
        let out_for = charge.hall.clock().now().millis().abs_diff(entry.since.millis());
        if !may_return(entry.state, Duration::from_millis(out_for)) || self.entering.try_lock().is_err() {
            return;
        }
        let steward = self.clone();
        tokio::spawn(async move {
            if let Err(fault) = steward.take_back(number).await {
                tracing::warn!(device = %number, %fault, "a device that looks well could not be let in");
            }
        });
    }

    /// Opens a device that was out, lets it in, and has freed what was deleted without it.
    async fn take_back(self: Arc<Self>, number: DeviceNumber) -> Result<(), DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        let entering = self.entering.lock().await;
        // That it went is followed before it is opened anew.
        self.follow();
        let State::Out(_) = self.state(number)? else { return Ok(()) };
        let slot = self.slot(number)?;
        owe_sweep(&charge.hall, number.0).await?;
        let (store, fleet) = (charge.store().clone(), self.fleet.clone());
        let entered = spawn_blocking(move || {
            store.dismiss(number.0);
            store.admit(stripe_slot(&slot))?;
            fleet.let_in(number).inspect_err(|_| {
                // Until that is undone the next start may find it in.
                let _ = fleet.take_out(number, Reason::Failed);
                store.stand(number.0, stripe::Standing::Out);
            })?;
            Ok::<_, DeviceFault>(())
        });
        let entered = entered.await;
        drop(entering);
        self.follow();
        entered.map_err(|_| DeviceFault::Starting)??;
        tracing::info!(device = %number, "the device is back");
        tokio::spawn(self.clone().sweep(number));
        Ok(())
    }

    async fn sweep(self: Arc<Self>, number: DeviceNumber) {
        let Some(charge) = self.charge.get() else { return };
        charge.store().on_the_way().leave().await;
        let _one = self.sweeping.lock().await;
        match sweep_device(&charge.hall, number.0).await {
            Ok(swept) => {
                tracing::info!(device = %number, swept.looked_at, swept.freed, "the device is swept")
            }
            Err(fault) => {
                tracing::warn!(device = %number, %fault, "what was deleted without it stays for now")
            }
        }
    }

    /// Takes a further directory: a new device, or one that was out, in its old place or another. Before the store writes
    /// there, `welcome` puts into it what every device has; it may block.
    pub async fn add(
        self: &Arc<Self>,
        path: &Path,
        zone: Option<Zone>,
        welcome: impl FnOnce(&Path) -> io::Result<()> + Send + 'static,
    ) -> Result<DeviceNumber, DeviceFault> {
        let (steward, path) = (self.clone(), path.to_owned());
        to_the_end(async move {
            let number = steward.register(path, zone, welcome).await?;
            steward.take_back(number).await?;
            Ok(number)
        })
        .await
    }

    async fn register(
        &self,
        path: PathBuf,
        zone: Option<Zone>,
        welcome: impl FnOnce(&Path) -> io::Result<()> + Send + 'static,
    ) -> Result<DeviceNumber, DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        let (fleet, store) = (self.fleet.clone(), charge.store().clone());
        // One that hangs holds nobody up but who asked for it.
        let (looking, looked_at) = (fleet.clone(), path.clone());
        let offer = spawn_blocking(move || looking.offer(looked_at, zone));
        let offer = offer.await.map_err(|_| DeviceFault::Starting)??;
        let entering = self.entering.lock().await;
        let registered = spawn_blocking(move || {
            let number = fleet.register(offer)?;
            welcome(&path).map_err(|error| OpenFault::Failed {
                label: path.display().to_string(),
                detail: error.to_string(),
            })?;
            // One that was out is opened when it is let in.
            let is_new = |slot: &&devices::Slot| slot.number == number && slot.state == State::In;
            if let Some(slot) = fleet.slots().iter().find(is_new) {
                store.admit(stripe_slot(slot))?;
            }
            Ok::<_, DeviceFault>(number)
        });
        let registered = registered.await;
        drop(entering);
        // One that is in and could not be opened is out again.
        self.follow();
        let number = registered.map_err(|_| DeviceFault::Starting)??;
        charge.orders.pass();
        Ok(number)
    }

    /// In again: one that was out, or that was to be drained.
    pub async fn let_in(self: &Arc<Self>, number: DeviceNumber) -> Result<(), DeviceFault> {
        if let State::Out(_) = self.state(number)? {
            return to_the_end(self.clone().take_back(number)).await;
        }
        let fleet = self.fleet.clone();
        let entered = spawn_blocking(move || fleet.let_in(number)).await;
        Ok(entered.map_err(|_| DeviceFault::Starting)??)
    }
}

/// Goes on when whoever asked for it waits no longer.
async fn to_the_end<T: Send + 'static>(
    deed: impl Future<Output = Result<T, DeviceFault>> + Send + 'static,
) -> Result<T, DeviceFault> {
    tokio::spawn(deed).await.map_err(|_| DeviceFault::Starting)?
}

/// Whether a device that looks well is let in by itself.
fn may_return(state: State, out_for: Duration) -> bool {
    match state {
        State::Out(Reason::Ordered) | State::In | State::Draining | State::Removed => false,
        State::Out(Reason::Failed) => out_for >= QUARANTINE,
        State::Out(Reason::Missing | Reason::Hung | Reason::Swapped | Reason::Stale) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_operator_undoes_an_operator_s_word() {
        let after = |reason, seconds| may_return(State::Out(reason), Duration::from_secs(seconds));
        assert!(after(Reason::Hung, 0));
        assert!(!after(Reason::Failed, 599) && after(Reason::Failed, 600));
        assert!(!after(Reason::Ordered, 1_000_000));
    }
}
