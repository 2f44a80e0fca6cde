//! A device with its threads: what the stripes above append to, read from and delete in.

use std::sync::{Arc, Mutex};

use world::Disk;
use world::thread::{self, Thread};

use super::housekeeper::{Chores, Landed, resume};
use super::lane::{Item, Lane, Queue};
use super::supply::Supply;
use crate::fault::Fault;
use crate::options::Options;
use crate::record::{Extent, Record};
use crate::set::VolumeSet;
use crate::volume::lock;

/// Called once from a lane's thread, after the record is durable or can't be. Must not block.
pub type Done = Box<dyn FnOnce(Result<Landed, Fault>) + Send>;

/// Dropped without `shutdown` it ends its threads, but the next open treats it as a crash.
pub struct Device {
    set: Arc<VolumeSet>,
    lanes: Vec<Arc<Queue>>,
    supply: Arc<Supply>,
    chores: Arc<Chores>,
    threads: Mutex<Threads>,
}

/// In the order in which they end.
#[derive(Default)]
struct Threads {
    lanes: Vec<Thread>,
    supplier: Option<Thread>,
    housekeeper: Option<Thread>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("set", &self.set).finish_non_exhaustive()
    }
}

impl Device {
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Self, Fault> {
        let lanes = options.lanes.max(1);
        let set = Arc::new(VolumeSet::open(disk, options)?);
        let device = Self {
            supply: Arc::new(Supply::new(set.clone())),
            chores: Arc::new(Chores::default()),
            lanes: (0..lanes).map(|_| Arc::new(Queue::default())).collect(),
            set,
            threads: Mutex::default(),
        };
        resume(&device.set, &device.chores);
        device.start()?;
        Ok(device)
    }

    fn start(&self) -> Result<(), Fault> {
        let mut threads = lock(&self.threads);
        let supply = self.supply.clone();
        threads.supplier = Some(spawn("volume-supplier", move || supply.run())?);
        let (chores, set) = (self.chores.clone(), self.set.clone());
        threads.housekeeper = Some(spawn("volume-housekeeper", move || chores.run(&set))?);
        for (index, queue) in self.lanes.iter().enumerate() {
            let lane = Lane {
                queue: queue.clone(),
                set: self.set.clone(),
                supply: self.supply.clone(),
                chores: self.chores.clone(),
            };
            threads.lanes.push(spawn(&format!("volume-lane-{index}"), move || lane.run())?);
        }
        Ok(())
    }

    /// The engine beneath, for reads, sweeps, scrubs and figures.
    pub const fn set(&self) -> &Arc<VolumeSet> {
        &self.set
    }

    /// The lane with the least before it.
    pub fn idlest_lane(&self) -> usize {
        let queued = self.lanes.iter().enumerate().map(|(index, queue)| (queue.bytes(), index));
        queued.min().map_or(0, |(_, index)| index)
    }

    /// Queues one record. Whoever calls bounds the memory of what is queued.
    pub fn append(&self, lane: usize, record: Record, done: Done) {
        self.lanes[lane % self.lanes.len()].push(Item { record, done });
    }

    /// Bytes that wait for a lane or are being written.
    pub fn queued_bytes(&self) -> u64 {
        self.lanes.iter().map(|queue| queue.bytes()).sum()
    }

    /// Deletes in the background; lost in a crash, when the sweep finds the records again.
    pub fn bury(&self, extents: Vec<Extent>) {
        self.chores.bury(extents);
    }

    /// Waits until the background has done all it was asked for.
    pub fn settle(&self) {
        self.chores.settle();
    }

    /// Serves what is queued, ends the threads and notes that all is in order, if it is. Later appends get `Closed`; reads go on.
    pub fn shutdown(&self) -> Result<(), Fault> {
        if !self.end_threads() {
            return Ok(());
        }
        if self.chores.left_some() { self.set.checkpoint() } else { self.set.close() }
    }

    /// For a device that failed: drops what is queued, tells the threads to end and never waits for them, since a call
    /// into a device that hangs may not come back.
    pub fn abandon(&self) {
        self.set.abandon();
        self.lanes.iter().for_each(|queue| queue.abandon());
        self.supply.close();
        self.chores.close();
    }

    /// Whether all threads have ended, and nobody else changes what is on the device: before that a late write may
    /// still reach it, so nobody may open it anew.
    pub fn has_ended(&self) -> bool {
        let Threads { lanes, supplier, housekeeper } = &*lock(&self.threads);
        let ended = lanes.iter().chain(supplier).chain(housekeeper).all(Thread::is_finished);
        ended && !self.set.is_changing()
    }

    /// False when they had ended before.
    fn end_threads(&self) -> bool {
        if self.set.is_abandoned() {
            return false;
        }
        let mut threads = std::mem::take(&mut *lock(&self.threads));
        let running = threads.housekeeper.is_some();
        // Lanes first: they may still want a volume, and they leave sealing to the housekeeper.
        self.lanes.iter().for_each(|queue| queue.close());
        threads.lanes.drain(..).for_each(join);
        self.supply.close();
        threads.supplier.take().into_iter().for_each(join);
        self.chores.close();
        threads.housekeeper.take().into_iter().for_each(join);
        running
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.end_threads();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<Thread, Fault> {
    thread::spawn(name, work).map_err(|error| Fault::io("spawn", name, &error))
}

fn join(thread: Thread) {
    if thread.join().is_err() {
        tracing::error!("a thread of the volumes panicked");
    }
}
