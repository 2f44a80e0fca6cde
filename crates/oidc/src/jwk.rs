//! The keys that a provider publishes, and the check of a signature by one.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::fault::Fault;

/// More are not looked at.
const KEYS_MAX: usize = 100;

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub id: Option<String>,
    /// When the provider says that it is for one algorithm alone.
    algorithm: Option<String>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point, not compressed.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a set that sign, of the kinds that are known; others are passed over.
pub(crate) fn read_set(bytes: &[u8]) -> Result<Vec<Key>, Fault> {
    let set: Set = serde_json::from_slice(bytes)
        .map_err(|_| Fault::Provider("the provider's keys are not a JSON Web Key Set".to_owned()))?;
    Ok(set.keys.into_iter().take(KEYS_MAX).filter_map(read).collect())
}

fn read(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if jwk.purpose.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let number = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?.trim_end_matches('=')).ok();
    let kind = match jwk.kty.as_str() {
        "RSA" => Kind::Rsa { n: plain(number(jwk.n)?), e: plain(number(jwk.e)?) },
        "EC" => {
            let (curve, len) = match jwk.crv?.as_str() {
                "P-256" => (Curve::P256, 32),
                "P-384" => (Curve::P384, 48),
                "P-521" => (Curve::P521, 66),
                _ => return None,
            };
            let (x, y) = (padded(number(jwk.x)?, len)?, padded(number(jwk.y)?, len)?);
            Kind::Ec { curve, point: [vec![4], x, y].concat() }
        }
        _ => return None,
    };
    Some(Key { id: jwk.kid, algorithm: jwk.alg, kind })
}

/// Without leading zeros.
fn plain(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// With as many leading zeros as the curve wants.
fn padded(number: Vec<u8>, len: usize) -> Option<Vec<u8>> {
    let number = plain(number);
    Some([vec![0; len.checked_sub(number.len())?], number].concat())
}

impl Key {
    /// Whether a signature of this algorithm can be this key's at all.
    pub fn suits(&self, algorithm: &str) -> bool {
        let kind = match algorithm {
            "RS256" | "RS384" | "RS512" => matches!(self.kind, Kind::Rsa { .. }),
            "ES256" => matches!(self.kind, Kind::Ec { curve: Curve::P256, .. }),
            "ES384" => matches!(self.kind, Kind::Ec { curve: Curve::P384, .. }),
            "ES512" => matches!(self.kind, Kind::Ec { curve: Curve::P521, .. }),
            _ => false,
        };
        kind && self.algorithm.as_deref().is_none_or(|own| own == algorithm)
    }

    /// The algorithm is the token's word, but it can only choose among those of the key's own kind.
    pub fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        if !self.suits(algorithm) {
            return false;
        }
        match &self.kind {
            Kind::Rsa { n, e } => {
                let parameters = match algorithm {
                    "RS256" => &RSA_PKCS1_2048_8192_SHA256,
                    "RS384" => &RSA_PKCS1_2048_8192_SHA384,
                    _ => &RSA_PKCS1_2048_8192_SHA512,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            Kind::Ec { curve, point } => {
                let algorithm: &'static dyn VerificationAlgorithm = match curve {
                    Curve::P256 => &ECDSA_P256_SHA256_FIXED,
                    Curve::P384 => &ECDSA_P384_SHA384_FIXED,
                    Curve::P521 => &ECDSA_P521_SHA512_FIXED,
                };
                UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok()
            }
        }
    }
}

pub(crate) fn is_known(algorithm: &str) -> bool {
    matches!(algorithm, "RS256" | "RS384" | "RS512" | "ES256" | "ES384" | "ES512")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, appendix A.3: the standard's own key and signature.
    #[test]
    fn the_standard_s_example_is_believed() {
        let set = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
        let keys = read_set(set.as_bytes()).unwrap();
        let signature =
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(keys[0].verifies("ES256", message.as_bytes(), &signature));
        assert!(!keys[0].verifies("ES256", &message.as_bytes()[1..], &signature));
        assert!(!keys[0].verifies("ES384", message.as_bytes(), &signature));
    }

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let set = r#"{"keys":[{"kty":"oct","k":"AA"},{"kty":"RSA"},{"kty":"EC","crv":"P-256","x":"AA"},7,{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a"}]}"#;
        let keys = read_set(set.as_bytes()).unwrap();
        assert_eq!(keys.len(), 1);
        assert!(read_set(b"{}").is_err());
        // Far too short to be a key: it verifies nothing, and does not panic.
        assert!(!keys[0].verifies("RS256", b"a", b"b"));
    }
}
