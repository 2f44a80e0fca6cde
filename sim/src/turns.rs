//! Threads that take turns: one runs at a time, chance says which, and the clock moves only when nobody can run.
//!
//! The thread of the runtime gives the turns. A task of it, `pump`, lets one thread after the other run until it waits,
//! and sleeps by tokio's paused clock until the next is due. A thread that waits for a lock whose holder waits for its
//! turn is passed over until it comes back by itself.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};
use world::Turns;

use crate::Dice;

/// The thread of the runtime.
const GIVER: u64 = 0;
/// So long a thread may keep its turn before it is looked at whether it waits for a lock.
const GLANCE: Duration = Duration::from_millis(20);

/// So often those are looked at that wait for a lock, or that a busy machine lets wait, before time passes without them.
const LOOKS_MAX: u32 = 5000;

/// Who waits longer waits for ever.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

thread_local! {
    static ME: Cell<u64> = const { Cell::new(GIVER) };
}

#[derive(Clone)]
pub struct SimTurns(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Somebody can run.
    due: Notify,
    me: Weak<Shared>,
}

struct State {
    dice: Dice,
    now: Duration,
    /// What the giver let pass while it waited itself.
    ahead: Duration,
    next: u64,
    running: u64,
    runnable: Vec<u64>,
    waiting: BTreeMap<u64, Waiting>,
    living: BTreeMap<u64, Arc<Seat>>,
    giver: Arc<Seat>,
    turns: u64,
}

struct Waiting {
    place: u64,
    deadline: Option<Duration>,
}

struct Seat {
    name: String,
    go: AtomicBool,
    thread: Mutex<Option<Thread>>,
    task: Mutex<Option<i32>>,
}

impl Seat {
    fn new(name: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            go: AtomicBool::new(false),
            thread: Mutex::default(),
            task: Mutex::default(),
        })
    }

    fn sit(&self) {
        *lock(&self.task) = Some(rustix::thread::gettid().as_raw_nonzero().get());
        *lock(&self.thread) = Some(thread::current());
    }

    fn grant(&self) {
        self.go.store(true, Ordering::Release);
        if let Some(thread) = &*lock(&self.thread) {
            thread.unpark();
        }
    }

    /// False when nobody granted it within a glance.
    fn await_grant(&self, limit: Option<Duration>) -> bool {
        while !self.go.swap(false, Ordering::Acquire) {
            match limit {
                None => thread::park(),
                Some(limit) => {
                    thread::park_timeout(limit);
                    return self.go.swap(false, Ordering::Acquire);
                }
            }
        }
        true
    }

    /// Whether the machine lets it wait: it holds its turn and can't use it.
    fn sleeps(&self) -> bool {
        let Some(task) = *lock(&self.task) else { return false };
        let stat = std::fs::read_to_string(format!("/proc/self/task/{task}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SimTurns {
    /// Of the thread that calls, which becomes the giver.
    pub fn new(dice: Dice) -> Self {
        ME.set(GIVER);
        let giver = Seat::new("giver");
        giver.sit();
        let state = State {
            dice,
            now: Duration::ZERO,
            ahead: Duration::ZERO,
            next: GIVER + 1,
            running: GIVER,
            runnable: Vec::new(),
            waiting: BTreeMap::new(),
            living: BTreeMap::new(),
            giver,
            turns: 0,
        };
        Self(Arc::new_cyclic(|me| Shared { state: Mutex::new(state), due: Notify::new(), me: me.clone() }))
    }

    pub fn port(&self) -> Arc<dyn Turns> {
        self.0.clone()
    }

    /// How many turns were given.
    pub fn count(&self) -> u64 {
        lock(&self.0.state).turns
    }

    /// Lets threads run as long as the runtime does.
    pub async fn pump(self) {
        let (begun, mut looks) = (Instant::now(), 0);
        loop {
            self.0.set_now(begun.elapsed());
            if self.0.give_one() {
                looks = 0;
                yield_now().await;
                continue;
            }
            if looks < LOOKS_MAX && self.0.await_blocked(lock(&self.0.state)) {
                looks += 1;
                yield_now().await;
                continue;
            }
            let due = self.0.due.notified();
            match self.0.next_deadline() {
                None => due.await,
                Some(left) => drop(timeout_at(Instant::now() + left, due).await),
            }
        }
    }

    /// Lets threads run until none is left; names those that wait for ever.
    pub fn drain(&self) -> Result<(), String> {
        while !lock(&self.0.state).living.is_empty() {
            if !self.0.give_one() && !self.0.skip_time() {
                return Err(self.0.waiters());
            }
        }
        Ok(())
    }
}

impl Shared {
    fn set_now(&self, elapsed: Duration) {
        let mut state = lock(&self.state);
        state.now = state.now.max(elapsed + state.ahead);
        state.wake_due();
    }

    /// How long until a waiting thread goes on by itself.
    fn next_deadline(&self) -> Option<Duration> {
        let state = lock(&self.state);
        let next = state.waiting.values().filter_map(|waiting| waiting.deadline).min();
        next.map(|deadline| deadline.saturating_sub(state.now))
    }

    /// For who can't let the runtime's clock run: the first who waits for time only goes on at once.
    fn skip_time(&self) -> bool {
        let mut state = lock(&self.state);
        let Some(next) = state.waiting.values().filter_map(|waiting| waiting.deadline).min() else {
            return self.await_blocked(state);
        };
        let skipped = next.saturating_sub(state.now);
        if state.now > LONGEST {
            return false;
        }
        state.ahead += skipped;
        state.now += skipped;
        state.wake_due();
        true
    }

    /// Gives those a moment that wait for locks. False when nobody does.
    fn await_blocked(&self, state: MutexGuard<'_, State>) -> bool {
        let blocked = state.blocked();
        drop(state);
        if blocked {
            thread::sleep(Duration::from_micros(200));
        }
        blocked
    }

    /// One turn. False when nobody can run.
    fn give_one(&self) -> bool {
        let (seat, giver) = {
            let mut state = lock(&self.state);
            if state.runnable.is_empty() {
                return false;
            }
            let index = state.dice.index(state.runnable.len());
            let id = state.runnable.swap_remove(index);
            let Some(seat) = state.living.get(&id).cloned() else { return true };
            state.running = id;
            state.turns += 1;
            (seat, state.giver.clone())
        };
        seat.grant();
        let mut glances = 0;
        while !giver.await_grant(Some(GLANCE)) {
            glances = if seat.sleeps() { glances + 1 } else { 0 };
            let mut state = lock(&self.state);
            // Asleep twice in a row with its turn in its hands.
            if glances > 1 && state.running != GIVER {
                state.running = GIVER;
                break;
            }
        }
        true
    }

    /// The thread's turn ends.
    fn give_back(&self, me: u64) {
        let mut state = lock(&self.state);
        if state.running == me {
            state.running = GIVER;
            let giver = state.giver.clone();
            drop(state);
            giver.grant();
        }
    }

    fn waiters(&self) -> String {
        let state = lock(&self.state);
        let names: Vec<&str> = state.living.values().map(|seat| seat.name.as_str()).collect();
        format!("nobody can go on: {}", names.join(", "))
    }
}

impl State {
    fn wake_due(&mut self) {
        let now = self.now;
        self.wake_where(|waiting| waiting.deadline.is_some_and(|deadline| deadline <= now));
    }

    fn wake_where(&mut self, wanted: impl Fn(&Waiting) -> bool) -> bool {
        let woken = self.waiting.extract_if(.., |_, waiting| wanted(waiting));
        let woken: Vec<u64> = woken.map(|(id, _)| id).filter(|id| *id != GIVER).collect();
        self.runnable.extend(&woken);
        !woken.is_empty()
    }

    /// Whether somebody neither runs nor waits for a turn.
    fn blocked(&self) -> bool {
        self.living.keys().any(|id| !self.runnable.contains(id) && !self.waiting.contains_key(id))
    }
}

impl Turns for Shared {
    fn start(&self, name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        let Some(shared) = self.me.upgrade() else { return Err(io::ErrorKind::Other.into()) };
        let seat = Seat::new(name);
        let id = {
            let mut state = lock(&self.state);
            let id = state.next;
            state.next += 1;
            state.living.insert(id, seat.clone());
            id
        };
        let body = move || {
            ME.set(id);
            world::take_turns(Some(shared.clone()));
            seat.sit();
            seat.await_grant(None);
            work();
            world::take_turns(None);
            lock(&shared.state).living.remove(&id);
            shared.give_back(id);
        };
        #[expect(clippy::disallowed_methods, reason = "it gives the turns")]
        let begun = thread::Builder::new().name(name.to_owned()).stack_size(1 << 20).spawn(body);
        if let Err(error) = begun {
            lock(&self.state).living.remove(&id);
            return Err(error);
        }
        lock(&self.state).runnable.push(id);
        self.due.notify_one();
        Ok(())
    }

    fn place(&self) -> u64 {
        let mut state = lock(&self.state);
        state.next += 1;
        state.next - 1
    }

    fn wait(&self, place: u64, limit: Option<Duration>, let_go: &mut dyn FnMut()) {
        let me = ME.get();
        let seat = {
            let mut state = lock(&self.state);
            let deadline = limit.map(|limit| state.now + limit);
            state.waiting.insert(me, Waiting { place, deadline });
            state.living.get(&me).cloned()
        };
        let_go();
        let Some(seat) = seat else { return self.wait_giving() };
        self.give_back(me);
        seat.await_grant(None);
    }

    fn wake(&self, place: u64) {
        if lock(&self.state).wake_where(|waiting| waiting.place == place) {
            self.due.notify_one();
        }
    }

    fn elapsed(&self) -> Duration {
        lock(&self.state).now
    }
}

impl Shared {
    /// The giver itself waits: the others run meanwhile.
    fn wait_giving(&self) {
        while lock(&self.state).waiting.contains_key(&GIVER) {
            if !self.give_one() && !self.skip_time() {
                let waiters = self.waiters();
                // Nothing else could ever happen.
                std::panic::resume_unwind(Box::new(waiters));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use world::channel::{RecvTimeoutError, channel};
    use world::thread::{self, spawn_blocking};
    use world::{Condvar, Instant};

    use super::*;

    fn simulated<T>(seed: u64, work: impl Future<Output = T>) -> T {
        let turns = SimTurns::new(Dice::new(seed));
        world::take_turns(Some(turns.port()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        runtime.spawn(turns.clone().pump());
        let outcome = runtime.block_on(work);
        drop(runtime);
        turns.drain().expect("all threads end");
        world::take_turns(None);
        outcome
    }

    /// Five threads that note when they run, waiting for each other in between.
    fn order(seed: u64) -> Vec<usize> {
        simulated(seed, async {
            let noted = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
            let work = |number: usize| {
                let noted = noted.clone();
                move || {
                    let (list, changed) = &*noted;
                    for _ in 0..3 {
                        lock(list).push(number);
                        changed.notify_all();
                        let full = |list: &Vec<usize>| list.len() > number;
                        let mut held = lock(list);
                        while !full(&held) {
                            held = changed.wait(list, held);
                        }
                    }
                }
            };
            let threads: Vec<_> = (0..5).map(|number| spawn_blocking(work(number))).collect();
            for thread in threads {
                thread.await.expect("it ends");
            }
            lock(&noted.0).clone()
        })
    }

    #[test]
    fn a_seed_says_in_which_order_threads_run() {
        assert_eq!(order(7), order(7));
        assert!((0..20).any(|seed| order(seed) != order(7)));
    }

    #[test]
    fn hours_pass_in_no_time_and_only_when_nobody_runs() {
        let begun = std::time::Instant::now();
        simulated(1, async {
            let (tell, told) = channel::<u8>();
            let waiting = spawn_blocking(move || {
                let began = Instant::now();
                assert_eq!(told.recv_timeout(Duration::from_secs(3600)), Err(RecvTimeoutError::Timeout));
                began.elapsed()
            });
            assert!(waiting.await.expect("it ends") >= Duration::from_secs(3600));
            drop(tell);
        });
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn the_giver_may_wait_for_a_thread_too() {
        simulated(1, async {
            let (tell, told) = channel();
            let thread = thread::spawn("teller", move || tell.send(5).expect("somebody listens"));
            assert_eq!(told.recv(), Ok(5));
            thread.expect("a thread").join().expect("no panic");
        });
    }
}
