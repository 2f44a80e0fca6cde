//! Makes the next volume: a file whose space is its own, and written already as far as small batches are going to need it, so that
//! their syncs move data and nothing else.

use std::io;
use std::sync::Arc;

use world::DiskFile;

use super::VolumeSet;
use crate::fault::Fault;
use crate::format::volume_header::VolumeHeader;
use crate::volume::{VOLUMES_DIR, Volume, VolumeFile, fresh_entry, lock, unfinished_path, volume_path};

/// Written at once: large enough for the device, small enough that a lane's write hardly waits behind it.
const ZERO_BYTES: usize = 1024 * 1024;
static ZEROS: Blocks = Blocks([0; ZERO_BYTES]);
/// Zeros between two syncs: so many dirty pages at most stand before a lane's own sync.
const SYNC_EVERY_BYTES: u64 = 8 * 1024 * 1024;

/// Aligned, so that it can be written around the page cache.
#[repr(align(4096))]
struct Blocks([u8; ZERO_BYTES]);

/// A volume that is being made. Dropped unfinished it leaves a file that `abandon` or the next open removes.
pub struct Preparation {
    header: VolumeHeader,
    path: String,
    file: Arc<dyn DiskFile>,
    zeroed: u64,
}

impl Preparation {
    pub const fn size(&self) -> u64 {
        self.header.size
    }

    pub const fn zeroed_bytes(&self) -> u64 {
        self.zeroed
    }

    fn failed(&self, op: &'static str, error: &io::Error) -> Fault {
        // Other writers of the file system may have taken the space since it was looked at.
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Fault::NoSpace { wanted: self.header.size }
            }
            _ => Fault::io(op, &self.path, error),
        }
    }
}

impl VolumeSet {
    /// Makes one more volume ready, from first to last. `NoSpace` when the disk can't hold it beside the reserve.
    pub fn prepare(&self) -> Result<(), Fault> {
        let mut preparation = self.begin_volume()?;
        loop {
            match self.zero_some(&mut preparation) {
                Ok(true) => return self.finish_volume(preparation),
                Ok(false) => {}
                Err(fault) => {
                    self.abandon_volume(&preparation);
                    return Err(fault);
                }
            }
        }
    }

    /// Takes a number and the space.
    pub fn begin_volume(&self) -> Result<Preparation, Fault> {
        let space = self.disk.space().map_err(|error| Fault::io("statvfs", VOLUMES_DIR, &error))?;
        let mut head = lock(&self.head);
        let size = self
            .options
            .next_size(head.next_volume - 1, space)
            .ok_or(Fault::NoSpace { wanted: self.options.volume_size_bytes_first })?;
        let header = VolumeHeader {
            device: self.device,
            volume: head.next_volume,
            generation: self.options.random.u64(),
            size,
            epoch: self.epoch,
        };
        let path = unfinished_path(header.volume);
        let file = self.disk.create(&path).map_err(|error| Fault::io("create", &path, &error))?;
        head.next_volume += 1;
        drop(head);
        let preparation = Preparation { header, path, file, zeroed: 0 };
        if let Err(error) = preparation.file.allocate(size) {
            self.abandon_volume(&preparation);
            return Err(preparation.failed("allocate", &error));
        }
        Ok(preparation)
    }

    /// One step of writing zeros; true when all are written.
    pub fn zero_some(&self, preparation: &mut Preparation) -> Result<bool, Fault> {
        let length = (preparation.header.size - preparation.zeroed).min(ZERO_BYTES as u64);
        let zeros = &ZEROS.0[..length as usize];
        preparation
            .file
            .write_blocks_at(zeros, preparation.zeroed)
            .map_err(|error| preparation.failed("write", &error))?;
        preparation.zeroed += length;
        self.meter.zeroed(length);
        if preparation.zeroed.is_multiple_of(SYNC_EVERY_BYTES) {
            preparation.file.sync_data().map_err(|error| preparation.failed("sync", &error))?;
            self.meter.synced();
        }
        Ok(preparation.zeroed == preparation.header.size)
    }

    /// Gives it its header, its name and its line in the ledger, in this order; then it may be written. What isn't
    /// zeroed yet is allocated, reads as zeros and only costs more at its first sync.
    pub fn finish_volume(&self, preparation: Preparation) -> Result<(), Fault> {
        let header = preparation.header;
        let written = preparation.file.write_all_at(&header.encode(), 0).and_then(|()| {
            preparation.file.sync_all()?;
            self.meter.synced();
            self.disk.rename(&preparation.path, &volume_path(header.volume))?;
            self.disk.sync_dir(VOLUMES_DIR)?;
            self.meter.synced();
            Ok(())
        });
        if let Err(error) = written {
            self.abandon_volume(&preparation);
            return Err(preparation.failed("prepare", &error));
        }
        let volume = Arc::new(Volume::new(fresh_entry(&header)));
        volume.set_file(VolumeFile::new(&header, volume.path.clone(), preparation.file));
        self.write_volumes().insert(header.volume, volume.clone());
        self.opened(header.volume);
        if let Err(fault) = self.checkpoint() {
            self.write_volumes().remove(&header.volume);
            return Err(fault);
        }
        lock(&self.ready).push_back(volume);
        Ok(())
    }

    /// Gives the space back. What can't be removed now is removed at the next open.
    pub fn abandon_volume(&self, preparation: &Preparation) {
        if let Err(error) = self.disk.remove(&preparation.path) {
            tracing::warn!(path = preparation.path, %error, "an unfinished volume stays until the next start");
        }
    }
}
