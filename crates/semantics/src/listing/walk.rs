//! The walk that every listing is: rows in key order, rolled up at a delimiter, page by page.
//!
//! It touches what it returns plus one seek for each common prefix, whatever the bucket's size.

use bytes::Bytes;
use catalog::table::space;
use catalog::{Fault, Snapshot};
use model::BucketId;
use rules::listing::{Place, place};

/// Where to walk.
pub(crate) struct Walk<'a> {
    pub(crate) space: u8,
    pub(crate) bucket: BucketId,
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: &'a str,
    /// The first row key that may be on the page.
    pub(crate) start: Vec<u8>,
    pub(crate) max: usize,
}

pub(crate) enum Item {
    /// A row: its object key, what follows the key in the row's key, and the row.
    Entry {
        key: String,
        suffix: Vec<u8>,
        row: Bytes,
    },
    Common(String),
}

pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    pub(crate) truncated: bool,
}

impl Walk<'_> {
    pub(crate) fn page(&self, snapshot: &Snapshot) -> Result<Page, Fault> {
        let begin = space::key_prefix(self.space, self.bucket, self.prefix);
        let end = space::end_of(&begin);
        let mut items = Vec::new();
        if self.max == 0 || self.start >= end {
            return Ok(Page { items, truncated: false });
        }
        let mut cursor = snapshot.cursor(self.start.as_slice().max(&begin), &end)?;
        while let Some((row_key, row)) = cursor.next()? {
            // One row more than the page holds says that there is another page.
            if items.len() == self.max {
                return Ok(Page { items, truncated: true });
            }
            let (key, suffix) = space::split_object(&row_key)
                .ok_or_else(|| Fault::corrupt("listing", "a row's key holds no object key"))?;
            match place(&key, self.prefix, self.delimiter) {
                Place::Entry => {
                    let suffix = suffix.to_vec();
                    items.push(Item::Entry { key, suffix, row });
                }
                Place::Common(common) => {
                    cursor.seek(&space::end_of(&space::key_prefix(self.space, self.bucket, common)))?;
                    items.push(Item::Common(common.to_owned()));
                }
            }
        }
        Ok(Page { items, truncated: false })
    }
}

/// The first row after everything that belongs to `marker`: the key itself, or all keys of a common prefix.
pub(crate) fn after_marker(walked: u8, bucket: BucketId, marker: &str, marker_is_common: bool) -> Vec<u8> {
    if marker_is_common {
        space::end_of(&space::key_prefix(walked, bucket, marker))
    } else {
        space::end_of(&space::of_key(walked, bucket, marker))
    }
}

/// How many to list: S3 caps at its page size and refuses negative numbers.
pub(crate) fn page_size(name: &'static str, asked: Option<i32>) -> Result<usize, api::S3Error> {
    let max = model::limits::LIST_PAGE_MAX as usize;
    match asked {
        None => Ok(max),
        Some(asked) => usize::try_from(asked).map(|asked| asked.min(max)).map_err(|_| {
            api::S3Error::invalid_argument(
                name,
                &asked.to_string(),
                format!("Argument {name} must be an integer between 0 and 2147483647"),
            )
        }),
    }
}
