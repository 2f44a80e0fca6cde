//! CreateGroup, GetGroup, ListGroups, UpdateGroup, DeleteGroup.

use api::S3Error;
use api::iam::{
    CreateGroupInput, CreateGroupOutput, DeleteGroupInput, DeleteGroupOutput, GetGroupInput, GetGroupOutput,
    ListGroupsInput, ListGroupsOutput, UpdateGroupInput, UpdateGroupOutput,
};
use catalog::table::space::{self, Holder};
use catalog::table::{GroupRow, UserRow};

use crate::asker::Asker;
use crate::draft::Draft;
use crate::fault::{self, Stop};
use crate::limits::{GROUP_NAME_CHARS_MAX, GROUPS_MAX};
use crate::page::Paging;
use crate::registry::Registry;
use crate::{ids, refuse, shown, words};

impl Registry {
    pub(super) async fn create_group(
        &self,
        asker: &Asker,
        input: &CreateGroupInput,
    ) -> Result<CreateGroupOutput, S3Error> {
        let name = words::name(input.group_name.as_deref(), "groupName", GROUP_NAME_CHARS_MAX)?.to_owned();
        let path = words::path(input.path.as_deref(), "path")?;
        let id = ids::draw(self.random(), ids::GROUP);
        let row = self.change(asker.account, move |draft| {
            if draft.find::<GroupRow>(&name)?.is_some() {
                return Err(refuse::taken("Group", &name).into());
            }
            if draft.counts.groups >= GROUPS_MAX {
                return Err(refuse::quota("GroupsPerAccount", GROUPS_MAX).into());
            }
            let row = GroupRow {
                name: name.clone(),
                path: path.clone(),
                id: id.clone(),
                created: draft.now,
                attached: Vec::new(),
                inline: Vec::new(),
            };
            draft.put(&row);
            draft.counts.groups += 1;
            Ok(row)
        });
        Ok(CreateGroupOutput { group: Some(shown::group(asker.account, &row.await?)) })
    }

    pub(super) async fn get_group(
        &self,
        asker: &Asker,
        input: &GetGroupInput,
    ) -> Result<GetGroupOutput, S3Error> {
        let name = words::required(input.group_name.as_deref(), "groupName")?;
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let group = rows.get::<GroupRow>(name)?;
        let names = rows.names(space::members(asker.account, &group.name), &paging.after);
        let page = paging.fill(names.map(|name| name.map(|name| (name.clone(), name))));
        let page = page.map_err(fault::catalog)?;
        let mut users = Vec::new();
        for name in &page.items {
            users.push(shown::brief_user(asker.account, &rows.get::<UserRow>(name)?));
        }
        Ok(GetGroupOutput {
            group: Some(shown::group(asker.account, &group)),
            users,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn list_groups(
        &self,
        asker: &Asker,
        input: &ListGroupsInput,
    ) -> Result<ListGroupsOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let prefix = words::path_prefix(input.path_prefix.as_deref())?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let fits = |(_, row): &(String, GroupRow)| row.path.starts_with(&prefix);
        let groups = rows.walk(&paging.after).filter(|item| item.as_ref().map_or(true, fits));
        let page = paging.fill(groups).map_err(fault::catalog)?;
        Ok(ListGroupsOutput {
            groups: page.items.iter().map(|row| shown::group(asker.account, row)).collect(),
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn update_group(
        &self,
        asker: &Asker,
        input: &UpdateGroupInput,
    ) -> Result<UpdateGroupOutput, S3Error> {
        let name = words::required(input.group_name.as_deref(), "groupName")?.to_owned();
        let path = input.new_path.as_deref().map(|path| words::path(Some(path), "newPath")).transpose()?;
        let new = input.new_group_name.as_deref();
        let new =
            new.map(|name| words::name(Some(name), "newGroupName", GROUP_NAME_CHARS_MAX)).transpose()?;
        let new = new.map(str::to_owned);
        let changed = self.change(asker.account, move |draft| {
            let mut row = draft.get::<GroupRow>(&name)?;
            if let Some(path) = &path {
                row.path.clone_from(path);
            }
            match &new {
                Some(new) => rename(draft, row, new),
                None => {
                    draft.put(&row);
                    Ok(())
                }
            }
        });
        changed.await?;
        Ok(UpdateGroupOutput {})
    }

    pub(super) async fn delete_group(
        &self,
        asker: &Asker,
        input: &DeleteGroupInput,
    ) -> Result<DeleteGroupOutput, S3Error> {
        let name = words::required(input.group_name.as_deref(), "groupName")?.to_owned();
        let removed = self.reduce(asker.account, move |draft| {
            let row = draft.get::<GroupRow>(&name)?;
            if !row.attached.is_empty() {
                return Err(refuse::in_use("Cannot delete entity, must detach all policies first.").into());
            }
            if !row.inline.is_empty() {
                return Err(refuse::in_use("Cannot delete entity, must delete policies first.").into());
            }
            if draft.names(space::members(draft.account, &row.name), "").next().transpose()?.is_some() {
                return Err(
                    refuse::in_use("Cannot delete entity, must remove users from group first.").into()
                );
            }
            draft.remove::<GroupRow>(&row.name);
            draft.counts.groups = draft.counts.groups.saturating_sub(1);
            Ok(())
        });
        removed.await?;
        Ok(DeleteGroupOutput {})
    }
}

/// All rows that name the group move along; its members are as many as the account has users at most.
fn rename(draft: &mut Draft<'_>, mut row: GroupRow, new: &str) -> Result<(), Stop> {
    let account = draft.account;
    let old = std::mem::replace(&mut row.name, new.to_owned());
    if old.to_lowercase() != new.to_lowercase() {
        if draft.find::<GroupRow>(new)?.is_some() {
            return Err(refuse::taken("Group", new).into());
        }
        draft.remove::<GroupRow>(&old);
        let members: Result<Vec<String>, _> = draft.names(space::members(account, &old), "").collect();
        for member in members? {
            let mut user = draft.get::<UserRow>(&member)?;
            for group in user.groups.iter_mut().filter(|group| **group == old.to_lowercase()) {
                *group = new.to_lowercase();
            }
            draft.put(&user);
            draft.erase(space::member(account, &old, &member));
            draft.mark(space::member(account, new, &member));
        }
        for arn in &row.attached {
            draft.erase(space::attachment(account, arn, Holder::Group, &old));
            draft.mark(space::attachment(account, arn, Holder::Group, new));
        }
    }
    draft.put(&row);
    Ok(())
}
