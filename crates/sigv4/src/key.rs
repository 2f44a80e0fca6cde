//! Secrets and the keys that are derived from them.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::claim::{Scheme, SignedClaim};

/// A secret access key: never shown, and wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself, for whoever must store it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The HMAC key of one day, region and service. Deriving costs four HMACs, so it is worth keeping for the day.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// `date` is the scope's `yyyyMMdd`.
    pub fn derive(secret: &Secret, date: &str, region: &str, service: &str) -> Self {
        let start = Zeroizing::new([b"AWS4", secret.0.as_bytes()].concat());
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, &start);
        for step in [date, region, service, "aws4_request"] {
            let tag = hmac::sign(&key, step.as_bytes());
            key = hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref());
        }
        Self(key)
    }

    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> [u8; 32] {
        let mut signature = [0; 32];
        signature.copy_from_slice(hmac::sign(&self.0, string_to_sign).as_ref());
        signature
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Whatever key a claim's scheme verifies with. Safe to keep while the secret is valid: the one of
/// [`SigningKey`] until its day ends.
#[derive(Clone, Debug)]
pub enum Key {
    V4(SigningKey),
}

impl Key {
    /// The key that verifies `claim`.
    pub fn derive(claim: &SignedClaim, secret: &Secret) -> Self {
        match claim.scheme() {
            Scheme::V4 => {
                let scope = claim.scope();
                Self::V4(SigningKey::derive(
                    secret,
                    scope.date(),
                    scope.region().unwrap_or_default(),
                    scope.service(),
                ))
            }
        }
    }
}
