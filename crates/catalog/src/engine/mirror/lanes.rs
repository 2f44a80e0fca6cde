//! The threads of one member, and asking several members at once within a deadline.
//!
//! A call into a device that hangs never returns, so whoever may not hang with it leaves the call to a thread of that
//! member. A member has four, each started when it is first needed: what waits for the index or for a new segment must
//! not hold up a commit, as long as the journal has spares. A thread that hangs is left behind. Nothing here knows what is asked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use world::channel::{Receiver, RecvTimeoutError, Sender, channel};
use world::{Instant, thread};

use crate::Fault;

/// How often those who wait look whether somebody else gave up the member that they wait for.
const GLANCE: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce() + Send>;

/// Which of a member's threads.
#[derive(Clone, Copy)]
pub(crate) enum Lane {
    /// Writes and syncs of commits, and what undoes them.
    Journal,
    /// Naming and removing segments.
    Files,
    /// Filling new segments with zeros.
    Making,
    Index,
}

/// What every holder of a part of a member shares: who it is, and whether it counts.
pub(crate) struct Seat {
    pub number: u16,
    whole: AtomicBool,
    lost: AtomicBool,
    /// Rows of the index that were copied while it joined.
    pub rows: AtomicU64,
    lanes: [OnceLock<Sender<Job>>; 4],
}

/// A part of a member, and whose it is.
pub(crate) type Held<H> = (Arc<Seat>, H);

/// How long answers are waited for.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub longest: Duration,
    /// After the first good answer: for work whose length nobody knows.
    pub behind_first: Duration,
}

impl Seat {
    pub fn new(number: u16, whole: bool) -> Arc<Self> {
        Arc::new(Self {
            number,
            whole: AtomicBool::new(whole),
            lost: AtomicBool::new(false),
            rows: AtomicU64::new(0),
            lanes: [const { OnceLock::new() }; 4],
        })
    }

    pub fn is_living(&self) -> bool {
        !self.lost.load(Ordering::Acquire)
    }

    /// For a member that is joining.
    pub fn must_live(&self) -> Result<(), Fault> {
        let lost = || Fault::Member { number: self.number, detail: "it was lost while it joined".into() };
        if self.is_living() { Ok(()) } else { Err(lost()) }
    }

    /// Living, and nothing is missing from it.
    pub fn is_whole(&self) -> bool {
        self.is_living() && self.whole.load(Ordering::Acquire)
    }

    pub fn become_whole(&self) {
        self.whole.store(true, Ordering::Release);
    }

    pub fn become_lost(&self) {
        self.lost.store(true, Ordering::Release);
    }

    fn give(&self, lane: Lane, job: Job) {
        let queue = self.lanes[lane as usize].get_or_init(|| self.start(lane));
        // A thread that could not be started has no ear: then the caller does the work itself.
        if let Err(unheard) = queue.send(job) {
            (unheard.0)();
        }
    }

    fn start(&self, lane: Lane) -> Sender<Job> {
        let (queue, jobs) = channel::<Job>();
        let name = ["journal", "files", "making", "index"][lane as usize];
        let work = move || {
            while let Ok(job) = jobs.recv() {
                job();
            }
        };
        if let Err(error) = thread::spawn(format!("{name}-{}", self.number), work) {
            tracing::warn!(member = self.number, %error, "a member's thread could not be started");
        }
        queue
    }
}

/// Asks all holders the same at once; without a limit to the patience, one after another on the caller's thread. The
/// answers come in the holders' order.
pub(crate) fn gather<H, T>(
    holders: Vec<Held<H>>,
    lane: Lane,
    patience: Option<Patience>,
    job: impl Fn(&H) -> Result<T, Fault> + Clone + Send + 'static,
) -> Vec<Result<T, Fault>>
where
    H: Send + 'static,
    T: Send + 'static,
{
    let Some(patience) = patience else {
        return holders.iter().map(|(_, held)| job(held)).collect();
    };
    let (tell, told) = channel();
    let mut seats = Vec::with_capacity(holders.len());
    for (place, (seat, held)) in holders.into_iter().enumerate() {
        seats.push(seat.clone());
        let (tell, job) = (tell.clone(), job.clone());
        let work = move || {
            let answer = job(&held);
            // Whoever has the answer may close what was held.
            drop((job, held));
            let _ = tell.send((place, answer));
        };
        seat.give(lane, Box::new(work));
    }
    drop(tell);
    let answers = collect(&seats, patience, &told);
    answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(silent()))).collect()
}

fn collect<T>(
    seats: &[Arc<Seat>],
    patience: Patience,
    told: &Receiver<(usize, Result<T, Fault>)>,
) -> Vec<Option<Result<T, Fault>>> {
    let mut answers: Vec<_> = seats.iter().map(|_| None).collect();
    let begun = Instant::now();
    let mut first: Option<Instant> = None;
    let awaited = |answers: &[Option<_>]| {
        seats.iter().zip(answers).any(|(seat, answer)| answer.is_none() && seat.is_living())
    };
    while awaited(&answers) {
        let behind = first.as_ref().map_or(Duration::ZERO, Instant::elapsed);
        let left = patience.longest.saturating_sub(begun.elapsed());
        let left = left.min(patience.behind_first.saturating_sub(behind));
        match told.recv_timeout(left.min(GLANCE)) {
            Ok((place, answer)) => {
                if answer.is_ok() {
                    first.get_or_insert_with(Instant::now);
                }
                answers[place] = Some(answer);
            }
            Err(RecvTimeoutError::Timeout) if !left.is_zero() => {}
            Err(_) => break,
        }
    }
    answers
}

fn silent() -> Fault {
    Fault::io("waiting for a member")(std::io::ErrorKind::TimedOut.into())
}
