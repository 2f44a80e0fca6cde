//! Put…PermissionsBoundary and Delete…PermissionsBoundary, of users and roles.

use api::{S3Error, iam};
use catalog::table::{RoleRow, UserRow, space};

use crate::asker::Asker;
use crate::kinds::Bounded;
use crate::registry::Registry;
use crate::{refuse, words};

impl Registry {
    async fn put_boundary<B: Bounded>(
        &self,
        asker: &Asker,
        name: &str,
        arn: Option<&str>,
    ) -> Result<(), S3Error> {
        let arn = words::required(arn, "permissionsBoundary")?.to_owned();
        let name = name.to_owned();
        let put = self.change(asker.account, move |draft| {
            let mut row = draft.get::<B>(&name)?;
            draft.attachable(&arn)?;
            if let Some(old) = row.boundary().replace(arn.clone()) {
                draft.erase(space::attachment(draft.account, &old, B::BOUNDED, &name));
            }
            draft.put(&row);
            draft.mark(space::attachment(draft.account, &arn, B::BOUNDED, &name));
            Ok(())
        });
        put.await
    }

    async fn delete_boundary<B: Bounded>(&self, asker: &Asker, name: &str) -> Result<(), S3Error> {
        let name = name.to_owned();
        let removed = self.reduce(asker.account, move |draft| {
            let mut row = draft.get::<B>(&name)?;
            let old = row.boundary().take().ok_or_else(|| refuse::no_boundary(B::NOUN, &name))?;
            draft.put(&row);
            draft.erase(space::attachment(draft.account, &old, B::BOUNDED, &name));
            Ok(())
        });
        removed.await
    }

    pub(super) async fn put_user_permissions_boundary(
        &self,
        asker: &Asker,
        input: &iam::PutUserPermissionsBoundaryInput,
    ) -> Result<iam::PutUserPermissionsBoundaryOutput, S3Error> {
        let name = words::required(input.user_name.as_deref(), "userName")?;
        self.put_boundary::<UserRow>(asker, name, input.permissions_boundary.as_deref()).await?;
        Ok(iam::PutUserPermissionsBoundaryOutput {})
    }

    pub(super) async fn delete_user_permissions_boundary(
        &self,
        asker: &Asker,
        input: &iam::DeleteUserPermissionsBoundaryInput,
    ) -> Result<iam::DeleteUserPermissionsBoundaryOutput, S3Error> {
        let name = words::required(input.user_name.as_deref(), "userName")?;
        self.delete_boundary::<UserRow>(asker, name).await?;
        Ok(iam::DeleteUserPermissionsBoundaryOutput {})
    }

    pub(super) async fn put_role_permissions_boundary(
        &self,
        asker: &Asker,
        input: &iam::PutRolePermissionsBoundaryInput,
    ) -> Result<iam::PutRolePermissionsBoundaryOutput, S3Error> {
        let name = words::required(input.role_name.as_deref(), "roleName")?;
        self.put_boundary::<RoleRow>(asker, name, input.permissions_boundary.as_deref()).await?;
        Ok(iam::PutRolePermissionsBoundaryOutput {})
    }

    pub(super) async fn delete_role_permissions_boundary(
        &self,
        asker: &Asker,
        input: &iam::DeleteRolePermissionsBoundaryInput,
    ) -> Result<iam::DeleteRolePermissionsBoundaryOutput, S3Error> {
        let name = words::required(input.role_name.as_deref(), "roleName")?;
        self.delete_boundary::<RoleRow>(asker, name).await?;
        Ok(iam::DeleteRolePermissionsBoundaryOutput {})
    }
}
