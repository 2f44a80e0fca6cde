//! What need not be waited for, done in order by one thread: sealing, deleting what nobody claimed, recounting.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use world::Condvar;

use crate::fault::Fault;
use crate::record::Extent;
use crate::set::VolumeSet;
use crate::volume::lock;
use crate::writer::VolumeWriter;

#[derive(Debug)]
pub(super) enum Chore {
    Seal(VolumeWriter),
    Bury(Vec<Extent>),
    FreeDead,
    Recount(u32),
    Checkpoint,
}

#[derive(Debug, Default)]
pub(crate) struct Chores {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    chores: VecDeque<Chore>,
    busy: bool,
    closed: bool,
    /// Records that nobody claimed are still there: the next open must sweep.
    unburied: bool,
}

impl Chores {
    pub(super) fn push(&self, chore: Chore) {
        lock(&self.state).chores.push_back(chore);
        self.changed.notify_all();
    }

    /// Deletes in the background. What a crash prevents, the sweep after it does.
    pub(super) fn bury(&self, extents: Vec<Extent>) {
        let mut state = lock(&self.state);
        state.unburied |= state.closed;
        // Many dropped uploads cost few syncs.
        if let Some(Chore::Bury(last)) = state.chores.back_mut() {
            last.extend(extents);
        } else {
            state.chores.push_back(Chore::Bury(extents));
        }
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        lock(&self.state).closed = true;
        self.changed.notify_all();
    }

    /// Whether an unclaimed record could not be deleted.
    pub(super) fn left_some(&self) -> bool {
        lock(&self.state).unburied
    }

    /// Waits until all that was asked for is done.
    pub(super) fn settle(&self) {
        let mut state = lock(&self.state);
        while (state.busy || !state.chores.is_empty()) && !state.closed {
            state = self.changed.wait(&self.state, state);
        }
    }

    /// The housekeeper's thread: what was queued before the close is still done, but for recounts, which the next
    /// open repeats.
    pub(super) fn run(&self, set: &VolumeSet) {
        while let Some((chore, closing)) = self.next() {
            let buries = matches!(chore, Chore::Bury(_));
            let done = match chore {
                Chore::Seal(writer) => set.seal(writer),
                Chore::Bury(extents) => set.delete(&extents),
                Chore::FreeDead | Chore::Recount(_) if closing => Ok(()),
                Chore::FreeDead => set.free_dead(),
                Chore::Recount(volume) => set.recount(volume),
                Chore::Checkpoint => set.checkpoint(),
            };
            let failed = match done {
                // The device was given up: what is left undone its next open finds.
                Ok(()) | Err(Fault::Closed) => false,
                Err(fault) => {
                    tracing::error!(%fault, "a chore of the volumes failed");
                    true
                }
            };
            let mut state = lock(&self.state);
            state.busy = false;
            state.unburied |= buries && failed;
            drop(state);
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<(Chore, bool)> {
        let mut state = lock(&self.state);
        loop {
            if let Some(chore) = state.chores.pop_front() {
                state.busy = true;
                return Some((chore, state.closed));
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(&self.state, state);
        }
    }
}

/// A durable record on its way to who asked for it. Dropped unclaimed (the asker is gone) it is deleted again.
#[derive(Debug)]
pub struct Landed {
    extent: Extent,
    chores: Option<Arc<Chores>>,
}

impl Landed {
    pub(super) const fn new(extent: Extent, chores: Arc<Chores>) -> Self {
        Self { extent, chores: Some(chores) }
    }

    /// Where it lies.
    pub const fn extent(&self) -> Extent {
        self.extent
    }

    /// From here on the caller answers for it.
    pub fn claim(mut self) -> Extent {
        self.chores = None;
        self.extent
    }
}

impl Drop for Landed {
    fn drop(&mut self) {
        if let Some(chores) = self.chores.take() {
            chores.bury(vec![self.extent]);
        }
    }
}

/// What a crash left half done.
pub(super) fn resume(set: &VolumeSet, chores: &Chores) {
    chores.push(Chore::FreeDead);
    for volume in set.doubtful() {
        chores.push(Chore::Recount(volume));
    }
}
