//! One connection that sends signed requests, one after the other.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use sigv4::{Payload, RequestView, Secret, Signer};
use tokio::net::TcpStream;
use world::{Clock as _, SystemClock};

use crate::source::Source;

pub const ACCESS_KEY: &str = "bench-root";
pub const SECRET_KEY: &str = "bench-root-secret-of-one-run";

/// Who signs, and for which service.
#[derive(Clone)]
pub struct Who {
    pub access_key: String,
    pub secret: String,
    pub service: &'static str,
}

impl Who {
    /// The root of the site, which asks S3.
    pub fn root() -> Self {
        Self { access_key: ACCESS_KEY.to_owned(), secret: SECRET_KEY.to_owned(), service: "s3" }
    }

    #[must_use]
    pub fn of(self, service: &'static str) -> Self {
        Self { service, ..self }
    }
}

/// One request before it is signed.
pub struct Ask {
    pub method: Method,
    /// Percent-encoded.
    pub path: String,
    /// Percent-encoded, without the question mark.
    pub query: String,
    pub body: Source,
    pub payload: Payload,
}

impl Ask {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        // No body: its digest is that of nothing.
        let payload = Payload::Sha256(digest::sha256(&[]));
        Self { method, path: path.into(), query: String::new(), body: Source::empty(), payload }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// `sha256` is the body's, so that a body sent many times is hashed once.
    pub fn put(path: impl Into<String>, body: Bytes, sha256: [u8; 32]) -> Self {
        Self { body: Source::whole(body), payload: Payload::Sha256(sha256), ..Self::new(Method::PUT, path) }
    }

    #[must_use]
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    /// A body too long to hash before it is sent.
    #[must_use]
    pub fn unsigned(mut self, body: Source) -> Self {
        self.body = body;
        self.payload = Payload::Unsigned;
        self
    }
}

pub struct Connection {
    sender: SendRequest<Source>,
    signer: Signer,
    host: String,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        Self::open_as(address, &Who::root()).await
    }

    pub async fn open_as(address: SocketAddr, who: &Who) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let signer =
            Signer::new(who.access_key.as_str(), Secret::new(who.secret.as_str()), "us-east-1", who.service);
        Ok(Self { sender, signer, host: address.to_string() })
    }

    /// The answer's body in memory; anything but success is an error.
    pub async fn ask(&mut self, ask: Ask) -> anyhow::Result<Bytes> {
        let response = self.send(ask).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }

    /// Reads the answer's body and forgets it; returns its length.
    pub async fn drain(&mut self, ask: Ask) -> anyhow::Result<u64> {
        let mut body = self.send(ask).await?.into_body();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            length += frame?.data_ref().map_or(0, Bytes::len) as u64;
        }
        Ok(length)
    }

    /// The answer's ETag.
    pub async fn etag(&mut self, ask: Ask) -> anyhow::Result<String> {
        let response = self.send(ask).await?;
        let etag = response.headers().get(header::ETAG).context("an answer without an ETag")?;
        let etag = etag.to_str()?.to_owned();
        response.into_body().collect().await?;
        Ok(etag)
    }

    async fn send(&mut self, ask: Ask) -> anyhow::Result<Response<Incoming>> {
        let shown = format!("{} {}", ask.method, ask.path);
        let request = self.signed(ask)?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await.with_context(|| shown.clone())?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.into_body().collect().await?.to_bytes();
        bail!("{shown} was answered with {status}: {}", String::from_utf8_lossy(&body))
    }

    fn signed(&mut self, ask: Ask) -> anyhow::Result<Request<Source>> {
        let view = RequestView {
            method: ask.method.as_str(),
            path: &ask.path,
            query: &ask.query,
            headers: &[("host", &self.host)],
        };
        let signed = self.signer.sign_headers(&view, ask.payload, SystemClock.now());
        let uri = if ask.query.is_empty() { ask.path } else { format!("{}?{}", ask.path, ask.query) };
        let mut request = Request::builder().method(ask.method).uri(uri).header(header::HOST, &self.host);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        Ok(request.body(ask.body)?)
    }
}
