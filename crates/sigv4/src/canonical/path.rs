//! The canonical URI: each byte of the decoded path percent-encoded once, slashes kept, nothing normalised.

use crate::encode::{decoded_bytes, digit, is_unreserved, push_encoded};

/// Appends the canonical form of a path that was sent.
pub(crate) fn push_path(out: &mut String, path: &str) {
    for byte in decoded_bytes(path) {
        match byte {
            b'/' => out.push('/'),
            _ => push_encoded(out, byte),
        }
    }
}

/// Whether a path is its own canonical form, as nearly all are.
pub(crate) fn is_canonical(path: &str) -> bool {
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) if is_canonical_code(*high, *low) => tail,
            (byte, tail) if *byte == b'/' || is_unreserved(*byte) => tail,
            _ => return false,
        };
    }
    true
}

/// Whether `%` with these digits is how its byte must be written.
fn is_canonical_code(high: u8, low: u8) -> bool {
    let upper = !high.is_ascii_lowercase() && !low.is_ascii_lowercase();
    let (Some(high), Some(low)) = (digit(high), digit(low)) else { return false };
    let byte = high << 4 | low;
    upper && byte != b'/' && !is_unreserved(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str) -> String {
        let mut out = String::new();
        push_path(&mut out, path);
        out
    }

    #[test]
    fn a_path_is_encoded_once_and_not_normalised() {
        for (sent, expected) in [
            ("/", "/"),
            ("//a/./../b//", "//a/./../b//"),
            ("/a+b", "/a%2Bb"),
            ("/a%20b%2fc", "/a%20b/c"),
            ("/%c3%a4", "/%C3%A4"),
            ("/ä", "/%C3%A4"),
            ("/%7Ex", "/~x"),
            ("/50%", "/50%25"),
            ("/a%2520b", "/a%2520b"),
            ("/$&'()*,;=:@!", "/%24%26%27%28%29%2A%2C%3B%3D%3A%40%21"),
        ] {
            assert_eq!(canonical(sent), expected, "{sent}");
            assert_eq!(is_canonical(sent), sent == expected, "{sent}");
            assert!(is_canonical(expected), "{expected}");
        }
    }
}
