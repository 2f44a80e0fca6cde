//! Waiting for another thread, and for time to pass.

use std::sync::{self, Arc, Mutex, MutexGuard, PoisonError};
use std::time::{self, Duration};

use crate::turns::{Turns, turns};

/// As the standard library's; belongs to the threads among which it was made.
#[derive(Debug)]
pub struct Condvar(Kind);

#[derive(Debug)]
enum Kind {
    Real(sync::Condvar),
    Simulated(Bell),
}

/// What simulated threads wait for.
#[derive(Clone)]
pub(crate) struct Bell {
    turns: Arc<dyn Turns>,
    place: u64,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bell {}", self.place)
    }
}

impl Bell {
    /// `None` where no turns are taken.
    pub fn new() -> Option<Self> {
        turns().map(|turns| Self { place: turns.place(), turns })
    }

    pub fn ring(&self) {
        self.turns.wake(self.place);
    }

    pub fn wait(&self, limit: Option<Duration>) {
        self.turns.wait(self.place, limit, &mut || {});
    }

    pub fn elapsed(&self) -> Duration {
        self.turns.elapsed()
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self(Bell::new().map_or_else(|| Kind::Real(sync::Condvar::new()), Kind::Simulated))
    }
}

impl Condvar {
    pub fn new() -> Self {
        Self::default()
    }

    /// `guard` must be of `mutex`.
    pub fn wait<'a, T>(&self, mutex: &'a Mutex<T>, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        match &self.0 {
            Kind::Real(condvar) => condvar.wait(guard).unwrap_or_else(PoisonError::into_inner),
            Kind::Simulated(Bell { turns, place }) => {
                let mut guard = Some(guard);
                turns.wait(*place, None, &mut || drop(guard.take()));
                mutex.lock().unwrap_or_else(PoisonError::into_inner)
            }
        }
    }

    pub fn notify_one(&self) {
        match &self.0 {
            Kind::Real(condvar) => condvar.notify_one(),
            Kind::Simulated(bell) => bell.ring(),
        }
    }

    pub fn notify_all(&self) {
        match &self.0 {
            Kind::Real(condvar) => condvar.notify_all(),
            Kind::Simulated(bell) => bell.ring(),
        }
    }
}

/// A moment of a clock that never goes back.
#[derive(Clone)]
pub struct Instant(Moment);

#[derive(Clone)]
enum Moment {
    Real(time::Instant),
    Simulated(Arc<dyn Turns>, Duration),
}

impl Instant {
    pub fn now() -> Self {
        Self(match turns() {
            None => Moment::Real(time::Instant::now()),
            Some(turns) => {
                let now = turns.elapsed();
                Moment::Simulated(turns, now)
            }
        })
    }

    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Moment::Real(moment) => moment.elapsed(),
            Moment::Simulated(turns, moment) => turns.elapsed().saturating_sub(*moment),
        }
    }
}
