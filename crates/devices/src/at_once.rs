//! Asking several devices at once, and no longer than a deadline: a call into one that hangs never returns.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use world::channel::channel;
use world::{Instant, thread};

/// The answers that came in time. Without a deadline one after the other, in order, on the caller's thread, as a
/// simulation wants it.
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
    for (whom, ask) in questions {
        let told = answer.clone();
        // Nobody listens any more once the deadline has passed.
        let work = move || drop(told.send((whom, ask())));
        if let Err(error) = thread::spawn(format!("device-{whom}"), work) {
            tracing::error!(device = %whom, %error, "no thread to ask a device");
        }
    }
    drop(answer);
    let mut found = BTreeMap::new();
    while let Ok((whom, what)) = answers.recv_timeout(deadline.saturating_sub(started.elapsed())) {
        found.insert(whom, what);
    }
    found
}
