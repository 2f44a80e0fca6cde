//! Ends a volume, counts its dead again when in doubt, and removes it when nothing in it lives.

use std::sync::Arc;

use super::VolumeSet;
use crate::fault::Fault;
use crate::format::record_header::RecordHeader;
use crate::format::volume_header::RECORDS_START;
use crate::volume::{VOLUMES_DIR, Volume};
use crate::walk::{Met, Walk};
use crate::writer::VolumeWriter;

impl VolumeSet {
    /// Ends a volume at its last good batch and gives back the room behind it. When the ledger can't be written
    /// the volume stays as it is until the next open, which goes on filling it.
    pub fn seal(&self, writer: VolumeWriter) -> Result<(), Fault> {
        let volume = writer.volume;
        let guard = volume.deaths();
        volume.change(|entry| {
            entry.sealed = true;
            entry.unfreed = true;
        });
        // Durable before anybody punches a header: an open volume's end is found by its headers.
        if let Err(fault) = self.checkpoint() {
            volume.change(|entry| entry.sealed = false);
            return Err(fault);
        }
        drop(guard);
        let entry = volume.entry();
        if entry.dirty || entry.dead_bytes > 0 || entry.end == RECORDS_START {
            return self.recount(volume.number);
        }
        self.open_file(&volume)?.truncate(entry.end)?;
        volume.change(|entry| entry.unfreed = false);
        Ok(())
    }

    /// Gives an unfinished volume back, to be filled on by the next writer.
    pub fn hand_back(&self, writer: VolumeWriter) {
        if !writer.has_failed() {
            crate::volume::lock(&self.ready).push_front(writer.volume);
        }
    }

    /// Sealed volumes whose dead are not counted for certain, or not freed, since the process last died.
    pub fn doubtful(&self) -> Vec<u32> {
        let entries = self.all().into_iter().map(|volume| volume.entry());
        entries.filter(|entry| entry.sealed && entry.unfreed).map(|entry| entry.volume).collect()
    }

    /// Counts the living of a sealed volume, frees what dead records still hold, and removes a volume without
    /// living ones.
    pub fn recount(&self, number: u32) -> Result<(), Fault> {
        let Some(volume) = self.volume(number) else { return Ok(()) };
        let guard = volume.deaths();
        let entry = volume.entry();
        if !entry.sealed {
            return Ok(());
        }
        let file = self.open_file(&volume)?;
        let (mut kept, mut walk) = (0, Walk::new(&file, RECORDS_START, entry.end));
        while let Some(stretch) = walk.step()? {
            match stretch.met {
                Met::Record(RecordHeader { dead: true, .. }) => file.punch(stretch.start, stretch.end)?,
                Met::Hole => {}
                // Garbage may be a living record whose header rotted: it is kept for repair.
                Met::Record(_) | Met::Garbage(_) => kept += stretch.end - stretch.start,
            }
        }
        if file.len()? > entry.end {
            file.truncate(entry.end)?;
        }
        volume.change(|entry| {
            entry.dead_bytes = entry.end - RECORDS_START - kept;
            (entry.dirty, entry.unfreed) = (false, false);
        });
        drop(guard);
        if kept == 0 { self.remove(&volume) } else { Ok(()) }
    }

    /// After a delete: the count says that nothing lives, the walk must say so too.
    pub(super) fn remove_if_dead(&self, volume: &Volume) -> Result<(), Fault> {
        let entry = volume.entry();
        if !entry.sealed || entry.dead_bytes < entry.end - RECORDS_START {
            return Ok(());
        }
        self.recount(volume.number)
    }

    /// Out of the ledger first: a file without a line is removed at the next open, a line without a file would
    /// read as lost bytes.
    fn remove(&self, volume: &Arc<Volume>) -> Result<(), Fault> {
        if self.write_volumes().remove(&volume.number).is_none() {
            return Ok(());
        }
        if let Err(fault) = self.checkpoint() {
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
