//! Signed chunks: each one's signature covers its bytes and the signature before it, back to the request's own.

use aws_lc_rs::digest::{Context, SHA256, digest};

use crate::encode::push_hex;
use crate::refusal::Mismatch;
use crate::{Key, Refusal, Scope};

/// SHA-256 of nothing, which stands in every chunk's string to sign.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The lines that every link of a chain of signatures has in common.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    pub algorithm: &'static str,
    pub date: String,
    pub scope: Scope,
}

impl Links {
    /// The string to sign of a chunk whose bytes have this hash.
    pub(crate) fn chunk(&self, previous: &str, sha256: &[u8]) -> String {
        self.link("-PAYLOAD", previous, Some(EMPTY_SHA256), sha256)
    }

    pub(crate) fn trailer(&self, previous: &str, canonical: &[u8]) -> String {
        self.link("-TRAILER", previous, None, digest(&SHA256, canonical).as_ref())
    }

    fn link(&self, suffix: &str, previous: &str, empty: Option<&str>, sha256: &[u8]) -> String {
        let mut text = String::with_capacity(384);
        text.push_str(self.algorithm);
        text.push_str(suffix);
        for line in [&self.date, self.scope.as_str(), previous].into_iter().chain(empty) {
            text.push('\n');
            text.push_str(line);
        }
        text.push('\n');
        push_hex(&mut text, sha256);
        text
    }
}

/// Proves a payload's chunks in order, each in constant memory whatever its length.
///
/// `begin_chunk`, `update` as often as bytes come, `end_chunk`; the last chunk is empty and signed too. Then
/// `trailer`, if the request announced one. After a refusal the payload is worthless: stop reading.
pub struct ChunkVerifier {
    key: Key,
    access_key: String,
    links: Links,
    /// The signature that the next one must build upon.
    previous: String,
    /// What the chunk that is being read says its signature is.
    claimed: String,
    sha256: Context,
}

impl std::fmt::Debug for ChunkVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkVerifier").field("links", &self.links).finish_non_exhaustive()
    }
}

impl ChunkVerifier {
    /// `seed` is the request's own signature.
    pub(crate) fn new(key: Key, access_key: &str, links: Links, seed: &str) -> Self {
        Self {
            key,
            access_key: access_key.to_owned(),
            links,
            previous: seed.to_owned(),
            claimed: String::new(),
            sha256: Context::new(&SHA256),
        }
    }

    /// A chunk starts; `signature` is its `chunk-signature` in hex.
    pub fn begin_chunk(&mut self, signature: &str) {
        unpadded(signature).clone_into(&mut self.claimed);
        self.sha256 = Context::new(&SHA256);
    }

    /// Bytes of the chunk, in any pieces.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
    }

    /// The chunk's bytes are complete: is its signature true?
    pub fn end_chunk(&mut self) -> Result<(), Refusal> {
        let sha256 = std::mem::replace(&mut self.sha256, Context::new(&SHA256)).finish();
        let text = self.links.chunk(&self.previous, sha256.as_ref());
        let claimed = std::mem::take(&mut self.claimed);
        self.settle(text, claimed)
    }

    /// The trailer's signature. `canonical` holds `name:value\n` for each of its headers in the order sent, names
    /// in lower case and values trimmed, without `x-amz-trailer-signature`.
    pub fn trailer(&mut self, canonical: &[u8], signature: &str) -> Result<(), Refusal> {
        let text = self.links.trailer(&self.previous, canonical);
        self.settle(text, unpadded(signature).to_owned())
    }

    fn settle(&mut self, string_to_sign: String, claimed: String) -> Result<(), Refusal> {
        if self.key.proves(&string_to_sign, &claimed) {
            self.previous = claimed;
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

/// SigV4A fills its chunks' signatures up to a fixed length.
fn unpadded(signature: &str) -> &str {
    signature.trim_end_matches('*')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

    use super::*;
    use crate::Secret;
    use crate::encode::hex;
    use crate::v4a::{EcdsaKey, private_key};

    const LINKED: &str = "AWS4-ECDSA-P256-SHA256";

    fn key_pair() -> EcdsaKeyPair {
        let private = private_key("AKID", &Secret::new("secret")).expect("derivable");
        let scalar = PrivateKey::from_private_key(&ECDH_P256, private.as_slice()).expect("a scalar");
        let public = scalar.compute_public_key().expect("a point");
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            private.as_slice(),
            public.as_ref(),
        )
        .expect("a pair")
    }

    #[test]
    fn sigv4a_chunks_are_proven_though_their_signatures_are_filled_up() {
        let pair = key_pair();
        let sign = |text: &str| {
            let der = pair.sign(&SystemRandom::new(), text.as_bytes()).expect("signed");
            format!("{:*<144}", hex(der.as_ref()))
        };
        let scope = Scope::new("20260102", None, "s3");
        let links = Links { algorithm: LINKED, date: "20260102T030405Z".to_owned(), scope };
        let key = Key::V4a(EcdsaKey::derive("AKID", &Secret::new("secret")).map(Arc::new));
        let mut verifier = ChunkVerifier::new(key, "AKID", links.clone(), "seed");
        let mut previous = "seed".to_owned();
        for bytes in [b"first".as_slice(), b"second", b""] {
            let signature = sign(&links.chunk(&previous, digest(&SHA256, bytes).as_ref()));
            verifier.begin_chunk(&signature);
            verifier.update(bytes);
            verifier.end_chunk().expect("our own signature");
            unpadded(&signature).clone_into(&mut previous);
        }
        let signature = sign(&links.trailer(&previous, b"a:b\n"));
        assert!(verifier.trailer(b"a:c\n", &signature).is_err());
        verifier.trailer(b"a:b\n", &signature).expect("our own signature");
    }
}
