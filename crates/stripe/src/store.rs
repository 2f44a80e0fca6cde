//! The store: every way in and out of the bytes.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use volume::{Counts, Device, Extent, Landed, Record, Report, Usage, VolumeSet};
use world::Disk;

use crate::chunk::{CHUNK_BYTES, ChunkRef, Owner};
use crate::fault::Fault;
use crate::landing::Landing;
use crate::manifest::Manifest;
use crate::options::Options;

/// The only device there is so far.
const DEVICE: u16 = 0;
/// Up to this length a chunk that lies in memory is read in the caller's thread: longer ones take longer to prove
/// than a change of thread costs.
const INLINE_READ_BYTES_MAX: u32 = 256 * 1024;
/// What one permit of a budget stands for: their number has 32 bits at most.
const BUDGET_UNIT_BYTES: usize = 1024;

#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    device: Device,
    /// For chunks on their way to a lane: always gets free again, as lanes always go on.
    writing: Arc<Semaphore>,
    /// For chunks that still fill: may be held for as long as a client is slow, so nobody waits for it.
    filling: Arc<Semaphore>,
}

/// A record that an earlier process landed and perhaps never named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub chunk: ChunkRef,
    pub owner: Owner,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub counts: Counts,
    pub usage: Usage,
    /// Bytes that wait for a device or are being written.
    pub queued_bytes: u64,
}

impl Store {
    /// Takes the disks for this process; the caller has locked them.
    pub fn open(disks: Vec<Arc<dyn Disk>>, options: Options) -> Result<Self, Fault> {
        let Ok([disk]) = <[Arc<dyn Disk>; 1]>::try_from(disks) else {
            return Err(Fault::Unsupported("this release stores bytes on exactly one device"));
        };
        let half = (options.buffer_bytes_max / 2).max(CHUNK_BYTES) / BUDGET_UNIT_BYTES;
        Ok(Self(Arc::new(Inner {
            device: Device::open(disk, options.volume()).map_err(|fault| Fault::of(DEVICE, fault))?,
            writing: Arc::new(Semaphore::new(half)),
            filling: Arc::new(Semaphore::new(half)),
        })))
    }

    /// Takes a body in pieces.
    pub fn landing(&self, owner: Owner) -> Landing {
        Landing::new(self.clone(), owner, self.0.device.idlest_lane())
    }

    /// One chunk of at most `CHUNK_BYTES`; durable on return. When the future is dropped the chunk is deleted.
    pub async fn put(&self, owner: &Owner, chunk: Bytes) -> Result<ChunkRef, Fault> {
        if chunk.len() > CHUNK_BYTES {
            let (bytes, max) = (chunk.len() as u64, CHUNK_BYTES as u64);
            return Err(Fault::TooLarge { what: "a chunk", bytes, max });
        }
        let permit = self.writing_permit(chunk.len()).await?;
        let pending = self.append(self.0.device.idlest_lane(), owner, vec![chunk], permit)?;
        claim(pending.await)
    }

    /// The whole payload, proven.
    pub async fn read(&self, chunk: &ChunkRef) -> Result<Bytes, Fault> {
        if chunk.device != DEVICE {
            let (ChunkRef { device, volume, offset, .. }, found) =
                (*chunk, "a device unknown here".to_owned());
            return Err(Fault::Corrupt { device, volume, offset, expected: "device 0".to_owned(), found });
        }
        let extent = chunk.extent();
        if chunk.length <= INLINE_READ_BYTES_MAX
            && let Some(bytes) = self.set().read_cached(&extent).map_err(of_device)?
        {
            return Ok(bytes);
        }
        let set = self.set().clone();
        blocking(move || set.read(&extent)).await
    }

    /// Frees the chunks, durably on return; may be repeated. They must not be read any more.
    pub async fn delete(&self, chunks: &[ChunkRef]) -> Result<(), Fault> {
        let (set, extents) = (self.set().clone(), extents(chunks));
        blocking(move || set.delete(&extents)).await
    }

    /// As `delete`, later and without an answer: for bodies that were landed and then not named.
    pub fn discard(&self, manifest: &Manifest) {
        if !manifest.is_empty() {
            self.0.device.bury(extents(manifest.chunks()));
        }
    }

    /// What earlier processes may have left unnamed. Blocks, so walk it in `spawn_blocking`; empty after an orderly
    /// shutdown. Call `sweep_done` after asking the catalog about all and deleting what nobody names.
    pub fn sweep(&self) -> impl Iterator<Item = Result<Orphan, Fault>> + Send + 'static {
        self.set().sweep().map(|found| match found {
            Ok(orphan) => Ok(Orphan {
                chunk: ChunkRef::of(DEVICE, orphan.extent),
                owner: Owner::recorded(orphan.owner),
            }),
            Err(fault) => Err(of_device(fault)),
        })
    }

    /// Blocks for a sync.
    pub fn sweep_done(&self) -> Result<(), Fault> {
        self.set().sweep_done().map_err(of_device)
    }

    /// The volumes there are, as (device, volume).
    pub fn volumes(&self) -> Vec<(u16, u32)> {
        self.set().volumes().into_iter().map(|volume| (DEVICE, volume)).collect()
    }

    /// Reads and proves every record of one volume. Blocks for as long as that takes.
    pub fn verify_volume(&self, volume: u32) -> Result<Report, Fault> {
        self.set().verify_volume(volume).map_err(of_device)
    }

    pub fn stats(&self) -> Stats {
        Stats {
            counts: self.set().counts(),
            usage: self.set().usage(),
            queued_bytes: self.0.device.queued_bytes(),
        }
    }

    /// Waits until background deletions and seals are done. Blocks.
    pub fn settle(&self) {
        self.0.device.settle();
    }

    /// Serves what is queued and closes in order, so that the next open needs no scan. Blocks. Reads go on.
    pub fn shutdown(&self) -> Result<(), Fault> {
        self.0.device.shutdown().map_err(of_device)
    }

    pub(crate) async fn writing_permit(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Fault> {
        self.0.writing.clone().acquire_many_owned(units(bytes)).await.map_err(|_| Fault::Closed)
    }

    /// What is missing beside the permits held for so many bytes; `None` when memory is short.
    pub(crate) fn filling_permit(&self, bytes: usize, held: usize) -> Option<OwnedSemaphorePermit> {
        let missing = units(bytes).saturating_sub(held as u32);
        self.0.filling.clone().try_acquire_many_owned(missing).ok()
    }

    /// Queues a chunk; the permit goes back when its memory does.
    pub(crate) fn append(
        &self,
        lane: usize,
        owner: &Owner,
        pieces: Vec<Bytes>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Pending, Fault> {
        let record = Record::new(owner.bytes().clone(), pieces).map_err(of_device)?;
        let (answer, pending) = oneshot::channel();
        let done = move |landed| {
            drop(permit);
            // When nobody listens any more the landed record comes back here, and dropping it deletes it.
            drop(answer.send(landed));
        };
        self.0.device.append(lane, record, Box::new(done));
        Ok(pending)
    }

    fn set(&self) -> &Arc<VolumeSet> {
        self.0.device.set()
    }
}

pub(crate) type Pending = oneshot::Receiver<Result<Landed, volume::Fault>>;

/// Takes over a chunk whose lane has answered.
pub(crate) fn claim(
    answer: Result<Result<Landed, volume::Fault>, oneshot::error::RecvError>,
) -> Result<ChunkRef, Fault> {
    let landed = answer.map_err(|_| Fault::Closed)?.map_err(of_device)?;
    Ok(ChunkRef::of(DEVICE, landed.claim()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, volume::Fault> + Send + 'static,
) -> Result<T, Fault> {
    spawn_blocking(work).await.map_err(|_| Fault::Closed)?.map_err(of_device)
}

fn of_device(fault: volume::Fault) -> Fault {
    Fault::of(DEVICE, fault)
}

/// Chunks of other devices aren't here to be deleted.
fn extents(chunks: &[ChunkRef]) -> Vec<Extent> {
    chunks.iter().filter(|chunk| chunk.device == DEVICE).map(ChunkRef::extent).collect()
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(BUDGET_UNIT_BYTES).max(1)).unwrap_or(u32::MAX)
}
