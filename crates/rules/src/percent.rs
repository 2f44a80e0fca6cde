//! Percent-encoded text in headers. Source: RFC 3986, section 2.1; for queries, HTML's form encoding.

/// `+` stands for itself, as in a path. `None` if what comes out is no text.
pub fn decode_path(text: &str) -> Option<String> {
    decode(text, b'+')
}

/// `+` is a space, as in a query. `None` if what comes out is no text.
pub fn decode_query(text: &str) -> Option<String> {
    decode(text, b' ')
}

fn decode(text: &str, plus: u8) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            b'+' => plus,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_space_in_a_query_alone() {
        assert_eq!(decode_path("a+b%20c%C3%a4"), Some("a+b cä".to_owned()));
        assert_eq!(decode_query("a+b%2B"), Some("a b+".to_owned()));
    }

    #[test]
    fn what_is_no_encoding_is_refused() {
        for broken in ["%", "%4", "%zz", "%+1", "%ff"] {
            assert_eq!((decode_path(broken), decode_query(broken)), (None, None), "{broken}");
        }
    }
}
