//! Preconditions.
//!
//! Sources: AWS "Add preconditions to S3 operations with conditional requests", "GetObject"; RFC 9110 §13.2.2.

use crate::Refusal;
use crate::operation::{Moment, ReadConditions, Tags, WriteConditions};

/// If-Match outranks If-Unmodified-Since; If-None-Match outranks If-Modified-Since. A date ahead of the clock is no
/// valid If-Modified-Since.
pub fn check_read(conditions: &ReadConditions, etag: &str) -> Result<(), Refusal> {
    let failed = match (&conditions.if_match, conditions.if_unmodified_since) {
        (Some(tags), _) => !tags.name(etag),
        (None, moment) => moment == Some(Moment::LongAgo),
    };
    if failed {
        return Err("PreconditionFailed".into());
    }
    match &conditions.if_none_match {
        Some(tags) if tags.name(etag) => Err("NotModified".into()),
        _ => Ok(()),
    }
}

/// A copy has no 304: a source that was not modified is a failed precondition.
pub fn check_source(conditions: &ReadConditions, etag: &str) -> Result<(), Refusal> {
    check_read(conditions, etag).map_err(|_| "PreconditionFailed".into())
}

/// `current` is the ETag of the current object; a delete marker stands for none.
pub fn check_write(conditions: &WriteConditions, current: Option<&str>) -> Result<(), Refusal> {
    match (&conditions.if_match, current) {
        (Some(_), None) => Err("NoSuchKey".into()),
        (Some(wanted), Some(etag)) if wanted != etag => Err("PreconditionFailed".into()),
        _ if conditions.if_none_match && current.is_some() => Err("PreconditionFailed".into()),
        _ => Ok(()),
    }
}

/// A delete looks at the current object, also where a delete marker hides older versions.
pub fn check_delete(if_match: Option<&Tags>, current: Option<&str>) -> Result<(), Refusal> {
    match (if_match, current) {
        (None, _) => Ok(()),
        (Some(_), None) => Err("NoSuchKey".into()),
        (Some(tags), Some(etag)) if tags.name(etag) => Ok(()),
        (Some(_), Some(_)) => Err("PreconditionFailed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> Option<Tags> {
        Some(Tags::These(vec![text.to_owned()]))
    }

    #[test]
    fn if_match_outranks_if_unmodified_since() {
        let both = ReadConditions {
            if_match: tag("a"),
            if_unmodified_since: Some(Moment::LongAgo),
            ..ReadConditions::default()
        };
        assert_eq!(check_read(&both, "a"), Ok(()));
        assert_eq!(check_read(&both, "b"), Err("PreconditionFailed".into()));
        let alone = ReadConditions { if_match: None, ..both };
        assert_eq!(check_read(&alone, "a"), Err("PreconditionFailed".into()));
    }

    #[test]
    fn an_unmodified_source_fails_a_copy_but_is_304_to_a_read() {
        let conditions = ReadConditions { if_none_match: tag("a"), ..ReadConditions::default() };
        assert_eq!(check_read(&conditions, "a"), Err("NotModified".into()));
        assert_eq!(check_source(&conditions, "a"), Err("PreconditionFailed".into()));
    }

    #[test]
    fn if_match_on_nothing_is_no_such_key() {
        let conditions = WriteConditions { if_match: Some("a".to_owned()), if_none_match: false };
        assert_eq!(check_write(&conditions, None), Err("NoSuchKey".into()));
        assert_eq!(check_write(&conditions, Some("b")), Err("PreconditionFailed".into()));
        assert_eq!(check_delete(Some(&Tags::Any), None), Err("NoSuchKey".into()));
    }
}
