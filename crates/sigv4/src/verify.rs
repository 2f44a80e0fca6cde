//! The decision: does the signature prove the claim?

use std::borrow::Cow;

use model::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::canonical::{self, Parts};
use crate::chunk::ChunkVerifier;
use crate::claim::{Kind, SignedClaim};
use crate::encode::hex;
use crate::payload::{self, PayloadMode, Said};
use crate::refusal::Mismatch;
use crate::{Key, Refusal, RequestView, Secret, SigningKey};

/// A claim that was proven.
#[derive(Debug)]
pub struct Verified {
    /// How the payload is to be proven while it is read.
    pub payload: PayloadMode,
}

/// Derives the key and decides. The region is the caller's to judge.
pub fn verify(
    claim: &SignedClaim,
    view: &RequestView<'_>,
    secret: &Secret,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    claim.check_time(now)?;
    verify_with_key(claim, view, &Key::derive(claim, secret), now)
}

/// Decides with a key that was derived before.
pub fn verify_with_key(
    claim: &SignedClaim,
    view: &RequestView<'_>,
    key: &Key,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    claim.check_time(now)?;
    let Key::V4(key) = key;
    let payload = claim.payload.as_deref().ok_or(Refusal::ContentSha256Missing)?;
    let said = payload::read(payload)?;
    let sound = |path: &str| {
        let request = canonical_request(claim, view, path, payload);
        let text = string_to_sign(claim, &request);
        let computed = hex(&key.sign(text.as_bytes()));
        (bool::from(computed.as_bytes().ct_eq(claim.signature.as_bytes())), request, text)
    };
    let path = canonical_path(view.path);
    let (mut proven, request, text) = sound(&path);
    if !proven && path != view.path {
        // Some clients sign the path in their own spelling. It names the same key, so it proves as much.
        proven = sound(view.path).0;
    }
    if !proven {
        return Err(mismatch(claim, request, text));
    }
    Ok(Verified { payload: mode(claim, said, key)? })
}

fn canonical_path(path: &str) -> Cow<'_, str> {
    if canonical::is_canonical(path) {
        return Cow::Borrowed(path);
    }
    let mut text = String::with_capacity(path.len() + 16);
    canonical::push_path(&mut text, path);
    Cow::Owned(text)
}

fn canonical_request(claim: &SignedClaim, view: &RequestView<'_>, path: &str, payload: &str) -> String {
    canonical::request(&Parts {
        view,
        path,
        skip_query: (claim.kind == Kind::Presigned).then_some("X-Amz-Signature"),
        signed_headers: &claim.signed_headers,
        payload,
    })
}

fn string_to_sign(claim: &SignedClaim, request: &str) -> String {
    canonical::string_to_sign("AWS4-HMAC-SHA256", &claim.date_text, claim.scope.as_str(), request)
}

fn mismatch(claim: &SignedClaim, request: String, text: String) -> Refusal {
    Refusal::SignatureMismatch(Box::new(Mismatch {
        access_key: claim.access_key.clone(),
        string_to_sign: text,
        signature: claim.signature.clone(),
        canonical_request: Some(request),
    }))
}

fn mode(claim: &SignedClaim, said: Said, key: &SigningKey) -> Result<PayloadMode, Refusal> {
    let verifier = || {
        Box::new(ChunkVerifier::new(
            key.clone(),
            &claim.access_key,
            &claim.date_text,
            claim.scope.clone(),
            &claim.signature,
        ))
    };
    Ok(match said {
        Said::Sha256(sha256) => PayloadMode::Sha256(sha256),
        Said::Unsigned => PayloadMode::Unsigned,
        Said::UnsignedTrailer => PayloadMode::UnsignedTrailer,
        Said::Chunks { trailer: false, .. } => PayloadMode::SignedChunks(verifier()),
        Said::Chunks { trailer: true, .. } => PayloadMode::SignedChunksTrailer(verifier()),
    })
}
