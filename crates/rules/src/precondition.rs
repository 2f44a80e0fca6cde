//! Conditional requests: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since.
//!
//! Sources: RFC 9110 §13.2.2; AWS "GetObject", "Add preconditions to S3 operations with conditional requests".

use model::{ETag, Timestamp};

/// As the client sent them; dates that could not be parsed are absent, as S3 ignores them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What stands under the key now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub etag: ETag,
    pub modified: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadChoice {
    Proceed,
    /// 304.
    NotModified,
    /// 412, with the condition that failed.
    Failed(&'static str),
}

/// For reads. If-Match outranks If-Unmodified-Since, If-None-Match outranks If-Modified-Since.
pub fn choose_read(conditions: &Conditions, standing: Standing, now: Timestamp) -> ReadChoice {
    let modified = standing.modified.truncated_to_seconds();
    match (&conditions.if_match, conditions.if_unmodified_since) {
        (Some(tags), _) if !matches(tags, standing.etag) => return ReadChoice::Failed("If-Match"),
        (None, Some(moment)) if modified > moment => return ReadChoice::Failed("If-Unmodified-Since"),
        _ => {}
    }
    match (&conditions.if_none_match, conditions.if_modified_since) {
        (Some(tags), _) if matches(tags, standing.etag) => ReadChoice::NotModified,
        // A date in the future is not a valid If-Modified-Since (RFC 9110 §13.1.3).
        (None, Some(moment)) if moment <= now && modified <= moment => ReadChoice::NotModified,
        _ => ReadChoice::Proceed,
    }
}

/// For the source of a copy: each condition that does not hold is 412.
pub fn choose_copy_source(conditions: &Conditions, standing: Standing, now: Timestamp) -> ReadChoice {
    match choose_read(conditions, standing, now) {
        ReadChoice::NotModified if conditions.if_none_match.is_some() => {
            ReadChoice::Failed("x-amz-copy-source-If-None-Match")
        }
        ReadChoice::NotModified => ReadChoice::Failed("x-amz-copy-source-If-Modified-Since"),
        ReadChoice::Failed("If-Match") => ReadChoice::Failed("x-amz-copy-source-If-Match"),
        ReadChoice::Failed(_) => ReadChoice::Failed("x-amz-copy-source-If-Unmodified-Since"),
        ReadChoice::Proceed => ReadChoice::Proceed,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteChoice {
    Proceed,
    /// 412, with the condition that failed.
    Failed(&'static str),
    /// 404: If-Match on a key without an object.
    NoSuchKey,
}

/// For PutObject, CopyObject and CompleteMultipartUpload. `standing` is the current object; a delete marker
/// stands for none.
pub fn choose_write(
    if_match: Option<&str>,
    if_none_match: Option<&str>,
    standing: Option<ETag>,
) -> WriteChoice {
    match (if_match, standing) {
        (Some(_), None) => return WriteChoice::NoSuchKey,
        (Some(tags), Some(etag)) if !matches(tags, etag) => return WriteChoice::Failed("If-Match"),
        _ => {}
    }
    match (if_none_match, standing) {
        (Some(tags), Some(etag)) if matches(tags, etag) => WriteChoice::Failed("If-None-Match"),
        _ => WriteChoice::Proceed,
    }
}

/// Conditions of DeleteObject and of each key in DeleteObjects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteConditions {
    pub if_match: Option<String>,
    pub size_bytes: Option<u64>,
    pub modified: Option<Timestamp>,
}

impl DeleteConditions {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `standing` is the object that would be deleted, with its size.
pub fn choose_delete(conditions: &DeleteConditions, standing: Option<(Standing, u64)>) -> WriteChoice {
    let Some((standing, size_bytes)) = standing else {
        return if conditions.if_match.is_some() { WriteChoice::NoSuchKey } else { WriteChoice::Proceed };
    };
    if let Some(tags) = &conditions.if_match
        && !matches(tags, standing.etag)
    {
        return WriteChoice::Failed("If-Match");
    }
    if conditions.size_bytes.is_some_and(|wanted| wanted != size_bytes) {
        return WriteChoice::Failed("x-amz-if-match-size");
    }
    let modified = standing.modified.truncated_to_seconds();
    if conditions.modified.is_some_and(|wanted| wanted.truncated_to_seconds() != modified) {
        return WriteChoice::Failed("x-amz-if-match-last-modified-time");
    }
    WriteChoice::Proceed
}

/// Whether a list of entity tags (or `*`) names this one. Weak tags compare as strong ones, as on S3.
fn matches(tags: &str, etag: ETag) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || ETag::parse(tag) == Some(etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: ETag = ETag::whole([0xab; 16]);
    const OTHER: &str = "\"00000000000000000000000000000000\"";

    fn standing() -> Standing {
        Standing { etag: ETAG, modified: Timestamp::from_millis(5_999) }
    }

    fn read(conditions: Conditions) -> ReadChoice {
        choose_read(&conditions, standing(), Timestamp::from_seconds(100))
    }

    fn same() -> Option<String> {
        Some(format!("\"{ETAG}\""))
    }

    #[test]
    fn a_matching_tag_outranks_an_old_date() {
        let older = Some(Timestamp::from_seconds(1));
        let both = Conditions { if_match: same(), if_unmodified_since: older, ..Conditions::default() };
        assert_eq!(read(both), ReadChoice::Proceed);
        let date = Conditions { if_unmodified_since: older, ..Conditions::default() };
        assert_eq!(read(date), ReadChoice::Failed("If-Unmodified-Since"));
    }

    #[test]
    fn a_foreign_none_match_outranks_an_unmodified_date() {
        let later = Some(Timestamp::from_seconds(50));
        let both = Conditions {
            if_none_match: Some(OTHER.into()),
            if_modified_since: later,
            ..Conditions::default()
        };
        assert_eq!(read(both), ReadChoice::Proceed);
        let date = Conditions { if_modified_since: later, ..Conditions::default() };
        assert_eq!(read(date), ReadChoice::NotModified);
        let exact =
            Conditions { if_modified_since: Some(Timestamp::from_seconds(5)), ..Conditions::default() };
        assert_eq!(read(exact), ReadChoice::NotModified);
        let future =
            Conditions { if_modified_since: Some(Timestamp::from_seconds(101)), ..Conditions::default() };
        assert_eq!(read(future), ReadChoice::Proceed);
    }

    #[test]
    fn a_failed_match_outranks_a_none_match_that_holds() {
        let both =
            Conditions { if_match: Some(OTHER.into()), if_none_match: same(), ..Conditions::default() };
        assert_eq!(read(both), ReadChoice::Failed("If-Match"));
    }

    #[test]
    fn tags_match_unquoted_weak_listed_and_star() {
        for tags in
            [ETAG.to_string(), format!("W/\"{ETAG}\""), format!("{OTHER}, \"{ETAG}\""), "*".to_owned()]
        {
            let conditions = Conditions { if_none_match: Some(tags.clone()), ..Conditions::default() };
            assert_eq!(read(conditions), ReadChoice::NotModified, "{tags}");
        }
    }

    #[test]
    fn writes_ask_for_absence_or_for_a_certain_state() {
        assert_eq!(choose_write(None, Some("*"), None), WriteChoice::Proceed);
        assert_eq!(choose_write(None, Some("*"), Some(ETAG)), WriteChoice::Failed("If-None-Match"));
        assert_eq!(choose_write(Some(OTHER), None, Some(ETAG)), WriteChoice::Failed("If-Match"));
        assert_eq!(choose_write(same().as_deref(), None, Some(ETAG)), WriteChoice::Proceed);
        assert_eq!(choose_write(same().as_deref(), None, None), WriteChoice::NoSuchKey);
    }

    #[test]
    fn deletes_compare_tag_size_and_second() {
        let now = Some((standing(), 7));
        let size = DeleteConditions { size_bytes: Some(8), ..DeleteConditions::default() };
        assert_eq!(choose_delete(&size, now), WriteChoice::Failed("x-amz-if-match-size"));
        let modified =
            DeleteConditions { modified: Some(Timestamp::from_seconds(5)), ..DeleteConditions::default() };
        assert_eq!(choose_delete(&modified, now), WriteChoice::Proceed);
        assert_eq!(choose_delete(&DeleteConditions::default(), None), WriteChoice::Proceed);
    }
}
