//! The audit: one JSON event a request in the shape of CloudTrail's, to a rotating file and to subscribers.
//!
//! An event says who asked for what from where, how it ended, and by which policy's statement it was allowed or denied
//! (`docs/operating/audit.md`). Promises: no secret is ever in one (`wire` hands on only what it lists); a request
//! never waits for the file or a subscriber; whoever misses events is told how many. It knows nothing about HTTP's
//! bytes, rows, or how a decision is made.

mod event;
mod file;
mod identity;
mod names;
mod reason;
mod subscribers;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use wire::{AuditEvent, AuditLog};
use world::{Clock, Random};

pub use file::FileOptions;
use file::RotatingFile;
use subscribers::Subscribers;
pub use subscribers::{Subscription, TooMany};

/// Where events go. Clones are the same.
#[derive(Clone)]
pub struct Audit(Arc<Inner>);

struct Inner {
    file: Option<RotatingFile>,
    subscribers: Arc<Subscribers>,
    /// What an event says where the request was signed for none.
    region: String,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Audit {
    /// Fails where the file cannot be written, so that a server does not start without its audit.
    pub fn open(
        file: Option<FileOptions>,
        region: String,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> io::Result<Self> {
        let file = file.map(RotatingFile::open).transpose()?;
        Ok(Self(Arc::new(Inner { file, subscribers: Arc::default(), region, clock, random })))
    }

    /// Every event from now on.
    pub fn subscribe(&self) -> Result<Subscription, TooMany> {
        Subscribers::subscribe(&self.0.subscribers)
    }

    /// Ends all subscriptions: a drain need not wait for them.
    pub fn dismiss(&self) {
        self.0.subscribers.dismiss();
    }

    /// Everything that was written is on the device when this returns.
    pub fn close(&self) {
        self.dismiss();
        if let Some(file) = &self.0.file {
            file.close();
        }
    }
}

impl AuditLog for Audit {
    fn is_on(&self) -> bool {
        self.0.file.is_some() || self.0.subscribers.any()
    }

    fn write(&self, event: &AuditEvent<'_>) {
        let inner = &self.0;
        if names::is_noise(event) {
            return;
        }
        let line = event::line(event, &inner.region, inner.clock.now(), inner.random.u128());
        if inner.subscribers.any() {
            inner.subscribers.send(Bytes::copy_from_slice(&line));
        }
        if let Some(file) = &inner.file {
            file.append(&line);
        }
    }
}
