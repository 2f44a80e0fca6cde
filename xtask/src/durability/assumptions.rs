//! What is assumed of devices and of those who mind them, and the risks that follow for a layout.

use erasure::Layout;

use crate::durability::chain::Risk;

pub const YEAR_H: f64 = 8766.0;
const CHUNK_BYTES: f64 = 1024.0 * 1024.0;

#[derive(Clone, Copy)]
pub struct Assumptions {
    /// Of devices that fail within a year, one after the other in one slot.
    pub failures_per_year: f64,
    pub stored_tb: f64,
    /// What repair reads or writes of a device: half of what a disk does.
    pub repair_mb_per_s: f64,
    pub detect_h: f64,
    /// Until somebody put a new device in.
    pub replace_h: f64,
    /// Places of a device that turn unreadable, and how often the scrub comes by.
    pub damages_per_year: f64,
    pub scrub_days: f64,
    pub stress: f64,
    pub shocks_per_year: f64,
    pub shock_kills: f64,
}

pub const USUAL: Assumptions = Assumptions {
    failures_per_year: 0.02,
    stored_tb: 10.0,
    repair_mb_per_s: 100.0,
    detect_h: 1.0,
    replace_h: 72.0,
    damages_per_year: 1.0,
    scrub_days: 30.0,
    stress: 1.0,
    shocks_per_year: 0.0,
    shock_kills: 1.0,
};

impl Assumptions {
    /// With a device to spare, the others take the lost shards at once, each its part: to write one, as many as there
    /// are data shards are read. Without one, repair waits for a new device and is as fast as that one writes.
    pub fn repair_h(&self, layout: Layout, devices: usize) -> f64 {
        let whole_h = self.stored_tb * 1e6 / self.repair_mb_per_s / 3600.0;
        if devices > usize::from(layout.shards()) {
            self.detect_h + whole_h * f64::from(layout.data + 1) / (devices - 1) as f64
        } else {
            self.detect_h + self.replace_h + whole_h
        }
    }

    /// The risk of one object of one chunk.
    pub fn object(&self, layout: Layout, devices: usize) -> Risk {
        let shard_bytes = CHUNK_BYTES / f64::from(layout.data);
        let damage_rate = self.any(layout, devices).damage_rate * shard_bytes / (self.stored_tb * 1e12);
        Risk { devices: layout.shards().into(), damage_rate, ..self.any(layout, devices) }
    }

    /// The risk that any object is lost: among so many, some lie on whatever devices go together.
    pub fn any(&self, layout: Layout, devices: usize) -> Risk {
        Risk {
            devices,
            parity: layout.parity.into(),
            failure_rate: self.failures_per_year / YEAR_H,
            repair_h: self.repair_h(layout, devices),
            damage_rate: self.damages_per_year / YEAR_H,
            damage_h: self.scrub_days * 24.0 / 2.0,
            stress: self.stress,
            shock_rate: self.shocks_per_year / YEAR_H,
            shock_kills: self.shock_kills,
        }
    }
}
