//! SigV4A's key: a P-256 key pair derived from the credentials, so that a signature is good for several regions.
//!
//! The derivation is NIST SP 800-108's counter mode with HMAC-SHA256, as AWS's SDKs do it: candidates are drawn
//! until one is below the curve's order less one; the private key is that candidate plus one.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use zeroize::Zeroizing;

use crate::Secret;
use crate::encode::parse_hex;

/// The curve's order less two: the largest candidate that is taken.
const CANDIDATE_MAX: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];
const LABEL: &[u8] = b"AWS4-ECDSA-P256-SHA256";
/// One candidate in 2³² is refused, so no credentials ever come near the last.
const COUNTER_LAST: u8 = 254;
/// The longest DER form of a P-256 signature.
const SIGNATURE_BYTES_MAX: usize = 72;

/// The public half, which is all that verifying needs.
#[derive(Debug)]
pub struct EcdsaKey(ParsedPublicKey);

impl EcdsaKey {
    /// Costs some tens of microseconds: worth keeping while the credentials live. `None` for credentials whose
    /// every candidate is refused, of which there are none in practice.
    pub fn derive(access_key: &str, secret: &Secret) -> Option<Self> {
        let private = private_key(access_key, secret)?;
        let private = PrivateKey::from_private_key(&ECDH_P256, private.as_slice()).ok()?;
        let public = private.compute_public_key().ok()?;
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public).ok().map(Self)
    }

    /// Whether `signature`, DER in hex, is of this key.
    pub(crate) fn proves(&self, string_to_sign: &[u8], signature: &str) -> bool {
        let mut der = [0; SIGNATURE_BYTES_MAX];
        let Some(der) = der.get_mut(..signature.len() / 2) else { return false };
        parse_hex(signature, der) && self.0.verify_sig(string_to_sign, der).is_ok()
    }
}

pub(crate) fn private_key(access_key: &str, secret: &Secret) -> Option<Zeroizing<[u8; 32]>> {
    let start = Zeroizing::new([b"AWS4A", secret.expose().as_bytes()].concat());
    let key = hmac::Key::new(hmac::HMAC_SHA256, &start);
    (1..=COUNTER_LAST).find_map(|counter| {
        // [i]₂ ‖ Label ‖ 0x00 ‖ Context ‖ [L]₂ with i = 1, Context = access key and counter, L = 256 bits.
        let mut context = hmac::Context::with_key(&key);
        context.update(&1_u32.to_be_bytes());
        context.update(LABEL);
        context.update(&[0]);
        context.update(access_key.as_bytes());
        context.update(&[counter]);
        context.update(&256_u32.to_be_bytes());
        let mut candidate = Zeroizing::new([0; 32]);
        candidate.copy_from_slice(context.sign().as_ref());
        accept(candidate)
    })
}

/// The candidate plus one, if it is not above the largest. Takes the same time for every candidate.
fn accept(mut candidate: Zeroizing<[u8; 32]>) -> Option<Zeroizing<[u8; 32]>> {
    let (mut borrow, mut carry) = (0_u16, 1_u16);
    for (byte, max) in candidate.iter_mut().zip(CANDIDATE_MAX).rev() {
        borrow = u16::from(max).wrapping_sub(u16::from(*byte)).wrapping_sub(borrow) >> 15;
        let sum = u16::from(*byte) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    (borrow == 0).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_candidate_is_the_last_to_be_taken() {
        let mut one_more = CANDIDATE_MAX;
        one_more[31] += 1;
        assert!(accept(Zeroizing::new(CANDIDATE_MAX)).is_some_and(|key| *key == one_more));
        assert!(accept(Zeroizing::new(one_more)).is_none());
        assert!(accept(Zeroizing::new([0xff; 32])).is_none());
        assert!(accept(Zeroizing::new([0; 32])).is_some_and(|key| key[31] == 1 && key[0] == 0));
    }

    #[test]
    fn the_key_is_the_one_of_awss_signing_test_suite() {
        let key = EcdsaKey::derive("AKIDEXAMPLE", &Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
        let key = key.expect("derivable");
        let public = crate::encode::hex(key.0.as_ref());
        assert!(public.ends_with(
            "b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1\
             865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518"
        ));
    }
}
