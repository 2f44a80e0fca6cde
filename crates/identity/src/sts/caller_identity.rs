//! GetCallerIdentity: who the caller is, which needs no permission.

use api::S3Error;
use api::sts::{GetCallerIdentity, GetCallerIdentityOutput};
use auth::Authorized;
use model::arn;
use policy::Caller;

use crate::fault;
use crate::handle::Handle;
use crate::registry::Registry;

impl Handle<GetCallerIdentity> for Registry {
    async fn handle(
        &self,
        request: Authorized<GetCallerIdentity>,
    ) -> Result<GetCallerIdentityOutput, S3Error> {
        let identity = request.identity()?;
        let account = identity.account;
        let (id, arn) = match &identity.subject {
            Caller::Root(_) => (account.to_string(), arn::root(account)),
            Caller::User(user) => (user.id.clone(), user.arn.clone()),
            Caller::RoleSession(session) => {
                (format!("{}:{}", session.role_id, session.session_name), session.session_arn.clone())
            }
            Caller::FederatedUser(session) => (format!("{account}:{}", session.name), session.arn.clone()),
            Caller::Anonymous | Caller::WebIdentity { .. } | Caller::Service { .. } => {
                return Err(fault::failed("a caller with an access key is nobody"));
            }
        };
        Ok(GetCallerIdentityOutput { user_id: Some(id), account: Some(account.to_string()), arn: Some(arn) })
    }
}
