//! Tags of objects and buckets.
//!
//! Sources: AWS "Categorizing your objects using tags", "PutObjectTagging", "PutBucketTagging".

use std::collections::BTreeSet;

use crate::marks::TagSet;
use crate::operation::At;
use crate::store::Reference;
use crate::{Answer, Outcome, Refusal};

const OBJECT_TAGS_MAX: usize = 10;
const BUCKET_TAGS_MAX: usize = 50;

/// The tags in a body.
fn check(tags: &TagSet, max: usize) -> Result<(), Refusal> {
    if tags.len() > max {
        return Err("BadRequest".into());
    }
    let keys: BTreeSet<&String> = tags.iter().map(|(key, _)| key).collect();
    let legal = tags.iter().all(|(key, value)| {
        is_written(key, value) && !is_long(key, value) && !key.to_lowercase().starts_with("aws:")
    });
    if legal && keys.len() == tags.len() { Ok(()) } else { Err("InvalidTag".into()) }
}

/// Of the letters that tags may have.
fn is_written(key: &str, value: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "+-=._:/@".contains(c);
    !key.is_empty() && key.chars().chain(value.chars()).all(legal)
}

fn is_long(key: &str, value: &str) -> bool {
    key.encode_utf16().count() > 128 || value.encode_utf16().count() > 256
}

/// The tags in `x-amz-tagging`: a key twice, or none, makes it no such header.
pub fn check_header(tags: &TagSet) -> Result<(), Refusal> {
    let keys: BTreeSet<&String> = tags.iter().map(|(key, _)| key).collect();
    if keys.len() < tags.len() || keys.iter().any(|key| key.is_empty()) {
        return Err("InvalidArgument".into());
    }
    check(tags, OBJECT_TAGS_MAX)
}

pub fn check_bucket(tags: &TagSet) -> Result<(), Refusal> {
    check(tags, BUCKET_TAGS_MAX)
}

impl Reference {
    pub(crate) fn put_bucket_tags(&mut self, bucket: &str, tags: &TagSet) -> Outcome {
        check_bucket(tags)?;
        self.bucket_mut(bucket)?.tags.clone_from(tags);
        Ok(Answer::Done)
    }

    /// An empty set is no set.
    pub(crate) fn get_bucket_tags(&self, bucket: &str) -> Outcome {
        match &self.bucket(bucket)?.tags {
            tags if tags.is_empty() => Err("NoSuchTagSet".into()),
            tags => Ok(Answer::Tags { tags: tags.clone(), version: None }),
        }
    }

    pub(crate) fn put_tags(&mut self, at: &At, tags: &TagSet) -> Outcome {
        check(tags, OBJECT_TAGS_MAX)?;
        let (marks, version) = self.marks_mut(at)?;
        marks.tags.clone_from(tags);
        Ok(Answer::Tagged(version))
    }

    pub(crate) fn get_tags(&mut self, at: &At) -> Outcome {
        let (marks, version) = self.marks_mut(at)?;
        Ok(Answer::Tags { tags: marks.tags.clone(), version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_breaks_a_header_and_a_set_each_in_its_way() {
        let twice = vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
        assert_eq!(check_header(&twice), Err("InvalidArgument".into()));
        assert_eq!(check_bucket(&twice), Err("InvalidTag".into()));
        assert_eq!(check_header(&vec![("AWS:a".to_owned(), String::new())]), Err("InvalidTag".into()));
    }
}
