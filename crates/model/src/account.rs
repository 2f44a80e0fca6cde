//! Who owns things: a 12-digit account id, and the canonical id that S3's ACL-shaped elements show.

use std::fmt;

/// An AWS-like account id: 12 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    const END: u64 = 1_000_000_000_000;

    /// `None` unless `number` fits in 12 digits and is not zero.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 || number >= Self::END { None } else { Some(Self(number)) }
    }

    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Self::new(text.parse().ok()?)
    }

    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// The 64 hexadecimal digits by which S3 names an owner (`Owner/ID`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalId(String);

impl CanonicalId {
    pub fn parse(text: &str) -> Option<Self> {
        let legal = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        legal.then(|| Self(text.to_ascii_lowercase()))
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_has_twelve_digits() {
        assert_eq!(
            AccountId::parse("000000000012").map(|id| id.to_string()),
            Some("000000000012".to_owned())
        );
        assert_eq!(AccountId::parse("12"), None);
        assert_eq!(AccountId::parse("00000000001x"), None);
        assert_eq!(AccountId::new(1_000_000_000_000), None);
    }
}
