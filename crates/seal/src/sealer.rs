//! Sealing and opening: AES-256-GCM under a key of the purpose's own.
//!
//! Sources: NIST SP 800-38D (GCM), RFC 5869 (HKDF).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use thiserror::Error;
use world::Random;
use zeroize::Zeroizing;

use crate::master_key::{KEY_BYTES, MasterKey};

const FORMAT: u8 = 1;
/// Tells these keys from any that others derive from the same bytes.
const SALT: &[u8] = b"strongroom seal 1";
const HEAD_BYTES: usize = 1 + NONCE_LEN;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("sealed bytes have format {0}; this release opens format 1")]
    Format(u8),
    /// Changed or cut bytes, another master key, or another purpose: they cannot be told apart.
    #[error(
        "sealed bytes do not open: they are damaged, or sealed under another master key or for another purpose"
    )]
    Refused,
    /// The cryptography refused to work: no answer is better than a weak one.
    #[error("the cryptography failed")]
    Failed,
}

/// Seals and opens under one master key. Cheap to clone.
#[derive(Clone)]
pub struct Sealer(Arc<Prk>);

impl Sealer {
    pub fn new(master: &MasterKey) -> Self {
        Self(Arc::new(Salt::new(HKDF_SHA256, SALT).extract(master.bytes())))
    }

    /// `purpose` says what the secret is and whose, as in `access-key/AKIA…`: the same words open it again.
    pub fn seal(&self, random: &dyn Random, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        self.seal_with(nonce, purpose, plain)
    }

    fn seal_with(&self, nonce: [u8; NONCE_LEN], purpose: &str, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let key = self.key(purpose)?;
        // Room for the tag at once, so that no copy of the plain bytes is left behind by growing.
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + AES_256_GCM.tag_len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut sealed[HEAD_BYTES..],
            )
            .map_err(|_| Fault::Failed)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        match sealed.first() {
            Some(&FORMAT) => {}
            Some(other) => return Err(Fault::Format(*other)),
            None => return Err(Fault::Refused),
        }
        let (head, body) = sealed.split_at_checked(HEAD_BYTES).ok_or(Fault::Refused)?;
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(|_| Fault::Refused)?;
        let mut bytes = Zeroizing::new(body.to_vec());
        let len = self
            .key(purpose)?
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), bytes.as_mut_slice())
            .map_err(|_| Fault::Refused)?
            .len();
        bytes.truncate(len);
        Ok(bytes)
    }

    fn key(&self, purpose: &str) -> Result<LessSafeKey, Fault> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        let info = [purpose.as_bytes()];
        let derived = self.0.expand(&info, KeyBytes).map_err(|_| Fault::Failed)?;
        derived.fill(bytes.as_mut()).map_err(|_| Fault::Failed)?;
        let key = UnboundKey::new(&AES_256_GCM, bytes.as_slice()).map_err(|_| Fault::Failed)?;
        Ok(LessSafeKey::new(key))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

struct KeyBytes;

impl KeyType for KeyBytes {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use world::SeededRandom;

    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&MasterKey::from_bytes([byte; 32]))
    }

    /// Computed by another implementation (Python's hmac and cryptography): a release must go on opening it.
    #[test]
    fn a_specimen_of_format_1_still_opens_and_is_still_written() {
        let specimen = include_str!("../tests/specimen-format-1.hex").trim();
        let nonce = std::array::from_fn(|index| index as u8);
        let sealed = sealer(7).seal_with(nonce, "access-key/AKIAEXAMPLE", b"a secret").unwrap();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, specimen);
        assert_eq!(sealer(7).open("access-key/AKIAEXAMPLE", &sealed).unwrap().as_slice(), b"a secret");
    }

    #[test]
    fn another_purpose_or_master_key_opens_nothing() {
        let sealed = sealer(1).seal(&SeededRandom::new(1), "a", b"secret").unwrap();
        assert_eq!(sealer(1).open("b", &sealed).unwrap_err(), Fault::Refused);
        assert_eq!(sealer(2).open("a", &sealed).unwrap_err(), Fault::Refused);
    }

    #[test]
    fn the_same_secret_is_never_sealed_the_same_twice() {
        let random = SeededRandom::new(1);
        let first = sealer(1).seal(&random, "a", b"secret").unwrap();
        assert_ne!(first, sealer(1).seal(&random, "a", b"secret").unwrap());
    }

    #[test]
    fn a_later_format_is_told_from_damage() {
        assert_eq!(sealer(1).open("a", &[2, 0, 0]).unwrap_err(), Fault::Format(2));
        assert_eq!(sealer(1).open("a", &[]).unwrap_err(), Fault::Refused);
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(plain in any::<Vec<u8>>(), purpose in ".{0,40}", seed in any::<u64>()) {
            let sealed = sealer(1).seal(&SeededRandom::new(seed), &purpose, &plain).unwrap();
            let opened = sealer(1).open(&purpose, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
        }

        #[test]
        fn no_changed_or_cut_byte_opens(at in any::<usize>(), mask in 1u8.., cut in any::<bool>()) {
            let mut sealed = sealer(1).seal(&SeededRandom::new(3), "a", b"a secret of some length").unwrap();
            let at = at % sealed.len();
            if cut { sealed.truncate(at) } else { sealed[at] ^= mask }
            prop_assert!(sealer(1).open("a", &sealed).is_err());
        }

        #[test]
        fn any_bytes_are_refused(bytes in any::<Vec<u8>>()) {
            prop_assert!(sealer(1).open("a", &bytes).is_err());
        }
    }
}
