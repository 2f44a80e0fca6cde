//! Turns: in a simulation one thread runs at a time, and another one only when that one waits.
//!
//! So a run replays, and its time may pass as fast as nobody has anything to do. Who starts threads or waits for one
//! does it by this crate's `thread`, `Condvar`, `channel` and `Instant` (`clippy.toml` refuses other threads); where no turns
//! are taken these are the machine's own, at the price of one look at a thread's own variable when they are made.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub trait Turns: Send + Sync + 'static {
    /// A thread that begins when its turn comes.
    fn start(&self, name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<()>;
    /// Where threads may wait; a new one each time.
    fn place(&self) -> u64;
    /// Waits there until it is woken or the time has passed, or shorter. `let_go` is called once it is sure to be woken.
    fn wait(&self, place: u64, limit: Option<Duration>, let_go: &mut dyn FnMut());
    /// All who wait there go on when their turns come.
    fn wake(&self, place: u64);
    /// Since the beginning.
    fn elapsed(&self) -> Duration;
}

thread_local! {
    static TURNS: RefCell<Option<Arc<dyn Turns>>> = const { RefCell::new(None) };
}

/// What this thread takes turns by.
pub fn turns() -> Option<Arc<dyn Turns>> {
    TURNS.with_borrow(Clone::clone)
}

/// From now on this thread takes turns, and so do all that it starts.
pub fn take_turns(turns: Option<Arc<dyn Turns>>) {
    TURNS.set(turns);
}
