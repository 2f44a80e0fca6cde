//! Appends batches to one open volume: written, synced once, and the batch is durable.
//!
//! One batch at a time, so the first place that holds no valid record is the end of what was acknowledged. A
//! writer that failed once never writes again: what the kernel did with a failed sync's pages nobody knows.

use std::sync::Arc;

use crate::fault::Fault;
use crate::meter::Meter;
use crate::record::{Extent, Place, Record};
use crate::staging::Staging;
use crate::volume::{Volume, VolumeFile};

#[derive(Debug)]
pub struct VolumeWriter {
    pub(crate) volume: Arc<Volume>,
    file: VolumeFile,
    meter: Arc<Meter>,
    epoch: u64,
    size: u64,
    end: u64,
    sequence: u64,
    staging: Staging,
    failed: Option<Fault>,
}

impl VolumeWriter {
    pub(crate) fn new(volume: Arc<Volume>, file: VolumeFile, meter: Arc<Meter>, epoch: u64) -> Self {
        let entry = volume.entry();
        Self {
            volume,
            file,
            meter,
            epoch,
            size: entry.size,
            end: entry.end,
            sequence: entry.sequence,
            staging: Staging::new(),
            failed: None,
        }
    }

    pub fn volume(&self) -> u32 {
        self.volume.number
    }

    /// Room for records, in bytes of extents.
    pub const fn room_bytes(&self) -> u64 {
        self.size.saturating_sub(self.end)
    }

    /// Where the last good batch ends.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// After a failure the volume can only be sealed.
    pub const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Durable on return, all of them or (after an error) none that anybody may name. Refuses with `NoSpace`,
    /// having written nothing, when they don't all fit.
    pub fn append_batch(&mut self, records: &[Record]) -> Result<Vec<Extent>, Fault> {
        if let Some(fault) = &self.failed {
            return Err(fault.clone());
        }
        let wanted: u64 = records.iter().map(Record::extent_bytes).sum();
        if wanted > self.room_bytes() {
            return Err(Fault::NoSpace { wanted });
        }
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let (extents, headers) = self.lay(records);
        let mut slices: Vec<&[u8]> = Vec::with_capacity(records.len() * 4);
        for (record, header) in records.iter().zip(&headers) {
            slices.push(header);
            record.body(&mut slices);
        }
        let written = self.staging.write(&slices, &self.file, self.end).and_then(|()| self.file.sync_data());
        self.meter.synced();
        if let Err(fault) = written {
            self.file.withdraw(self.end, wanted);
            self.failed = Some(fault.clone());
            return Err(fault);
        }
        self.advance(records.len() as u64, wanted);
        Ok(extents)
    }

    fn lay(&self, records: &[Record]) -> (Vec<Extent>, Vec<[u8; 80]>) {
        let mut offset = self.end;
        let mut laid = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
        for (index, record) in records.iter().enumerate() {
            let place = Place {
                seed: self.file.seed,
                offset,
                epoch: self.epoch,
                sequence: self.sequence + index as u64,
                batch_left: (records.len() - 1 - index) as u32,
            };
            laid.0.push(Extent { volume: self.volume.number, offset, length: record.payload_length() });
            laid.1.push(record.header(&place));
            offset += record.extent_bytes();
        }
        laid
    }

    fn advance(&mut self, records: u64, bytes: u64) {
        let fresh = self.sequence == 0;
        self.end += bytes;
        self.sequence += records;
        self.meter.appended(records, bytes);
        self.volume.change(|entry| {
            entry.end = self.end;
            entry.sequence = self.sequence;
            entry.epoch_last = self.epoch;
            if fresh {
                entry.epoch_first = self.epoch;
            }
        });
    }
}
