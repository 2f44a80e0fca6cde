//! What `strongroom backup` asks the server for: a lease, the rows of a point in time, the bytes that they name.

use api::{Body, ByteSource};
use backup::{Desk, LEASE, Refused};
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;
use wire::AnswerBody;

use crate::answer::{Problem, json, respond};

#[derive(Serialize)]
struct Lease {
    id: String,
    lease_seconds: u64,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (status, code) = match refused {
            Refused::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
            Refused::Ended => (StatusCode::NOT_FOUND, "NoSuchBackup"),
            Refused::Malformed => (StatusCode::BAD_REQUEST, "InvalidArgument"),
        };
        Self::new(status, code, refused.to_string())
    }
}

/// `path`: what follows `backups`.
pub(crate) async fn handle(
    desk: &Desk,
    method: &Method,
    path: &str,
    body: Bytes,
) -> Result<Response<AnswerBody>, Problem> {
    match (method, path.trim_start_matches('/').split_once('/')) {
        (&Method::POST, None) if path.is_empty() => {
            let lease = Lease { id: desk.open()?, lease_seconds: LEASE.as_secs() };
            Ok(json(StatusCode::CREATED, &lease))
        }
        (&Method::PUT, None) => {
            desk.renew(path.trim_start_matches('/'))?;
            Ok(respond(StatusCode::NO_CONTENT, Bytes::new()))
        }
        (&Method::DELETE, None) => {
            desk.close(path.trim_start_matches('/'));
            Ok(respond(StatusCode::NO_CONTENT, Bytes::new()))
        }
        (&Method::GET, Some((id, "rows"))) => stream(desk.rows(id)?).await,
        (&Method::POST, Some((id, "bytes"))) => stream(desk.bytes(id, body)?).await,
        _ => Err(Problem::no_such_path()),
    }
}

async fn stream(source: Box<dyn ByteSource>) -> Result<Response<AnswerBody>, Problem> {
    let body = AnswerBody::stream(Body { length: None, source }).await?;
    let mut response = Response::new(body);
    let octets = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, octets);
    Ok(response)
}
