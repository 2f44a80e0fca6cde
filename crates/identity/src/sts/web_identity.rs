//! AssumeRoleWithWebIdentity: who comes with a token of an identity provider that the role trusts becomes the role.

use api::sts::{AssumeRoleWithWebIdentity, AssumeRoleWithWebIdentityOutput};
use api::{ErrorCode, S3Error};
use auth::{Authorized, Limits, Session};

use super::limits::{policy, policy_arns, role_duration};
use super::{assumed, shown};
use crate::handle::Handle;
use crate::registry::Registry;
use crate::{fault, words};

impl Handle<AssumeRoleWithWebIdentity> for Registry {
    async fn handle(
        &self,
        request: Authorized<AssumeRoleWithWebIdentity>,
    ) -> Result<AssumeRoleWithWebIdentityOutput, S3Error> {
        let (input, role) = (request.input(), request.role()?);
        let shown_by = request.web_identity().ok_or(ErrorCode::InvalidIdentityToken)?.clone();
        let session_name = words::required(input.role_session_name.as_deref(), "roleSessionName")?;
        let rows = self.rows(role.account).map_err(fault::catalog)?;
        let limits = Limits {
            duration_s: role_duration(input.duration_seconds, &role.row, false)?,
            policy: policy(input.policy.as_deref())?,
            policy_arns: policy_arns(&input.policy_arns, &rows)?,
            ..Limits::default()
        };
        let session = Session::of_role(&request, session_name, limits, self.clock().now())?;
        let temporary = session.issue(self.sealer(), self.random())?;
        let session = &temporary.session;
        Ok(AssumeRoleWithWebIdentityOutput {
            assumed_role_user: assumed(session),
            packed_policy_size: session.packed_percent(),
            source_identity: session.source_identity().map(str::to_owned),
            subject_from_web_identity_token: Some(shown_by.subject().to_owned()),
            audience: Some(shown_by.audience().to_owned()),
            provider: Some(shown_by.issuer().to_owned()),
            credentials: Some(shown(temporary)),
            ..AssumeRoleWithWebIdentityOutput::default()
        })
    }
}
