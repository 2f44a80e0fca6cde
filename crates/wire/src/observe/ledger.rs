//! The account of one request, closed when its answer's last byte has gone or the answer was given up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{ErrorCode, Service};
use http::{Method, StatusCode, Uri};
use tracing::error;

use super::access::{AccessLine, AccessLog};
use super::meters::{Deed, Meters};
use crate::body::Inlet;
use crate::respond::{BrokenAnswer, RequestId};
use crate::server::Pulse;

/// Who is told of each request.
pub(crate) struct Observers {
    pub meters: Meters,
    pub access: Option<Arc<dyn AccessLog>>,
}

/// Filled as a request is understood; written when it is dropped.
pub(crate) struct Ledger {
    pub id: RequestId,
    pub remote: SocketAddr,
    pub method: Method,
    pub uri: Uri,
    pub deed: Deed,
    /// In whose words the answer speaks.
    pub service: Service,
    /// Filled only for the access log.
    pub bucket: Option<String>,
    pub key: Option<String>,
    /// Who asked, as far as that was proven or claimed.
    pub access_key: Option<String>,
    /// `None` until there is an answer; so it stays when the client gave up first.
    pub status: Option<StatusCode>,
    pub code: Option<ErrorCode>,
    pub inlet: Arc<Inlet>,
    pulse: Arc<Pulse>,
    observers: Arc<Observers>,
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
        observers: Arc<Observers>,
    ) -> Box<Self> {
        Box::new(Self {
            id,
            remote,
            method,
            uri,
            deed: Deed::Unknown,
            service: Service::S3,
            bucket: None,
            key: None,
            access_key: None,
            status: None,
            code: None,
            inlet: Inlet::new(Arc::clone(&pulse)),
            pulse,
            observers,
            started: Instant::now(),
            bytes_out: 0,
            broken: false,
        })
    }

    pub fn is_logged(&self) -> bool {
        self.observers.access.is_some()
    }

    pub fn bytes_went(&mut self, bytes: usize) {
        self.bytes_out += bytes as u64;
    }

    /// The answer had begun and cannot be finished.
    pub fn broke(&mut self, cause: &BrokenAnswer) {
        self.broken = true;
        error!(request_id = %self.id, operation = self.deed.name(), %cause, "an answer broke off");
    }

    fn write(&self, log: &dyn AccessLog, took: Duration) {
        log.write(&AccessLine {
            request_id: std::str::from_utf8(&self.id.to_hex()).unwrap_or_default(),
            remote: self.remote,
            method: self.method.as_str(),
            path: self.uri.path(),
            operation: self.deed.name(),
            bucket: self.bucket.as_deref(),
            key: self.key.as_deref(),
            status: self.status.map_or(0, |status| status.as_u16()),
            error: self.code.map(ErrorCode::name),
            bytes_in: self.inlet.bytes(),
            bytes_out: self.bytes_out,
            duration_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            access_key: self.access_key.as_deref(),
            broken: self.broken,
        });
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let code = match (self.status, self.code) {
            (None, _) => Some("Aborted"),
            (Some(_), code) => code.map(ErrorCode::name),
        };
        self.observers.meters.count(self.deed, code, took, self.inlet.bytes(), self.bytes_out);
        if let Some(log) = &self.observers.access {
            self.write(&**log, took);
        }
        self.pulse.request_ended();
    }
}
