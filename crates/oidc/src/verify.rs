//! The proof of a token: its issuer's signature, and its times.

use std::sync::Arc;

use model::Timestamp;

use crate::claims::Claims;
use crate::fault::Fault;
use crate::fetch::Fetch;
use crate::issuer::Issuer;
use crate::jwk;
use crate::keys::Keys;
use crate::token::Token;

/// How far an issuer's clock may be ahead of ours.
const AHEAD_MS: i64 = 5 * 60 * 1000;

/// Asks providers for their keys, and keeps them. Cheap to clone.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    fetch: Box<dyn Fetch>,
    keys: Keys,
}

impl Verifier {
    pub fn new(fetch: Box<dyn Fetch>) -> Self {
        Self(Arc::new(Inner { fetch, keys: Keys::default() }))
    }

    /// What the token says, once it is proven to be `issuer`'s and in force. For whom it is (`aud`) is not judged here.
    pub async fn verify(&self, token: &Token, issuer: &Issuer, now: Timestamp) -> Result<Claims, Fault> {
        if token.issuer() != Some(issuer.as_str()) {
            return Err(Fault::Malformed("it is of another issuer"));
        }
        if !jwk::is_known(&token.algorithm) {
            return Err(Fault::Algorithm(token.algorithm.clone()));
        }
        // Times cost nothing to check and need nobody's answer.
        check_times(&token.claims, now)?;
        let Inner { fetch, keys } = &*self.0;
        let found = keys.find(&**fetch, issuer, token.key_id.as_deref(), now).await?;
        let mut found = found.iter().filter(|key| key.suits(&token.algorithm)).peekable();
        if found.peek().is_none() {
            return Err(Fault::NoKey);
        }
        let message = token.signed.as_bytes();
        if found.any(|key| key.verifies(&token.algorithm, message, &token.signature)) {
            Ok(token.claims.clone())
        } else {
            Err(Fault::Signature)
        }
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), Fault> {
    let expired = claims.moment("exp").ok_or(Fault::Lacks("exp"))?;
    let issued = claims.moment("iat").ok_or(Fault::Lacks("iat"))?;
    if expired <= now {
        return Err(Fault::Expired { now, expired });
    }
    let latest = now.plus_millis(AHEAD_MS);
    let not_before = claims.moment("nbf");
    if issued > latest || not_before.is_some_and(|not_before| not_before > latest) {
        return Err(Fault::NotYet);
    }
    Ok(())
}
