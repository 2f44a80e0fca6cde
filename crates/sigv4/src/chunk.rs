//! Signed chunks: each one's signature covers its bytes and the signature before it, back to the request's own.

use aws_lc_rs::digest::{Context, SHA256, digest};
use subtle::ConstantTimeEq as _;

use crate::encode::{hex, push_hex};
use crate::refusal::Mismatch;
use crate::{Refusal, Scope, SigningKey};

/// SHA-256 of nothing, which stands in every chunk's string to sign.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Proves a payload's chunks in order, each in constant memory whatever its length.
///
/// `begin_chunk`, `update` as often as bytes come, `end_chunk`; the last chunk is empty and signed too. Then
/// `trailer`, if the request announced one. After a refusal the payload is worthless: stop reading.
pub struct ChunkVerifier {
    key: SigningKey,
    access_key: String,
    date: String,
    scope: Scope,
    /// The signature that the next one must build upon, in hex.
    previous: String,
    /// What the chunk that is being read says its signature is.
    claimed: String,
    sha256: Context,
}

impl std::fmt::Debug for ChunkVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkVerifier").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl ChunkVerifier {
    pub(crate) fn new(key: SigningKey, access_key: &str, date: &str, scope: Scope, seed: &str) -> Self {
        Self {
            key,
            access_key: access_key.to_owned(),
            date: date.to_owned(),
            scope,
            previous: seed.to_owned(),
            claimed: String::new(),
            sha256: Context::new(&SHA256),
        }
    }

    /// A chunk starts; `signature` is its `chunk-signature` in hex.
    pub fn begin_chunk(&mut self, signature: &str) {
        signature.clone_into(&mut self.claimed);
        self.sha256 = Context::new(&SHA256);
    }

    /// Bytes of the chunk, in any pieces.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
    }

    /// The chunk's bytes are complete: is its signature true?
    pub fn end_chunk(&mut self) -> Result<(), Refusal> {
        let sha256 = std::mem::replace(&mut self.sha256, Context::new(&SHA256)).finish();
        let text = self.string_to_sign("AWS4-HMAC-SHA256-PAYLOAD", Some(EMPTY_SHA256), sha256.as_ref());
        let claimed = std::mem::take(&mut self.claimed);
        self.settle(text, claimed)
    }

    /// The trailer's signature. `canonical` holds `name:value\n` for each of its headers in the order sent, names
    /// in lower case and values trimmed, without `x-amz-trailer-signature`.
    pub fn trailer(&mut self, canonical: &[u8], signature: &str) -> Result<(), Refusal> {
        let sha256 = digest(&SHA256, canonical);
        let text = self.string_to_sign("AWS4-HMAC-SHA256-TRAILER", None, sha256.as_ref());
        self.settle(text, signature.to_owned())
    }

    fn string_to_sign(&self, algorithm: &str, empty: Option<&str>, sha256: &[u8]) -> String {
        let mut text = String::with_capacity(384);
        let lines = [algorithm, &self.date, self.scope.as_str(), &self.previous];
        for line in lines.into_iter().chain(empty) {
            text.push_str(line);
            text.push('\n');
        }
        push_hex(&mut text, sha256);
        text
    }

    fn settle(&mut self, string_to_sign: String, claimed: String) -> Result<(), Refusal> {
        let computed = hex(&self.key.sign(string_to_sign.as_bytes()));
        if bool::from(computed.as_bytes().ct_eq(claimed.as_bytes())) {
            self.previous = computed;
            return Ok(());
        }
        Err(Refusal::SignatureMismatch(Box::new(Mismatch {
            access_key: self.access_key.clone(),
            string_to_sign,
            signature: claimed,
            canonical_request: None,
        })))
    }
}
