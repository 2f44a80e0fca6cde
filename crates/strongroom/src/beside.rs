//! What answers beside S3 on the same port: health, metrics, the admin API.

use admin::Admin;
use async_trait::async_trait;
use bytes::Bytes;
use catalog::Catalog;
use http::{HeaderValue, Method, Response, StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wire::{AnswerBody, Extra, ExtraRequest};

pub struct Beside {
    pub admin: Admin,
    pub metrics: PrometheusHandle,
    /// False once draining begins. Before the start is done nobody is answered at all.
    pub ready: Arc<AtomicBool>,
    pub catalog: Catalog,
}

#[async_trait]
impl Extra for Beside {
    async fn handle(&self, mut request: ExtraRequest) -> Option<Response<AnswerBody>> {
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        match request.uri.path() {
            "/-/health/live" if reads => Some(text(StatusCode::OK, "live\n")),
            "/-/health/ready" if reads => {
                Some(match (self.ready.load(Ordering::Relaxed), self.catalog.takes_commits()) {
                    (true, true) => text(StatusCode::OK, "ready\n"),
                    (true, false) => text(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "not ready: the journal failed; look at the device and the log, then restart\n",
                    ),
                    (false, _) => text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
                })
            }
            "/-/metrics" if reads => Some(text(StatusCode::OK, self.metrics.render())),
            _ => self.admin.handle(&mut request).await,
        }
    }
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::whole(body.into()));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
