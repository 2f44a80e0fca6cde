//! A small client: signed requests, one connection each. To a server's admin API, or to any S3.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde::Deserialize;
use sigv4::{Payload, RequestView, Secret, Signer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use world::{Clock as _, SystemClock};

const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);
/// Where Debian and its kin keep them.
pub const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

pub struct Client {
    endpoint: Uri,
    access_key: String,
    secret: Secret,
    session_token: Option<String>,
    region: String,
    tls: Option<TlsConnector>,
}

/// Who asks, and in which region.
pub struct Signatory {
    pub access_key: String,
    pub secret: Secret,
    pub session_token: Option<String>,
    pub region: String,
}

/// A request as it is signed: path and query are encoded.
pub struct Ask<'a> {
    pub method: Method,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Bytes,
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
        let signatory = Signatory {
            access_key: variable("AWS_ACCESS_KEY_ID", "the root access key")?,
            secret: Secret::new(variable("AWS_SECRET_ACCESS_KEY", "the root secret key")?),
            session_token: None,
            region: std::env::var("AWS_REGION")
                .or_else(|_| std::env::var("AWS_DEFAULT_REGION"))
                .unwrap_or_else(|_| "us-east-1".to_owned()),
        };
        Self::new(&endpoint, signatory).context("AWS_ENDPOINT_URL")
    }

    pub fn new(endpoint: &str, signatory: Signatory) -> anyhow::Result<Self> {
        let endpoint: Uri = endpoint.parse().with_context(|| format!("{endpoint:?} is no URL"))?;
        let tls = if endpoint.scheme_str() == Some("https") { Some(connector()?) } else { None };
        let Signatory { access_key, secret, session_token, region } = signatory;
        Ok(Self { endpoint, access_key, secret, session_token, region, tls })
    }

    /// The answer's body; an error says what the server said. For who has no runtime.
    pub fn call(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime
            .block_on(async { read(self.ask(method, path, body).await?, ANSWER_BYTES_MAX, PATIENCE).await })
    }

    /// The admin API's answer when it is a good one; an error says what the server said.
    pub async fn ask(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Response<Incoming>> {
        let response = self.send(&Ask { method, path, query: "", headers: &[], body }, PATIENCE).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        match serde_json::from_slice::<Problem>(&read(response, ANSWER_BYTES_MAX, PATIENCE).await?) {
            Ok(problem) => bail!("{} ({})", problem.message, problem.code),
            Err(_) => bail!("the server answered {status}"),
        }
    }

    /// Any answer, once its head is here.
    pub async fn send(&self, ask: &Ask<'_>, patience: Duration) -> anyhow::Result<Response<Incoming>> {
        match tokio::time::timeout(patience, self.exchange(ask)).await {
            Ok(answer) => answer,
            Err(_) => bail!("{} did not answer in {} s", self.endpoint, patience.as_secs()),
        }
    }

    async fn exchange(&self, ask: &Ask<'_>) -> anyhow::Result<Response<Incoming>> {
        let authority = self.endpoint.authority().context("the endpoint's URL names no host")?;
        let request = self.signed(authority.as_str(), ask)?;
        let port = authority.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let stream = TcpStream::connect((authority.host().trim_matches(['[', ']']), port))
            .await
            .with_context(|| format!("connecting to {}; is the server running?", self.endpoint))?;
        match &self.tls {
            None => send(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from(authority.host().trim_matches(['[', ']']).to_owned())?;
                send(tls.connect(name, stream).await?, request).await
            }
        }
    }

    fn signed(&self, host: &str, ask: &Ask<'_>) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut signer = Signer::new(&self.access_key, self.secret.clone(), &self.region, "s3");
        if let Some(token) = &self.session_token {
            signer = signer.with_session_token(token);
        }
        let headers = [&[("host", host)][..], ask.headers].concat();
        let view =
            RequestView { method: ask.method.as_str(), path: ask.path, query: ask.query, headers: &headers };
        let payload = Payload::Sha256(digest::sha256(&ask.body));
        let signed = signer.sign_headers(&view, payload, SystemClock.now());
        let uri =
            if ask.query.is_empty() { ask.path.to_owned() } else { format!("{}?{}", ask.path, ask.query) };
        let mut request = Request::builder().method(&ask.method).uri(uri);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(ask.body.clone()))?)
    }
}

/// All of an answer's body.
pub async fn read(
    response: Response<Incoming>,
    bytes_max: usize,
    patience: Duration,
) -> anyhow::Result<Bytes> {
    let body = Limited::new(response.into_body(), bytes_max).collect();
    match tokio::time::timeout(patience, body).await {
        Ok(body) => Ok(body.map_err(|error| anyhow::anyhow!("reading the answer: {error}"))?.to_bytes()),
        Err(_) => bail!("the server's answer did not end in {} s", patience.as_secs()),
    }
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Incoming>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

fn connector() -> anyhow::Result<TlsConnector> {
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
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn an_answer_that_stalls_in_its_body_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read_buf(&mut Vec::with_capacity(4096)).await;
            stream.write_all(b"HTTP/1.1 200 \r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
            std::future::pending::<()>().await;
        });
        let signatory = Signatory {
            access_key: "key".to_owned(),
            secret: Secret::new("secret"),
            session_token: None,
            region: "us-east-1".to_owned(),
        };
        let client = Client::new(&endpoint, signatory).unwrap();
        let answer = client.ask(Method::GET, "/", Bytes::new()).await.unwrap();
        let told = read(answer, 100, Duration::from_millis(50)).await.unwrap_err();
        assert!(told.to_string().contains("did not end"), "{told}");
    }
}
