//! Keeps the next volume ready, in a thread of its own.
//!
//! It writes zeros about as fast as lanes fill the volumes before, so that it hardly takes from their writes; when
//! a lane waits for it, as fast as it can. A full disk is looked at again whenever somebody wants to write.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::fault::Fault;
use crate::set::{Preparation, VolumeSet};
use crate::volume::lock;
use crate::writer::VolumeWriter;

/// Volumes kept ready beside those being filled.
const READY_TARGET: usize = 1;
/// Zeros written ahead of any use.
const AHEAD_BYTES: u64 = 16 * 1024 * 1024;
/// Zeros written for each byte that lanes write: the next volume is ready when a third of this one is filled.
const ZEROS_PER_BYTE: u64 = 3;

pub(super) struct Supply {
    set: Arc<VolumeSet>,
    state: Mutex<State>,
    /// Both sides wait here.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Lanes that can't go on without a volume.
    waiting: usize,
    /// Attempts to make a volume that ended, and how the last one did.
    attempts: u64,
    failure: Option<Fault>,
    /// Bytes that lanes wrote since the device was opened.
    consumed: u64,
    closed: bool,
}

impl Supply {
    pub fn new(set: Arc<VolumeSet>) -> Self {
        Self { set, state: Mutex::default(), changed: Condvar::new() }
    }

    /// A volume to append to; waits while one is being made. `NoSpace` when the disk can't hold another now.
    pub fn take(&self, wanted: u64) -> Result<VolumeWriter, Fault> {
        let mut state = lock(&self.state);
        loop {
            if let Some(writer) = self.set.take_writer()? {
                self.changed.notify_all();
                return Ok(writer);
            }
            if state.closed {
                return Err(Fault::Closed);
            }
            let seen = state.attempts;
            state.waiting += 1;
            self.changed.notify_all();
            while state.attempts == seen && !state.closed {
                state = self.wait(state);
            }
            state.waiting -= 1;
            match &state.failure {
                Some(Fault::NoSpace { .. }) if self.set.ready() == 0 => {
                    return Err(Fault::NoSpace { wanted });
                }
                Some(fault) if self.set.ready() == 0 => return Err(fault.clone()),
                _ => {}
            }
        }
    }

    pub fn consumed(&self, bytes: u64) {
        lock(&self.state).consumed += bytes;
        self.changed.notify_all();
    }

    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.changed.notify_all();
    }

    /// The supplier's thread.
    pub fn run(&self) {
        while self.wait_for_need() {
            let result = self.make();
            let mut state = lock(&self.state);
            state.attempts += 1;
            state.failure = result.err();
            if let Some(fault) = &state.failure {
                tracing::warn!(%fault, "no further volume can be prepared now");
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    /// False when closed. After a failure only a waiting lane is reason enough to try again.
    fn wait_for_need(&self) -> bool {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return false;
            }
            let idle = state.failure.is_none() && self.set.ready() < READY_TARGET;
            if idle || (state.waiting > 0 && self.set.ready() == 0) {
                return true;
            }
            state = self.wait(state);
        }
    }

    fn make(&self) -> Result<(), Fault> {
        let mut preparation = self.set.begin_volume()?;
        let start = lock(&self.state).consumed;
        loop {
            let step = match self.pace(&preparation, start) {
                true => self.set.zero_some(&mut preparation),
                false => Err(Fault::Closed),
            };
            match step {
                Ok(false) => {}
                Ok(true) => return self.set.finish_volume(preparation),
                Err(fault) => {
                    self.set.abandon_volume(&preparation);
                    return Err(fault);
                }
            }
        }
    }

    /// Waits until more zeros are due; false when closed.
    fn pace(&self, preparation: &Preparation, start: u64) -> bool {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return false;
            }
            let due = AHEAD_BYTES + (state.consumed - start) * ZEROS_PER_BYTE;
            if state.waiting > 0 || preparation.zeroed_bytes() < due {
                return true;
            }
            state = self.wait(state);
        }
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}
