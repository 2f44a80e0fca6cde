//! How a request came, beside its head and body: for whom, from where, over what.

use std::net::SocketAddr;

/// A service that answers on the one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    S3,
    S3Control,
    Iam,
    Sts,
}

impl Service {
    pub const ALL: [Self; 4] = [Self::S3, Self::S3Control, Self::Iam, Self::Sts];

    /// As it stands in a credential's scope, and before the colon of a policy's action: S3 Control signs as S3.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::S3 | Self::S3Control => "s3",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }
}

/// What is known of a request besides what its signature can cover.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub remote: SocketAddr,
    /// Through TLS.
    pub secure: bool,
    /// TLS's version as condition keys write it: `1.3`.
    pub tls_version: Option<&'static str>,
    /// Somebody audits: the reasons of decisions are kept.
    pub audited: bool,
    /// Whose operation it asks for; its signature must be for that.
    pub service: Service,
    /// Of the whole body, where that was read before authentication: the services with forms sign it without naming
    /// it in a header.
    pub body_sha256: Option<[u8; 32]>,
}
