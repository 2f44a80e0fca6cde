//! GetFederationToken: credentials for somebody whom the caller vouches for, within what the caller may.

use api::S3Error;
use api::sts::{FederatedUser, GetFederationToken, GetFederationTokenOutput};
use auth::{Authorized, Limits, Session};
use model::arn;

use super::limits::{own_duration, policy, policy_arns, tags};
use super::shown;
use crate::handle::Handle;
use crate::registry::Registry;
use crate::{fault, words};

impl Handle<GetFederationToken> for Registry {
    async fn handle(
        &self,
        request: Authorized<GetFederationToken>,
    ) -> Result<GetFederationTokenOutput, S3Error> {
        let (input, identity) = (request.input(), request.identity()?);
        let account = identity.account;
        let name = words::required(input.name.as_deref(), "name")?;
        let rows = self.rows(account).map_err(fault::catalog)?;
        let (tags, transitive) = tags(&input.tags, &[])?;
        let limits = Limits {
            duration_s: own_duration(input.duration_seconds, identity.is_root())?,
            tags,
            transitive,
            policy: policy(input.policy.as_deref())?,
            policy_arns: policy_arns(&input.policy_arns, &rows)?,
            ..Limits::default()
        };
        let session = Session::federated(&request, name, limits, self.clock().now())?;
        let temporary = session.issue(self.sealer(), self.random())?;
        Ok(GetFederationTokenOutput {
            packed_policy_size: temporary.session.packed_percent(),
            credentials: Some(shown(temporary)),
            federated_user: Some(FederatedUser {
                federated_user_id: Some(format!("{account}:{name}")),
                arn: Some(arn::federated_user(account, name)),
            }),
            ..GetFederationTokenOutput::default()
        })
    }
}
