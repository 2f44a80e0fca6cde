//! Who is at the other end of a connection, and how it is protected.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::{ProtocolVersion, ServerConnection};

#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub remote: SocketAddr,
    pub tls: Option<Arc<TlsFacts>>,
}

/// What a TLS connection agreed upon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// `1.2` or `1.3`.
    pub version: &'static str,
    /// As AWS's logs write it: `TLS_AES_128_GCM_SHA256`, `ECDHE-RSA-AES128-GCM-SHA256`.
    pub suite: String,
}

impl TlsFacts {
    pub(super) fn of(connection: &ServerConnection) -> Self {
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "1.2",
            _ => "1.3",
        };
        let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        Self { version, suite: suite.map(written).unwrap_or_default() }
    }
}

/// The older ones are written as OpenSSL does.
fn written(suite: &str) -> String {
    if let Some(rest) = suite.strip_prefix("TLS13_") {
        return format!("TLS_{rest}");
    }
    let short =
        suite.trim_start_matches("TLS_").replace("_WITH", "").replace("AES_", "AES").replace('_', "-");
    match short.strip_suffix("POLY1305-SHA256") {
        Some(start) => format!("{start}POLY1305"),
        None => short,
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn suites_are_written_as_aws_does() {
        for (ours, theirs) in [
            ("TLS13_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
            ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ] {
            assert_eq!(written(ours), theirs);
        }
    }
}
