//! Asking several devices at once, and no longer than a deadline: a call into one that hangs never returns.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use world::channel::channel;
use world::{Instant, thread};

/// The answers that came in time. Without a deadline one after the other, in order, on the caller's thread, as a
/// simulation wants it. There too goes what no thread could be started for: that is the machine's failure, and none of
/// the device's.
pub(crate) fn at_once<K, T>(
    questions: impl Iterator<Item = (K, impl FnOnce() -> T + Send + 'static)>,
    deadline: Option<Duration>,
) -> BTreeMap<K, T>
where
    K: Copy + Display + Ord + Send + 'static,
    T: Send + 'static,
{
    let Some(deadline) = deadline else {
        return questions.map(|(whom, ask)| (whom, ask())).collect();
    };
    let (answer, answers) = channel();
    let started = Instant::now();
    let mut left = Vec::new();
    for (whom, ask) in questions {
        let (told, ask) = (answer.clone(), Arc::new(Mutex::new(Some(ask))));
        let asked = ask.clone();
        let work = move || {
            let ask = asked.lock().unwrap_or_else(PoisonError::into_inner).take();
            // Nobody listens any more once the deadline has passed.
            drop(ask.map(|ask| told.send((whom, ask()))));
        };
        if let Err(error) = thread::spawn(format!("device-{whom}"), work) {
            tracing::error!(device = %whom, %error, "no thread to ask a device");
            left.push((whom, ask));
        }
    }
    drop(answer);
    let mut found = BTreeMap::new();
    for (whom, ask) in left {
        let ask = ask.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.extend(ask.map(|ask| (whom, ask())));
    }
    while let Ok((whom, what)) = answers.recv_timeout(deadline.saturating_sub(started.elapsed())) {
        found.insert(whom, what);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::io;

    use world::{Turns, take_turns};

    use super::*;

    /// A machine that has no more threads.
    struct Exhausted;

    impl Turns for Exhausted {
        fn start(&self, _: &str, _: Box<dyn FnOnce() + Send>) -> io::Result<()> {
            Err(io::ErrorKind::WouldBlock.into())
        }
        fn place(&self) -> u64 {
            0
        }
        fn wait(&self, _: u64, _: Option<Duration>, let_go: &mut dyn FnMut()) {
            let_go();
        }
        fn wake(&self, _: u64) {}
        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[test]
    fn without_threads_every_device_is_asked_all_the_same() {
        take_turns(Some(Arc::new(Exhausted)));
        let questions = (0..3).map(|number| (number, move || number * 2));
        assert_eq!(at_once(questions, Some(Duration::from_secs(1))), [(0, 0), (1, 2), (2, 4)].into());
    }
}
