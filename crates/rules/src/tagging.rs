//! Tags of objects and buckets: what may be one, and how headers write a set of them.
//!
//! Source: AWS "Categorizing your objects using tags", "PutObjectTagging", "Tagging restrictions".

use model::limits::{TAG_KEY_UNITS_MAX, TAG_VALUE_UNITS_MAX};

use crate::percent;

/// Keys and values.
pub type Tags = Vec<(String, String)>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    TooMany {
        count: usize,
        max: usize,
    },
    Duplicate {
        key: String,
    },
    Key {
        key: String,
    },
    Value {
        key: String,
        value: String,
    },
    /// `aws:` is AWS's own.
    Reserved {
        key: String,
    },
}

/// Whether a set may be stored.
pub fn check(tags: &[(String, String)], max: usize) -> Result<(), Refusal> {
    if tags.len() > max {
        return Err(Refusal::TooMany { count: tags.len(), max });
    }
    for (at, (key, value)) in tags.iter().enumerate() {
        if key.is_empty() || !fits(key, TAG_KEY_UNITS_MAX) {
            return Err(Refusal::Key { key: key.clone() });
        }
        if !fits(value, TAG_VALUE_UNITS_MAX) {
            return Err(Refusal::Value { key: key.clone(), value: value.clone() });
        }
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(Refusal::Reserved { key: key.clone() });
        }
        if tags[..at].iter().any(|(other, _)| other == key) {
            return Err(Refusal::Duplicate { key: key.clone() });
        }
    }
    Ok(())
}

fn fits(text: &str, units_max: usize) -> bool {
    let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    text.encode_utf16().count() <= units_max && text.chars().all(legal)
}

/// Reads `x-amz-tagging`: `key1=value1&key2=value2`, percent-encoded. `None` when it is no set of query
/// parameters; a key twice is none of S3's.
pub fn parse_header(header: &str) -> Option<Tags> {
    let mut tags = Tags::new();
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key.is_empty() || value.contains('=') {
            return None;
        }
        let (key, value) = (percent::decode_query(key)?, percent::decode_query(value)?);
        if tags.iter().any(|(other, _)| *other == key) {
            return None;
        }
        tags.push((key, value));
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_header_is_a_query_string() {
        assert_eq!(
            parse_header("a=1&b%20c=d%2Fe&f"),
            Some(vec![pair("a", "1"), pair("b c", "d/e"), pair("f", "")])
        );
        assert_eq!(parse_header(""), Some(Vec::new()));
        assert_eq!(parse_header("a+b=%C3%A4"), Some(vec![pair("a b", "ä")]));
        for broken in ["a=1&a=2", "=", "a=1,b=2", "%zz=1", "a=%C3", "a=%4"] {
            assert_eq!(parse_header(broken), None, "{broken}");
        }
    }

    #[test]
    fn keys_and_values_have_lengths_and_letters() {
        assert_eq!(check(&[pair(&"k".repeat(128), &"v".repeat(256)), pair("ä _.:/=+-@1", "")], 10), Ok(()));
        assert!(matches!(check(&[pair(&"k".repeat(129), "")], 10), Err(Refusal::Key { .. })));
        assert!(matches!(check(&[pair("k", &"v".repeat(257))], 10), Err(Refusal::Value { .. })));
        assert!(matches!(check(&[pair("", "v")], 10), Err(Refusal::Key { .. })));
        assert!(matches!(check(&[pair("a", "<")], 10), Err(Refusal::Value { .. })));
        assert!(matches!(check(&[pair("AWS:a", "")], 10), Err(Refusal::Reserved { .. })));
    }

    #[test]
    fn a_set_has_each_key_once_and_few_of_them() {
        let many: Vec<_> = (0..11).map(|n| pair(&n.to_string(), "")).collect();
        assert_eq!(check(&many, 10), Err(Refusal::TooMany { count: 11, max: 10 }));
        assert_eq!(check(&many[..10], 10), Ok(()));
        assert_eq!(check(&[pair("a", "1"), pair("a", "2")], 10), Err(Refusal::Duplicate { key: "a".into() }));
    }
}
