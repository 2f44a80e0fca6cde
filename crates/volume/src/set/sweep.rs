//! The sweep: records that earlier processes may have landed without ever naming them.
//!
//! Between an orderly shutdown and now there are none. After a crash every volume that was written in the crashed
//! epoch is walked by its headers; the caller asks the catalog about each owner and deletes what nobody names.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::VolumeSet;
use super::verify::has_died;
use crate::fault::Fault;
use crate::format::Mismatch;
use crate::format::record_header::Coding;
use crate::format::volume_header::RECORDS_START;
use crate::read::owner_of;
use crate::record::Extent;
use crate::volume::Volume;
use crate::walk::{Met, Walk};

/// A living record, and the owner that was recorded with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub extent: Extent,
    pub coding: Coding,
    pub owner: Bytes,
    /// Of the process-open that wrote it.
    pub epoch: u64,
}

/// Yields candidates in the order in which they lie, a batch of headers in memory at a time.
pub struct Sweep {
    set: Arc<VolumeSet>,
    epochs: Range<u64>,
    /// Whether what is neither a record nor a hole is named too.
    names_garbage: bool,
    volumes: VecDeque<Arc<Volume>>,
    /// Where the walk through the first of `volumes` goes on.
    at: u64,
    found: VecDeque<Result<Orphan, Fault>>,
}

/// Candidates collected before the walk pauses.
const CANDIDATES_MAX: usize = 256;

impl VolumeSet {
    /// Candidates among the records of epochs after the last finished sweep and before this one. A record whose owner
    /// can't be read is an error, and the sweep goes on behind it.
    pub fn sweep(self: &Arc<Self>) -> Sweep {
        let swept = crate::volume::lock(&self.head).swept;
        self.sweep_epochs(swept + 1..self.epoch, false)
    }

    /// Candidates among all records of earlier epochs: for a device that was away while records were deleted.
    pub fn sweep_all(self: &Arc<Self>) -> Sweep {
        self.sweep_epochs(0..self.epoch, false)
    }

    /// All living records, those of this epoch included, and an error for all that is neither a record nor a hole.
    pub fn survey(self: &Arc<Self>) -> Sweep {
        self.sweep_epochs(0..self.epoch + 1, true)
    }

    /// As `survey`, the living records of one volume alone.
    pub fn survey_volume(self: &Arc<Self>, number: u32) -> Sweep {
        let mut sweep = self.sweep_epochs(0..self.epoch + 1, false);
        sweep.volumes.retain(|volume| volume.number == number);
        sweep
    }

    fn sweep_epochs(self: &Arc<Self>, epochs: Range<u64>, names_garbage: bool) -> Sweep {
        let volumes = self
            .all()
            .into_iter()
            .filter(|volume| {
                let entry = volume.entry();
                names_garbage || entry.epoch_last >= epochs.start && entry.epoch_first < epochs.end
            })
            .collect();
        let (set, found) = (self.clone(), VecDeque::new());
        Sweep { set, epochs, names_garbage, volumes, at: RECORDS_START, found }
    }

    /// All candidates were asked about and the unnamed ones deleted: the next open needn't sweep them again.
    pub fn sweep_done(&self) -> Result<(), Fault> {
        let epoch = self.epoch;
        self.write_head(&*self.hold()?, false, |head| head.swept = epoch - 1)
    }
}

impl Iterator for Sweep {
    type Item = Result<Orphan, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Some(found);
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
        let mut walk = Walk::new(&file, volume.dead_in(self.at..), self.at, volume.entry().end);
        while let Some(stretch) = walk.step()? {
            self.at = stretch.end;
            match stretch.met {
                Met::Record(header) if self.epochs.contains(&header.epoch) => {
                    let (offset, length) = (stretch.start, header.payload_length);
                    let found = owner_of(&file, offset, &header).map(|owner| Orphan {
                        extent: Extent { volume: volume.number, offset, length },
                        coding: header.coding,
                        owner,
                        epoch: header.epoch,
                    });
                    match found {
                        Err(fault) if !fault.is_corruption() => return Err(fault),
                        Err(_) if has_died(volume, &file, offset)? => {}
                        found => self.found.push_back(found),
                    }
                }
                Met::Garbage(mismatch) if self.names_garbage && !has_died(volume, &file, stretch.start)? => {
                    let Mismatch { expected, found } = mismatch;
                    let fault = Fault::corrupt(volume.number, stretch.start, expected, found);
                    self.found.push_back(Err(fault));
                }
                _ => {}
            }
            if self.found.len() == CANDIDATES_MAX {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
