//! Refusals in IAM's words.

use api::{ErrorCode, S3Error};

fn no_such(message: String) -> S3Error {
    S3Error::with_message(ErrorCode::NoSuchEntity, message)
}

pub(crate) fn no_user(name: &str) -> S3Error {
    no_such(format!("The user with name {name} cannot be found."))
}

pub(crate) fn no_group(name: &str) -> S3Error {
    no_such(format!("The group with name {name} cannot be found."))
}

pub(crate) fn no_role(name: &str) -> S3Error {
    no_such(format!("The role with name {name} cannot be found."))
}

pub(crate) fn no_policy(arn: &str) -> S3Error {
    no_such(format!("Policy {arn} was not found."))
}

pub(crate) fn no_attachable_policy(arn: &str) -> S3Error {
    no_such(format!("Policy {arn} does not exist or is not attachable."))
}

pub(crate) fn no_policy_version(arn: &str, version: &str) -> S3Error {
    no_such(format!("Policy {arn} version {version} does not exist or is not attachable."))
}

/// `kind` is `user`, `group` or `role`.
pub(crate) fn no_inline_policy(kind: &str, name: &str) -> S3Error {
    no_such(format!("The {kind} policy with name {name} cannot be found."))
}

pub(crate) fn no_access_key(id: &str) -> S3Error {
    no_such(format!("The Access Key with id {id} cannot be found."))
}

pub(crate) fn no_provider(arn: &str) -> S3Error {
    no_such(format!("OpenIDConnect Provider not found for arn {arn}"))
}

pub(crate) fn no_device(serial: &str) -> S3Error {
    no_such(format!("MFA Device with serial number {serial} does not exist."))
}

pub(crate) fn no_boundary(kind: &str, name: &str) -> S3Error {
    no_such(format!("Cannot find a permissions boundary for {kind} {name}."))
}

pub(crate) fn no_alias(alias: &str) -> S3Error {
    no_such(format!("The account alias {alias} cannot be found."))
}

/// `noun` begins the sentence: `User`, `Group`, `Role`.
pub(crate) fn taken(noun: &str, name: &str) -> S3Error {
    exists(format!("{noun} with name {name} already exists."))
}

pub(crate) fn exists(message: impl Into<String>) -> S3Error {
    S3Error::with_message(ErrorCode::EntityAlreadyExists, message.into())
}

/// `what` is AWS's name of the quota: `UsersPerAccount`.
pub(crate) fn quota(what: &str, max: u64) -> S3Error {
    limit(format!("Cannot exceed quota for {what}: {max}"))
}

pub(crate) fn limit(message: impl Into<String>) -> S3Error {
    S3Error::with_message(ErrorCode::LimitExceeded, message.into())
}

pub(crate) fn in_use(message: &'static str) -> S3Error {
    S3Error::with_message(ErrorCode::DeleteConflict, message)
}

pub(crate) fn invalid(message: impl Into<String>) -> S3Error {
    S3Error::with_message(ErrorCode::ValidationError, message.into())
}

/// `at` as the model names the member: `userName`.
pub(crate) fn constraint(at: &str, must: &str) -> S3Error {
    invalid(format!(
        "1 validation error detected: Value at '{at}' failed to satisfy constraint: Member must {must}"
    ))
}

pub(crate) fn denied(message: impl Into<String>) -> S3Error {
    S3Error::with_message(ErrorCode::AccessDenied, message.into())
}

pub(crate) fn input(message: impl Into<String>) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidInput, message.into())
}

/// 501 for a parameter whose function is not built.
pub(crate) fn not_built(parameter: &str) -> S3Error {
    S3Error::with_message(ErrorCode::NotImplemented, format!("{parameter} is not implemented."))
}

pub(crate) fn malformed(message: impl Into<String>) -> S3Error {
    S3Error::with_message(ErrorCode::MalformedPolicyDocument, message.into())
}
