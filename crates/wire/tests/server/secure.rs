//! TLS, and certificates that change while the server runs.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wire::{ServerOptions, Tls, TlsFiles};

use crate::house::start;
use crate::raw::Client;

/// Writes a new certificate and key; answers the certificate.
fn issue(files: &TlsFiles) -> CertificateDer<'static> {
    let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&files.certificate, issued.cert.pem()).unwrap();
    std::fs::write(&files.key, issued.signing_key.serialize_pem()).unwrap();
    issued.cert.der().clone()
}

async fn connect(
    address: std::net::SocketAddr,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

#[tokio::test]
async fn a_reload_serves_the_new_certificate_and_a_bad_one_changes_nothing() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let files = TlsFiles { certificate: folder.join("reload.crt"), key: folder.join("reload.key") };
    let first = issue(&files);
    let tls = Tls::load(files.clone()).unwrap();
    let running = start(ServerOptions::default(), Some(tls.clone()));
    let mut client = Client::over(connect(running.address, &first).await.unwrap());
    let get = "GET /b/large/3 HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_eq!(client.call(get).await.body.len(), 3 << 20);
    let second = issue(&files);
    assert!(connect(running.address, &second).await.is_err());
    tls.reload().unwrap();
    assert!(connect(running.address, &second).await.is_ok());
    assert!(connect(running.address, &first).await.is_err());
    std::fs::write(&files.certificate, "nonsense").unwrap();
    assert!(tls.reload().is_err());
    assert!(connect(running.address, &second).await.is_ok());
    // What was open stays open.
    assert_eq!(client.call(get).await.body.len(), 3 << 20);
}

#[tokio::test]
async fn a_refused_upload_over_tls_still_reads_why() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let files = TlsFiles { certificate: folder.join("refused.crt"), key: folder.join("refused.key") };
    let certificate = issue(&files);
    let running = start(ServerOptions::default(), Some(Tls::load(files).unwrap()));
    let mut client = Client::over(connect(running.address, &certificate).await.unwrap());
    client.send("PUT /missing/k HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n").await;
    client.try_send(&vec![0; 2_000_000]).await;
    assert_eq!(client.answer().await.code(), "NoSuchBucket");
}
