//! Secrets and the keys that are derived from them.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::claim::{Scheme, SignedClaim};
use crate::encode::hex;
use crate::v4a::EcdsaKey;

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
pub struct SigningKey(Arc<hmac::Key>);

impl SigningKey {
    /// `date` is the scope's `yyyyMMdd`.
    pub fn derive(secret: &Secret, date: &str, region: &str, service: &str) -> Self {
        let start = Zeroizing::new([b"AWS4", secret.0.as_bytes()].concat());
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, &start);
        for step in [date, region, service, "aws4_request"] {
            let tag = hmac::sign(&key, step.as_bytes());
            key = hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref());
        }
        Self(Arc::new(key))
    }

    /// The signature in hex.
    pub(crate) fn sign(&self, string_to_sign: &str) -> String {
        hex(hmac::sign(&self.0, string_to_sign.as_bytes()).as_ref())
    }

    pub(crate) fn proves(&self, string_to_sign: &str, signature: &str) -> bool {
        self.sign(string_to_sign).as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Whatever key a claim's scheme verifies with; cheap to clone. It may be kept as long as the secret is valid: the
/// one of V4 for its scope's day, region and service, the one of V4A and V2 for the access key.
#[derive(Clone, Debug)]
pub enum Key {
    V4(SigningKey),
    /// `None` if the credentials have no such key; then nothing is proven.
    V4a(Option<Arc<EcdsaKey>>),
    V2(Secret),
}

impl Key {
    /// The key that verifies `claim`.
    pub fn derive(claim: &SignedClaim, secret: &Secret) -> Self {
        let scope = claim.scope();
        match claim.scheme() {
            Scheme::V4 => {
                let region = scope.region().unwrap_or_default();
                Self::V4(SigningKey::derive(secret, scope.date(), region, scope.service()))
            }
            Scheme::V4a => Self::V4a(EcdsaKey::derive(claim.access_key(), secret).map(Arc::new)),
            Scheme::V2 => Self::V2(secret.clone()),
        }
    }

    /// Whether `signature` is of this key; for V4 and V2 in the same time wherever they differ.
    pub(crate) fn proves(&self, string_to_sign: &str, signature: &str) -> bool {
        match self {
            Self::V4(key) => key.proves(string_to_sign, signature),
            Self::V4a(key) => {
                key.as_ref().is_some_and(|key| key.proves(string_to_sign.as_bytes(), signature))
            }
            Self::V2(secret) => sign_v2(secret, string_to_sign).as_bytes().ct_eq(signature.as_bytes()).into(),
        }
    }
}

/// Version 2's signature: HMAC-SHA1 in base64.
pub(crate) fn sign_v2(secret: &Secret, string_to_sign: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.0.as_bytes());
    STANDARD.encode(hmac::sign(&key, string_to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("wJalrXUtnFEMI");
        assert!(!format!("{secret:?} {:?}", Key::V2(secret.clone())).contains("wJal"));
    }

    #[test]
    fn the_signing_key_is_the_one_of_awss_example() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let key = SigningKey::derive(&secret, "20150830", "us-east-1", "iam");
        let text = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
                    f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        assert_eq!(key.sign(text), "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    }
}
