//! Ends a volume, counts its dead again when in doubt, and removes it when nothing in it lives.

use std::sync::Arc;

use super::VolumeSet;
use crate::fault::Fault;
use crate::format::volume_header::RECORDS_START;
use crate::volume::{VOLUMES_DIR, Volume, lock};
use crate::walk::{Met, Walk};
use crate::writer::VolumeWriter;

impl VolumeSet {
    /// Ends a volume at its last good batch and gives back the room behind it. When the ledger can't be written
    /// the volume stays as it is until the next open, which goes on filling it.
    pub fn seal(&self, writer: VolumeWriter) -> Result<(), Fault> {
        let volume = writer.volume;
        let graves = self.hold()?;
        volume.change(|entry| {
            entry.sealed = true;
            entry.doubtful = true;
        });
        // Durable before anybody punches a header: an open volume's end is found by its headers.
        if let Err(fault) = self.write_ledger(&graves, false) {
            volume.change(|entry| entry.sealed = false);
            return Err(fault);
        }
        for (start, end) in volume.dead() {
            self.free(&volume, start, end)?;
        }
        self.open_file(&volume)?.truncate(volume.entry().end)?;
        volume.change(|entry| entry.doubtful = !volume.is_trusted());
        drop(graves);
        self.remove_if_dead(&volume)
    }

    /// Gives an unfinished volume back, to be filled on by the next writer.
    pub fn hand_back(&self, writer: VolumeWriter) {
        if !writer.has_failed() {
            lock(&self.ready).push_front(writer.volume);
        }
    }

    /// Sealed volumes that `recount` should see: a seal was interrupted, or the ledger was lost.
    pub fn doubtful(&self) -> Vec<u32> {
        let entries = self.all().into_iter().map(|volume| volume.entry());
        entries.filter(|entry| entry.sealed && entry.doubtful).map(|entry| entry.volume).collect()
    }

    /// Counts the living of a sealed volume, cuts what lies behind its end, and removes it if nothing lives.
    pub fn recount(&self, number: u32) -> Result<(), Fault> {
        let Some(volume) = self.volume(number) else { return Ok(()) };
        let graves = self.hold()?;
        let entry = volume.entry();
        if !entry.sealed {
            return Ok(());
        }
        let kept = self.kept_bytes(&volume)?;
        let file = self.open_file(&volume)?;
        if file.len()? > entry.end {
            file.truncate(entry.end)?;
        }
        volume.change(|entry| {
            entry.dead_bytes = entry.end - RECORDS_START - kept;
            entry.doubtful = !volume.is_trusted();
        });
        drop(graves);
        self.remove_if_dead(&volume)
    }

    /// When the count says that nothing lives, a walk must say so too before the file goes.
    pub(super) fn remove_if_dead(&self, volume: &Arc<Volume>) -> Result<(), Fault> {
        let entry = volume.entry();
        if !entry.sealed || entry.dead_bytes < entry.end - RECORDS_START {
            return Ok(());
        }
        let kept = self.kept_bytes(volume)?;
        if kept > 0 {
            tracing::error!(volume = volume.number, kept, "a volume is counted as dead and is not; it stays");
            volume.change(|entry| entry.doubtful = true);
            return Ok(());
        }
        self.remove(volume)
    }

    /// Bytes of extents that must be kept. Garbage may be a living record whose header rotted: it is for repair.
    fn kept_bytes(&self, volume: &Volume) -> Result<u64, Fault> {
        let file = match self.open_file(volume) {
            // Removed by somebody else meanwhile.
            Err(Fault::Gone { .. }) => return Ok(0),
            other => other?,
        };
        let (mut kept, mut walk) = (0, Walk::new(&file, volume.dead(), RECORDS_START, volume.entry().end));
        while let Some(stretch) = walk.step()? {
            match stretch.met {
                Met::Hole | Met::Dead => {}
                Met::Record(_) | Met::Garbage(_) => kept += stretch.end - stretch.start,
            }
        }
        Ok(kept)
    }

    /// All its dead are punched for certain, so that the file is known for what it is should it come back. Then out
    /// of the ledger: a file without a line is removed at the next open, a line without a file would read as lost
    /// bytes. The file goes last; until it is gone nobody may open the device anew.
    fn remove(&self, volume: &Arc<Volume>) -> Result<(), Fault> {
        let graves = self.hold()?;
        // Two deletes may both have seen that it is empty.
        if self.volume(volume.number).is_none() {
            return Ok(());
        }
        self.settle_volume(volume)?;
        if !volume.is_trusted() {
            return Ok(());
        }
        self.write_volumes().remove(&volume.number);
        if let Err(fault) = self.write_ledger(&graves, false) {
            self.write_volumes().insert(volume.number, volume.clone());
            return Err(fault);
        }
        volume.close_file();
        self.disk.remove(&volume.path).map_err(|error| Fault::io("remove", &volume.path, &error))?;
        self.disk.sync_dir(VOLUMES_DIR).map_err(|error| Fault::io("sync", VOLUMES_DIR, &error))?;
        metrics::counter!("strongroom_volumes_removed_total").increment(1);
        Ok(())
    }
}
