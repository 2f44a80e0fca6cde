//! The operations of STS, a file each. Nothing is stored: a session travels in its token.

mod access_key_info;
mod assume_role;
mod caller_identity;
mod federation_token;
mod limits;
mod session_token;
mod web_identity;

use api::sts::Credentials;
use auth::{Session, SessionOf, Temporary};
use model::arn;

/// A role's session with its unique id and ARN.
fn assumed(session: &Session) -> Option<api::sts::AssumedRoleUser> {
    let SessionOf::Role { name, id, session_name } = session.of() else { return None };
    Some(api::sts::AssumedRoleUser {
        assumed_role_id: Some(format!("{id}:{session_name}")),
        arn: Some(arn::session(session.account(), name, session_name)),
    })
}

/// The only time that the secret is shown.
fn shown(temporary: Temporary) -> Credentials {
    Credentials {
        access_key_id: Some(temporary.access_key),
        secret_access_key: Some(temporary.secret.expose().to_owned()),
        session_token: Some(temporary.token),
        expiration: Some(temporary.session.expires()),
    }
}
