//! Refusals in AWS's words: who asked for what, and which kind of policy did not allow it.
//!
//! Source: AWS "Troubleshoot access denied error messages".

use api::{ErrorCode, S3Error};
use policy::{Denied, Lack, Layer, Request};

/// The reason is told to callers of the resource's own account; others learn nothing about its policies.
pub(super) fn refusal(request: &Request, denied: Denied<'_>) -> S3Error {
    let Some(who) = arn(request.caller()).filter(|_| request.is_within_account()) else {
        return ErrorCode::AccessDenied.into();
    };
    let (action, resource) = (request.action(), request.resource());
    let quote = if action.starts_with("s3:") { "\"" } else { "" };
    let why = match denied {
        Denied::Explicitly(by) => format!("with an explicit deny in {}", article(by.layer)),
        Denied::Implicitly(lack) => format!("because no {} allows the {action} action", name(lack)),
    };
    let message = format!(
        "User: {who} is not authorized to perform: {action} on resource: {quote}{resource}{quote} {why}"
    );
    S3Error::with_message(ErrorCode::AccessDenied, message)
}

/// A session is called by its own name, not by its role's.
pub(super) fn arn(caller: &policy::Caller) -> Option<String> {
    match caller {
        policy::Caller::RoleSession(session) => Some(session.session_arn.clone()),
        other => other.principal_arn(),
    }
}

const fn name(lack: Lack) -> &'static str {
    match lack {
        Lack::Control => "service control policy",
        Lack::Resource => "resource-based policy",
        Lack::Boundary => "permissions boundary",
        Lack::Session => "session policy",
        Lack::Identity => "identity-based policy",
    }
}

const fn article(layer: Layer) -> &'static str {
    match layer {
        Layer::Control => "a service control policy",
        Layer::Resource => "a resource-based policy",
        Layer::Boundary => "a permissions boundary",
        Layer::Session => "a session policy",
        Layer::Identity => "an identity-based policy",
    }
}
