//! Fetching what a provider publishes: one GET, one connection, no redirects, bounded in bytes and time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::fault::Fault;

const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// How documents of providers are had.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The body of a successful answer.
    async fn get(&self, url: &str) -> Result<Bytes, Fault>;
}

/// By HTTP. Who answers by TLS must have a certificate that one of `roots` vouches for.
pub struct HttpFetch {
    tls: TlsConnector,
}

#[derive(Debug, Error)]
pub enum RootsError {
    #[error("{path}: {error}")]
    File { path: String, error: rustls_pki_types::pem::Error },
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl HttpFetch {
    /// `files` hold certificates as PEM. One that does not exist is left out: then no provider is trusted by it.
    pub fn new(files: &[&Path]) -> Result<Self, RootsError> {
        let mut roots = RootCertStore::empty();
        for file in files.iter().filter(|file| file.exists()) {
            let failed = |error| RootsError::File { path: file.display().to_string(), error };
            for certificate in CertificateDer::pem_file_iter(file).map_err(failed)? {
                // Systems keep some that are unusable; the others count.
                roots.add_parsable_certificates([certificate.map_err(failed)?]);
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    async fn exchange(&self, url: &str) -> Result<Bytes, Fault> {
        let uri: Uri = url.parse().map_err(|_| failed(url, "it is no URL"))?;
        let authority = uri.authority().ok_or_else(|| failed(url, "it names no host"))?;
        let secure = uri.scheme_str() == Some("https");
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header("host", authority.as_str())
            .header("accept", "application/json")
            .header("user-agent", "strongroom")
            .body(Empty::<Bytes>::new())
            .map_err(|error| failed(url, error))?;
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| failed(url, error))?;
        if secure {
            let name = ServerName::try_from(host).map_err(|error| failed(url, error))?;
            let stream = self.tls.connect(name, stream).await.map_err(|error| failed(url, error))?;
            answer(stream, request, url).await
        } else {
            answer(stream, request, url).await
        }
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn get(&self, url: &str) -> Result<Bytes, Fault> {
        match tokio::time::timeout(PATIENCE, self.exchange(url)).await {
            Ok(answer) => answer,
            Err(_) => Err(failed(url, "no answer in time")),
        }
    }
}

async fn answer<S>(stream: S, request: Request<Empty<Bytes>>, url: &str) -> Result<Bytes, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| failed(url, error))?;
    // It ends when the sender is dropped, which is when this function is left.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| failed(url, error))?;
    if response.status() != StatusCode::OK {
        return Err(failed(url, response.status()));
    }
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    Ok(body.map_err(|error| failed(url, error))?.to_bytes())
}

fn failed(url: &str, why: impl std::fmt::Display) -> Fault {
    Fault::Provider(format!("{url} could not be read: {why}"))
}
