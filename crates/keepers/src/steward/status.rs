//! How the site's devices stand, for `strongroom status`.

use std::sync::PoisonError;

use catalog::Standing;
use devices::State;
use model::Timestamp;
use serde::Serialize;
use stripe::{Layout, Redundancy};

use super::moving::{Compaction, Rebalance, compactions, rebalance};
use super::{Charge, DeviceFault, Steward};
use crate::mend::Counted;
use crate::scrub::Scrubbed;

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
    pub scrub: Vec<Scrub>,
    pub compaction: Vec<Compaction>,
    pub rebalance: Rebalance,
}

/// Of one device: its records read and proven, round by round.
#[derive(Clone, Debug, Serialize)]
pub struct Scrub {
    pub device: u16,
    pub running: bool,
    pub rounds: u64,
    pub bytes: u64,
    pub bytes_total: u64,
    pub corrupt: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
}

/// What the last verification found, or has found so far.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    pub running: bool,
    /// Whether no byte and no row of any object is wrong.
    pub sound: bool,
    /// Why it could not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub rows: u64,
    pub chunks: u64,
    pub shards: u64,
    pub bytes: u64,
    pub records: u64,
    /// Records and rows of which it can't be told whether something names them: there was too much to remember.
    pub unjudged: u64,
    /// All, of which `findings` are the first.
    pub found: u64,
    pub findings: Vec<String>,
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
    /// Of deleted ones, in volumes that are still there: they take space where it can't be given back at once.
    pub dead_bytes: u64,
    /// Prepared and not yet filled.
    pub room_bytes: u64,
    /// Chunks that a drain can't move because they are beyond repair.
    pub chunks_stuck: u64,
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
        self.follow();
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
            scrub: charge.scrubbing.status().iter().map(scrub).collect(),
            compaction: compactions(charge),
            rebalance: rebalance(charge),
        })
    }

    /// `None` when none was asked for yet.
    pub fn verdict(&self) -> Result<Option<Verdict>, DeviceFault> {
        let charge = self.charge.get().ok_or(DeviceFault::Starting)?;
        let verifying = charge.verifying.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(verifying.as_ref().map(|(verification, ended)| {
            let ended = ended.get();
            let verified = match ended {
                Some(Ok(verified)) => verified.clone(),
                _ => verification.verified(),
            };
            let error = ended.and_then(|ended| ended.as_ref().err().cloned());
            Verdict {
                running: ended.is_none(),
                sound: error.is_none() && verified.is_sound(),
                error,
                rows: verified.rows,
                chunks: verified.chunks,
                shards: verified.shards,
                bytes: verified.bytes,
                records: verified.records,
                unjudged: verified.unjudged,
                found: verified.found.values().sum(),
                findings: verified.findings.iter().map(ToString::to_string).collect(),
            }
        }))
    }
}

fn scrub(scrubbed: &Scrubbed) -> Scrub {
    Scrub {
        device: scrubbed.device,
        running: scrubbed.running,
        rounds: scrubbed.rounds,
        bytes: scrubbed.bytes,
        bytes_total: scrubbed.bytes_total,
        corrupt: scrubbed.corrupt,
        begun: scrubbed.begun.map(Timestamp::to_iso8601),
        finished: scrubbed.finished.map(Timestamp::to_iso8601),
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
            dead_bytes: stats.usage.dead_bytes,
            room_bytes: stats.usage.room_bytes,
            chunks_stuck: charge.orders.stuck(number),
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
