//! The decision: does the signature prove the claim?

use std::borrow::Cow;

use model::Timestamp;

use crate::canonical::{self, Parts};
use crate::chunk::{ChunkVerifier, Links};
use crate::claim::{Kind, Scheme, SignedClaim};
use crate::payload::{self, ChunkScheme, PayloadMode, Said};
use crate::refusal::Mismatch;
use crate::{Key, Refusal, RequestView, Secret, v2};

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
    if claim.scheme == Scheme::V2 {
        return verify_v2(claim, view, key);
    }
    let payload = claim.payload.as_deref().ok_or(Refusal::ContentSha256Missing)?;
    let said = payload::read(payload)?;
    let path = canonical_path(view.path);
    let request = canonical_request(claim, view, &path, payload);
    let text = string_to_sign(claim, &request);
    let mut proven = key.proves(&text, &claim.signature);
    if !proven && path != view.path {
        // Some clients sign the path in their own spelling. It names the same key, so it proves as much.
        let request = canonical_request(claim, view, view.path, payload);
        proven = key.proves(&string_to_sign(claim, &request), &claim.signature);
    }
    if !proven {
        return Err(mismatch(claim, text, Some(request)));
    }
    Ok(Verified { payload: mode(claim, said, key)? })
}

fn verify_v2(claim: &SignedClaim, view: &RequestView<'_>, key: &Key) -> Result<Verified, Refusal> {
    let text = v2::string_to_sign(claim, view, view.path);
    let mut proven = key.proves(&text, &claim.signature);
    if !proven && let Some(with_slash) = v2::bucket_with_slash(claim, view.path) {
        // Clients sign `/bucket/` and send `/bucket`. Both name the bucket.
        proven = key.proves(&v2::string_to_sign(claim, view, &with_slash), &claim.signature);
    }
    if !proven {
        return Err(mismatch(claim, text, None));
    }
    let said = claim.payload.as_deref().map_or(Ok(Said::Unsigned), payload::read)?;
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
    canonical::string_to_sign(claim.scheme.algorithm(), &claim.date_text, claim.scope.as_str(), request)
}

fn mismatch(claim: &SignedClaim, string_to_sign: String, canonical_request: Option<String>) -> Refusal {
    Refusal::SignatureMismatch(Box::new(Mismatch {
        access_key: claim.access_key.clone(),
        string_to_sign,
        signature: claim.signature.clone(),
        canonical_request,
    }))
}

/// The payload's mode; chunks must be signed as the request is.
fn mode(claim: &SignedClaim, said: Said, key: &Key) -> Result<PayloadMode, Refusal> {
    let (scheme, trailer) = match said {
        Said::Sha256(sha256) => return Ok(PayloadMode::Sha256(sha256)),
        Said::Unsigned => return Ok(PayloadMode::Unsigned),
        Said::UnsignedTrailer => return Ok(PayloadMode::UnsignedTrailer),
        Said::Chunks { scheme, trailer } => (scheme, trailer),
    };
    let algorithm = match (scheme, claim.scheme) {
        (ChunkScheme::Hmac, Scheme::V4) | (ChunkScheme::Ecdsa, Scheme::V4a) => claim.scheme.algorithm(),
        _ => {
            let value = claim.payload.clone().unwrap_or_default();
            return Err(Refusal::ContentSha256Invalid { value });
        }
    };
    let links = Links { algorithm, date: claim.date_text.clone(), scope: claim.scope.clone() };
    let verifier = Box::new(ChunkVerifier::new(key.clone(), &claim.access_key, links, &claim.signature));
    Ok(if trailer { PayloadMode::SignedChunksTrailer(verifier) } else { PayloadMode::SignedChunks(verifier) })
}
