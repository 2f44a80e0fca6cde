//! The nouns that clients write as text.

use model::{
    AccountId, BucketName, CanonicalId, ChecksumAlgorithm, ChecksumType, ETag, ObjectKey, Region,
    StorageClass, Timestamp, UploadId, VersionId,
};

/// Each parser refuses, or gives a value whose own text means the same value.
pub fn model(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    ids(&text);
    dates(&text);
    names(&text);
}

fn ids(text: &str) {
    if let Some(id) = VersionId::parse(text) {
        assert_eq!(id.to_string(), text);
    }
    if let Some(id) = UploadId::parse(text) {
        assert_eq!(id.to_string(), text);
    }
    if let Some(id) = AccountId::parse(text) {
        assert_eq!(AccountId::parse(&id.to_string()), Some(id));
    }
    if let Some(id) = CanonicalId::parse(text) {
        assert_eq!(CanonicalId::parse(id.as_str()), Some(id));
    }
    if let Some(tag) = ETag::parse(text) {
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        assert_eq!(tag.to_string(), bare.to_ascii_lowercase(), "an ETag has one spelling but for its case");
    }
}

fn dates(text: &str) {
    for parsed in [
        Timestamp::parse_iso8601(text),
        Timestamp::parse_http_date(text),
        Timestamp::parse_basic(text),
        Timestamp::parse_any(text),
    ] {
        let Ok(moment) = parsed else { continue };
        assert_eq!(Timestamp::parse_iso8601(&moment.to_iso8601()), Ok(moment), "{text}");
        let seconds = moment.truncated_to_seconds();
        assert_eq!(Timestamp::parse_http_date(&moment.to_http_date()), Ok(seconds), "{text}");
        assert_eq!(Timestamp::parse_basic(&moment.to_basic()), Ok(seconds), "{text}");
    }
    if Timestamp::parse_iso8601(text).is_ok() {
        assert!(text.get(19..).is_some_and(is_fraction_and_zone), "{text} is no ISO 8601");
    }
}

/// `` or `.123`, then ``, `Z` or `+hh:mm`.
fn is_fraction_and_zone(text: &str) -> bool {
    let zone = match text.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => text,
    };
    match zone.as_bytes() {
        [] | [b'Z'] => true,
        [b'+' | b'-', digits @ ..] => {
            digits.len() == 5
                && digits
                    .iter()
                    .enumerate()
                    .all(|(at, b)| if at == 2 { *b == b':' } else { b.is_ascii_digit() })
        }
        _ => false,
    }
}

fn names(text: &str) {
    if let Ok(name) = BucketName::parse(text) {
        assert!(name.as_str() == text && (3..=63).contains(&text.len()) && text.is_ascii());
    }
    if let Ok(key) = ObjectKey::new(text) {
        assert!(key.as_str() == text && (1..=1024).contains(&text.len()));
    }
    if let Some(region) = Region::parse(text) {
        assert_eq!(region.as_str(), text);
    }
    if let Some(class) = StorageClass::parse(text) {
        assert_eq!(class.name(), text);
    }
    if let Some(algorithm) = ChecksumAlgorithm::parse(text) {
        assert!(algorithm.name().eq_ignore_ascii_case(text));
    }
    if let Some(algorithm) = ChecksumAlgorithm::from_header(text) {
        assert_eq!(algorithm.header(), text);
    }
    if let Some(kind) = ChecksumType::parse(text) {
        assert!(kind.name().eq_ignore_ascii_case(text));
    }
}
