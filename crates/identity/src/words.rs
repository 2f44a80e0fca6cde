//! Names, paths and other words of requests, checked as IAM does.
//!
//! Source: AWS "IAM and AWS STS quotas", and the constraints of IAM's service model.

use api::S3Error;

use crate::refuse::{constraint, invalid};

const PATH_CHARS_MAX: usize = 512;

/// A member that the model requires.
pub(crate) fn required<'a>(value: Option<&'a str>, at: &str) -> Result<&'a str, S3Error> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| constraint(at, "not be null"))
}

pub(crate) fn length(value: &str, at: &str, min: usize, max: usize) -> Result<(), S3Error> {
    let count = value.chars().count();
    if count < min {
        return Err(constraint(at, &format!("have length greater than or equal to {min}")));
    }
    if count > max {
        return Err(constraint(at, &format!("have length less than or equal to {max}")));
    }
    Ok(())
}

/// A name that is made: of a user, group, role, policy or device.
pub(crate) fn name<'a>(value: Option<&'a str>, at: &str, max: usize) -> Result<&'a str, S3Error> {
    let value = required(value, at)?;
    length(value, at, 1, max)?;
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)) {
        return Ok(value);
    }
    Err(invalid(format!(
        "The specified value for {at} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
    )))
}

pub(crate) fn path(value: Option<&str>, at: &str) -> Result<String, S3Error> {
    let Some(value) = value else { return Ok("/".to_owned()) };
    length(value, at, 1, PATH_CHARS_MAX)?;
    let legal =
        value.starts_with('/') && value.ends_with('/') && value.bytes().all(|byte| byte.is_ascii_graphic());
    legal.then(|| value.to_owned()).ok_or_else(|| {
        invalid(format!(
            "The specified value for {at} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
        ))
    })
}

/// A prefix of paths, in listings: all paths without it.
pub(crate) fn path_prefix(value: Option<&str>) -> Result<String, S3Error> {
    let Some(value) = value else { return Ok("/".to_owned()) };
    length(value, "pathPrefix", 1, PATH_CHARS_MAX)?;
    let legal = value.starts_with('/') && value.bytes().all(|byte| byte.is_ascii_graphic());
    legal.then(|| value.to_owned()).ok_or_else(|| {
        invalid("The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters.")
    })
}

pub(crate) fn description(value: Option<&str>) -> Result<Option<String>, S3Error> {
    let Some(value) = value else { return Ok(None) };
    length(value, "description", 0, 1000)?;
    Ok(Some(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_aws_takes() {
        for legal in ["a", "A.b+c=d,e@f_g-h", &"x".repeat(64)] {
            assert_eq!(name(Some(legal), "userName", 64), Ok(legal));
        }
        for illegal in [None, Some(""), Some("a b"), Some("ä"), Some("a/b"), Some("a*")] {
            assert!(name(illegal, "userName", 64).is_err(), "{illegal:?}");
        }
        assert!(name(Some(&"x".repeat(65)), "userName", 64).is_err());
    }

    #[test]
    fn paths_begin_and_end_with_a_slash() {
        for legal in ["/", "/a/", "/a//b/"] {
            assert_eq!(path(Some(legal), "path").as_deref(), Ok(legal));
        }
        assert_eq!(path(None, "path").as_deref(), Ok("/"));
        for illegal in ["", "a/", "/a", "/a b/", "/ä/"] {
            assert!(path(Some(illegal), "path").is_err(), "{illegal}");
        }
    }
}
