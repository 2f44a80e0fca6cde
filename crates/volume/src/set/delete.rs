//! Deletes records: a durable mark first, then their blocks are freed.
//!
//! The mark is one byte of the header. In a sealed volume the whole extent is punched afterwards; in an open one the
//! first block stays until the seal, because the scan for the end needs every header. Counting follows the
//! mark, so the count of the dead is never too high.

use std::collections::BTreeMap;

use super::VolumeSet;
use crate::fault::Fault;
use crate::format::BLOCK_BYTES;
use crate::format::record_header::{DEAD, DEAD_AT, Sight};
use crate::read::header_at;
use crate::record::Extent;
use crate::volume::{Volume, VolumeFile};

impl VolumeSet {
    /// Durable on return; may be repeated. What is already dead, or lies in a volume that is gone, is no error.
    pub fn delete(&self, extents: &[Extent]) -> Result<(), Fault> {
        let mut by_volume: BTreeMap<u32, Vec<Extent>> = BTreeMap::new();
        for extent in extents {
            by_volume.entry(extent.volume).or_default().push(*extent);
        }
        let doomed: Vec<_> = by_volume
            .into_iter()
            .filter_map(|(number, extents)| Some((self.volume(number)?, extents)))
            .collect();
        if doomed.iter().any(|(volume, _)| !volume.entry().dirty) {
            for (volume, _) in &doomed {
                volume.change(|entry| entry.dirty = true);
            }
            // Before the first mark: a count that a crash makes too low must be known as doubtful.
            self.checkpoint()?;
        }
        for (volume, extents) in &doomed {
            self.kill(volume, extents)?;
            self.remove_if_dead(volume)?;
        }
        Ok(())
    }

    fn kill(&self, volume: &Volume, extents: &[Extent]) -> Result<(), Fault> {
        let guard = volume.deaths();
        let file = self.open_file(volume)?;
        let mut dying = Vec::new();
        for extent in extents {
            if let Some(end) = self.end_of_living(&file, extent)? {
                dying.push((extent.offset, end));
            }
        }
        dying.sort_unstable();
        dying.dedup();
        if dying.is_empty() {
            return Ok(());
        }
        // A recount may have cleared it in between.
        if !volume.entry().dirty {
            volume.change(|entry| entry.dirty = true);
            self.checkpoint()?;
        }
        for (start, _) in &dying {
            file.write(&[DEAD], start + DEAD_AT)?;
        }
        file.sync_data()?;
        self.meter.synced();
        let bytes = dying.iter().map(|(start, end)| end - start).sum();
        volume.change(|entry| entry.dead_bytes += bytes);
        self.meter.deleted(dying.len() as u64, bytes);
        // Sealing counts under the same guard, so what is open here stays open until the punches are done.
        let kept = if volume.entry().sealed { 0 } else { BLOCK_BYTES };
        for (start, end) in dying {
            if let Err(fault) = file.punch(start + kept, end) {
                // They are dead; their blocks are freed by the recount of the next open.
                volume.change(|entry| entry.unfreed = true);
                tracing::warn!(%fault, volume = volume.number, "the blocks of a deleted record stay for now");
            }
        }
        drop(guard);
        Ok(())
    }

    /// Where the record ends, if it is alive and the one that is meant.
    fn end_of_living(&self, file: &VolumeFile, extent: &Extent) -> Result<Option<u64>, Fault> {
        match header_at(file, extent.offset) {
            Ok(Sight::Record(header)) if header.dead => Ok(None),
            Ok(Sight::Record(header)) if header.payload_length == extent.length => {
                Ok(Some(extent.offset + header.extent_bytes()))
            }
            Ok(Sight::Nothing) => Ok(None),
            // What can't be recognised is not freed: it might be somebody else's.
            Ok(sight @ (Sight::Record(_) | Sight::Foreign(_))) => {
                tracing::error!(?extent, ?sight, "a record to be deleted is not what it should be; it stays");
                self.meter.corrupt_seen();
                Ok(None)
            }
            Err(fault) if fault.is_corruption() => {
                tracing::error!(%fault, "a record to be deleted can't be read; it stays");
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}
