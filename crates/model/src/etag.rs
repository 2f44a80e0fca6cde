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

    /// As headers and XML bodies have it.
    pub fn quoted(&self) -> String {
        let tag = self.to_string();
        ["\"", &tag, "\""].concat()
    }

    /// Reads an ETag with or without its quotes. But for the case of its digits it has one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let (hex, parts) = match text.split_once('-') {
            Some((hex, parts)) => (hex, Some(count(parts)?)),
            None => (text, None),
        };
        // `from_str_radix` alone would take signs.
        if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut md5 = [0; 16];
        for (byte, at) in md5.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
        }
        Some(Self { md5, parts })
    }
}

/// A number from 1 on, without a sign or leading zeros.
fn count(text: &str) -> Option<u16> {
    if text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hex = [0; 32];
        for (digits, byte) in hex.chunks_exact_mut(2).zip(self.md5) {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            digits.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        // By hand: it stands on every answer, and byte by byte the formatter cost a twentieth of a small request.
        f.write_str(std::str::from_utf8(&hex).unwrap_or_default())?;
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
        assert_eq!(tag.to_string(), "30313233343536373839616263646566-12");
        assert_eq!(ETag::parse(&tag.quoted()), Some(tag));
        assert_eq!(ETag::parse("abc"), None);
    }

    #[test]
    fn signs_and_leading_zeros_are_no_part_of_an_etag() {
        let digits = "d41d8cd98f00b204e9800998ecf8427e";
        for parts in ["-+5", "-05", "-0", "-", "--5", "-65536"] {
            assert_eq!(ETag::parse(&format!("{digits}{parts}")), None, "{parts}");
        }
        assert_eq!(ETag::parse(&"+f".repeat(16)), None);
    }
}
