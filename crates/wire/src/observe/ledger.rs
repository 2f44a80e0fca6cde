//! The account of one request, closed when its answer's last byte has gone or the answer was given up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use api::ErrorCode;
use http::{Method, StatusCode, Uri};
use tracing::{Level, error, info};

use super::meters::{Deed, Meters};
use crate::body::Inlet;
use crate::respond::{BrokenAnswer, RequestId};
use crate::server::Pulse;

/// Filled as a request is understood; written when it is dropped.
pub(crate) struct Ledger {
    pub id: RequestId,
    pub remote: SocketAddr,
    pub method: Method,
    pub uri: Uri,
    pub deed: Deed,
    pub bucket: Option<String>,
    pub key: Option<String>,
    /// Who asked, as far as that was proven or claimed.
    pub access_key: Option<String>,
    /// `None` until there is an answer; so it stays when the client gave up first.
    pub status: Option<StatusCode>,
    pub code: Option<ErrorCode>,
    pub inlet: Arc<Inlet>,
    pulse: Arc<Pulse>,
    meters: Arc<Meters>,
    started: Instant,
    bytes_out: u64,
    broken: bool,
}

impl Ledger {
    pub fn open(
        id: RequestId,
        remote: SocketAddr,
        (method, uri): (Method, Uri),
        pulse: Arc<Pulse>,
        meters: Arc<Meters>,
    ) -> Box<Self> {
        Box::new(Self {
            id,
            remote,
            method,
            uri,
            deed: Deed::Unknown,
            bucket: None,
            key: None,
            access_key: None,
            status: None,
            code: None,
            inlet: Inlet::new(Arc::clone(&pulse)),
            pulse,
            meters,
            started: Instant::now(),
            bytes_out: 0,
            broken: false,
        })
    }

    pub fn bytes_went(&mut self, bytes: usize) {
        self.bytes_out += bytes as u64;
    }

    /// The answer had begun and cannot be finished.
    pub fn broke(&mut self, cause: &BrokenAnswer) {
        self.broken = true;
        error!(request_id = %self.id, operation = self.deed.name(), %cause, "an answer broke off");
    }

    fn write(&self, took_us: u64) {
        let none = "-";
        info!(
            target: "access",
            request_id = %self.id,
            remote = %self.remote,
            method = %self.method,
            path = self.uri.path(),
            operation = self.deed.name(),
            bucket = self.bucket.as_deref().unwrap_or(none),
            key = self.key.as_deref().unwrap_or(none),
            status = self.status.map_or(0, |status| status.as_u16()),
            error = self.code.map_or(none, ErrorCode::name),
            bytes_in = self.inlet.bytes(),
            bytes_out = self.bytes_out,
            duration_us = took_us,
            access_key = self.access_key.as_deref().unwrap_or(none),
            broken = self.broken,
        );
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let code = match (self.status, self.code) {
            (None, _) => Some("Aborted"),
            (Some(_), code) => code.map(ErrorCode::name),
        };
        self.meters.count(self.deed, code, took, self.inlet.bytes(), self.bytes_out);
        if tracing::enabled!(target: "access", Level::INFO) {
            self.write(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
        self.pulse.request_ended();
    }
}
