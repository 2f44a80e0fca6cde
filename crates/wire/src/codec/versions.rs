//! Versions and delete markers in one order, as S3 lists them; the model holds them in two lists.

use std::cmp::Ordering;

use api::s3::{DeleteMarkerEntry, ObjectVersion};
use model::Timestamp;
use percent_encoding::percent_decode_str;

use super::xml_out::{ToXml, XmlWriter};

/// One line of the listing.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    Version(&'a ObjectVersion),
    DeleteMarker(&'a DeleteMarkerEntry),
}

/// Merges two lists that are each in order: by key, and under a key the newest first. `encoded` says that the
/// keys are URL-encoded, which is not the order of their text.
pub fn interleaved<'a>(
    versions: &'a [ObjectVersion],
    markers: &'a [DeleteMarkerEntry],
    encoded: bool,
) -> Vec<Entry<'a>> {
    let mut entries = Vec::with_capacity(versions.len() + markers.len());
    let mut markers = markers.iter().peekable();
    for version in versions {
        while let Some(marker) = markers.next_if(|marker| comes_first(marker, version, encoded)) {
            entries.push(Entry::DeleteMarker(marker));
        }
        entries.push(Entry::Version(version));
    }
    entries.extend(markers.map(Entry::DeleteMarker));
    entries
}

fn comes_first(marker: &DeleteMarkerEntry, version: &ObjectVersion, encoded: bool) -> bool {
    let age = |latest: Option<bool>, modified: Option<Timestamp>| (latest == Some(true), modified);
    match compare(key(&marker.key), key(&version.key), encoded) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => {
            age(marker.is_latest, marker.last_modified) > age(version.is_latest, version.last_modified)
        }
    }
}

fn key(key: &Option<String>) -> &str {
    key.as_deref().unwrap_or_default()
}

fn compare(left: &str, right: &str, encoded: bool) -> Ordering {
    if encoded { percent_decode_str(left).cmp(percent_decode_str(right)) } else { left.cmp(right) }
}

impl Entry<'_> {
    /// Writes the entry under the element that says which of the two it is.
    pub(crate) fn put(&self, writer: &mut XmlWriter) {
        match self {
            Self::Version(version) => version.write("Version", writer),
            Self::DeleteMarker(marker) => marker.write("DeleteMarker", writer),
        }
    }
}
