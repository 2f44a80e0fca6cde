//! AddUserToGroup, RemoveUserFromGroup, ListGroupsForUser.

use api::S3Error;
use api::iam::{
    AddUserToGroupInput, AddUserToGroupOutput, ListGroupsForUserInput, ListGroupsForUserOutput,
    RemoveUserFromGroupInput, RemoveUserFromGroupOutput,
};
use catalog::table::{GroupRow, UserRow, space};

use crate::asker::Asker;
use crate::fault;
use crate::limits::GROUPS_PER_USER_MAX;
use crate::page::Paging;
use crate::registry::Registry;
use crate::{refuse, shown, words};

impl Registry {
    /// Adding a member again changes nothing and is no error.
    pub(super) async fn add_user_to_group(
        &self,
        asker: &Asker,
        input: &AddUserToGroupInput,
    ) -> Result<AddUserToGroupOutput, S3Error> {
        let group = words::required(input.group_name.as_deref(), "groupName")?.to_owned();
        let user = words::required(input.user_name.as_deref(), "userName")?.to_owned();
        let added = self.change(asker.account, move |draft| {
            let group = draft.get::<GroupRow>(&group)?.name.to_lowercase();
            let mut user = draft.get::<UserRow>(&user)?;
            if user.groups.contains(&group) {
                return Ok(());
            }
            if user.groups.len() >= GROUPS_PER_USER_MAX {
                return Err(refuse::quota("GroupsPerUser", GROUPS_PER_USER_MAX as u64).into());
            }
            draft.mark(space::member(draft.account, &group, &user.name));
            user.groups.push(group);
            draft.put(&user);
            Ok(())
        });
        added.await?;
        Ok(AddUserToGroupOutput {})
    }

    /// Removing who is no member changes nothing and is no error.
    pub(super) async fn remove_user_from_group(
        &self,
        asker: &Asker,
        input: &RemoveUserFromGroupInput,
    ) -> Result<RemoveUserFromGroupOutput, S3Error> {
        let group = words::required(input.group_name.as_deref(), "groupName")?.to_owned();
        let user = words::required(input.user_name.as_deref(), "userName")?.to_owned();
        let removed = self.reduce(asker.account, move |draft| {
            let mut user = draft.get::<UserRow>(&user)?;
            let group = draft.get::<GroupRow>(&group)?.name.to_lowercase();
            if user.groups.contains(&group) {
                user.groups.retain(|other| *other != group);
                draft.put(&user);
                draft.erase(space::member(draft.account, &group, &user.name));
            }
            Ok(())
        });
        removed.await?;
        Ok(RemoveUserFromGroupOutput {})
    }

    pub(super) async fn list_groups_for_user(
        &self,
        asker: &Asker,
        input: &ListGroupsForUserInput,
    ) -> Result<ListGroupsForUserOutput, S3Error> {
        let name = words::required(input.user_name.as_deref(), "userName")?;
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let mut groups = Vec::new();
        for name in rows.get::<UserRow>(name)?.groups {
            let row = rows.get::<GroupRow>(&name)?;
            groups.push((name, shown::group(asker.account, &row)));
        }
        let page = paging.cut(groups).map_err(fault::catalog)?;
        Ok(ListGroupsForUserOutput {
            groups: page.items,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }
}
