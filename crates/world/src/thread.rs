//! Threads: the machine's, or a simulation's that take turns.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::turns::{Turns, turns};

/// A thread that was started.
pub struct Thread(Kind);

enum Kind {
    Real(thread::JoinHandle<()>),
    Simulated(Arc<Course>),
}

/// How far a simulated thread is.
struct Course {
    turns: Arc<dyn Turns>,
    place: u64,
    state: AtomicU8,
}

const RUNS: u8 = 0;
const ENDED: u8 = 1;
const PANICKED: u8 = 2;

#[expect(clippy::disallowed_methods, reason = "the port itself")]
pub fn spawn(name: impl Into<String>, work: impl FnOnce() + Send + 'static) -> io::Result<Thread> {
    let name = name.into();
    let Some(turns) = turns() else {
        return Ok(Thread(Kind::Real(thread::Builder::new().name(name).spawn(work)?)));
    };
    let course = Arc::new(Course { place: turns.place(), turns, state: AtomicU8::new(RUNS) });
    let own = course.clone();
    let work = move || {
        let outcome = catch_unwind(AssertUnwindSafe(work));
        own.state.store(if outcome.is_ok() { ENDED } else { PANICKED }, Ordering::Release);
        own.turns.wake(own.place);
    };
    course.turns.start(&name, Box::new(work))?;
    Ok(Thread(Kind::Simulated(course)))
}

impl Thread {
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Kind::Real(thread) => thread.is_finished(),
            Kind::Simulated(course) => course.state.load(Ordering::Acquire) != RUNS,
        }
    }

    /// Waits until it has ended; an error if it panicked.
    pub fn join(self) -> thread::Result<()> {
        let course = match self.0 {
            Kind::Real(thread) => return thread.join(),
            Kind::Simulated(course) => course,
        };
        loop {
            match course.state.load(Ordering::Acquire) {
                RUNS => course.turns.wait(course.place, None, &mut || {}),
                PANICKED => return Err(Box::new("a simulated thread panicked")),
                _ => return Ok(()),
            }
        }
    }
}

/// As tokio's, for work that blocks.
#[expect(clippy::disallowed_methods, reason = "the port itself")]
pub fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    if turns().is_none() {
        return tokio::task::spawn_blocking(work);
    }
    let (runtime, (tell, told)) = (Handle::current(), oneshot::channel());
    let started = spawn("blocking", move || {
        let _within = runtime.enter();
        drop(tell.send(work()));
    });
    tokio::spawn(async move {
        match (started, told.await) {
            (Ok(_), Ok(answer)) => answer,
            _ => resume_unwind(Box::new("blocking work did not end")),
        }
    })
}
