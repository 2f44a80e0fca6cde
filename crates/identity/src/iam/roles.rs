//! CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole.

use api::S3Error;
use api::iam::{
    CreateRoleInput, CreateRoleOutput, DeleteRoleInput, DeleteRoleOutput, GetRoleInput, GetRoleOutput,
    ListRolesInput, ListRolesOutput, Role, UpdateAssumeRolePolicyInput, UpdateAssumeRolePolicyOutput,
    UpdateRoleDescriptionInput, UpdateRoleDescriptionOutput, UpdateRoleInput, UpdateRoleOutput,
};
use catalog::table::RoleRow;
use catalog::table::space::{self, Holder};
use policy::Kind;

use super::trust;
use crate::asker::Asker;
use crate::fault;
use crate::limits::{ROLE_NAME_CHARS_MAX, ROLES_MAX, SESSION_S};
use crate::page::Paging;
use crate::registry::Registry;
use crate::tags::{self, Case};
use crate::{documents, ids, refuse, shown, words};

impl Registry {
    pub(super) async fn create_role(
        &self,
        asker: &Asker,
        input: &CreateRoleInput,
    ) -> Result<CreateRoleOutput, S3Error> {
        let name = words::name(input.role_name.as_deref(), "roleName", ROLE_NAME_CHARS_MAX)?;
        let document = input.assume_role_policy_document.as_deref();
        let (text, trusted) = documents::read(document, "assumeRolePolicyDocument", Kind::Trust)?;
        documents::check_trust(&trusted)?;
        let row = RoleRow {
            name: name.to_owned(),
            path: words::path(input.path.as_deref(), "path")?,
            id: ids::draw(self.random(), ids::ROLE),
            description: words::description(input.description.as_deref())?,
            created: self.clock().now(),
            tags: tags::read(&input.tags, Case::Insensitive)?,
            boundary: input.permissions_boundary.clone(),
            trust: text.to_owned(),
            session_max_s: session_max_s(input.max_session_duration)?.unwrap_or(3600),
            attached: Vec::new(),
            inline: Vec::new(),
        };
        let account = asker.account;
        let row = self.change(account, move |draft| {
            if draft.find::<RoleRow>(&row.name)?.is_some() {
                return Err(refuse::taken("Role", &row.name).into());
            }
            if draft.counts.roles >= ROLES_MAX {
                return Err(refuse::quota("RolesPerAccount", ROLES_MAX).into());
            }
            trust::check(draft, &trusted)?;
            if let Some(arn) = &row.boundary {
                draft.attachable(arn)?;
                draft.mark(space::attachment(account, arn, Holder::BoundedRole, &row.name));
            }
            let row = RoleRow { created: draft.now, ..row.clone() };
            draft.put(&row);
            draft.counts.roles += 1;
            Ok(row)
        });
        let row = row.await?;
        let role = Role {
            tags: tags::shown(&row.tags),
            permissions_boundary: shown::boundary(row.boundary.as_deref()),
            ..shown::brief_role(account, &row)
        };
        Ok(CreateRoleOutput { role: Some(role) })
    }

    pub(super) async fn get_role(
        &self,
        asker: &Asker,
        input: &GetRoleInput,
    ) -> Result<GetRoleOutput, S3Error> {
        let name = words::required(input.role_name.as_deref(), "roleName")?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let row = rows.get::<RoleRow>(name)?;
        let used = rows.used(&row.id).map_err(fault::catalog)?;
        Ok(GetRoleOutput { role: Some(shown::role(asker.account, &row, used.as_ref())) })
    }

    pub(super) async fn list_roles(
        &self,
        asker: &Asker,
        input: &ListRolesInput,
    ) -> Result<ListRolesOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let prefix = words::path_prefix(input.path_prefix.as_deref())?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let fits = |(_, row): &(String, RoleRow)| row.path.starts_with(&prefix);
        let roles = rows.walk(&paging.after).filter(|item| item.as_ref().map_or(true, fits));
        let page = paging.fill(roles).map_err(fault::catalog)?;
        Ok(ListRolesOutput {
            roles: page.items.iter().map(|row| shown::listed_role(asker.account, row)).collect(),
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    /// What is not given stays.
    pub(super) async fn update_role(
        &self,
        asker: &Asker,
        input: &UpdateRoleInput,
    ) -> Result<UpdateRoleOutput, S3Error> {
        let session = session_max_s(input.max_session_duration)?;
        self.describe(asker, input.role_name.as_deref(), input.description.as_deref(), session).await?;
        Ok(UpdateRoleOutput {})
    }

    pub(super) async fn update_role_description(
        &self,
        asker: &Asker,
        input: &UpdateRoleDescriptionInput,
    ) -> Result<UpdateRoleDescriptionOutput, S3Error> {
        let description = Some(input.description.as_deref().unwrap_or_default());
        let row = self.describe(asker, input.role_name.as_deref(), description, None).await?;
        let role = Role { description: row.description.clone(), ..shown::brief_role(asker.account, &row) };
        Ok(UpdateRoleDescriptionOutput { role: Some(role) })
    }

    pub(super) async fn update_assume_role_policy(
        &self,
        asker: &Asker,
        input: &UpdateAssumeRolePolicyInput,
    ) -> Result<UpdateAssumeRolePolicyOutput, S3Error> {
        let name = words::required(input.role_name.as_deref(), "roleName")?.to_owned();
        let (text, trusted) =
            documents::read(input.policy_document.as_deref(), "policyDocument", Kind::Trust)?;
        documents::check_trust(&trusted)?;
        let text = text.to_owned();
        let changed = self.change(asker.account, move |draft| {
            let row = draft.get::<RoleRow>(&name)?;
            trust::check(draft, &trusted)?;
            draft.put(&RoleRow { trust: text.clone(), ..row });
            Ok(())
        });
        changed.await?;
        Ok(UpdateAssumeRolePolicyOutput {})
    }

    pub(super) async fn delete_role(
        &self,
        asker: &Asker,
        input: &DeleteRoleInput,
    ) -> Result<DeleteRoleOutput, S3Error> {
        let name = words::required(input.role_name.as_deref(), "roleName")?.to_owned();
        let removed = self.reduce(asker.account, move |draft| {
            let row = draft.get::<RoleRow>(&name)?;
            if !row.attached.is_empty() {
                return Err(refuse::in_use("Cannot delete entity, must detach all policies first.").into());
            }
            if !row.inline.is_empty() {
                return Err(refuse::in_use("Cannot delete entity, must delete policies first.").into());
            }
            if let Some(arn) = &row.boundary {
                draft.erase(space::attachment(draft.account, arn, Holder::BoundedRole, &row.name));
            }
            draft.remove::<RoleRow>(&row.name);
            draft.erase(space::used(&row.id));
            draft.counts.roles = draft.counts.roles.saturating_sub(1);
            Ok(())
        });
        removed.await?;
        Ok(DeleteRoleOutput {})
    }

    async fn describe(
        &self,
        asker: &Asker,
        name: Option<&str>,
        description: Option<&str>,
        session_max_s: Option<u64>,
    ) -> Result<RoleRow, S3Error> {
        let name = words::required(name, "roleName")?.to_owned();
        let description = words::description(description)?;
        let changed = self.change(asker.account, move |draft| {
            let mut row = draft.get::<RoleRow>(&name)?;
            row.description = description.clone().or(row.description);
            row.session_max_s = session_max_s.unwrap_or(row.session_max_s);
            draft.put(&row);
            Ok(row)
        });
        changed.await
    }
}

fn session_max_s(value: Option<i32>) -> Result<Option<u64>, S3Error> {
    let Some(value) = value else { return Ok(None) };
    if value < *SESSION_S.start() {
        return Err(refuse::constraint("maxSessionDuration", "have value greater than or equal to 3600"));
    }
    if value > *SESSION_S.end() {
        return Err(refuse::constraint("maxSessionDuration", "have value less than or equal to 43200"));
    }
    Ok(u64::try_from(value).ok())
}
