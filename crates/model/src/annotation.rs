//! Names of annotations: 1 to 512 bytes of letters, digits, `_`, `.` and `-`.
//!
//! Source: AWS "Annotating your objects", annotation naming guidelines.

use std::fmt;

use thiserror::Error;

use crate::limits::ANNOTATION_NAME_BYTES_MAX;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotationName(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnnotationNameError {
    #[error("the name is empty")]
    Empty,
    #[error("the name is too long")]
    TooLong { bytes: usize },
    #[error("the name has a character that no name has")]
    Letter,
    /// `aws` and `s3` begin AWS's own.
    #[error("the name is reserved")]
    Reserved,
}

impl AnnotationName {
    pub fn new(name: impl Into<String>) -> Result<Self, AnnotationNameError> {
        let name = name.into();
        if name.is_empty() {
            return Err(AnnotationNameError::Empty);
        }
        if name.len() > ANNOTATION_NAME_BYTES_MAX {
            return Err(AnnotationNameError::TooLong { bytes: name.len() });
        }
        if !is_prefix(&name) {
            return Err(AnnotationNameError::Letter);
        }
        let begins =
            |with: &str| name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        if begins("aws") || begins("s3") {
            return Err(AnnotationNameError::Reserved);
        }
        Ok(Self(name))
    }

    /// Whether some name may begin with this.
    pub fn may_begin_with(prefix: &str) -> bool {
        prefix.len() <= ANNOTATION_NAME_BYTES_MAX && is_prefix(prefix)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_prefix(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

impl fmt::Display for AnnotationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_to_512_bytes_of_letters_digits_and_three_signs() {
        for name in ["a", "ml.sentiment-2_b", "ä1", &"ä".repeat(256), "s", "a3", "saws"] {
            assert!(AnnotationName::new(name).is_ok(), "{name}");
        }
        assert_eq!(AnnotationName::new(""), Err(AnnotationNameError::Empty));
        let long = AnnotationName::new("ä".repeat(257));
        assert_eq!(long, Err(AnnotationNameError::TooLong { bytes: 514 }));
        for name in ["a b", "a/b", "a:b", "a\0", "a+b", "😀"] {
            assert_eq!(AnnotationName::new(name), Err(AnnotationNameError::Letter), "{name}");
        }
    }

    #[test]
    fn what_begins_with_aws_or_s3_is_awss_own() {
        for name in ["aws", "AWS.x", "awsome", "s3", "S3-x", "s3x"] {
            assert_eq!(AnnotationName::new(name), Err(AnnotationNameError::Reserved), "{name}");
        }
        assert!(AnnotationName::may_begin_with("aw") && !AnnotationName::may_begin_with("a/"));
    }
}
