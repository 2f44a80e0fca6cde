//! What excuses an error: faults of the machine, as far as the layout does not promise to bear them.

use std::sync::Arc;

use super::drive::{Drive, Power};

#[derive(Clone)]
pub struct Excuse {
    power: Arc<Power>,
    drives: Vec<Drive>,
    /// Devices that may be lost at once.
    parity: u8,
    /// Devices that lack something since an earlier life, or are away.
    ill: usize,
}

impl Excuse {
    pub fn new(power: Arc<Power>, drives: Vec<Drive>, parity: u8, ill: usize) -> Self {
        Self { power, drives, parity, ill }
    }

    pub fn is_off(&self) -> bool {
        self.power.is_off()
    }

    fn erred(&self) -> usize {
        self.drives.iter().filter(|drive| drive.has_erred()).count()
    }

    pub fn reads_may_fail(&self) -> bool {
        self.is_off() || self.parity == 0 && self.erred() > 0
    }

    pub fn writes_may_fail(&self) -> bool {
        self.is_off() || self.ill + self.erred() > 0
    }
}
