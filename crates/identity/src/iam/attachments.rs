//! Attach…Policy, Detach…Policy, ListAttached…Policies: managed policies of users, groups and roles.

use api::iam::AttachedPolicy;
use api::{S3Error, iam};
use catalog::table::{GroupRow, RoleRow, UserRow, space};
use model::arn::Entity as Arn;

use crate::asker::Asker;
use crate::kinds::Principal;
use crate::limits::ATTACHED_MAX;
use crate::page::{Page, Paging};
use crate::registry::Registry;
use crate::{fault, refuse, shown, words};

impl Registry {
    /// Attaching again changes nothing and is no error.
    async fn attach<P: Principal>(
        &self,
        asker: &Asker,
        name: &str,
        arn: Option<&str>,
    ) -> Result<(), S3Error> {
        let arn = words::required(arn, "policyArn")?.to_owned();
        let name = name.to_owned();
        let attached = self.change(asker.account, move |draft| {
            let mut row = draft.get::<P>(&name)?;
            draft.attachable(&arn)?;
            if row.attached().contains(&arn) {
                return Ok(());
            }
            if row.attached().len() >= ATTACHED_MAX {
                return Err(refuse::quota(P::QUOTA, ATTACHED_MAX as u64).into());
            }
            row.attached().push(arn.clone());
            draft.put(&row);
            draft.mark(space::attachment(draft.account, &arn, P::HOLDER, &name));
            Ok(())
        });
        attached.await
    }

    async fn detach<P: Principal>(
        &self,
        asker: &Asker,
        name: &str,
        arn: Option<&str>,
    ) -> Result<(), S3Error> {
        let arn = words::required(arn, "policyArn")?.to_owned();
        let name = name.to_owned();
        let detached = self.reduce(asker.account, move |draft| {
            let mut row = draft.get::<P>(&name)?;
            if !row.attached().contains(&arn) {
                return Err(refuse::no_policy(&arn).into());
            }
            row.attached().retain(|other| *other != arn);
            draft.put(&row);
            draft.erase(space::attachment(draft.account, &arn, P::HOLDER, &name));
            Ok(())
        });
        detached.await
    }

    fn list_attached<P: Principal>(
        &self,
        asker: &Asker,
        name: &str,
        path_prefix: Option<&str>,
        paging: &Paging,
    ) -> Result<Page<AttachedPolicy>, S3Error> {
        let prefix = words::path_prefix(path_prefix)?;
        let mut row = self.rows(asker.account).map_err(fault::catalog)?.get::<P>(name)?;
        let fits = |arn: &&String| Arn::parse(arn).is_some_and(|arn| arn.path.starts_with(&prefix));
        let arns = row.attached().iter().filter(fits);
        let items = arns.map(|arn| (arn.clone(), shown::attached(arn))).collect();
        paging.cut(items).map_err(fault::catalog)
    }
}

macro_rules! attachments {
    ($($row:ident $member:ident $at:literal
        $attach:ident $attach_input:ident $attach_output:ident, $detach:ident $detach_input:ident $detach_output:ident,
        $list:ident $list_input:ident $list_output:ident;)*) => {
        $(impl Registry {
            pub(super) async fn $attach(&self, asker: &Asker, input: &iam::$attach_input) -> Result<iam::$attach_output, S3Error> {
                let name = words::required(input.$member.as_deref(), $at)?;
                self.attach::<$row>(asker, name, input.policy_arn.as_deref()).await?;
                Ok(iam::$attach_output {})
            }

            pub(super) async fn $detach(&self, asker: &Asker, input: &iam::$detach_input) -> Result<iam::$detach_output, S3Error> {
                let name = words::required(input.$member.as_deref(), $at)?;
                self.detach::<$row>(asker, name, input.policy_arn.as_deref()).await?;
                Ok(iam::$detach_output {})
            }

            pub(super) async fn $list(&self, asker: &Asker, input: &iam::$list_input) -> Result<iam::$list_output, S3Error> {
                let name = words::required(input.$member.as_deref(), $at)?;
                let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
                let page = self.list_attached::<$row>(asker, name, input.path_prefix.as_deref(), &paging)?;
                Ok(iam::$list_output {
                    attached_policies: page.items,
                    is_truncated: Some(page.truncated),
                    marker: page.marker,
                })
            }
        })*
    };
}

attachments! {
    UserRow user_name "userName"
        attach_user_policy AttachUserPolicyInput AttachUserPolicyOutput,
        detach_user_policy DetachUserPolicyInput DetachUserPolicyOutput,
        list_attached_user_policies ListAttachedUserPoliciesInput ListAttachedUserPoliciesOutput;
    GroupRow group_name "groupName"
        attach_group_policy AttachGroupPolicyInput AttachGroupPolicyOutput,
        detach_group_policy DetachGroupPolicyInput DetachGroupPolicyOutput,
        list_attached_group_policies ListAttachedGroupPoliciesInput ListAttachedGroupPoliciesOutput;
    RoleRow role_name "roleName"
        attach_role_policy AttachRolePolicyInput AttachRolePolicyOutput,
        detach_role_policy DetachRolePolicyInput DetachRolePolicyOutput,
        list_attached_role_policies ListAttachedRolePoliciesInput ListAttachedRolePoliciesOutput;
}
