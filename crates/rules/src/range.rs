//! The `Range` header (RFC 9110 §14, as S3 reads it): one range, or the whole object.

/// What part of an object to answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// 200 with everything: no range, one that cannot be parsed, or several.
    Whole,
    /// 206 with the bytes `first..=last`.
    Slice { first: u64, last: u64 },
    /// 416.
    Unsatisfiable,
}

impl Choice {
    /// The bytes it stands for, end exclusive.
    pub fn span(self, size_bytes: u64) -> std::ops::Range<u64> {
        match self {
            Self::Whole => 0..size_bytes,
            Self::Slice { first, last } => first..last + 1,
            Self::Unsatisfiable => 0..0,
        }
    }
}

pub fn choose(header: Option<&str>, size_bytes: u64) -> Choice {
    let Some((first, last)) = header.and_then(parse) else {
        return Choice::Whole;
    };
    let end = size_bytes;
    match (first, last) {
        (Some(first), _) if first >= end => Choice::Unsatisfiable,
        (Some(first), Some(last)) => Choice::Slice { first, last: last.min(end - 1) },
        (Some(first), None) => Choice::Slice { first, last: end - 1 },
        (None, Some(0)) => Choice::Unsatisfiable,
        // S3 answers a suffix of nothing with nothing and 200, where RFC 9110 would have 416.
        (None, Some(_)) if end == 0 => Choice::Whole,
        (None, Some(suffix)) => Choice::Slice { first: end.saturating_sub(suffix), last: end - 1 },
        (None, None) => Choice::Whole,
    }
}

/// `x-amz-copy-source-range`: must be `bytes=first-last` and lie within the source.
pub fn choose_copy(header: &str, size_bytes: u64) -> Option<std::ops::Range<u64>> {
    match parse(header)? {
        (Some(first), Some(last)) if last < size_bytes => Some(first..last + 1),
        _ => None,
    }
}

/// Whether a copy range begins after the last byte.
pub fn begins_beyond(header: &str, size_bytes: u64) -> bool {
    matches!(parse(header), Some((Some(first), _)) if first >= size_bytes)
}

/// Whether a copy range has the form that S3 asks for.
pub fn is_copy_range(header: &str) -> bool {
    matches!(parse(header), Some((Some(_), Some(_))))
}

/// First and last as written; `None` when it is not one legal byte range.
fn parse(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, set) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return None;
    }
    let (first, last) = set.split_once('-')?;
    // A space anywhere within makes it no range that S3 reads.
    let number = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // More digits than a u64 holds are simply beyond every end.
            Some(Some(digits.parse().unwrap_or(u64::MAX - 1)))
        }
        _ => None,
    };
    let (first, last) = (number(first)?, number(last)?);
    match (first, last) {
        (Some(first), Some(last)) if first > last => None,
        (None, None) => None,
        range => Some(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_a_slice_cut_at_the_end() {
        for (header, first, last) in [
            ("bytes=0-", 0, 99),
            ("bytes=0-0", 0, 0),
            ("bytes=10-19", 10, 19),
            ("bytes=90-1000", 90, 99),
            ("bytes=-5", 95, 99),
            ("bytes=-1000", 0, 99),
            ("Bytes=1-2", 1, 2),
            ("bytes=0-99999999999999999999999", 0, 99),
        ] {
            assert_eq!(choose(Some(header), 100), Choice::Slice { first, last }, "{header}");
        }
    }

    #[test]
    fn what_is_not_one_legal_range_is_the_whole_object() {
        for header in
            ["bytes=1-2,4-5", "bytes=a-b", "bytes=-", "bytes", "lines=1-2", "bytes=5-1", "", "bytes=--1"]
        {
            assert_eq!(choose(Some(header), 100), Choice::Whole, "{header}");
        }
        assert_eq!(choose(None, 100), Choice::Whole);
    }

    #[test]
    fn beyond_the_end_is_unsatisfiable() {
        assert_eq!(choose(Some("bytes=100-"), 100), Choice::Unsatisfiable);
        assert_eq!(choose(Some("bytes=-0"), 100), Choice::Unsatisfiable);
        assert_eq!(choose(Some("bytes=0-"), 0), Choice::Unsatisfiable);
        assert_eq!(choose(Some("bytes=-1"), 0), Choice::Whole);
    }

    #[test]
    fn a_copy_range_lies_within_the_source() {
        assert_eq!(choose_copy("bytes=0-99", 100), Some(0..100));
        assert_eq!(choose_copy("bytes=0-100", 100), None);
        assert_eq!(choose_copy("bytes=0-", 100), None);
    }
}
