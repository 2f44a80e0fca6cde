//! What a connection's socket and its requests tell one another: who is in flight, and how it shall close.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Shared by a connection's socket, its requests and their bodies.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    in_flight: AtomicUsize,
    requests: AtomicU64,
    http2: AtomicBool,
    linger: AtomicBool,
}

impl Pulse {
    /// A request's headers are complete.
    pub fn request_started(&self, http2: bool) {
        if http2 {
            self.http2.store(true, Ordering::Relaxed);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// The last byte of its answer was handed to the socket, or it was given up.
    pub fn request_ended(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
    }

    /// Requests so far; tells a socket that the bytes it read have become one.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub fn is_http2(&self) -> bool {
        self.http2.load(Ordering::Relaxed)
    }

    /// Bytes of a refused body are still under way: closing at once would reset the connection, and the
    /// client would lose the answer (RFC 9112 §9.6).
    pub fn leave_unread(&self) {
        self.linger.store(true, Ordering::Relaxed);
    }

    pub fn lingers(&self) -> bool {
        self.linger.load(Ordering::Relaxed)
    }
}
