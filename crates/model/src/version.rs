//! Version ids: opaque to clients, an ordinal to us.

use std::fmt;

use crate::Ordinal;

/// Which version of a key: the null version, or one that was made while versioning was enabled.
///
/// Written as 32 characters of a URL-safe alphabet without `-`, so that no id looks like a command-line flag.
/// They hold the ordinal and 16 bytes of salt, so ids can neither be guessed nor counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionId {
    Null,
    Id { ordinal: Ordinal, salt: u128 },
}

const ALPHABET: &[u8; 64] = b".0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const CHARS: usize = 32;

impl VersionId {
    /// `None` when no version of ours can have this id.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let bytes = decode(text)?;
        let (salt, ordinal) = bytes.split_at(16);
        let salt = u128::from_be_bytes(salt.try_into().ok()?);
        let ordinal = u64::from_be_bytes(ordinal.try_into().ok()?) ^ fold(salt);
        Some(Self::Id { ordinal: Ordinal::from_u64(ordinal), salt })
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Id { ordinal, salt } => {
                let mut bytes = [0; 24];
                bytes[..16].copy_from_slice(&salt.to_be_bytes());
                bytes[16..].copy_from_slice(&(ordinal.as_u64() ^ fold(*salt)).to_be_bytes());
                f.write_str(&encode(&bytes))
            }
        }
    }
}

/// Spreads the salt over the ordinal: two ids made one after the other share no visible prefix or suffix.
fn fold(salt: u128) -> u64 {
    let bytes = salt.to_be_bytes();
    let (mut high, mut low) = ([0; 8], [0; 8]);
    high.copy_from_slice(&bytes[..8]);
    low.copy_from_slice(&bytes[8..]);
    u64::from_be_bytes(high).rotate_left(23) ^ u64::from_be_bytes(low)
}

fn encode(bytes: &[u8; 24]) -> String {
    let mut text = String::with_capacity(CHARS);
    for group in bytes.chunks_exact(3) {
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        for shift in [18, 12, 6, 0] {
            text.push(char::from(ALPHABET[(bits >> shift & 63) as usize]));
        }
    }
    text
}

fn decode(text: &str) -> Option<[u8; 24]> {
    if text.len() != CHARS {
        return None;
    }
    let mut bytes = [0; 24];
    for (group, chars) in bytes.chunks_exact_mut(3).zip(text.as_bytes().chunks_exact(4)) {
        let mut bits: u32 = 0;
        for char in chars {
            let digit = ALPHABET.binary_search(char).ok()?;
            bits = bits << 6 | u32::try_from(digit).ok()?;
        }
        group.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_have_32_characters() {
        let id = VersionId::Id { ordinal: Ordinal::from_u64(77 << 20), salt: 0x1234_5678_9abc_def0_1234 };
        assert_eq!(id.to_string().len(), 32);
        assert_eq!(VersionId::parse(&id.to_string()), Some(id));
        assert_eq!(VersionId::parse("null"), Some(VersionId::Null));
    }

    #[test]
    fn the_alphabet_is_sorted_because_decode_searches_it() {
        assert!(ALPHABET.is_sorted());
    }

    #[test]
    fn foreign_ids_are_refused() {
        assert_eq!(VersionId::parse(""), None);
        assert_eq!(VersionId::parse("3HL4kqtJvjVBH40Nrjfkd"), None);
        assert_eq!(VersionId::parse("-HL4kqtJvjVBH40Nrjfkd-HL4kqtJvjV"), None);
    }
}
