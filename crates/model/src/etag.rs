//! ETags: the MD5 of a whole object, or the MD5 of its parts' MD5s with their count.

use std::fmt;

/// Shown quoted at the wire; here without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ETag {
    pub md5: [u8; 16],
    /// The number of parts of a multipart object; `None` for an object that was put whole.
    pub parts: Option<u16>,
}

impl ETag {
    pub const fn whole(md5: [u8; 16]) -> Self {
        Self { md5, parts: None }
    }

    /// Reads an ETag with or without its quotes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let (hex, parts) = match text.split_once('-') {
            Some((hex, parts)) => (hex, Some(parts.parse().ok()?)),
            None => (text, None),
        };
        if hex.len() != 32 || !hex.is_ascii() {
            return None;
        }
        let mut md5 = [0; 16];
        for (byte, at) in md5.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
        }
        Some(Self { md5, parts })
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.md5 {
            write!(f, "{byte:02x}")?;
        }
        match self.parts {
            Some(parts) => write!(f, "-{parts}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_read_back_with_and_without_quotes() {
        let tag = ETag { md5: *b"0123456789abcdef", parts: Some(12) };
        assert_eq!(ETag::parse(&tag.to_string()), Some(tag));
        assert_eq!(ETag::parse(&format!("\"{tag}\"")), Some(tag));
        assert_eq!(ETag::parse("abc"), None);
    }
}
