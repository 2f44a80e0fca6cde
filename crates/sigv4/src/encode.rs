//! The spellings that signatures are made of: lower-case hex, and percent-encoding as AWS defines it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

const DIGITS_LOWER: &[u8; 16] = b"0123456789abcdef";
const DIGITS_UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Appends bytes as lower-case hex.
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.push(char::from(DIGITS_LOWER[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS_LOWER[usize::from(byte & 15)]));
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    text
}

/// Reads 64 hex digits; S3 takes them in either case for a payload's SHA-256.
pub(crate) fn parse_sha256(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    parse_hex(text, &mut bytes).then_some(bytes)
}

/// Whether `text` is exactly the hex of `into.len()` bytes.
pub(crate) fn parse_hex(text: &str, into: &mut [u8]) -> bool {
    if text.len() != into.len() * 2 {
        return false;
    }
    for (byte, pair) in into.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return false,
        }
    }
    true
}

pub(crate) const fn digit(char: u8) -> Option<u8> {
    match char {
        b'0'..=b'9' => Some(char - b'0'),
        b'a'..=b'f' => Some(char - b'a' + 10),
        b'A'..=b'F' => Some(char - b'A' + 10),
        _ => None,
    }
}

/// AWS's unreserved characters (RFC 3986 §2.3).
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends one byte, percent-encoded unless it is unreserved.
pub(crate) fn push_encoded(out: &mut String, byte: u8) {
    if is_unreserved(byte) {
        out.push(char::from(byte));
    } else {
        out.push('%');
        out.push(char::from(DIGITS_UPPER[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS_UPPER[usize::from(byte & 15)]));
    }
}

/// The bytes of percent-encoded text; a `%` that starts no code stands for itself.
pub(crate) fn decoded_bytes(text: &str) -> impl Iterator<Item = u8> {
    percent_decode_str(text)
}

/// A name or value of a query, decoded; `+` is a space there.
pub(crate) fn decode_query(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back_and_foreign_digits_are_refused() {
        let bytes: [u8; 32] = std::array::from_fn(|at| (at * 37) as u8);
        assert_eq!(parse_sha256(&hex(&bytes)), Some(bytes));
        assert_eq!(parse_sha256(&hex(&bytes).to_uppercase()), Some(bytes));
        assert_eq!(parse_sha256(&"g".repeat(64)), None);
        assert_eq!(parse_sha256(&"é".repeat(32)), None);
        assert_eq!(parse_sha256("00"), None);
    }

    #[test]
    fn a_plus_in_a_query_is_a_space() {
        assert_eq!(decode_query("a+b%2Bc"), "a b+c");
        assert_eq!(decode_query("100%"), "100%");
    }
}
