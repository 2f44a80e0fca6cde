//! One lane: a queue, and one thread that turns what queued up meanwhile into one batch with one sync.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use world::Condvar;

use super::device::Done;
use super::housekeeper::{Chore, Chores, Landed};
use super::supply::Supply;
use crate::fault::Fault;
use crate::format::volume_header::RECORDS_START;
use crate::record::Record;
use crate::set::VolumeSet;
use crate::volume::lock;
use crate::writer::VolumeWriter;

/// Records in one batch: their headers and padding must stay small beside one write.
const BATCH_RECORDS_MAX: usize = 1024;
/// After a crash at most about so many bytes of a lane's volume are scanned.
const CHECKPOINT_EVERY_BYTES: u64 = 64 * 1024 * 1024;

pub(super) struct Item {
    pub record: Record,
    pub done: Done,
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    arrived: Condvar,
    /// Of extents that wait or are being written.
    bytes: AtomicU64,
}

#[derive(Default)]
struct QueueState {
    items: VecDeque<Item>,
    closed: bool,
}

impl Queue {
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn push(&self, item: Item) {
        let bytes = item.record.extent_bytes();
        let mut state = lock(&self.state);
        if state.closed {
            drop(state);
            return (item.done)(Err(Fault::Closed));
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        metrics::gauge!("strongroom_volume_queue_bytes").increment(bytes as f64);
        state.items.push_back(item);
        drop(state);
        self.arrived.notify_one();
    }

    /// What is queued is still served; what comes later is refused.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.arrived.notify_one();
    }

    /// Waits for at least one item; `None` once closed and empty.
    fn take(&self, bytes_max: u64) -> Option<VecDeque<Item>> {
        let mut state = lock(&self.state);
        while state.items.is_empty() {
            if state.closed {
                return None;
            }
            state = self.arrived.wait(&self.state, state);
        }
        let (mut count, mut bytes) = (0, 0);
        for item in state.items.iter().take(BATCH_RECORDS_MAX) {
            bytes += item.record.extent_bytes();
            if count > 0 && bytes > bytes_max {
                break;
            }
            count += 1;
        }
        Some(state.items.drain(..count).collect())
    }

    fn served(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        metrics::gauge!("strongroom_volume_queue_bytes").decrement(bytes as f64);
    }

    /// Drops all that waits, so that nobody waits for a thread that is no more, or for a device that is given up.
    pub fn abandon(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let items = std::mem::take(&mut state.items);
        drop(state);
        self.arrived.notify_one();
        for item in items {
            self.served(item.record.extent_bytes());
            (item.done)(Err(Fault::Closed));
        }
    }
}

/// What the lane's thread works with.
pub(super) struct Lane {
    pub queue: Arc<Queue>,
    pub set: Arc<VolumeSet>,
    pub supply: Arc<Supply>,
    pub chores: Arc<Chores>,
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl Lane {
    pub fn run(self) {
        let mut writer = None;
        let mut unchecked = 0;
        while let Some(items) = self.queue.take(self.set.options().batch_bytes_max) {
            unchecked += self.serve(&mut writer, items);
            if unchecked >= CHECKPOINT_EVERY_BYTES {
                unchecked = 0;
                self.chores.push(Chore::Checkpoint);
            }
        }
        if let Some(writer) = writer {
            self.set.hand_back(writer);
        }
    }

    /// Answers every item; says how many bytes were written.
    fn serve(&self, writer: &mut Option<VolumeWriter>, mut items: VecDeque<Item>) -> u64 {
        let mut written = 0;
        while let Some(first) = items.front() {
            let wanted = first.record.extent_bytes();
            match self.room(writer, wanted) {
                Ok(writing) => {
                    let fitting = take_fitting(&mut items, writing.room_bytes());
                    written += self.append(writing, fitting);
                    if writing.has_failed() {
                        self.retire(writer.take());
                    }
                }
                Err(fault) => {
                    // Smaller ones behind it may still fit.
                    if let Some(item) = items.pop_front() {
                        self.queue.served(wanted);
                        (item.done)(Err(fault));
                    }
                }
            }
        }
        written
    }

    /// A writer with room for `wanted` bytes. A volume is only given up once there is another.
    fn room<'a>(
        &self,
        writer: &'a mut Option<VolumeWriter>,
        wanted: u64,
    ) -> Result<&'a mut VolumeWriter, Fault> {
        while writer.as_ref().is_none_or(|writer| writer.room_bytes() < wanted) {
            if let Some(fresh) = writer.as_ref().filter(|writer| writer.end() == RECORDS_START) {
                let max = fresh.room_bytes();
                return Err(Fault::TooLarge { what: "a record", bytes: wanted, max });
            }
            let next = self.supply.take(wanted)?;
            self.retire(writer.replace(next));
        }
        writer.as_mut().ok_or(Fault::Closed)
    }

    fn append(&self, writer: &mut VolumeWriter, items: Vec<Item>) -> u64 {
        let (records, dones): (Vec<Record>, Vec<Done>) =
            items.into_iter().map(|item| (item.record, item.done)).unzip();
        let bytes = records.iter().map(Record::extent_bytes).sum();
        let appended = writer.append_batch(&records);
        // The payload's memory goes back before anybody is told that it may be used again.
        drop(records);
        self.queue.served(bytes);
        match appended {
            Ok(extents) => {
                for (extent, done) in extents.into_iter().zip(dones) {
                    done(Ok(Landed::new(extent, self.chores.clone())));
                }
                self.supply.consumed(bytes);
                bytes
            }
            Err(fault) => {
                tracing::error!(%fault, volume = writer.volume(), "a batch failed; its volume is sealed");
                dones.into_iter().for_each(|done| done(Err(fault.clone())));
                0
            }
        }
    }

    fn retire(&self, writer: Option<VolumeWriter>) {
        if let Some(writer) = writer {
            self.chores.push(Chore::Seal(writer));
        }
    }
}

fn take_fitting(items: &mut VecDeque<Item>, room: u64) -> Vec<Item> {
    let (mut count, mut bytes) = (0, 0);
    for item in items.iter() {
        bytes += item.record.extent_bytes();
        if bytes > room {
            break;
        }
        count += 1;
    }
    items.drain(..count).collect()
}
