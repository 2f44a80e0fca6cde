//! A body's hashes, reckoned beside its transfer.
//!
//! Batches are hashed one after the other in a thread of their own, which takes the next one by itself as long as there
//! is one: a gap after each would cost a fast upload a tenth of its rate. Short ones are hashed where they come, without
//! a change of thread.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::{ErrorCode, S3Error};
use bytes::Bytes;
use digest::{MultiHasher, Sums};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use world::thread::spawn_blocking;

/// Hashing more than this at once moves to a thread of its own, so that a core never stalls its other requests.
const INLINE_BYTES_MAX: usize = 64 * 1024;
/// How much a large body gathers before it is handed to the hashing thread.
const BATCH_BYTES: usize = 512 * 1024;
/// Being hashed, or waiting for that, while the next one arrives.
const BATCHES_MAX: u32 = 2;
/// A thread that hashed so many gives its place to who waits for one.
const BATCHES_A_TURN: usize = 16;

pub(crate) struct Hashing {
    batch: Vec<Bytes>,
    batch_bytes: usize,
    bench: Arc<Mutex<Bench>>,
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct Bench {
    /// `None` while a thread has it.
    hasher: Option<Box<MultiHasher>>,
    waiting: VecDeque<Batch>,
    /// The thread that had it panicked.
    lost: bool,
}

struct Batch {
    pieces: Vec<Bytes>,
    /// Goes back when it is hashed.
    _room: OwnedSemaphorePermit,
}

/// The thread's own; dropped with the hasher still in it, it panicked.
struct Work {
    bench: Arc<Mutex<Bench>>,
    hasher: Option<Box<MultiHasher>>,
}

impl Hashing {
    pub fn new(hasher: MultiHasher) -> Self {
        let bench = Bench { hasher: Some(Box::new(hasher)), ..Bench::default() };
        Self {
            batch: Vec::new(),
            batch_bytes: 0,
            bench: Arc::new(Mutex::new(bench)),
            room: Arc::new(Semaphore::new(BATCHES_MAX as usize)),
        }
    }

    pub async fn update(&mut self, bytes: Bytes) -> Result<(), S3Error> {
        self.batch_bytes += bytes.len();
        self.batch.push(bytes);
        if self.batch_bytes >= BATCH_BYTES { self.flush().await } else { Ok(()) }
    }

    pub async fn finish(mut self) -> Result<Sums, S3Error> {
        self.flush().await?;
        // All are hashed once all room is free.
        let _all = self.room.acquire_many(BATCHES_MAX).await.map_err(|_| lost())?;
        let hasher = lock(&self.bench).hasher.take();
        Ok(hasher.ok_or_else(lost)?.finish())
    }

    async fn flush(&mut self) -> Result<(), S3Error> {
        let room = self.room.clone().acquire_owned().await.map_err(|_| lost())?;
        let batch = Batch { pieces: mem::take(&mut self.batch), _room: room };
        let is_short = mem::take(&mut self.batch_bytes) <= INLINE_BYTES_MAX;
        let mut bench = lock(&self.bench);
        if bench.lost {
            return Err(lost());
        }
        match bench.hasher.take() {
            None => bench.waiting.push_back(batch),
            Some(mut hasher) if is_short => {
                batch.hash(&mut hasher);
                bench.hasher = Some(hasher);
            }
            Some(hasher) => {
                let work = Work { bench: self.bench.clone(), hasher: Some(hasher) };
                drop(spawn_blocking(move || work.run(batch)));
            }
        }
        Ok(())
    }
}

impl Batch {
    fn hash(&self, hasher: &mut MultiHasher) {
        self.pieces.iter().for_each(|bytes| hasher.update(bytes));
    }
}

impl Work {
    fn run(mut self, mut batch: Batch) {
        for _ in 0..BATCHES_A_TURN {
            let Some(hasher) = &mut self.hasher else { return };
            batch.hash(hasher);
            let mut bench = lock(&self.bench);
            match bench.waiting.pop_front() {
                Some(next) => {
                    drop(bench);
                    batch = next;
                }
                // Before the batch's room is free, which tells that all is hashed.
                None => {
                    bench.hasher = self.hasher.take();
                    return;
                }
            }
        }
        drop(spawn_blocking(move || self.run(batch)));
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.hasher.is_some() {
            let mut bench = lock(&self.bench);
            bench.lost = true;
            bench.waiting.clear();
        }
    }
}

fn lock(bench: &Mutex<Bench>) -> MutexGuard<'_, Bench> {
    bench.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lost() -> S3Error {
    ErrorCode::InternalError.into()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use digest::MultiHasher;
    use model::ChecksumAlgorithm;

    use super::Hashing;

    /// Of pieces that stay in the caller's thread, that leave it, and of both in turns.
    #[tokio::test]
    async fn a_body_in_pieces_has_the_sums_of_the_body() -> Result<(), api::S3Error> {
        for lengths in
            [vec![], vec![1], vec![100_000], vec![700_000; 9], vec![3, 900_000, 5, 600_000, 60_000]]
        {
            let body: Vec<u8> = (0..lengths.iter().sum::<usize>()).map(|at| (at / 7) as u8).collect();
            let mut whole = MultiHasher::new(false, &[ChecksumAlgorithm::Crc64Nvme]);
            whole.update(&body);
            let mut hashing = Hashing::new(MultiHasher::new(false, &[ChecksumAlgorithm::Crc64Nvme]));
            let mut rest = Bytes::from(body);
            for length in lengths {
                hashing.update(rest.split_to(length)).await?;
            }
            assert_eq!(hashing.finish().await?, whole.finish());
        }
        Ok(())
    }
}
