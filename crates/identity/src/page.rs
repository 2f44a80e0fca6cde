//! Listings in pages: Marker and MaxItems in, IsTruncated and Marker out.

use api::S3Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::Fault;

use crate::refuse::{constraint, invalid};

const ITEMS_DEFAULT: usize = 100;
const ITEMS_MAX: i32 = 1000;

/// What the caller asked for.
pub(crate) struct Paging {
    /// The key of the last item of the page before; empty at the start.
    pub(crate) after: String,
    max: usize,
}

pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) truncated: bool,
    pub(crate) marker: Option<String>,
}

impl Paging {
    pub(crate) fn read(marker: Option<&str>, max_items: Option<i32>) -> Result<Self, S3Error> {
        let max = match max_items {
            None => ITEMS_DEFAULT,
            Some(..=0) => return Err(constraint("maxItems", "have value greater than or equal to 1")),
            Some(count) if count > ITEMS_MAX => {
                return Err(constraint("maxItems", "have value less than or equal to 1000"));
            }
            Some(count) => usize::try_from(count).unwrap_or(ITEMS_DEFAULT),
        };
        let after = match marker {
            None => String::new(),
            Some(marker) => {
                let bytes = URL_SAFE_NO_PAD.decode(marker).ok();
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                text.filter(|text| !text.is_empty()).ok_or_else(|| invalid("Invalid Marker."))?
            }
        };
        Ok(Self { after, max })
    }

    /// One page of items that begin after `after`, in the order of their keys.
    pub(crate) fn fill<T>(
        &self,
        items: impl IntoIterator<Item = Result<(String, T), Fault>>,
    ) -> Result<Page<T>, Fault> {
        let mut page = Page { items: Vec::new(), truncated: false, marker: None };
        let mut last = String::new();
        for item in items {
            let (key, item) = item?;
            if page.items.len() == self.max {
                page.truncated = true;
                page.marker = Some(URL_SAFE_NO_PAD.encode(&last));
                break;
            }
            last = key;
            page.items.push(item);
        }
        Ok(page)
    }

    /// One page of what is all in memory.
    pub(crate) fn cut<T>(&self, mut items: Vec<(String, T)>) -> Result<Page<T>, Fault> {
        items.sort_by(|a, b| a.0.cmp(&b.0));
        self.fill(items.into_iter().filter(|(key, _)| *key > self.after).map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_any_size_join_to_the_whole() {
        let all: Vec<(String, u32)> = (0..25).map(|n| (format!("k{n:02}"), n)).collect();
        for size in [1, 4, 5, 24, 25, 26, 1000] {
            let (mut seen, mut marker) = (Vec::new(), None);
            loop {
                let paging = Paging::read(marker.as_deref(), Some(size)).unwrap();
                let page = paging.cut(all.clone()).unwrap();
                assert_eq!(page.truncated, page.marker.is_some());
                seen.extend(page.items);
                marker = page.marker;
                if marker.is_none() {
                    break;
                }
            }
            assert_eq!(seen, (0..25).collect::<Vec<_>>(), "{size}");
        }
    }

    #[test]
    fn illegal_pages_are_refused() {
        assert!(Paging::read(None, Some(0)).is_err() && Paging::read(None, Some(1001)).is_err());
        assert!(Paging::read(Some("?"), None).is_err() && Paging::read(Some(""), None).is_err());
    }
}
