//! The canonical query: decoded, encoded once, sorted by name and then value.

use std::ops::Range;

use crate::encode::{decoded_bytes, push_encoded};

/// Appends the canonical form of a query that was sent, without the parameter `skip`. A raw `+` is a space.
pub(super) fn push_query(out: &mut String, query: &str, skip: Option<&str>) {
    if query.is_empty() {
        return;
    }
    // All pairs are encoded into one buffer; only their places are sorted.
    let mut buffer = String::with_capacity(query.len() + 32);
    let mut pairs: Vec<(Range<usize>, Range<usize>)> = Vec::with_capacity(8);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = push_component(&mut buffer, name);
        if Some(&buffer[name.clone()]) == skip {
            continue;
        }
        let value = push_component(&mut buffer, value);
        pairs.push((name, value));
    }
    let texts = |pair: &(Range<usize>, Range<usize>)| (&buffer[pair.0.clone()], &buffer[pair.1.clone()]);
    pairs.sort_by(|left, right| texts(left).cmp(&texts(right)));
    for (at, pair) in pairs.iter().enumerate() {
        let (name, value) = texts(pair);
        if at > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
}

/// Appends one name or value and says where it stands.
fn push_component(buffer: &mut String, text: &str) -> Range<usize> {
    let start = buffer.len();
    let mut pieces = text.split('+').peekable();
    while let Some(piece) = pieces.next() {
        for byte in decoded_bytes(piece) {
            push_encoded(buffer, byte);
        }
        if pieces.peek().is_some() {
            buffer.push_str("%20");
        }
    }
    start..buffer.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(query: &str) -> String {
        let mut out = String::new();
        push_query(&mut out, query, Some("X-Amz-Signature"));
        out
    }

    #[test]
    fn a_query_is_sorted_by_encoded_name_then_value() {
        for (sent, expected) in [
            ("", ""),
            ("lifecycle", "lifecycle="),
            ("lifecycle=", "lifecycle="),
            ("prefix=J&max-keys=2", "max-keys=2&prefix=J"),
            ("b=2&a=2&b=1&a=&a=10", "a=&a=10&a=2&b=1&b=2"),
            ("prefix=a+b%2Bc&x=%zz", "prefix=a%20b%2Bc&x=%25zz"),
            ("a=1&X-Amz-Signature=00&&b=x=y", "a=1&b=x%3Dy"),
            ("prefix=a/b%2fc", "prefix=a%2Fb%2Fc"),
            ("ä=1&~=2&Z=3&%5F=4", "%C3%A4=1&Z=3&_=4&~=2"),
        ] {
            assert_eq!(canonical(sent), expected, "{sent}");
        }
    }
}
