//! The journal: every batch of commits, in order, durable before anyone is told.
//!
//! One frame, one write, one sync a batch. A frame counts when its checksum proves it under the generation and
//! salt of its segment and its sequence follows the one before. Every open begins a new segment with a frame
//! that cuts off whatever a crash left behind the last whole batch. docs/formats/journal.md draws the bytes.
//! It knows nothing about what the writes mean.

pub(crate) mod frame;
mod pool;
mod replay;

use std::io;
use std::sync::Arc;

use model::{Ordinal, Timestamp};
use world::Disk;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Options;
use crate::Fault;
use frame::{ALIGN, FrameWriter, Tenure};
use pool::Segment;
pub(crate) use pool::{DIRECTORY, Pool, SUFFIX, SUFFIX_NEW, path};
use replay::Replayed;
pub(crate) use replay::{Batch, replay};

struct Active {
    segment: Segment,
    tenure: Tenure,
    offset: u64,
    /// Sequence of the last frame written into it.
    last: u64,
}

/// The writing end. There is one, and one frame is under way at a time.
pub(crate) struct Journal {
    pool: Arc<Pool>,
    active: Option<Active>,
    generation: u64,
    salt: u64,
    sequence: u64,
}

/// Why a batch was not appended.
pub(crate) enum AppendError {
    /// There is no room for it; nothing was touched.
    Full(Fault),
    /// Written or not, synced or not: nobody knows. The journal must not be used again.
    Broken(Fault),
}

impl AppendError {
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Full(fault) | Self::Broken(fault) => fault,
        }
    }
}

/// A journal that was read and not yet begun.
pub(crate) struct Recovered {
    pub journal: Journal,
    /// The last batch that the index has.
    pub applied: u64,
    last: Option<Batch>,
}

impl Journal {
    /// Reads it, giving every batch after `applied` to `visit`.
    pub fn recover(
        disk: Arc<dyn Disk>,
        options: Options,
        applied: u64,
        now: Timestamp,
        visit: &mut dyn FnMut(&Batch) -> Result<(), Fault>,
    ) -> Result<Recovered, Fault> {
        let (pool, found) = Pool::open(disk, options)?;
        let Replayed { last, generation, mut live, spare } = replay(found, applied, visit)?;
        let sequence = last.as_ref().map_or(0, |batch| batch.header.sequence);
        // The last segment stays out of the pool until the new one has its first frame: what tells how far the
        // journal reached must not be overwritten before something else tells it.
        let active = live.pop().map(|(segment, last)| {
            let full = segment.bytes;
            Active { segment, tenure: Tenure { generation, salt: 0 }, offset: full, last }
        });
        for (segment, last) in live {
            pool.retire(segment, last);
        }
        for segment in spare {
            pool.give_back(segment);
        }
        pool.recycle(applied);
        let seed = now.millis().unsigned_abs().rotate_left(32) ^ options.salt;
        let salt = xxh3_64_with_seed(&generation.to_le_bytes(), seed);
        let journal = Self { pool: Arc::new(pool), active, generation, salt, sequence };
        Ok(Recovered { journal, last, applied })
    }

    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The sequence of the last batch.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Makes the frame durable; its sequence is the answer.
    pub fn append(&mut self, frame: &mut FrameWriter, ordinal: Ordinal) -> Result<u64, AppendError> {
        let bytes = frame.frame_bytes() as u64;
        match &mut self.active {
            Some(active) if active.segment.bytes - active.offset >= bytes => {
                active.write(frame, self.sequence + 1, ordinal)?;
            }
            _ => self.append_to_next(frame, ordinal, bytes)?,
        }
        metrics::counter!("strongroom_device_syncs_total", "part" => "journal").increment(1);
        self.sequence += 1;
        Ok(self.sequence)
    }

    /// Goes on in another segment, with a batch of nothing: whoever has the segments from here on has the journal.
    pub fn begin_segment(&mut self, frame: &mut FrameWriter, ordinal: Ordinal) -> Result<(), AppendError> {
        frame.begin();
        self.append_to_next(frame, ordinal, frame.frame_bytes() as u64)?;
        self.sequence += 1;
        Ok(())
    }

    /// The full segment is given up only when the new one holds a frame: until then it tells how far the
    /// journal reaches.
    fn append_to_next(
        &mut self,
        frame: &mut FrameWriter,
        ordinal: Ordinal,
        bytes: u64,
    ) -> Result<(), AppendError> {
        let mut next = self.next_active(bytes).map_err(AppendError::Full)?;
        if let Err(error) = next.write(frame, self.sequence + 1, ordinal) {
            self.pool.give_back(next.segment);
            return Err(error);
        }
        if let Some(full) = self.active.replace(next) {
            self.pool.retire(full.segment, full.last);
        }
        Ok(())
    }

    fn next_active(&mut self, bytes: u64) -> Result<Active, Fault> {
        let segment = match self.pool.take(bytes) {
            Some(segment) => segment,
            None => {
                self.pool.provision(bytes)?;
                self.pool.take(bytes).ok_or(Fault::NoSpace)?
            }
        };
        self.generation += 1;
        self.salt = xxh3_64_with_seed(&self.generation.to_le_bytes(), self.salt);
        let tenure = Tenure { generation: self.generation, salt: self.salt };
        Ok(Active { segment, tenure, offset: 0, last: self.sequence })
    }
}

impl Active {
    fn write(&mut self, frame: &mut FrameWriter, sequence: u64, ordinal: Ordinal) -> Result<(), AppendError> {
        let sealed = frame.seal(self.tenure, sequence, ordinal);
        let file = &self.segment.file;
        // Read again after a crash only.
        let written = file.write_blocks_at(sealed, self.offset).map_err(unwritten);
        written.and_then(|()| file.sync_data().map_err(broken)).map_err(|error| self.withdraw(error))?;
        self.offset += sealed.len() as u64;
        self.last = sequence;
        Ok(())
    }

    /// Overwrites the header of a batch that failed, as far as the device lets it. After a failed sync the kernel takes
    /// its pages for written, so a program that starts while the machine runs on would read a whole batch, build on
    /// it, and lose it with the power. A batch that found no room on one member may be whole on another: unless it is
    /// durably gone there, nobody knows whether it happened.
    fn withdraw(&self, why: AppendError) -> AppendError {
        let file = &self.segment.file;
        let blank = file.write_all_at(&[0; ALIGN], self.offset).map_err(unwritten);
        // Who has no room to write a block again need not be who had none for the batch; giving it back wants none.
        let blank = match blank {
            Err(AppendError::Full(_)) => file.punch(self.offset, ALIGN as u64).map_err(broken),
            blank => blank,
        };
        match (why, blank) {
            (full @ AppendError::Full(_), Ok(())) => file.sync_data().map_or_else(broken, |()| full),
            (AppendError::Full(_), Err(unknown)) => unknown,
            (why, blank) => {
                if let Err(AppendError::Full(fault) | AppendError::Broken(fault)) = blank {
                    tracing::warn!(segment = self.segment.name, %fault, "a batch that failed stays readable");
                }
                why
            }
        }
    }
}

/// A copy-on-write file system may be full even for written blocks. What could not be written whole cannot be
/// proven later, so that batch did not happen, and the next frame takes its place.
fn unwritten(error: io::Error) -> AppendError {
    match Fault::io("writing the journal")(error) {
        Fault::NoSpace => AppendError::Full(Fault::NoSpace),
        fault => AppendError::Broken(fault),
    }
}

fn broken(error: io::Error) -> AppendError {
    AppendError::Broken(Fault::Io { doing: "syncing the journal", source: Arc::new(error) })
}

impl Recovered {
    /// Begins a new segment: with the last batch once more if the index does not have it, since a sync of it
    /// that failed may have left it in memory only; else with an empty batch. `Full` may be tried again.
    pub fn begin(&mut self, frame: &mut FrameWriter, ordinal: Ordinal) -> Result<(), AppendError> {
        frame.begin();
        let again = self.last.as_ref().filter(|batch| batch.header.sequence > self.applied);
        if let Some(batch) = again {
            frame.copy_payload(&batch.payload);
            self.journal.sequence = batch.header.sequence - 1;
        }
        let begun = self.journal.append(frame, ordinal);
        if let (Err(_), Some(last)) = (&begun, &self.last) {
            self.journal.sequence = last.header.sequence;
        }
        begun.map(|_| ())
    }
}
