//! A running site over its admin API.

use std::time::Duration;

use ::backup::{Fault, Source};
use api::{ByteSource, ErrorCode, S3Error};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::Deserialize;

use crate::client::{Client, read};

const PATH: &str = "/-/admin/v1/backups";
/// A server that says nothing for so long within an answer is given up.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Remote(pub Client);

#[derive(Deserialize)]
struct Lease {
    id: String,
    lease_seconds: u64,
}

struct Answer(Incoming);

impl Remote {
    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, Fault> {
        self.0.ask(method, path, body).await.map_err(refused)
    }
}

#[async_trait]
impl Source for Remote {
    async fn open(&self) -> Result<(String, Duration), Fault> {
        let answer = self.ask(Method::POST, PATH, Bytes::new()).await?;
        let answer = read(answer, 1 << 16, PATIENCE).await.map_err(refused)?;
        let lease: Lease = serde_json::from_slice(&answer).map_err(|error| refused(error.into()))?;
        Ok((lease.id, Duration::from_secs(lease.lease_seconds)))
    }

    async fn renew(&self, lease: &str) -> Result<(), Fault> {
        self.ask(Method::PUT, &format!("{PATH}/{lease}"), Bytes::new()).await.map(drop)
    }

    async fn close(&self, lease: &str) -> Result<(), Fault> {
        self.ask(Method::DELETE, &format!("{PATH}/{lease}"), Bytes::new()).await.map(drop)
    }

    async fn rows(&self, lease: &str) -> Result<Box<dyn ByteSource>, Fault> {
        let answer = self.ask(Method::GET, &format!("{PATH}/{lease}/rows"), Bytes::new()).await?;
        Ok(Box::new(Answer(answer.into_body())))
    }

    async fn bytes(&self, lease: &str, wanted: Bytes) -> Result<Box<dyn ByteSource>, Fault> {
        let answer = self.ask(Method::POST, &format!("{PATH}/{lease}/bytes"), wanted).await?;
        Ok(Box::new(Answer(answer.into_body())))
    }
}

#[async_trait]
impl ByteSource for Answer {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            let frame = match tokio::time::timeout(PATIENCE, self.0.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Err(broken(&format!("the answer broke off: {error}"))),
                Err(_) => return Err(broken("the server says nothing more")),
            };
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
    }
}

fn broken(why: &str) -> S3Error {
    S3Error::with_message(ErrorCode::InternalError, why.to_owned())
}

pub fn refused(error: anyhow::Error) -> Fault {
    Fault::Refused(format!("{error:#}"))
}
