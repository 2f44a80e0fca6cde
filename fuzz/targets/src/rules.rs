//! Headers that S3's rules read: copy sources and ranges.

use rules::copy_source::{self, CopySource};
use rules::listing::{Place, marker_is_common, place};
use rules::range::{Choice, choose, choose_copy, is_copy_range};

use crate::input::Input;

/// Eight bytes of size, then a header's text.
pub fn rules(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let size_bytes = input.u64();
    let text = String::from_utf8_lossy(input.rest());
    copies(&text);
    for size_bytes in [size_bytes, 0, 1, u64::MAX] {
        ranges(&text, size_bytes);
    }
    listings(&text);
}

fn copies(text: &str) {
    let Some(source) = copy_source::parse(text) else { return };
    assert!(!source.bucket.is_empty() && !source.bucket.contains('/') && !source.key.is_empty());
    let CopySource { bucket, key, version_id } = &source;
    let mut written = format!("/{}/{}", encoded(bucket), encoded(key));
    if let Some(id) = version_id {
        written.push_str("?versionId=");
        written.push_str(&encoded(id));
    }
    assert_eq!(copy_source::parse(&written), Some(source), "{written}");
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn ranges(text: &str, size_bytes: u64) {
    let choice = choose(Some(text), size_bytes);
    if let Choice::Slice { first, last } = choice {
        assert!(first <= last && last < size_bytes, "{choice:?} of {size_bytes}");
    }
    let span = choice.span(size_bytes);
    assert!(span.start <= span.end && span.end <= size_bytes);
    if let Some(range) = choose_copy(text, size_bytes) {
        assert!(is_copy_range(text) && range.start < range.end && range.end <= size_bytes);
        assert_eq!(choice, Choice::Slice { first: range.start, last: range.end - 1 });
    }
}

/// The text's lines are a key, a prefix, a delimiter.
fn listings(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (key, prefix, delimiter) = (next(), next(), next());
    if !key.starts_with(prefix) {
        return;
    }
    if let Place::Common(common) = place(key, prefix, delimiter) {
        assert!(key.starts_with(common) && common.ends_with(delimiter) && common.len() > prefix.len());
    }
    let _ = marker_is_common(key, prefix, delimiter);
}
