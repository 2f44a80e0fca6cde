//! Percent-decoding of paths and queries, strict where S3 is: a bad escape or bytes that are not UTF-8 are
//! `InvalidURI`, never a guess.

use std::borrow::Cow;
use std::fmt::Write as _;

use api::{ErrorCode, S3Error};

/// Decodes a piece of a path; a `+` stays a plus.
pub(crate) fn decode_path(raw: &str) -> Result<Cow<'_, str>, S3Error> {
    if raw.contains('%') { unescape(raw.as_bytes(), false).map(Cow::Owned) } else { Ok(Cow::Borrowed(raw)) }
}

/// Decodes a query into its pairs, in order, duplicates and empty values kept; a `+` is a space.
pub(crate) fn decode_query(raw: &str) -> Result<Vec<(String, String)>, S3Error> {
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((unescape(name.as_bytes(), true)?, unescape(value.as_bytes(), true)?))
        })
        .collect()
}

/// Encodes a value for a query, everything but the unreserved characters (RFC 3986 §2.3).
pub(crate) fn encode_form_value(text: &str) -> String {
    encode(text, b"-._~")
}

/// Encodes a key for a path; its slashes stay.
pub(crate) fn encode_path(text: &str) -> String {
    encode(text, b"-._~/")
}

fn encode(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn unescape(raw: &[u8], plus_is_space: bool) -> Result<String, S3Error> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        decoded.push(match byte {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2).ok_or_else(bad_escape)?;
                rest = after;
                hex(digits[0])? << 4 | hex(digits[1])?
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| bad_escape())
}

fn hex(digit: u8) -> Result<u8, S3Error> {
    let value = char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    value.ok_or_else(bad_escape)
}

fn bad_escape() -> S3Error {
    ErrorCode::InvalidURI.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_plus_and_a_query_does_not() {
        assert_eq!(decode_path("a+b%20c%2Fd").unwrap(), "a+b c/d");
        let pairs = decode_query("x=a+b&x=%2B&empty=&bare&&é=%C3%A9").unwrap();
        let expected = [("x", "a b"), ("x", "+"), ("empty", ""), ("bare", ""), ("é", "é")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn bad_escapes_are_refused() {
        for raw in ["%", "%1", "%zz", "a%", "%ff", "%C3", "%+1"] {
            assert_eq!(decode_path(raw).unwrap_err().code, ErrorCode::InvalidURI, "{raw}");
            assert_eq!(decode_query(raw).unwrap_err().code, ErrorCode::InvalidURI, "{raw}");
        }
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let text = "ä b+c/d&e=f%";
        assert_eq!(decode_query(&encode_form_value(text)).unwrap()[0].0, text);
    }
}
