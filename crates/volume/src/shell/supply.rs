//! Keeps the next volume ready, in a thread of its own.
//!
//! It writes zeros somewhat faster than lanes fill the volumes before, so that it hardly takes from their writes. Who
//! comes too early gets the volume as far as it is: the rest of it is allocated and reads as zeros as well, only the
//! first sync of each place costs more. Beside a large batch that is less than zeros would cost, so there are none for
//! those. A full disk is looked at again whenever somebody wants to write.

use std::sync::{Arc, Mutex, MutexGuard};

use world::Condvar;

use crate::fault::Fault;
use crate::set::{Preparation, VolumeSet};
use crate::volume::lock;
use crate::writer::VolumeWriter;

/// Volumes kept ready beside those being filled.
const READY_TARGET: usize = 1;
/// Zeros written ahead of any use, unless large batches came lately.
const AHEAD_BYTES: u64 = 16 * 1024 * 1024;
/// Zeros written for each byte of small batches: the next volume is ready when half of this one is filled.
const ZEROS_PER_BYTE: u64 = 2;
/// From here on a batch goes faster into space that is only allocated than zeros and the batch together.
const LARGE_BATCH_BYTES: u64 = 512 * 1024;

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
    /// Attempts to make a volume that began, that ended, and that somebody wants to see ended.
    begun: u64,
    ended: u64,
    wanted: u64,
    /// How the last attempt failed.
    failure: Option<Fault>,
    /// Bytes that lanes wrote in small batches since the last volume was begun, and in large ones.
    small_bytes: u64,
    large_bytes: u64,
    closed: bool,
}

impl State {
    /// A volume is begun: says how many zeros it gets ahead of any use.
    fn begin(&mut self) -> u64 {
        self.small_bytes = 0;
        AHEAD_BYTES.saturating_sub(std::mem::take(&mut self.large_bytes))
    }

    const fn written_bytes(&self) -> u64 {
        self.small_bytes + self.large_bytes
    }
}

/// What the supplier does next.
enum Pace {
    Zero,
    /// A lane waits, or soon will.
    HandOver,
    Stop,
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
            // One that runs already may have looked at the disk before there was space.
            let attempt = state.begun + 1;
            state.wanted = attempt;
            state.waiting += 1;
            self.changed.notify_all();
            while state.ended < attempt && self.set.ready() == 0 && !state.closed {
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

    /// A lane wrote a batch of so many bytes.
    pub fn consumed(&self, batch_bytes: u64) {
        let mut state = lock(&self.state);
        let is_large = batch_bytes >= LARGE_BATCH_BYTES;
        *if is_large { &mut state.large_bytes } else { &mut state.small_bytes } += batch_bytes;
        drop(state);
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
            state.ended += 1;
            state.failure = result.err();
            match &state.failure {
                // Who wanted to write is told.
                None | Some(Fault::NoSpace { .. } | Fault::Closed) => {}
                Some(fault) => tracing::error!(%fault, "no further volume can be prepared now"),
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
            let wanted = state.wanted > state.begun && self.set.ready() == 0;
            if idle || wanted {
                state.begun += 1;
                return true;
            }
            state = self.wait(state);
        }
    }

    fn make(&self) -> Result<(), Fault> {
        let mut preparation = self.set.begin_volume()?;
        let ahead_bytes = lock(&self.state).begin();
        let zeroed = loop {
            match self.pace(&preparation, ahead_bytes) {
                Pace::Zero => match self.set.zero_some(&mut preparation) {
                    Ok(false) => {}
                    Ok(true) => break Ok(()),
                    Err(fault) => break Err(fault),
                },
                Pace::HandOver => break Ok(()),
                Pace::Stop => break Err(Fault::Closed),
            }
        };
        match zeroed {
            Ok(()) => self.set.finish_volume(preparation),
            Err(fault) => {
                self.set.abandon_volume(&preparation);
                Err(fault)
            }
        }
    }

    /// Waits until something is due.
    fn pace(&self, preparation: &Preparation, ahead_bytes: u64) -> Pace {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return Pace::Stop;
            } else if state.waiting > 0 {
                return Pace::HandOver;
            } else if preparation.zeroed_bytes() < ahead_bytes + state.small_bytes * ZEROS_PER_BYTE {
                return Pace::Zero;
            } else if state.written_bytes() >= preparation.size() / 2 {
                return Pace::HandOver;
            }
            state = self.wait(state);
        }
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(&self.state, state)
    }
}
