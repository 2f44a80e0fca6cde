//! What a signature says about the payload: its hash, nothing, or that its chunks are signed one by one.

use crate::chunk::ChunkVerifier;
use crate::encode::parse_sha256;
use crate::{Refusal, RequestView};

/// How the payload is to be proven while it is read.
#[derive(Debug)]
pub enum PayloadMode {
    /// The whole payload has this SHA-256.
    Sha256([u8; 32]),
    /// Nothing is said (UNSIGNED-PAYLOAD, or an anonymous request).
    Unsigned,
    /// aws-chunked, each chunk signed.
    SignedChunks(Box<ChunkVerifier>),
    /// aws-chunked, each chunk and the trailer signed.
    SignedChunksTrailer(Box<ChunkVerifier>),
    /// aws-chunked, unsigned, with a trailer.
    UnsignedTrailer,
}

impl PayloadMode {
    /// Whether the body is framed as aws-chunked.
    pub const fn is_framed(&self) -> bool {
        matches!(self, Self::SignedChunks(_) | Self::SignedChunksTrailer(_) | Self::UnsignedTrailer)
    }
}

/// The words of `x-amz-content-sha256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Sha256([u8; 32]),
    Unsigned,
    UnsignedTrailer,
    Chunks { scheme: ChunkScheme, trailer: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkScheme {
    Hmac,
    Ecdsa,
}

pub(crate) fn read(value: &str) -> Result<Said, Refusal> {
    let chunks = |scheme, trailer| Ok(Said::Chunks { scheme, trailer });
    match value {
        "UNSIGNED-PAYLOAD" => Ok(Said::Unsigned),
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Said::UnsignedTrailer),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => chunks(ChunkScheme::Hmac, false),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => chunks(ChunkScheme::Hmac, true),
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" => chunks(ChunkScheme::Ecdsa, false),
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER" => chunks(ChunkScheme::Ecdsa, true),
        _ => parse_sha256(value)
            .map(Said::Sha256)
            .ok_or_else(|| Refusal::ContentSha256Invalid { value: value.to_owned() }),
    }
}

/// The payload of a request without a signature: it may name its hash or a trailer, but no signed chunks.
pub fn anonymous_payload(view: &RequestView<'_>) -> Result<PayloadMode, Refusal> {
    match view.header("x-amz-content-sha256").map(str::trim).map(read).transpose()? {
        None | Some(Said::Unsigned) => Ok(PayloadMode::Unsigned),
        Some(Said::Sha256(sha256)) => Ok(PayloadMode::Sha256(sha256)),
        Some(Said::UnsignedTrailer) => Ok(PayloadMode::UnsignedTrailer),
        Some(Said::Chunks { .. }) => Err(Refusal::AnonymousChunks),
    }
}
