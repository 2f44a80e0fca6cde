//! Whoever follows the audit over the network: each gets every event, or is told how many it missed.
//!
//! All share one bounded buffer, each with its own place in it; a slow one loses the oldest and nobody waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{ByteSource, S3Error};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::timeout;

/// Events that a subscriber may be behind.
const BEHIND_MAX: usize = 4096;
const SUBSCRIBERS_MAX: usize = 16;
/// Into one piece of the answer, as far as they wait already.
const PIECE_BYTES: usize = 64 * 1024;
/// An empty line so often, so that a connection that died is noticed.
const PULSE: Duration = Duration::from_secs(15);

#[derive(Default)]
pub struct Subscribers {
    count: AtomicUsize,
    sender: Mutex<Option<Sender<Bytes>>>,
}

/// There is room for sixteen.
#[derive(Debug, thiserror::Error)]
#[error("there are {SUBSCRIBERS_MAX} subscribers already")]
pub struct TooMany;

/// A stream of JSON lines that ends with the server.
pub struct Subscription {
    receiver: Receiver<Bytes>,
    subscribers: Arc<Subscribers>,
    greeted: bool,
}

impl Subscribers {
    pub fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    pub fn subscribe(this: &Arc<Self>) -> Result<Subscription, TooMany> {
        let mut sender = this.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if this.count.load(Ordering::Relaxed) >= SUBSCRIBERS_MAX {
            return Err(TooMany);
        }
        let sender = sender.get_or_insert_with(|| channel(BEHIND_MAX).0);
        this.count.fetch_add(1, Ordering::Relaxed);
        Ok(Subscription { receiver: sender.subscribe(), subscribers: Arc::clone(this), greeted: false })
    }

    pub fn send(&self, line: Bytes) {
        if let Some(sender) = &*self.sender.lock().unwrap_or_else(PoisonError::into_inner) {
            // Nobody listens any more: nothing to do.
            let _ = sender.send(line);
        }
    }

    pub fn dismiss(&self) {
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.subscribers.count.fetch_sub(1, Ordering::Relaxed);
    }
}

fn missed(count: u64) -> Bytes {
    Bytes::from(format!("{{\"missed\":{count}}}\n"))
}

#[async_trait]
impl ByteSource for Subscription {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        if !std::mem::replace(&mut self.greeted, true) {
            // At once, so that the client knows that it hears everything from here on.
            return Ok(Some(missed(0)));
        }
        let first = match timeout(PULSE, self.receiver.recv()).await {
            Err(_) => return Ok(Some(Bytes::from_static(b"\n"))),
            Ok(Err(RecvError::Closed)) => return Ok(None),
            Ok(Err(RecvError::Lagged(count))) => missed(count),
            Ok(Ok(line)) => line,
        };
        let mut piece = BytesMut::from(first);
        while piece.len() < PIECE_BYTES {
            match self.receiver.try_recv() {
                Ok(line) => piece.extend_from_slice(&line),
                Err(TryRecvError::Lagged(count)) => piece.extend_from_slice(&missed(count)),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Ok(Some(piece.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_subscriber_is_told_what_it_missed_and_a_dismissed_one_ends() {
        let subscribers = Arc::<Subscribers>::default();
        let mut slow = Subscribers::subscribe(&subscribers).unwrap();
        assert_eq!(slow.next().await.unwrap().unwrap(), "{\"missed\":0}\n");
        for number in 0..BEHIND_MAX + 3 {
            subscribers.send(Bytes::from(format!("{number}\n")));
        }
        let piece = slow.next().await.unwrap().unwrap();
        assert!(piece.starts_with(b"{\"missed\":3}\n3\n4\n"), "{:?}", &piece[..20]);
        subscribers.dismiss();
        while slow.next().await.unwrap().is_some() {}
        drop(slow);
        assert!(!subscribers.any());
    }

    #[tokio::test]
    async fn there_is_room_for_sixteen() {
        let subscribers = Arc::<Subscribers>::default();
        let all: Vec<_> =
            (0..SUBSCRIBERS_MAX).map(|_| Subscribers::subscribe(&subscribers).unwrap()).collect();
        assert!(Subscribers::subscribe(&subscribers).is_err());
        drop(all);
        assert!(Subscribers::subscribe(&subscribers).is_ok());
    }
}
