//! Tags of identities.
//!
//! Source: AWS "Tagging IAM and AWS STS resources". Keys of users' and roles' tags have no case; those of others have.

use api::S3Error;
use api::iam::Tag;
use catalog::Fault;

use crate::page::{Page, Paging};
use crate::refuse::{constraint, input, invalid, limit};
use crate::words::{length, required};

const TAGS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

pub(crate) type Tags = Vec<(String, String)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// `Team` and `team` are one key.
    Insensitive,
    Sensitive,
}

impl Case {
    fn same(self, a: &str, b: &str) -> bool {
        match self {
            Self::Insensitive => a.to_lowercase() == b.to_lowercase(),
            Self::Sensitive => a == b,
        }
    }
}

/// The tags of a request, in the order of their keys.
pub(crate) fn read(tags: &[Tag], case: Case) -> Result<Tags, S3Error> {
    if tags.len() > TAGS_MAX {
        return Err(constraint("tags", "have length less than or equal to 50"));
    }
    let mut read = Tags::new();
    for (index, tag) in tags.iter().enumerate() {
        let at = |member: &str| format!("tags.{}.member.{member}", index + 1);
        let key = required(tag.key.as_deref(), &at("key"))?;
        let value = tag.value.as_deref().unwrap_or_default();
        length(key, &at("key"), 1, KEY_CHARS_MAX)?;
        length(value, &at("value"), 0, VALUE_CHARS_MAX)?;
        legal(key, &at("key"), "+")?;
        legal(value, &at("value"), "*")?;
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys may not begin with aws:, which is reserved."));
        }
        if read.iter().any(|(other, _)| case.same(other, key)) {
            return Err(input(match case {
                Case::Insensitive => {
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive."
                }
                Case::Sensitive => "Duplicate tag keys found.",
            }));
        }
        read.push((key.to_owned(), value.to_owned()));
    }
    read.sort();
    Ok(read)
}

fn legal(text: &str, at: &str, count: &str) -> Result<(), S3Error> {
    let legal =
        |c: char| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c);
    if text.chars().all(legal) {
        return Ok(());
    }
    let pattern = format!(r"[\p{{L}}\p{{Z}}\p{{N}}_.:/=+\-@]{count}");
    Err(constraint(at, &format!("satisfy regular expression pattern: {pattern}")))
}

/// New values win.
pub(crate) fn merge(tags: &mut Tags, new: &[(String, String)], case: Case) -> Result<(), S3Error> {
    tags.retain(|(key, _)| !new.iter().any(|(other, _)| case.same(key, other)));
    tags.extend_from_slice(new);
    tags.sort();
    if tags.len() > TAGS_MAX {
        return Err(limit("The number of tags has reached the maximum limit."));
    }
    Ok(())
}

pub(crate) fn remove(tags: &mut Tags, keys: &[String], case: Case) {
    tags.retain(|(key, _)| !keys.iter().any(|other| case.same(key, other)));
}

pub(crate) fn check_keys(keys: &[String]) -> Result<(), S3Error> {
    if keys.len() > TAGS_MAX {
        return Err(constraint("tagKeys", "have length less than or equal to 50"));
    }
    keys.iter().try_for_each(|key| {
        length(key, "tagKeys", 1, KEY_CHARS_MAX)?;
        legal(key, "tagKeys", "+")
    })
}

pub(crate) fn shown(tags: &[(String, String)]) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: Some(key.clone()), value: Some(value.clone()) }).collect()
}

pub(crate) fn page(paging: &Paging, tags: &[(String, String)]) -> Result<Page<Tag>, Fault> {
    let keyed = tags.iter().map(|(key, _)| key.clone()).zip(shown(tags)).collect();
    paging.cut(keyed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) }
    }

    #[test]
    fn keys_are_the_same_without_case_where_aws_says_so() {
        let tags = [tag("Team", "a"), tag("team", "b")];
        assert!(read(&tags, Case::Insensitive).is_err());
        assert_eq!(read(&tags, Case::Sensitive).map(|tags| tags.len()), Ok(2));
        let mut kept = read(&tags[..1], Case::Insensitive).unwrap();
        merge(&mut kept, &read(&tags[1..], Case::Insensitive).unwrap(), Case::Insensitive).unwrap();
        assert_eq!(kept, [("team".to_owned(), "b".to_owned())]);
        remove(&mut kept, &["TEAM".to_owned()], Case::Insensitive);
        assert!(kept.is_empty());
    }

    #[test]
    fn illegal_tags_are_refused() {
        for (key, value) in [
            ("", "v"),
            ("k!", "v"),
            ("k", "v\n"),
            (&*"k".repeat(129), "v"),
            ("k", &"v".repeat(257)),
            ("aws:x", "v"),
        ] {
            assert!(read(&[tag(key, value)], Case::Sensitive).is_err(), "{key} {value}");
        }
        let many: Vec<Tag> = (0..50).map(|n| tag(&format!("k{n}"), "")).collect();
        let mut kept = read(&many, Case::Sensitive).unwrap();
        let one = read(&[tag("one more", "ä")], Case::Sensitive).unwrap();
        assert!(merge(&mut kept, &one, Case::Sensitive).is_err());
    }
}
