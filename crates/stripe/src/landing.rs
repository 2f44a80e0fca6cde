//! A body on its way in: cut into chunks, each durable before the manifest names it.
//!
//! Memory stays bounded with any number of landings. A chunk that fills takes from a budget that nobody waits for:
//! when it is used up, chunks are written shorter instead. A full chunk waits for the other budget, which the lanes
//! free as they write. At most eight chunks of one landing are on their way: enough for the shards of several to make one
//! batch on each device.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::OwnedSemaphorePermit;

use crate::chunk::{CHUNK_BYTES, Chunk, Owner};
use crate::fault::Fault;
use crate::manifest::{CHUNKS_MAX, Manifest};
use crate::ranks::{Course, Redundancy};
use crate::store::{Pending, Store, claim};

const IN_FLIGHT_MAX: usize = 8;
/// Shorter pieces are copied together: a body that comes byte by byte would otherwise cost a buffer a byte.
const PIECE_BYTES_MIN: usize = 4096;

/// Dropped unfinished, all that it wrote is deleted in the background.
#[derive(Debug)]
pub struct Landing {
    store: Store,
    owner: Owner,
    redundancy: Redundancy,
    /// Where its chunks go, once there is one.
    course: Option<Arc<Course>>,
    /// The next chunk's.
    id: u128,
    filling: Filling,
    in_flight: VecDeque<Pending>,
    landed: Vec<Chunk>,
    /// After a failure nothing more is taken.
    failed: Option<Fault>,
}

/// The chunk that is not full yet.
#[derive(Debug, Default)]
struct Filling {
    pieces: Vec<Bytes>,
    /// Short pieces, copied.
    tail: BytesMut,
    bytes: usize,
    permit: Option<OwnedSemaphorePermit>,
}

impl Landing {
    pub(crate) fn new(store: Store, owner: Owner, redundancy: Redundancy) -> Self {
        Self {
            id: store.fresh_id(),
            store,
            owner,
            redundancy,
            course: None,
            filling: Filling::default(),
            in_flight: VecDeque::new(),
            landed: Vec::new(),
            failed: None,
        }
    }

    /// Takes the next bytes of the body. Returning says nothing about their durability.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Fault> {
        if let Some(fault) = &self.failed {
            return Err(fault.clone());
        }
        // Stays when this future is dropped halfway: the body would have a hole.
        self.failed = Some(Fault::Interrupted);
        let store = self.store.clone();
        let _wanted = store.demand();
        self.failed = self.take(bytes).await.err();
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Waits until the whole body is durable.
    pub async fn finish(mut self) -> Result<Manifest, Fault> {
        let store = self.store.clone();
        let _wanted = store.demand();
        if let Some(fault) = self.failed.take() {
            return Err(fault);
        }
        if self.filling.bytes > 0 {
            self.send().await?;
        }
        while !self.in_flight.is_empty() {
            self.settle_oldest().await?;
        }
        Ok(Manifest::new(std::mem::take(&mut self.landed)))
    }

    async fn take(&mut self, mut bytes: Bytes) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(CHUNK_BYTES - self.filling.bytes));
            let permitted = self.filling.permit_for(&self.store, piece.len());
            self.filling.push(piece);
            if !permitted || self.filling.bytes == CHUNK_BYTES {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Fault> {
        while self.in_flight.len() >= IN_FLIGHT_MAX {
            self.settle_oldest().await?;
        }
        if self.landed.len() + self.in_flight.len() >= CHUNKS_MAX {
            let (bytes, max) = (CHUNKS_MAX as u64 + 1, CHUNKS_MAX as u64);
            return Err(Fault::TooLarge { what: "a manifest", bytes, max });
        }
        let permit = self.store.writing_permit(self.filling.bytes).await?;
        let pieces = std::mem::take(&mut self.filling).pieces();
        let course = self.course()?;
        let id = self.id;
        self.id = id.checked_add(1).unwrap_or(1);
        let owner = self.owner.clone();
        self.in_flight.push_back(self.store.send(owner, pieces, id, course, self.redundancy, permit));
        Ok(())
    }

    /// The same for all chunks as long as all its devices are in, so that they lie in runs.
    fn course(&mut self) -> Result<Arc<Course>, Fault> {
        match &self.course {
            Some(course) if !course.is_stale() => Ok(course.clone()),
            _ => {
                let course = Arc::new(self.store.course(self.redundancy)?);
                self.course = Some(course.clone());
                Ok(course)
            }
        }
    }

    async fn settle_oldest(&mut self) -> Result<(), Fault> {
        let Some(oldest) = self.in_flight.front_mut() else { return Ok(()) };
        let answer = oldest.await;
        self.in_flight.pop_front();
        self.landed.push(claim(answer)?);
        Ok(())
    }
}

impl Filling {
    /// Whether memory may hold so many bytes more until the chunk is full.
    fn permit_for(&mut self, store: &Store, more: usize) -> bool {
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        match (store.filling_permit(self.bytes + more, held), &mut self.permit) {
            (None, _) => return false,
            (Some(fresh), Some(permit)) => permit.merge(fresh),
            (Some(fresh), empty) => *empty = Some(fresh),
        }
        true
    }

    fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        if piece.len() < PIECE_BYTES_MIN {
            self.tail.extend_from_slice(&piece);
            return;
        }
        self.close_tail();
        self.pieces.push(piece);
    }

    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
    }

    fn pieces(mut self) -> Vec<Bytes> {
        self.close_tail();
        self.pieces
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // What is still in flight is deleted by its answer, which finds nobody.
        self.store.discard(&Manifest::new(std::mem::take(&mut self.landed)));
    }
}
