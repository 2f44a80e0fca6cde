//! Multipart uploads: their ids and part numbers.

use std::fmt;

use crate::Ordinal;
use crate::limits::PART_NUMBER_MAX;

/// 1 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u16);

impl PartNumber {
    pub fn new(number: i64) -> Option<Self> {
        if !(1..=i64::from(PART_NUMBER_MAX)).contains(&number) {
            return None;
        }
        u16::try_from(number).ok().map(Self)
    }

    pub const fn get(self) -> u16 {
        self.0
    }
}

/// An upload's id: the ordinal at which it was initiated (so that ids sort by age) and salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId {
    pub ordinal: Ordinal,
    pub salt: u64,
}

impl UploadId {
    pub fn parse(text: &str) -> Option<Self> {
        let legal = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !legal {
            return None;
        }
        let ordinal = u64::from_str_radix(&text[..16], 16).ok()?;
        let salt = u64::from_str_radix(&text[16..], 16).ok()?;
        Some(Self { ordinal: Ordinal::from_u64(ordinal), salt })
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.ordinal.as_u64(), self.salt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_numbers_end_at_10000() {
        assert_eq!(PartNumber::new(0), None);
        assert_eq!(PartNumber::new(10_000).map(PartNumber::get), Some(10_000));
        assert_eq!(PartNumber::new(10_001), None);
    }

    #[test]
    fn upload_ids_read_back() {
        let id = UploadId { ordinal: Ordinal::from_u64(99), salt: u64::MAX };
        assert_eq!(UploadId::parse(&id.to_string()), Some(id));
        assert_eq!(UploadId::parse("+0000000000000630000000000000000"), None);
    }
}
