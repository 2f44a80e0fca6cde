//! Object keys: 1 to 1,024 bytes of UTF-8, otherwise free.

use std::fmt;

use thiserror::Error;

use crate::limits::KEY_BYTES_MAX;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("the key is empty")]
    Empty,
    #[error("Your key is too long")]
    TooLong { bytes: usize },
}

impl ObjectKey {
    pub fn new(key: impl Into<String>) -> Result<Self, KeyError> {
        let key = key.into();
        match key.len() {
            0 => Err(KeyError::Empty),
            bytes if bytes > KEY_BYTES_MAX => Err(KeyError::TooLong { bytes }),
            _ => Ok(Self(key)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_to_1024_bytes() {
        assert_eq!(ObjectKey::new(""), Err(KeyError::Empty));
        assert!(ObjectKey::new("ä".repeat(512)).is_ok());
        assert_eq!(ObjectKey::new("ä".repeat(513)), Err(KeyError::TooLong { bytes: 1026 }));
    }
}
