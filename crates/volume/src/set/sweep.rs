//! The sweep: records that earlier processes may have landed without ever naming them.
//!
//! Between an orderly shutdown and now there are none. After a crash every volume that was written in the crashed
//! epoch is walked by its headers; the caller asks the catalog about each owner and deletes what nobody names.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::VolumeSet;
use crate::fault::Fault;
use crate::format::record_header::Coding;
use crate::format::volume_header::RECORDS_START;
use crate::read::owner_of;
use crate::record::Extent;
use crate::volume::Volume;
use crate::walk::{Met, Walk};

/// A living record of an earlier epoch, and the owner that was recorded with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub extent: Extent,
    pub coding: Coding,
    pub owner: Bytes,
}

/// Yields candidates in the order in which they lie, a batch of headers in memory at a time.
pub struct Sweep {
    set: Arc<VolumeSet>,
    swept: u64,
    volumes: VecDeque<Arc<Volume>>,
    /// Where the walk through the first of `volumes` goes on.
    at: u64,
    found: VecDeque<Orphan>,
}

/// Candidates collected before the walk pauses.
const CANDIDATES_MAX: usize = 256;

impl VolumeSet {
    /// Candidates among the records of epochs after the last finished sweep and before this one.
    pub fn sweep(self: &Arc<Self>) -> Sweep {
        let swept = crate::volume::lock(&self.head).swept;
        if swept + 1 < self.epoch { self.sweep_since(swept) } else { self.sweep_since(self.epoch) }
    }

    /// Candidates among all records of earlier epochs: for a device that was away while records were deleted.
    pub fn sweep_all(self: &Arc<Self>) -> Sweep {
        self.sweep_since(0)
    }

    fn sweep_since(self: &Arc<Self>, swept: u64) -> Sweep {
        let volumes = self
            .all()
            .into_iter()
            .filter(|volume| {
                let entry = volume.entry();
                entry.epoch_last > swept && entry.epoch_first < self.epoch
            })
            .collect();
        Sweep { set: self.clone(), swept, volumes, at: RECORDS_START, found: VecDeque::new() }
    }

    /// All candidates were asked about and the unnamed ones deleted: the next open needn't sweep them again.
    pub fn sweep_done(&self) -> Result<(), Fault> {
        let epoch = self.epoch;
        self.write_head(&crate::volume::lock(&self.graves), false, |head| head.swept = epoch - 1)
    }
}

impl Iterator for Sweep {
    type Item = Result<Orphan, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(orphan) = self.found.pop_front() {
                return Some(Ok(orphan));
            }
            let volume = self.volumes.front()?.clone();
            match self.collect(&volume) {
                Ok(true) => {}
                Ok(false) => self.next_volume(),
                Err(fault) => {
                    self.next_volume();
                    return Some(Err(fault));
                }
            }
        }
    }
}

impl Sweep {
    fn next_volume(&mut self) {
        self.volumes.pop_front();
        self.at = RECORDS_START;
    }

    /// Goes on through one volume; true when something of it may be left.
    fn collect(&mut self, volume: &Volume) -> Result<bool, Fault> {
        let file = match self.set.open_file(volume) {
            Err(Fault::Gone { .. }) => return Ok(false),
            other => other?,
        };
        let mut walk = Walk::new(&file, volume.dead(), self.at, volume.entry().end);
        while let Some(stretch) = walk.step()? {
            self.at = stretch.end;
            let Met::Record(header) = stretch.met else { continue };
            if header.epoch <= self.swept || header.epoch >= self.set.epoch {
                continue;
            }
            let extent =
                Extent { volume: volume.number, offset: stretch.start, length: header.payload_length };
            let owner = owner_of(&file, stretch.start, &header)?;
            self.found.push_back(Orphan { extent, coding: header.coding, owner });
            if self.found.len() == CANDIDATES_MAX {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
