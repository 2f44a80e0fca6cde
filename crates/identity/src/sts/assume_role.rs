//! AssumeRole: whoever the role's trust policy lets becomes the role for a while.

use api::S3Error;
use api::sts::{AssumeRole, AssumeRoleOutput};
use auth::{Authorized, Limits, Session, SessionOf};

use super::limits::{policy, policy_arns, role_duration, tags};
use super::{assumed, shown};
use crate::handle::Handle;
use crate::registry::Registry;
use crate::{fault, words};

impl Handle<AssumeRole> for Registry {
    async fn handle(&self, request: Authorized<AssumeRole>) -> Result<AssumeRoleOutput, S3Error> {
        let (input, role) = (request.input(), request.role()?);
        let session_name = words::required(input.role_session_name.as_deref(), "roleSessionName")?;
        let calling = request.identity()?.session.as_deref();
        let chained = calling.is_some_and(|session| matches!(session.of(), SessionOf::Role { .. }));
        let rows = self.rows(role.account).map_err(fault::catalog)?;
        let (tags, transitive) = tags(&input.tags, &input.transitive_tag_keys)?;
        let limits = Limits {
            duration_s: role_duration(input.duration_seconds, &role.row, chained)?,
            source_identity: input.source_identity.clone(),
            tags,
            transitive,
            policy: policy(input.policy.as_deref())?,
            policy_arns: policy_arns(&input.policy_arns, &rows)?,
        };
        let session = Session::of_role(&request, session_name, limits, self.clock().now())?;
        let temporary = session.issue(self.sealer(), self.random())?;
        let session = &temporary.session;
        Ok(AssumeRoleOutput {
            assumed_role_user: assumed(session),
            packed_policy_size: session.packed_percent(),
            source_identity: session.source_identity().map(str::to_owned),
            credentials: Some(shown(temporary)),
            ..AssumeRoleOutput::default()
        })
    }
}
