//! How the site's devices stand, for `strongroom status`.

use catalog::Standing;
use devices::State;
use serde::Serialize;
use stripe::{Layout, Redundancy};

use super::{Charge, DeviceFault, Steward};
use crate::mend::Counted;

#[derive(Clone, Debug, Serialize)]
pub struct SiteStatus {
    pub site: String,
    /// Of the roster.
    pub generation: String,
    /// What is written now: shards of data and of parity.
    pub layout: String,
    /// How many devices may be lost at once.
    pub parity: u8,
    pub devices: Vec<DeviceStatus>,
    pub repair: Repair,
}

#[derive(Clone, Debug, Serialize)]
pub struct DeviceStatus {
    pub number: u16,
    pub id: String,
    /// `None`: the device is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// `in`, `draining`, `out` or `removed`.
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub since: String,
    /// Of the catalog: `whole` or `filling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<&'static str>,
    #[serde(flatten)]
    pub usage: Option<DeviceUsage>,
}

/// In bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DeviceUsage {
    pub total_bytes: u64,
    pub available_bytes: u64,
    /// Records that somebody needs, with their headers and padding.
    pub live_bytes: u64,
    pub volumes: u32,
    pub queued_bytes: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Repair {
    pub running: bool,
    /// Whether nothing that was asked for is left to do.
    pub idle: bool,
    pub chunks: u64,
    pub bytes: u64,
    pub chunks_mended: u64,
    pub bytes_mended: u64,
    pub chunks_lost: u64,
    /// Bytes of shards on all devices, against which `stored_bytes_seen` shows how far it is.
    pub stored_bytes: u64,
    pub stored_bytes_seen: u64,
}

impl Steward {
    pub fn status(&self) -> Result<SiteStatus, DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        let roster = self.fleet.roster();
        let slots = self.fleet.slots();
        let parity = charge.store().parity();
        let takers = slots.iter().filter(|slot| slot.state == State::In).count();
        let devices: Vec<DeviceStatus> = roster
            .entries
            .iter()
            .map(|entry| {
                let slot = slots.iter().find(|slot| slot.number == entry.number);
                device_status(charge, entry, slot)
            })
            .collect();
        let stored_bytes = devices.iter().filter_map(|device| Some(device.usage?.live_bytes)).sum();
        Ok(SiteStatus {
            site: roster.site.to_string(),
            generation: roster.generation.to_string(),
            layout: charge
                .store()
                .layout_now(Redundancy::Full)
                .or(Layout::of(takers, parity))
                .map_or_else(String::new, |layout| layout.to_string()),
            parity,
            devices,
            repair: repair(charge, stored_bytes),
        })
    }
}

fn repair(charge: &Charge, stored_bytes: u64) -> Repair {
    let Counted { running, chunks, bytes, stored_bytes: seen, chunks_mended, bytes_mended, chunks_lost } =
        charge.orders.tally();
    Repair {
        running,
        idle: charge.orders.is_idle(),
        chunks,
        bytes,
        chunks_mended,
        bytes_mended,
        chunks_lost,
        stored_bytes,
        stored_bytes_seen: seen,
    }
}

fn device_status(charge: &Charge, entry: &devices::Entry, slot: Option<&devices::Slot>) -> DeviceStatus {
    let (state, reason) = match entry.state {
        State::In => ("in", None),
        State::Draining => ("draining", None),
        State::Out(reason) => ("out", Some(reason.to_string())),
        State::Removed => ("removed", None),
    };
    let number = entry.number.0;
    let member = charge.catalog().members().into_iter().find(|member| member.number == number);
    let catalog = member.and_then(|member| match member.standing {
        Standing::Whole => Some("whole"),
        Standing::Filling { .. } => Some("filling"),
        Standing::Lost { .. } => None,
    });
    let usage = slot.filter(|slot| slot.state.is_member()).and_then(|slot| {
        let stats = charge.store().stats(number)?;
        let space = slot.disk.space().ok()?;
        Some(DeviceUsage {
            total_bytes: space.total_bytes,
            available_bytes: space.available_bytes,
            live_bytes: stats.usage.filled_bytes.saturating_sub(stats.usage.dead_bytes),
            volumes: stats.usage.volumes,
            queued_bytes: stats.queued_bytes,
        })
    });
    DeviceStatus {
        number,
        id: entry.device.to_string(),
        path: slot.map(|slot| slot.label.clone()),
        zone: entry.zone.as_ref().map(ToString::to_string),
        state,
        reason,
        since: entry.since.to_iso8601(),
        catalog,
        usage,
    }
}
