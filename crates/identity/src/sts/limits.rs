//! What a request asks of a session: how long, with which tags, limited by which policies.
//!
//! Sources: AWS "AssumeRole", "Passing session tags in AWS STS", "IAM and AWS STS quotas".

use api::sts::{PolicyDescriptorType, Tag};
use api::{ErrorCode, S3Error};
use catalog::View;
use catalog::table::RoleRow;
use policy::Kind;

use crate::fault::Stop;
use crate::rows::Rows;
use crate::tags::{self, Case, Tags};
use crate::{documents, refuse};

pub(super) const DURATION_S_MIN: i64 = 900;
pub(super) const HOUR_S: i64 = 3600;
const POLICY_ARNS_MAX: usize = 10;

/// A role's session. `chained`: the caller is one already.
pub(super) fn role_duration(asked: Option<i32>, role: &RoleRow, chained: bool) -> Result<i64, S3Error> {
    let asked = asked.map_or(HOUR_S, i64::from);
    if chained && asked > HOUR_S {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(refuse::invalid(message));
    }
    if asked > i64::try_from(role.session_max_s).unwrap_or(i64::MAX) {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(refuse::invalid(message));
    }
    at_least(asked)
}

/// A session of a user's own making; an account's root gets an hour and no more.
pub(super) fn own_duration(asked: Option<i32>, is_root: bool) -> Result<i64, S3Error> {
    const DEFAULT_S: i64 = 12 * HOUR_S;
    const MAX_S: i64 = 36 * HOUR_S;
    let asked = asked.map_or(DEFAULT_S, i64::from);
    if asked > MAX_S {
        return Err(refuse::constraint("durationSeconds", "have value less than or equal to 129600"));
    }
    at_least(if is_root { asked.min(HOUR_S) } else { asked })
}

fn at_least(duration_s: i64) -> Result<i64, S3Error> {
    if duration_s < DURATION_S_MIN {
        return Err(refuse::constraint("durationSeconds", "have value greater than or equal to 900"));
    }
    Ok(duration_s)
}

pub(super) fn policy(text: Option<&str>) -> Result<Option<String>, S3Error> {
    let Some(text) = text else { return Ok(None) };
    documents::read(Some(text), "policy", Kind::Session).map(|(text, _)| Some(text.to_owned()))
}

/// Policies of the session's own account, or such as every account has.
pub(super) fn policy_arns<V: View>(
    asked: &[PolicyDescriptorType],
    rows: &Rows<V>,
) -> Result<Vec<String>, Stop> {
    if asked.len() > POLICY_ARNS_MAX {
        return Err(refuse::constraint("policyArns", "have length less than or equal to 10").into());
    }
    let mut arns: Vec<String> = Vec::new();
    for policy in asked {
        let arn = policy.arn.as_deref().unwrap_or_default();
        if rows.find_managed(arn)?.is_none() {
            let message = format!("Policy {arn} does not exist or is not attachable.");
            return Err(refuse::invalid(message).into());
        }
        if !arns.iter().any(|known| known == arn) {
            arns.push(arn.to_owned());
        }
    }
    Ok(arns)
}

/// The tags, and the keys of those that are handed on.
pub(super) fn tags(asked: &[Tag], transitive: &[String]) -> Result<(Tags, Vec<String>), S3Error> {
    let asked: Vec<_> =
        asked.iter().map(|tag| api::iam::Tag { key: tag.key.clone(), value: tag.value.clone() }).collect();
    let tags = tags::read(&asked, Case::Insensitive).map_err(|error| match error.code {
        ErrorCode::InvalidInput => S3Error { code: ErrorCode::InvalidParameterValue, ..error },
        _ => error,
    })?;
    let is_there = |key: &String| tags.iter().any(|(other, _)| other.to_lowercase() == key.to_lowercase());
    if !transitive.iter().all(is_there) {
        let message = "The specified transitive tag key must be included in the requested tags.";
        return Err(S3Error::with_message(ErrorCode::InvalidParameterValue, message));
    }
    Ok((tags, transitive.to_vec()))
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    fn role(session_max_s: u64) -> RoleRow {
        RoleRow {
            name: "r".into(),
            path: "/".into(),
            id: "AROA".into(),
            description: None,
            created: Timestamp::default(),
            tags: Vec::new(),
            boundary: None,
            trust: String::new(),
            session_max_s,
            attached: Vec::new(),
            inline: Vec::new(),
        }
    }

    #[test]
    fn a_role_s_session_lasts_an_hour_or_what_the_role_allows() {
        assert_eq!(role_duration(None, &role(3600), false), Ok(3600));
        assert_eq!(role_duration(Some(7200), &role(7200), false), Ok(7200));
        assert_eq!(role_duration(Some(900), &role(7200), true), Ok(900));
        for (asked, max, chained) in [(7201, 7200, false), (3601, 7200, true), (899, 7200, false)] {
            assert!(role_duration(Some(asked), &role(max), chained).is_err(), "{asked}");
        }
    }

    #[test]
    fn a_root_s_session_lasts_an_hour_at_most() {
        assert_eq!(own_duration(None, false), Ok(43_200));
        assert_eq!(own_duration(Some(129_600), false), Ok(129_600));
        assert_eq!(own_duration(None, true), Ok(3600));
        assert_eq!(own_duration(Some(1000), true), Ok(1000));
        assert!(own_duration(Some(129_601), true).is_err());
        assert!(own_duration(Some(1), false).is_err());
    }

    #[test]
    fn only_tags_that_are_there_are_handed_on() {
        let tag = Tag { key: Some("Team".into()), value: Some("blue".into()) };
        assert!(tags(std::slice::from_ref(&tag), &["team".to_owned()]).is_ok());
        assert!(tags(std::slice::from_ref(&tag), &["other".to_owned()]).is_err());
        let twice = [tag.clone(), Tag { key: Some("TEAM".into()), ..tag }];
        assert_eq!(tags(&twice, &[]).unwrap_err().code, ErrorCode::InvalidParameterValue);
    }
}
