//! Put…Policy, Get…Policy, Delete…Policy, List…Policies: inline policies of users, groups and roles.

use api::{S3Error, iam};

use crate::asker::Asker;
use crate::kinds::Principal;
use crate::limits::POLICY_NAME_CHARS_MAX;
use crate::page::{Page, Paging};
use crate::registry::Registry;
use crate::{documents, fault, refuse, words};
use catalog::table::{GroupRow, RoleRow, UserRow};

impl Registry {
    async fn put_inline<P: Principal>(
        &self,
        asker: &Asker,
        name: &str,
        policy_name: Option<&str>,
        document: Option<&str>,
    ) -> Result<(), S3Error> {
        let policy_name = words::name(policy_name, "policyName", POLICY_NAME_CHARS_MAX)?.to_owned();
        let (text, _) = documents::read(document, "policyDocument", P::INLINE)?;
        let (name, text) = (name.to_owned(), text.to_owned());
        let put = self.change(asker.account, move |draft| {
            let mut row = draft.get::<P>(&name)?;
            let inline = row.inline();
            inline.retain(|(other, _)| *other != policy_name);
            inline.push((policy_name.clone(), text.clone()));
            inline.sort();
            documents::check_sum(inline, P::INLINE, P::NOUN, &name)?;
            draft.put(&row);
            Ok(())
        });
        put.await
    }

    /// The principal's name as it was given, the policy's, and the document as it is shown.
    fn get_inline<P: Principal>(
        &self,
        asker: &Asker,
        name: &str,
        policy_name: Option<&str>,
    ) -> Result<(String, String, String), S3Error> {
        let policy_name = words::required(policy_name, "policyName")?;
        let mut row = self.rows(asker.account).map_err(fault::catalog)?.get::<P>(name)?;
        let found = row.inline().iter().find(|(other, _)| other == policy_name);
        let found = found.map(|(name, text)| (name.clone(), documents::shown(text)));
        let (policy, text) = found.ok_or_else(|| refuse::no_inline_policy(P::NOUN, policy_name))?;
        Ok((row.name().to_owned(), policy, text))
    }

    async fn delete_inline<P: Principal>(
        &self,
        asker: &Asker,
        name: &str,
        policy_name: Option<&str>,
    ) -> Result<(), S3Error> {
        let policy_name = words::required(policy_name, "policyName")?.to_owned();
        let name = name.to_owned();
        let removed = self.reduce(asker.account, move |draft| {
            let mut row = draft.get::<P>(&name)?;
            let inline = row.inline();
            let at = inline.iter().position(|(other, _)| *other == policy_name);
            inline.remove(at.ok_or_else(|| refuse::no_inline_policy(P::NOUN, &policy_name))?);
            draft.put(&row);
            Ok(())
        });
        removed.await
    }

    fn list_inline<P: Principal>(
        &self,
        asker: &Asker,
        name: &str,
        marker: Option<&str>,
        max_items: Option<i32>,
    ) -> Result<Page<String>, S3Error> {
        let paging = Paging::read(marker, max_items)?;
        let mut row = self.rows(asker.account).map_err(fault::catalog)?.get::<P>(name)?;
        let names = row.inline().iter().map(|(name, _)| (name.clone(), name.clone())).collect();
        paging.cut(names).map_err(fault::catalog)
    }
}

macro_rules! inline {
    ($($row:ident $member:ident $at:literal
        $put:ident $put_input:ident $put_output:ident, $get:ident $get_input:ident $get_output:ident,
        $delete:ident $delete_input:ident $delete_output:ident, $list:ident $list_input:ident $list_output:ident;)*) => {
        $(impl Registry {
            pub(super) async fn $put(&self, asker: &Asker, input: &iam::$put_input) -> Result<iam::$put_output, S3Error> {
                let name = words::required(input.$member.as_deref(), $at)?;
                let (policy, document) = (input.policy_name.as_deref(), input.policy_document.as_deref());
                self.put_inline::<$row>(asker, name, policy, document).await?;
                Ok(iam::$put_output {})
            }

            pub(super) async fn $get(&self, asker: &Asker, input: &iam::$get_input) -> Result<iam::$get_output, S3Error> {
                let name = words::required(input.$member.as_deref(), $at)?;
                let (name, policy, text) = self.get_inline::<$row>(asker, name, input.policy_name.as_deref())?;
                Ok(iam::$get_output { $member: Some(name), policy_name: Some(policy), policy_document: Some(text) })
            }

            pub(super) async fn $delete(&self, asker: &Asker, input: &iam::$delete_input) -> Result<iam::$delete_output, S3Error> {
                let name = words::required(input.$member.as_deref(), $at)?;
                self.delete_inline::<$row>(asker, name, input.policy_name.as_deref()).await?;
                Ok(iam::$delete_output {})
            }

            pub(super) async fn $list(&self, asker: &Asker, input: &iam::$list_input) -> Result<iam::$list_output, S3Error> {
                let name = words::required(input.$member.as_deref(), $at)?;
                let page = self.list_inline::<$row>(asker, name, input.marker.as_deref(), input.max_items)?;
                Ok(iam::$list_output { policy_names: page.items, is_truncated: Some(page.truncated), marker: page.marker })
            }
        })*
    };
}

inline! {
    UserRow user_name "userName"
        put_user_policy PutUserPolicyInput PutUserPolicyOutput,
        get_user_policy GetUserPolicyInput GetUserPolicyOutput,
        delete_user_policy DeleteUserPolicyInput DeleteUserPolicyOutput,
        list_user_policies ListUserPoliciesInput ListUserPoliciesOutput;
    GroupRow group_name "groupName"
        put_group_policy PutGroupPolicyInput PutGroupPolicyOutput,
        get_group_policy GetGroupPolicyInput GetGroupPolicyOutput,
        delete_group_policy DeleteGroupPolicyInput DeleteGroupPolicyOutput,
        list_group_policies ListGroupPoliciesInput ListGroupPoliciesOutput;
    RoleRow role_name "roleName"
        put_role_policy PutRolePolicyInput PutRolePolicyOutput,
        get_role_policy GetRolePolicyInput GetRolePolicyOutput,
        delete_role_policy DeleteRolePolicyInput DeleteRolePolicyOutput,
        list_role_policies ListRolePoliciesInput ListRolePoliciesOutput;
}
