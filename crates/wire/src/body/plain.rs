//! A body without S3's own framing; its SHA-256, where the signature names one, is proven at its end.

use api::{ByteSource, ErrorCode, S3Error};
use async_trait::async_trait;
use bytes::Bytes;
use digest::Sha256;

use super::inlet::Pull;

pub(super) struct PlainSource {
    pull: Pull,
    /// The running hash, and the one that was signed.
    sha256: Option<(Sha256, [u8; 32])>,
}

impl PlainSource {
    pub fn new(pull: Pull, sha256: Option<[u8; 32]>) -> Self {
        Self { pull, sha256: sha256.map(|signed| (Sha256::new(), signed)) }
    }
}

#[async_trait]
impl ByteSource for PlainSource {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        let Some(bytes) = self.pull.next().await? else {
            return prove(self.sha256.take()).map(|()| None);
        };
        if let Some((running, _)) = &mut self.sha256 {
            running.update(&bytes);
        }
        Ok(Some(bytes))
    }
}

fn prove(sha256: Option<(Sha256, [u8; 32])>) -> Result<(), S3Error> {
    let Some((running, signed)) = sha256 else { return Ok(()) };
    let computed = running.finish();
    if computed == signed {
        return Ok(());
    }
    Err(S3Error::from(ErrorCode::XAmzContentSHA256Mismatch)
        .element("ClientComputedContentSHA256", hex(&signed))
        .element("S3ComputedContentSHA256", hex(&computed)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
