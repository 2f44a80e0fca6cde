//! Deletes records: into the graves first, durably, then their blocks are freed.
//!
//! One sync for a batch, however many volumes it touches. In a sealed volume the whole extent is punched; in an open one
//! the first block stays until the seal, because the scan for the end needs every header.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{VolumeSet, plausible};
use crate::fault::Fault;
use crate::format::grave::{FRAME_GRAVES_MAX, Grave};
use crate::format::record_header::Sight;
use crate::format::volume_header::RECORDS_START;
use crate::format::{BLOCK_BYTES, hole};
use crate::graves::{Graves, graves_path};
use crate::read::header_at;
use crate::record::{Extent, extent_bytes_at_least};
use crate::volume::Volume;
use crate::walk::{Met, Walk};

/// By volume and start: the volume again, and the end.
type Dying = BTreeMap<(u32, u64), (Arc<Volume>, u64)>;

impl VolumeSet {
    /// Durable on return; may be repeated. What is already dead, or lies in a volume that is gone, is no error.
    pub fn delete(&self, extents: &[Extent]) -> Result<(), Fault> {
        for some in extents.chunks(FRAME_GRAVES_MAX) {
            let mut graves = self.hold()?;
            let dying = self.doomed(some)?;
            self.kill(&mut graves, &dying)?;
            drop(graves);
            let mut emptied: Vec<_> = dying.into_values().map(|(volume, _)| volume).collect();
            emptied.dedup_by_key(|volume| volume.number);
            for volume in emptied {
                self.remove_if_dead(&volume)?;
            }
        }
        Ok(())
    }

    /// Those of the extents in which a record lives, in order and each once.
    fn doomed(&self, extents: &[Extent]) -> Result<Dying, Fault> {
        let mut living = BTreeMap::new();
        for extent in extents {
            let Some(volume) = self.volume(extent.volume) else { continue };
            if volume.is_within_dead(extent.offset) {
                continue;
            }
            if let Some(end) = self.end_of_living(&volume, extent)? {
                living.insert((extent.volume, extent.offset), (volume, end));
            }
        }
        Ok(living)
    }

    fn end_of_living(&self, volume: &Volume, extent: &Extent) -> Result<Option<u64>, Fault> {
        let seen = plausible(extent)
            .and_then(|()| self.open_file(volume))
            .and_then(|file| header_at(&file, extent.offset));
        match seen {
            Ok(Sight::Record(header)) if header.payload_length == extent.length => {
                Ok(Some(extent.offset + header.extent_bytes()))
            }
            Ok(Sight::Nothing) => Ok(None),
            Ok(sight) => {
                let end = match &sight {
                    Sight::Foreign(_) => self.end_of_illegible(volume, extent)?,
                    // It might be somebody else's.
                    _ => None,
                };
                let stays = end.is_none();
                tracing::error!(?extent, ?sight, stays, "a record to be deleted is not what it should be");
                self.meter.corrupt_seen();
                Ok(end)
            }
            Err(fault) if fault.is_corruption() => {
                tracing::error!(%fault, "a record to be deleted can't be read; it stays");
                self.meter.corrupt_seen();
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Where a record ends whose header rotted: nobody else answers for these blocks, unless a record that can be told
    /// reaches into them, or a dead one.
    fn end_of_illegible(&self, volume: &Volume, extent: &Extent) -> Result<Option<u64>, Fault> {
        let least = extent.offset + extent_bytes_at_least(extent.length);
        let entry = volume.entry();
        if !extent.offset.is_multiple_of(BLOCK_BYTES) || least > entry.end {
            return Ok(None);
        }
        let file = self.open_file(volume)?;
        let (mut next, mut walk) = (entry.end, Walk::new(&file, volume.dead(), RECORDS_START, entry.end));
        while let Some(stretch) = walk.step()? {
            let told = matches!(stretch.met, Met::Record(_) | Met::Dead);
            if told && stretch.end > extent.offset {
                next = stretch.start;
                break;
            }
        }
        // Its owner may reach into one more block.
        let end = if next <= least + BLOCK_BYTES { next } else { least };
        Ok((next >= least).then_some(end))
    }

    fn kill(&self, graves: &mut Graves, dying: &Dying) -> Result<(), Fault> {
        if dying.is_empty() {
            return Ok(());
        }
        let fresh: Vec<Grave> =
            dying.iter().map(|(&(volume, start), &(_, end))| Grave { volume, start, end }).collect();
        if !graves.has_room(fresh.len()) {
            self.renew_graves(graves)?;
        }
        graves.append(self.device, &fresh, &self.meter)?;
        for (&(_, start), (volume, end)) in dying {
            volume.bury(start, *end);
            volume.change(|entry| entry.dead_bytes += end - start);
        }
        self.meter.deleted(fresh.len() as u64, fresh.iter().map(|grave| grave.end - grave.start).sum());
        for (&(_, start), (volume, end)) in dying {
            if let Err(fault) = self.free(volume, start, *end) {
                // They are dead; the next open frees them again, as long as the graves aren't renewed.
                tracing::warn!(%fault, "the blocks of a deleted record stay for now");
            }
        }
        Ok(())
    }

    /// Frees what a dead record may lose now. The caller holds the graves.
    pub(super) fn free(&self, volume: &Volume, start: u64, end: u64) -> Result<(), Fault> {
        let file = self.open_file(volume)?;
        match (volume.entry().sealed, self.punches) {
            (false, false) => return Ok(()),
            (false, true) => return file.punch(start + BLOCK_BYTES, end),
            (true, false) => {}
            (true, true) => file.punch(start, end)?,
        }
        // The header must not make the record look alive, nor the rest of it look like damage.
        if self.punches && header_at(&file, start)? == Sight::Nothing {
            return Ok(());
        }
        file.write(&hole::encode(file.seed, start, end), start)
    }

    /// Frees what earlier processes had killed and not freed. For after an open; a repetition does nothing. A volume whose
    /// file is not what it was is passed over.
    pub fn free_dead(&self) -> Result<(), Fault> {
        for volume in self.all() {
            match self.free_dead_of(&volume) {
                Err(fault) if fault.is_corruption() => {
                    tracing::error!(%fault, "the dead of a volume that can't be read stay");
                }
                other => other?,
            }
        }
        Ok(())
    }

    fn free_dead_of(&self, volume: &Arc<Volume>) -> Result<(), Fault> {
        let graves = self.hold()?;
        volume.dead().into_iter().try_for_each(|(start, end)| self.free(volume, start, end))?;
        drop(graves);
        self.remove_if_dead(volume)
    }

    /// A new file that carries over what is still needed: the dead of open volumes, whose headers stay, and those
    /// whose blocks couldn't be freed.
    fn renew_graves(&self, graves: &mut Graves) -> Result<(), Fault> {
        let carried = self.settle_graves(graves);
        let number = graves.next_number;
        graves.next_number += 1;
        let fresh = Graves::create(&*self.disk, self.device, number, &carried, &self.meter)?;
        // Until the ledger names it surely, no death may be noted in it: the old one stays, and takes none.
        graves.stop();
        self.write_ledger(&fresh, false)?;
        let old = std::mem::replace(graves, fresh);
        self.remove_graves(old.number);
        Ok(())
    }

    /// Makes all punches durable, and says which dead must not be forgotten: those of open volumes, and of volumes
    /// that fail.
    fn settle_graves(&self, graves: &Graves) -> Vec<Grave> {
        let mut carried = Vec::new();
        for volume in graves.touched.iter().filter_map(|number| self.volume(*number)) {
            if let Err(fault) = self.settle_volume(&volume) {
                tracing::warn!(%fault, "what was freed of a volume is to be freed again");
            }
            let number = volume.number;
            carried.extend(volume.dead().into_iter().map(|(start, end)| Grave {
                volume: number,
                start,
                end,
            }));
        }
        carried
    }

    /// Punches once more what couldn't be punched before. After a failed sync nothing is forgotten: a punch may be
    /// lost although it reads as done.
    pub(super) fn settle_volume(&self, volume: &Volume) -> Result<(), Fault> {
        let dead = volume.dead();
        dead.iter().try_for_each(|(start, end)| self.free(volume, *start, *end))?;
        self.sync(&self.open_file(volume)?)?;
        if volume.entry().sealed && volume.is_trusted() {
            dead.keys().for_each(|start| volume.forget(*start));
        }
        Ok(())
    }

    fn remove_graves(&self, number: u64) {
        let path = graves_path(number);
        match self.disk.exists(&path) {
            Ok(false) => {}
            Ok(true) => {
                if let Err(error) = self.disk.remove(&path) {
                    tracing::warn!(path, %error, "an old file of graves stays until the next open");
                }
            }
            Err(error) => tracing::warn!(path, %error, "an old file of graves stays until the next open"),
        }
    }
}
