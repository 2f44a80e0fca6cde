//! A small client of the admin API: signed requests, one connection each.

use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde::Deserialize;
use sigv4::{Payload, RequestView, Secret, Signer};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use world::{Clock as _, SystemClock};

const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);
/// Where Debian and its kin keep them.
pub const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

pub struct Client {
    endpoint: Uri,
    access_key: String,
    secret: Secret,
    region: String,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    message: String,
}

impl Client {
    /// From the usual AWS variables.
    pub fn from_environment() -> anyhow::Result<Self> {
        let variable = |name: &str, example: &str| {
            std::env::var(name)
                .with_context(|| format!("{name} is not set; for example: export {name}={example}"))
        };
        let endpoint = variable("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")?;
        Ok(Self {
            endpoint: endpoint.parse().with_context(|| format!("AWS_ENDPOINT_URL {endpoint:?} is no URL"))?,
            access_key: variable("AWS_ACCESS_KEY_ID", "the root access key")?,
            secret: Secret::new(variable("AWS_SECRET_ACCESS_KEY", "the root secret key")?),
            region: std::env::var("AWS_REGION")
                .or_else(|_| std::env::var("AWS_DEFAULT_REGION"))
                .unwrap_or_else(|_| "us-east-1".to_owned()),
        })
    }

    /// The answer's body; an error says what the server said.
    pub fn call(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match tokio::time::timeout(PATIENCE, self.exchange(method, path, body)).await {
                Ok(answer) => answer,
                Err(_) => bail!("{} did not answer in {} s", self.endpoint, PATIENCE.as_secs()),
            }
        })
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let authority = self.endpoint.authority().context("AWS_ENDPOINT_URL names no host")?;
        let request = self.signed(&method, authority.as_str(), path, body)?;
        let tls = self.endpoint.scheme_str() == Some("https");
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let stream = TcpStream::connect((authority.host(), port))
            .await
            .with_context(|| format!("connecting to {}; is the server running?", self.endpoint))?;
        let response = if tls {
            send(secured(stream, authority.host()).await?, request).await?
        } else {
            send(stream, request).await?
        };
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("reading the answer: {error}"))?.to_bytes();
        if !status.is_success() {
            match serde_json::from_slice::<Problem>(&body) {
                Ok(problem) => bail!("{} ({})", problem.message, problem.code),
                Err(_) => bail!("the server answered {status}"),
            }
        }
        Ok(body)
    }

    fn signed(
        &self,
        method: &Method,
        host: &str,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut signer = Signer::new(&self.access_key, self.secret.clone(), &self.region, "s3");
        let view = RequestView { method: method.as_str(), path, query: "", headers: &[("host", host)] };
        let signed = signer.sign_headers(&view, Payload::Sha256(digest::sha256(&body)), SystemClock.now());
        let mut request = Request::builder().method(method).uri(path).header("host", host);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(body))?)
    }
}

async fn send<S>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<http::Response<hyper::body::Incoming>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

async fn secured(
    stream: TcpStream,
    host: &str,
) -> anyhow::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let file = std::env::var("AWS_CA_BUNDLE").unwrap_or_else(|_| SYSTEM_CERTIFICATES.to_owned());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&file).with_context(|| format!("reading {file}"))? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    Ok(tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}
