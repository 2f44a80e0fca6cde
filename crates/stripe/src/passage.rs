//! Who has bytes on their way that nothing names yet, or frees bytes that something still names, so that others can wait
//! for those who began before them.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// How often who waits looks again.
const LOOK: Duration = Duration::from_millis(200);

/// Held by who lands bytes, from before the first until they are named or given up; and by who frees them, from before
/// the first until they are named no more.
#[derive(Debug)]
pub struct Passage(#[expect(dead_code, reason = "it is counted, not read")] Arc<()>);

/// Those who had a passage at one moment.
#[derive(Clone, Debug)]
pub struct Earlier(Vec<Weak<()>>);

#[derive(Debug, Default)]
pub(crate) struct Passages(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    /// Shared by all who came since somebody asked last.
    now: Arc<()>,
    earlier: Vec<Weak<()>>,
}

impl Passages {
    pub fn enter(&self) -> Passage {
        Passage(self.0.lock().unwrap_or_else(PoisonError::into_inner).now.clone())
    }

    pub fn earlier(&self) -> Earlier {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = std::mem::take(&mut open.now);
        open.earlier.push(Arc::downgrade(&now));
        drop(now);
        open.earlier.retain(|earlier| earlier.strong_count() > 0);
        Earlier(open.earlier.clone())
    }
}

impl Earlier {
    pub fn have_left(&self) -> bool {
        self.0.iter().all(|earlier| earlier.strong_count() == 0)
    }

    /// May take as long as the slowest client.
    pub async fn leave(&self) {
        while !self.have_left() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_before_is_waited_for_and_who_came_later_is_not() {
        let passages = Passages::default();
        assert!(passages.earlier().have_left());
        let first = passages.enter();
        let at_first = passages.earlier();
        let second = passages.enter();
        let at_second = passages.earlier();
        assert!(!at_first.have_left() && !at_second.have_left());
        drop(first);
        assert!(at_first.have_left() && !at_second.have_left());
        drop(second);
        assert!(at_second.have_left());
    }
}
