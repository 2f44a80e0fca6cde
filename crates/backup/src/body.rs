//! Which rows name bytes, and what these bytes are called on a shelf.
//!
//! A body never changes under its row's key, length, MD5 and time; so those name it, wherever the store has moved it to,
//! and a body that is on the shelf is known without being read. It is cut into pieces of `PIECE_BYTES`.

use std::ops::Range;

use bytes::Bytes;
use catalog::table::{AnnotationRow, Content, PartRow, RowError, VersionRow, VersionState, space};
use keepers::{content_of, with_content};
use model::Timestamp;
use stripe::Manifest;

use crate::codec::Name;
use crate::fault::Fault;

pub(crate) const PIECE_BYTES: u64 = 4 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyId {
    id: Name,
    pub length: u64,
}

impl BodyId {
    pub const fn new(id: Name, length: u64) -> Self {
        Self { id, length }
    }

    pub const fn id(&self) -> &Name {
        &self.id
    }

    pub const fn pieces(&self) -> u64 {
        self.length.div_ceil(PIECE_BYTES)
    }

    pub fn piece(&self, number: u64) -> Name {
        let mut text = [0; 40];
        text[..32].copy_from_slice(&self.id);
        text[32..].copy_from_slice(&number.to_be_bytes());
        digest::sha256(&text)
    }

    /// What of the body a piece holds.
    pub fn span(&self, number: u64) -> Range<u64> {
        let start = number * PIECE_BYTES;
        start..self.length.min(start + PIECE_BYTES)
    }
}

/// The body that a row names in the store; `None` when it has none, or it rides in the row.
pub(crate) fn body_of(key: &[u8], row: &Bytes) -> Result<Option<BodyId>, Fault> {
    let Some((length, md5, modified)) =
        facts(key, row.clone()).map_err(|error| Fault::damaged("a row", error))?
    else {
        return Ok(None);
    };
    let mut text = Vec::with_capacity(32 + key.len());
    text.extend_from_slice(&length.to_be_bytes());
    text.extend_from_slice(&md5);
    text.extend_from_slice(&modified.millis().to_be_bytes());
    text.extend_from_slice(key);
    Ok(Some(BodyId::new(digest::sha256(&text), length)))
}

type Facts = (u64, [u8; 16], Timestamp);

fn facts(key: &[u8], row: Bytes) -> Result<Option<Facts>, RowError> {
    let stored = |content: &Content| matches!(content, Content::Stored(_));
    Ok(match key.first() {
        Some(&space::VERSIONS) => {
            let version = VersionRow::decode(row)?;
            let VersionState::Object(object) = version.state else { return Ok(None) };
            stored(&object.content).then_some((object.size_bytes, object.etag.md5, version.modified))
        }
        Some(&space::PARTS) => {
            let part = PartRow::decode(row)?;
            stored(&part.content).then_some((part.size_bytes, part.md5, part.modified))
        }
        Some(&space::ANNOTATIONS) => {
            let annotation = AnnotationRow::decode(row)?;
            let facts = (annotation.size_bytes, annotation.md5, annotation.modified);
            stored(&annotation.content).then_some(facts)
        }
        _ => None,
    })
}

/// The row without the places of its bytes, which are this store's own, and those places.
pub(crate) fn part_from_places(key: &[u8], row: Bytes) -> Result<(Bytes, Option<Bytes>), Fault> {
    let Some(Content::Stored(places)) = content_of(key, row.clone())? else { return Ok((row, None)) };
    let bare = placed(key, row, &Manifest::default())?;
    Ok((bare, Some(places)))
}

/// The row with its bytes at these places.
pub(crate) fn placed(key: &[u8], row: Bytes, places: &Manifest) -> Result<Bytes, Fault> {
    let content = Content::Stored(places.encode().into());
    with_content(key, row, content)?.ok_or_else(|| Fault::damaged("a row", "it names no bytes"))
}

/// As a person would name what a row is of.
pub(crate) fn shown(key: &[u8]) -> String {
    let bucket = key.get(1..9).map(|id| id.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)));
    match (key.first(), space::split_object(key), bucket) {
        (Some(&space::VERSIONS), Some((name, _)), Some(bucket)) => format!("{name:?} in bucket {bucket}"),
        (Some(&space::PARTS), Some((name, suffix)), Some(bucket)) => {
            let number = space::part_number(suffix).map_or(0, model::PartNumber::get);
            format!("part {number} of {name:?} in bucket {bucket}")
        }
        _ => format!("an annotation in bucket {}", bucket.unwrap_or_default()),
    }
}
