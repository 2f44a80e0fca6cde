//! Where a request's body comes in: counted, bounded in patience, and known when it was left unread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use api::{ErrorCode, S3Error};
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::runtime::Handle;

use crate::server::Pulse;

/// What a request's body tells those who answer and log.
#[derive(Debug)]
pub(crate) struct Inlet {
    pulse: Arc<Pulse>,
    bytes: AtomicU64,
    unread: AtomicBool,
}

impl Inlet {
    pub fn new(pulse: Arc<Pulse>) -> Arc<Self> {
        Arc::new(Self { pulse, bytes: AtomicU64::new(0), unread: AtomicBool::new(false) })
    }

    /// Bytes of the body so far, framing included.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The body was dropped before its end: the connection cannot carry another request.
    pub fn was_left_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }
}

/// A refused body with no more than this left is read to its end, so that the connection can go on: a lost
/// race for a small object must not cost a reconnection.
const DRAIN_BYTES_MAX: u64 = 64 * 1024;

/// Raw bytes of a body, as they come off the connection.
pub(crate) struct Pull {
    /// `None` only once dropped.
    incoming: Option<Incoming>,
    inlet: Arc<Inlet>,
    idle: Duration,
    drains: bool,
    ended: bool,
    /// It stopped coming: waiting for its rest is in vain.
    broken: bool,
}

impl Pull {
    /// `idle`: how long the client may pause. `drains`: whether a small rest may be read after a refusal.
    pub fn new(incoming: Incoming, inlet: Arc<Inlet>, idle: Duration, drains: bool) -> Self {
        let ended = incoming.is_end_stream();
        Self { incoming: Some(incoming), inlet, idle, drains, ended, broken: false }
    }

    pub async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        while let Some(incoming) = self.incoming.as_mut().filter(|_| !self.ended) {
            let frame = tokio::time::timeout(self.idle, incoming.frame()).await;
            match frame {
                Ok(None) => self.ended = true,
                Err(_) => {
                    self.broken = true;
                    return Err(ErrorCode::RequestTimeout.into());
                }
                Ok(Some(Err(error))) => {
                    self.broken = true;
                    return Err(why_broken(&error));
                }
                Ok(Some(Ok(frame))) => {
                    // HTTP's own trailers have no meaning in S3.
                    if let Ok(bytes) = frame.into_data()
                        && !bytes.is_empty()
                    {
                        self.inlet.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                        self.ended = incoming.is_end_stream();
                        return Ok(Some(bytes));
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take().filter(|_| !self.ended) else { return };
        let small = incoming.size_hint().exact().is_some_and(|left| left <= DRAIN_BYTES_MAX);
        match Handle::try_current() {
            Ok(runtime) if small && self.drains && !self.broken => {
                runtime.spawn(drain(incoming, Arc::clone(&self.inlet), self.idle));
            }
            _ => {
                self.inlet.unread.store(true, Ordering::Relaxed);
                self.inlet.pulse.leave_unread();
            }
        }
    }
}

/// Reads what is left of a refused body. If it does not come, the connection closes.
async fn drain(mut incoming: Incoming, inlet: Arc<Inlet>, idle: Duration) {
    let all = async { while let Some(Ok(_)) = incoming.frame().await {} };
    if tokio::time::timeout(idle, all).await.is_err() {
        inlet.pulse.leave_unread();
    }
}

/// The connection ended, or its framing was broken, before the body did.
fn why_broken(error: &hyper::Error) -> S3Error {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut) {
            return ErrorCode::RequestTimeout.into();
        }
        source = cause.source();
    }
    ErrorCode::IncompleteBody.into()
}
