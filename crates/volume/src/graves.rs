//! The open file of graves, and reading one back.
//!
//! A file of graves is replaced, not grown: when it is full, when a write to it failed, and at the first death after
//! an open. Before that every volume with dead in it is synced, so that what is forgotten is durably punched.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use world::{Disk, DiskFile};

use crate::fault::Fault;
use crate::format::grave::{FRAME_GRAVES_MAX, FrameContext, Grave, decode, encode, frame_bytes};
use crate::format::{BLOCK_BYTES, DeviceId};
use crate::meter::Meter;
use crate::volume::VOLUMES_DIR;

/// Room for new frames beside the ones carried over.
const ROOM_BYTES: u64 = 1024 * 1024;
static ZEROS: [u8; 65536] = [0; 65536];

/// Deaths so far. Whoever holds it may kill, seal or write the ledger.
#[derive(Debug, Default)]
pub(crate) struct Graves {
    /// The number of the file that counts, as the ledger says; it need not exist.
    pub number: u64,
    /// Never used before: whether a failed attempt left its mark on the disk nobody knows.
    pub next_number: u64,
    /// Its frames; all of them are counted in the volumes' entries.
    pub frames: u64,
    /// Volumes with dead in it.
    pub touched: BTreeSet<u32>,
    /// Absent when the next death needs a new file.
    log: Option<Log>,
}

struct Log {
    file: Arc<dyn DiskFile>,
    path: String,
    at: u64,
    size: u64,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("path", &self.path).field("at", &self.at).finish_non_exhaustive()
    }
}

pub(crate) fn graves_path(number: u64) -> String {
    format!("{VOLUMES_DIR}/{number:08}.graves")
}

pub(crate) fn graves_of(name: &str) -> Option<u64> {
    name.strip_suffix(".graves")?.parse().ok()
}

impl Graves {
    /// As found on the disk: for reading only, its first successor takes new deaths.
    pub fn found(number: u64, next_number: u64, frames: &[Vec<Grave>]) -> Self {
        let touched = frames.iter().flatten().map(|grave| grave.volume).collect();
        Self { number, next_number, frames: frames.len() as u64, touched, log: None }
    }

    /// A new file, durable, that begins with the given dead. It counts once the ledger names it.
    pub fn create(
        disk: &dyn Disk,
        device: DeviceId,
        number: u64,
        carried: &[Grave],
        meter: &Meter,
    ) -> Result<Self, Fault> {
        let path = graves_path(number);
        let failed = |op| {
            let path = path.clone();
            move |error: io::Error| Fault::io(op, &path, &error)
        };
        if disk.exists(&path).map_err(failed("stat"))? {
            disk.remove(&path).map_err(failed("remove"))?;
        }
        let file = disk.create(&path).map_err(failed("create"))?;
        let carried_bytes: u64 =
            carried.chunks(FRAME_GRAVES_MAX).map(|graves| frame_bytes(graves.len())).sum();
        let size = carried_bytes + ROOM_BYTES;
        file.allocate(size).map_err(failed("allocate"))?;
        for start in (0..size).step_by(ZEROS.len()) {
            let length = (size - start).min(ZEROS.len() as u64) as usize;
            file.write_all_at(&ZEROS[..length], start).map_err(failed("write"))?;
        }
        let log = Some(Log { file, path: path.clone(), at: 0, size });
        let mut graves = Self { number, next_number: number + 1, log, ..Self::default() };
        for some in carried.chunks(FRAME_GRAVES_MAX) {
            graves.write(device, some)?;
            graves.count(some);
        }
        if let Some(log) = &graves.log {
            log.file.sync_all().map_err(failed("sync"))?;
            meter.synced();
        }
        disk.sync_dir(VOLUMES_DIR).map_err(failed("sync"))?;
        meter.synced();
        Ok(graves)
    }

    /// Whether `append` can take so many; if not, a new file must be made.
    pub fn has_room(&self, graves: usize) -> bool {
        self.log.as_ref().is_some_and(|log| log.at + frame_bytes(graves) <= log.size)
    }

    /// Takes no more deaths.
    pub fn stop(&mut self) {
        self.log = None;
    }

    /// Durable on return. After a failure the file takes no more.
    pub fn append(&mut self, device: DeviceId, graves: &[Grave], meter: &Meter) -> Result<(), Fault> {
        let start = self.log.as_ref().map_or(0, |log| log.at);
        let written = self.write(device, graves).and_then(|()| {
            let Some(log) = &self.log else { return Err(Fault::Closed) };
            meter.synced();
            log.file.sync_data().map_err(|error| Fault::io("sync", &log.path, &error))
        });
        match written {
            // Whether the frame is on the disk nobody knows; if the next open finds it, it counts it.
            Err(_) => {
                self.withdraw(start);
                self.stop();
            }
            Ok(()) => self.count(graves),
        }
        written
    }

    /// A frame whose sync failed may be in the kernel's memory only, for good. The next open must not take it from there
    /// and answer for deaths that end with the power.
    fn withdraw(&self, start: u64) {
        let Some(log) = &self.log else { return };
        if let Err(error) = log.file.write_all_at(&ZEROS[..BLOCK_BYTES as usize], start) {
            tracing::warn!(path = log.path, %error, "a frame of graves that failed stays readable");
        }
    }

    fn count(&mut self, graves: &[Grave]) {
        self.frames += 1;
        self.touched.extend(graves.iter().map(|grave| grave.volume));
    }

    fn write(&mut self, device: DeviceId, graves: &[Grave]) -> Result<(), Fault> {
        let Some(log) = &mut self.log else { return Err(Fault::Closed) };
        let bytes = encode(FrameContext { device, file: self.number, frame: self.frames }, graves);
        log.file.write_all_at(&bytes, log.at).map_err(|error| Fault::io("write", &log.path, &error))?;
        log.at += bytes.len() as u64;
        Ok(())
    }
}

/// The frames of a file, up to the first place where none is. What is read is made durable first: after the mere
/// death of a process it may so far lie in the kernel's memory only.
pub(crate) fn read_graves(disk: &dyn Disk, device: DeviceId, number: u64) -> Result<Vec<Vec<Grave>>, Fault> {
    let path = graves_path(number);
    let failed = |op| {
        let path = path.clone();
        move |error: io::Error| Fault::io(op, &path, &error)
    };
    if number == 0 || !disk.exists(&path).map_err(failed("stat"))? {
        return Ok(Vec::new());
    }
    let file = disk.open(&path).map_err(failed("open"))?;
    file.sync_data().map_err(failed("sync"))?;
    let mut bytes = vec![0; file.len().map_err(failed("stat"))? as usize];
    file.read_exact_at(&mut bytes, 0).map_err(failed("read"))?;
    let (mut frames, mut at) = (Vec::new(), 0);
    while let Some(rest) = bytes.get(at..) {
        let Some(graves) = decode(rest, FrameContext { device, file: number, frame: frames.len() as u64 })
        else {
            break;
        };
        at += frame_bytes(graves.len()).max(BLOCK_BYTES) as usize;
        frames.push(graves);
    }
    Ok(frames)
}
