//! The account of one request, closed when its answer's last byte has gone or the answer was given up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Arrival, ErrorCode, S3Error, Service};
use http::{HeaderMap, Method, StatusCode, Uri};
use tracing::error;

use super::access::{AccessLine, AccessLog};
use super::audit::{AuditEvent, AuditLog, Gathered, Witness};
use super::meters::{Deed, Meters};
use crate::body::Inlet;
use crate::respond::{BrokenAnswer, RequestId};
use crate::server::{Peer, Pulse, TlsFacts};

/// Who is told of each request.
pub(crate) struct Observers {
    pub meters: Meters,
    pub watchers: Watchers,
}

/// Who is told of each request besides the meters.
#[derive(Clone, Default)]
pub struct Watchers {
    pub access: Option<Arc<dyn AccessLog>>,
    pub audit: Option<Arc<dyn AuditLog>>,
}

/// Filled as a request is understood; written when it is dropped.
pub(crate) struct Ledger {
    pub id: RequestId,
    pub remote: SocketAddr,
    tls: Option<Arc<TlsFacts>>,
    pub method: Method,
    pub uri: Uri,
    pub deed: Deed,
    /// In whose words the answer speaks.
    pub service: Service,
    /// Filled only for the access log and the audit.
    pub bucket: Option<String>,
    pub key: Option<String>,
    /// Who asked, as far as that was proven or claimed.
    pub access_key: Option<String>,
    /// `None` until there is an answer; so it stays when the client gave up first.
    pub status: Option<StatusCode>,
    pub code: Option<ErrorCode>,
    pub inlet: Arc<Inlet>,
    /// Somebody audits.
    audit: Option<Box<Gathered>>,
    pulse: Arc<Pulse>,
    observers: Arc<Observers>,
    started: Instant,
    bytes_out: u64,
    broken: bool,
}

impl Ledger {
    pub fn open(
        id: RequestId,
        peer: Peer,
        (method, uri): (Method, Uri),
        headers: &HeaderMap,
        pulse: Arc<Pulse>,
        observers: Arc<Observers>,
    ) -> Box<Self> {
        let audited = observers.watchers.audit.as_ref().is_some_and(|audit| audit.is_on());
        let audit = audited.then(|| Box::new(Gathered::of_head(&uri, headers)));
        Box::new(Self {
            id,
            remote: peer.remote,
            tls: peer.tls,
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
            audit,
            pulse,
            observers,
            started: Instant::now(),
            bytes_out: 0,
            broken: false,
        })
    }

    pub fn is_logged(&self) -> bool {
        self.observers.watchers.access.is_some() || self.audit.is_some()
    }

    /// How the request came.
    pub fn arrival(&self, service: Service, body_sha256: Option<[u8; 32]>) -> Arrival {
        Arrival {
            remote: self.remote,
            secure: self.tls.is_some(),
            tls_version: self.tls.as_ref().map(|tls| tls.version),
            audited: self.audit.is_some(),
            service,
            body_sha256,
        }
    }

    /// The door let somebody in.
    pub fn came_in<C: Clone + Send + Sync + 'static>(&mut self, caller: &C, access_key: Option<String>) {
        self.access_key = access_key;
        if let Some(audit) = &mut self.audit {
            audit.witness = Some(Witness(Arc::new(caller.clone())));
        }
    }

    pub fn refused(&mut self, error: &S3Error) {
        self.code = Some(error.code);
        if let Some(audit) = &mut self.audit {
            audit.refused(error);
        }
    }

    /// What only the audit wants to know.
    pub fn audit(&mut self) -> Option<&mut Gathered> {
        self.audit.as_deref_mut()
    }

    pub fn bytes_went(&mut self, bytes: usize) {
        self.bytes_out += bytes as u64;
    }

    /// The answer had begun and cannot be finished.
    pub fn broke(&mut self, cause: &BrokenAnswer) {
        self.broken = true;
        error!(request_id = %self.id, operation = self.deed.name(), %cause, "an answer broke off");
    }

    fn line<'a>(&'a self, request_id: &'a str, took: Duration) -> AccessLine<'a> {
        AccessLine {
            request_id,
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
        }
    }

    fn event<'a>(&'a self, gathered: &'a Gathered, line: AccessLine<'a>) -> AuditEvent<'a> {
        AuditEvent {
            line,
            service: self.service,
            beside: self.deed == Deed::Extra,
            message: gathered.message.as_deref(),
            host: gathered.host.as_deref(),
            user_agent: gathered.user_agent.as_deref(),
            tls: self.tls.as_deref(),
            parameters: &gathered.parameters,
            claimed: &gathered.claimed,
            witness: gathered.witness.as_ref(),
        }
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
        let Watchers { access, audit } = &self.observers.watchers;
        if self.is_logged() {
            let id = self.id.to_hex();
            let id = std::str::from_utf8(&id).unwrap_or_default();
            if let Some(access) = access {
                access.write(&self.line(id, took));
            }
            if let (Some(audit), Some(gathered)) = (audit, &self.audit) {
                audit.write(&self.event(gathered, self.line(id, took)));
            }
        }
        self.pulse.request_ended();
    }
}
