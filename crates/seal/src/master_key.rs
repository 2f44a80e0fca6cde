//! The site's master key: 32 random bytes, written as base64.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use world::Random;
use zeroize::Zeroizing;

pub(crate) const KEY_BYTES: usize = 32;

/// Never shown, and wiped from memory when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a master key is 32 bytes in base64: 44 characters, the last of them `=`")]
pub struct MasterKeyError;

impl MasterKey {
    pub fn draw(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        random.fill(bytes.as_mut());
        Self(bytes)
    }

    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Base64, with white space around it or not.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| MasterKeyError)?);
        bytes.as_slice().try_into().map(Self::from_bytes).map_err(|_| MasterKeyError)
    }

    /// The form that [`MasterKey::parse`] reads, for whoever must keep it.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes()))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use world::SeededRandom;

    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_never_shown() {
        let key = MasterKey::draw(&SeededRandom::new(1));
        let text = key.expose();
        let again = MasterKey::parse(&format!(" {}\n", text.as_str())).unwrap();
        assert_eq!(again.bytes(), key.bytes());
        assert!(!format!("{key:?}").contains(&text[..8]));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in
            ["", "secret", "AAAA", &"A".repeat(44), &STANDARD.encode([0; 31]), &STANDARD.encode([0; 33])]
        {
            assert!(MasterKey::parse(text).is_err(), "{text}");
        }
    }
}
