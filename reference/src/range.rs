//! The Range header as S3 reads it.
//!
//! Sources: RFC 9110 §14.1.2; AWS "GetObject". That a suffix of an empty object is the whole of it, with 200, was
//! reported of S3 itself by several clients' maintainers; RFC 9110 would have it unsatisfiable.

use crate::Refusal;

/// First and last byte; `None` for the whole object.
pub fn choose(header: &str, size: u64) -> Result<Option<(u64, u64)>, Refusal> {
    let Some((first, last)) = parse(header) else {
        return Ok(None);
    };
    match (first, last) {
        (Some(first), _) if first >= size => Err("InvalidRange".into()),
        (Some(first), last) => Ok(Some((first, last.unwrap_or(size).min(size - 1)))),
        (None, Some(0)) => Err("InvalidRange".into()),
        (None, Some(_)) if size == 0 => Ok(None),
        (None, suffix) => Ok(Some((size.saturating_sub(suffix.unwrap_or(0)), size - 1))),
    }
}

/// One range of bytes in its legal form; anything else is as if the header were not there.
fn parse(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    match (number(first)?, number(last)?) {
        (None, None) => None,
        (Some(first), Some(last)) if first > last => None,
        range => Some(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_the_end_and_refused_beyond_it() {
        assert_eq!(choose("bytes=2-100", 10), Ok(Some((2, 9))));
        assert_eq!(choose("bytes=2-", 10), Ok(Some((2, 9))));
        assert_eq!(choose("bytes=-3", 10), Ok(Some((7, 9))));
        assert_eq!(choose("bytes=-30", 10), Ok(Some((0, 9))));
        assert_eq!(choose("bytes=10-", 10), Err("InvalidRange".into()));
        assert_eq!(choose("bytes=-0", 10), Err("InvalidRange".into()));
        assert_eq!(choose("bytes=0-", 0), Err("InvalidRange".into()));
        assert_eq!(choose("bytes=-1", 0), Ok(None));
    }

    #[test]
    fn what_is_not_one_legal_range_is_the_whole_object() {
        for header in ["bytes=5-2", "bytes=-", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b", ""] {
            assert_eq!(choose(header, 10), Ok(None), "{header}");
        }
    }
}
