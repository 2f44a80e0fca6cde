//! Every request comes through here: understood, authenticated, dispatched, answered, accounted for.

use std::sync::Arc;

use api::s3::Op;
use api::{Arrival, ErrorCode, S3Error, Service};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, Version, header};
use hyper::body::Incoming;
use sigv4::{PayloadMode, RequestView};
use tracing::{Instrument as _, info_span};

use super::built::House;
use super::built::s3::dispatch;
use super::control;
use super::cors::{self, Page};
use super::door::{Authenticated, Door};
use super::extra::{Extra, ExtraRequest};
use super::kind::{Kind, kind};
use super::post;
use super::query as form;
use super::serve::Exchange;
use crate::body::{Opening, Pull, open};
use crate::observe::{Deed, Ledger, Meters, Observers, Watchers, Witness};
use crate::request::{Hosts, Target, check_bounds, decode_query, header_pairs, host_of, oddities};
use crate::respond::{About, Answer, AnswerBody, RequestIds, Signs, error_answer};
use crate::routing::route;
use crate::server::{Peer, Pulse, ServerOptions};

/// What all connections of a server share.
pub(crate) struct Front<H> {
    pub options: ServerOptions,
    house: Arc<H>,
    extra: Arc<dyn Extra>,
    hosts: Hosts,
    signs: Signs,
    ids: RequestIds,
    observers: Arc<Observers>,
}

/// A request's head and its unread body.
pub(super) struct Incomer {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub pull: Pull,
    /// Through TLS.
    pub secure: bool,
}

impl<H: House> Front<H> {
    pub fn new(
        house: Arc<H>,
        extra: Arc<dyn Extra>,
        watchers: Watchers,
        options: ServerOptions,
        seed: u128,
    ) -> Self {
        let hosts = Hosts::new(&options.domains);
        let ids = RequestIds::new((seed >> 64) as u64);
        let observers = Arc::new(Observers { meters: Meters::new(), watchers });
        Self { options, house, extra, hosts, signs: Signs::new(seed), ids, observers }
    }

    pub async fn answer(
        &self,
        request: Request<Incoming>,
        pulse: Arc<Pulse>,
        peer: Peer,
    ) -> Response<AnswerBody> {
        let (parts, incoming) = request.into_parts();
        let http2 = parts.version == Version::HTTP_2;
        pulse.request_started(http2);
        let line = (parts.method.clone(), parts.uri.clone());
        let (secure, observers) = (peer.tls.is_some(), Arc::clone(&self.observers));
        let mut ledger = Ledger::open(self.ids.draw(), peer, line, &parts.headers, pulse, observers);
        // Draining the body of a client that waits for `100 Continue` would say it.
        let drains = !http2 && !parts.headers.contains_key(header::EXPECT);
        let pull = Pull::new(incoming, Arc::clone(&ledger.inlet), self.options.timeouts.body, drains);
        let (method, uri) = (parts.method, parts.uri);
        let incomer =
            Incomer { method: method.clone(), uri: uri.clone(), headers: parts.headers, pull, secure };
        let span = info_span!("request", id = %ledger.id);
        let mut answer = self.understand(&uri, incomer, &mut ledger).instrument(span).await;
        if matches!(ledger.service, Service::Iam | Service::Sts)
            && let Ok(id) = HeaderValue::from_bytes(&ledger.id.to_hex())
        {
            // These services call it so, and their clients look for it.
            answer.headers.insert("x-amzn-requestid", id);
        }
        ledger.status = Some(answer.status);
        // A body that nobody read stands in the way of the next request.
        let close = !http2 && ledger.inlet.was_left_unread();
        let response = self.signs.seal(answer, ledger.id, &method, close);
        response.map(|body| body.with_ledger(ledger))
    }

    async fn understand(&self, uri: &Uri, incomer: Incomer, ledger: &mut Ledger) -> Answer {
        let method = incomer.method.clone();
        let page = Page::of(&method, &incomer.headers);
        let target = check_bounds(uri, &incomer.headers, &self.options.limits)
            .and_then(|()| Target::read(uri, host_of(uri, &incomer.headers), &self.hosts));
        let (outcome, bucket, key) = match target {
            Err(error) => (Err(error), None, None),
            Ok(target) => (self.exchange(&target, incomer, ledger).await, target.bucket, target.key),
        };
        let mut answer = outcome.unwrap_or_else(|error| {
            ledger.refused(&error);
            let about = About {
                method: &method,
                path: uri.path(),
                bucket: bucket.as_deref(),
                key: key.as_deref(),
                id: ledger.id,
                service: ledger.service,
            };
            error_answer(&error, &about, &self.signs)
        });
        if let (Some(page), Some(bucket)) = (page, bucket)
            && ledger.service == Service::S3
            && method != Method::OPTIONS
        {
            page.mark(&*self.house, &bucket, &mut answer.headers);
        }
        answer
    }

    /// What is rare is boxed, so that every request's future is no larger than what is common.
    async fn exchange(
        &self,
        target: &Target<'_>,
        incomer: Incomer,
        ledger: &mut Ledger,
    ) -> Result<Answer, S3Error> {
        let (bucket, key) = (target.bucket.as_deref(), target.key.as_deref());
        if ledger.is_logged() {
            ledger.bucket = bucket.map(str::to_owned);
            ledger.key = key.map(str::to_owned);
        }
        if bucket == Some("-") && !target.virtual_hosted {
            ledger.deed = Deed::Extra;
            return Box::pin(self.beside(incomer, ledger)).await;
        }
        if incomer.method == Method::OPTIONS {
            return cors::preflight(&*self.house, target, &incomer.headers);
        }
        let limits = &self.options.limits;
        match kind(target, &incomer) {
            Kind::S3 => {}
            Kind::S3Control => {
                return Box::pin(control::answer(&*self.house, target, incomer, limits, ledger)).await;
            }
            Kind::Form(service) => {
                return Box::pin(form::answer(&*self.house, target, service, incomer, limits, ledger)).await;
            }
        }
        if let (Some(bucket), None) = (bucket, key)
            && target.query.is_empty()
            && post::is_form(&incomer)
        {
            ledger.deed = Deed::PostObject;
            return Box::pin(post::upload(&*self.house, bucket, incomer, limits, ledger)).await;
        }
        let query = decode_query(target.query)?;
        if incomer.method == Method::POST && bucket.is_some() && key.is_none() && query.is_empty() {
            return Err(post::not_a_form());
        }
        let routed = route(&incomer.method, bucket.is_some(), key.is_some(), &query, &incomer.headers);
        if let Ok(op) = &routed {
            ledger.deed = Deed::S3(*op);
        }
        let arrival = ledger.arrival(Service::S3, None);
        let authenticated = authenticate(&*self.house, target, &incomer, &arrival).await?;
        ledger.came_in(&authenticated.caller, authenticated.access_key);
        let op: Op = routed?;
        oddities::check(op, &incomer.headers)?;
        let mut headers = incomer.headers;
        hoist(&query, &mut headers);
        let exchange = Exchange {
            caller: authenticated.caller,
            // Only POSTs answer with URLs.
            base: if incomer.method == Method::POST {
                base_of(incomer.secure, &incomer.uri, &headers)
            } else {
                String::new()
            },
            bucket,
            key,
            labels: Vec::new(),
            query,
            headers,
            payload: authenticated.payload,
            pull: incomer.pull,
            limits,
        };
        dispatch(&*self.house, op, exchange).await
    }

    /// What is not S3's. Its body is bounded by whoever reads it.
    async fn beside(&self, incomer: Incomer, ledger: &mut Ledger) -> Result<Answer, S3Error> {
        let Incomer { method, uri, headers, pull, .. } = incomer;
        let payload = PayloadMode::Unsigned;
        let opening = Opening { headers: &headers, payload, needs_length: false, bytes_max: u64::MAX };
        let body = open(pull, opening)?;
        let request_id = ledger.id.to_string();
        let arrival = ledger.arrival(Service::S3, None);
        let request = ExtraRequest { method, uri, headers, arrival, request_id, body };
        let response = self.extra.handle(request).await.ok_or(ErrorCode::NoSuchBucket)?;
        let (mut parts, body) = response.into_parts();
        if let Some(audit) = ledger.audit() {
            audit.witness = parts.extensions.remove::<Witness>();
        }
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}

/// Who asks, by the request as it came.
pub(super) async fn authenticate<H: Door>(
    house: &H,
    target: &Target<'_>,
    incomer: &Incomer,
    arrival: &Arrival,
) -> Result<Authenticated<H::Caller>, S3Error> {
    let headers = header_pairs(&incomer.uri, &incomer.headers)?;
    let method = incomer.method.as_str();
    let view = RequestView { method, path: target.path, query: target.query, headers: &headers };
    let host_bucket = target.bucket.as_deref().filter(|_| target.virtual_hosted);
    house.authenticate(&view, host_bucket, arrival).await
}

/// The URL of this server as the client wrote it.
pub(super) fn base_of(secure: bool, uri: &Uri, headers: &HeaderMap) -> String {
    let scheme = if secure { "https" } else { "http" };
    format!("{scheme}://{}", host_of(uri, headers).unwrap_or_default())
}

/// Some SDKs presign headers (`x-amz-acl`, `x-amz-meta-*`, …) as query parameters: there they say the same. One that
/// was sent as a header too stands.
fn hoist(query: &[(String, String)], headers: &mut HeaderMap) {
    for (name, value) in query {
        let name = name.to_ascii_lowercase();
        if !name.starts_with("x-amz-") || OF_SIGNATURE.contains(&name.as_str()) || headers.contains_key(&name)
        {
            continue;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
}

/// Query parameters that belong to the signature itself.
const OF_SIGNATURE: [&str; 9] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "x-amz-region-set",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presigned_headers_are_headers_and_sent_ones_stand() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-acl", HeaderValue::from_static("private"));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let query = [
            pair("X-Amz-Signature", "s"),
            pair("x-amz-acl", "public-read"),
            pair("x-amz-meta-a", "b"),
            pair("versionId", "v"),
        ];
        hoist(&query, &mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers["x-amz-acl"], &headers["x-amz-meta-a"]),
            (&"private".parse().unwrap(), &"b".parse().unwrap())
        );
    }
}
