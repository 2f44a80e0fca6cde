//! Where a request's body comes in: counted, bounded in patience, and known when it was left unread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use api::{ErrorCode, S3Error};
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

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

/// Raw bytes of a body, as they come off the connection.
pub(crate) struct Pull {
    incoming: Incoming,
    inlet: Arc<Inlet>,
    idle: Duration,
    ended: bool,
}

impl Pull {
    /// `idle`: how long the client may pause.
    pub fn new(incoming: Incoming, inlet: Arc<Inlet>, idle: Duration) -> Self {
        let ended = incoming.is_end_stream();
        Self { incoming, inlet, idle, ended }
    }

    pub async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        while !self.ended {
            let frame = tokio::time::timeout(self.idle, self.incoming.frame()).await;
            match frame.map_err(|_| S3Error::from(ErrorCode::RequestTimeout))? {
                None => self.ended = true,
                Some(Err(error)) => return Err(broken(&error)),
                Some(Ok(frame)) => {
                    // HTTP's own trailers have no meaning in S3.
                    if let Ok(bytes) = frame.into_data()
                        && !bytes.is_empty()
                    {
                        self.inlet.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                        self.ended = self.incoming.is_end_stream();
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
        if !self.ended {
            self.inlet.unread.store(true, Ordering::Relaxed);
            self.inlet.pulse.leave_unread();
        }
    }
}

/// The connection ended, or its framing was broken, before the body did.
fn broken(error: &hyper::Error) -> S3Error {
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
