//! What answers beside S3 on the same port: everything below `/-/`, where no bucket can be.

use api::{Arrival, Body, S3Error};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Response, Uri};

use crate::body;
use crate::request::{HeaderPairs, header_pairs};
use crate::respond::AnswerBody;

/// A request below `/-/`, not authenticated.
pub struct ExtraRequest {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    /// As if it were for S3.
    pub arrival: Arrival,
    pub request_id: String,
    pub body: Body,
}

impl ExtraRequest {
    /// Headers as `sigv4::RequestView` wants them.
    pub fn header_pairs(&self) -> Result<HeaderPairs<'_>, S3Error> {
        header_pairs(&self.uri, &self.headers)
    }

    /// The whole body; refused beyond `bytes_max`.
    pub async fn read_body(&mut self, bytes_max: u64) -> Result<Bytes, S3Error> {
        let taken = std::mem::replace(&mut self.body, Body::empty());
        body::read_whole(taken, bytes_max, &self.headers).await
    }
}

/// Health, metrics, administration.
#[async_trait]
pub trait Extra: Send + Sync + 'static {
    /// `None` when there is nothing of that name: the answer is 404.
    async fn handle(&self, request: ExtraRequest) -> Option<Response<AnswerBody>>;
}

/// Nothing beside S3.
pub struct NoExtra;

#[async_trait]
impl Extra for NoExtra {
    async fn handle(&self, _request: ExtraRequest) -> Option<Response<AnswerBody>> {
        None
    }
}
