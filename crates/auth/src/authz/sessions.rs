//! What temporary credentials are no good for, whatever their policies say.
//!
//! Source: AWS "Compare AWS STS credentials".

use api::{ErrorCode, Operation, S3Error, Service};

use crate::caller::Caller;
use crate::session::SessionOf;

pub(super) fn check<O: Operation>(caller: &Caller) -> Result<(), S3Error> {
    let session = caller.identity().and_then(|identity| identity.session.as_deref());
    let Some(session) = session else { return Ok(()) };
    let personal = matches!(session.of(), SessionOf::Root | SessionOf::User { .. });
    let federated = matches!(session.of(), SessionOf::Federated { .. });
    match O::SERVICE {
        Service::S3 | Service::S3Control => Ok(()),
        // In the words in which AWS says it.
        Service::Iam if federated || personal && !session.has_mfa() => {
            Err(ErrorCode::InvalidClientTokenId.into())
        }
        Service::Iam => Ok(()),
        Service::Sts => match O::NAME {
            "GetCallerIdentity" => Ok(()),
            "AssumeRole" if !federated => Ok(()),
            "GetSessionToken" | "GetFederationToken" => Err(with_session_credentials(O::NAME)),
            _ if federated || personal => Err(with_session_credentials(O::NAME)),
            _ => Ok(()),
        },
    }
}

fn with_session_credentials(name: &str) -> S3Error {
    let message = format!("Cannot call {name} with session credentials");
    S3Error::with_message(ErrorCode::AccessDenied, message)
}
