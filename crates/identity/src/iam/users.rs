//! CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser.

use api::S3Error;
use api::iam::{
    CreateUserInput, CreateUserOutput, DeleteUserInput, DeleteUserOutput, GetUserInput, GetUserOutput,
    ListUsersInput, ListUsersOutput, UpdateUserInput, UpdateUserOutput, User,
};
use catalog::table::space::{self, Holder};
use catalog::table::{AccessKeyRow, AccountRow, DeviceRow, UserRow};
use catalog::{View as _, Write};
use model::arn;

use crate::asker::Asker;
use crate::draft::Draft;
use crate::fault::{self, Stop};
use crate::limits::{USER_NAME_CHARS_MAX, USERS_MAX};
use crate::page::Paging;
use crate::registry::Registry;
use crate::tags::{self, Case};
use crate::{ids, refuse, shown, words};

impl Registry {
    pub(super) async fn create_user(
        &self,
        asker: &Asker,
        input: &CreateUserInput,
    ) -> Result<CreateUserOutput, S3Error> {
        let name = words::name(input.user_name.as_deref(), "userName", USER_NAME_CHARS_MAX)?.to_owned();
        let path = words::path(input.path.as_deref(), "path")?;
        let tags = tags::read(&input.tags, Case::Insensitive)?;
        let (id, boundary) = (ids::draw(self.random(), ids::USER), input.permissions_boundary.clone());
        let account = asker.account;
        let row = self.change(account, move |draft| {
            if draft.find::<UserRow>(&name)?.is_some() {
                return Err(refuse::taken("User", &name).into());
            }
            if draft.counts.users >= USERS_MAX {
                return Err(refuse::quota("UsersPerAccount", USERS_MAX).into());
            }
            if let Some(arn) = &boundary {
                draft.attachable(arn)?;
                draft.mark(space::attachment(account, arn, Holder::BoundedUser, &name));
            }
            let row = UserRow {
                name: name.clone(),
                path: path.clone(),
                id: id.clone(),
                created: draft.now,
                tags: tags.clone(),
                boundary: boundary.clone(),
                groups: Vec::new(),
                attached: Vec::new(),
                inline: Vec::new(),
                access_keys: Vec::new(),
                devices: Vec::new(),
            };
            draft.put(&row);
            draft.counts.users += 1;
            Ok(row)
        });
        Ok(CreateUserOutput { user: Some(shown::user(account, &row.await?)) })
    }

    pub(super) async fn get_user(
        &self,
        asker: &Asker,
        input: &GetUserInput,
    ) -> Result<GetUserOutput, S3Error> {
        let account = asker.account;
        let rows = self.rows(account).map_err(fault::catalog)?;
        let user = match asker.subject(input.user_name.as_deref())? {
            Some(name) => shown::user(account, &rows.get::<UserRow>(&name)?),
            None => {
                let row = rows.view().get(&space::account(account)).map_err(fault::catalog)?;
                let row = row.ok_or_else(|| fault::failed("the caller's account is missing"))?;
                let row = AccountRow::decode(row).map_err(fault::failed)?;
                User {
                    user_id: Some(account.to_string()),
                    arn: Some(arn::root(account)),
                    create_date: Some(row.created),
                    ..User::default()
                }
            }
        };
        Ok(GetUserOutput { user: Some(user) })
    }

    pub(super) async fn list_users(
        &self,
        asker: &Asker,
        input: &ListUsersInput,
    ) -> Result<ListUsersOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let prefix = words::path_prefix(input.path_prefix.as_deref())?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let fits = |(_, row): &(String, UserRow)| row.path.starts_with(&prefix);
        let users = rows.walk(&paging.after).filter(|item| item.as_ref().map_or(true, fits));
        let page = paging.fill(users).map_err(fault::catalog)?;
        Ok(ListUsersOutput {
            users: page.items.iter().map(|row| shown::brief_user(asker.account, row)).collect(),
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn update_user(
        &self,
        asker: &Asker,
        input: &UpdateUserInput,
    ) -> Result<UpdateUserOutput, S3Error> {
        let name = words::required(input.user_name.as_deref(), "userName")?.to_owned();
        let path = input.new_path.as_deref().map(|path| words::path(Some(path), "newPath")).transpose()?;
        let new = input.new_user_name.as_deref();
        let new = new.map(|name| words::name(Some(name), "newUserName", USER_NAME_CHARS_MAX)).transpose()?;
        let new = new.map(str::to_owned);
        let changed = self.change(asker.account, move |draft| {
            let mut row = draft.get::<UserRow>(&name)?;
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
        Ok(UpdateUserOutput {})
    }

    pub(super) async fn delete_user(
        &self,
        asker: &Asker,
        input: &DeleteUserInput,
    ) -> Result<DeleteUserOutput, S3Error> {
        let name = words::required(input.user_name.as_deref(), "userName")?.to_owned();
        let account = asker.account;
        let removed = self.reduce(account, move |draft| {
            let row = draft.get::<UserRow>(&name)?;
            may_go(&row)?;
            if let Some(arn) = &row.boundary {
                draft.erase(space::attachment(account, arn, Holder::BoundedUser, &row.name));
            }
            draft.remove::<UserRow>(&row.name);
            draft.counts.users = draft.counts.users.saturating_sub(1);
            Ok(())
        });
        removed.await?;
        Ok(DeleteUserOutput {})
    }
}

/// Everything that the user has must be gone before.
fn may_go(row: &UserRow) -> Result<(), S3Error> {
    let reasons = [
        (!row.attached.is_empty(), "Cannot delete entity, must detach all policies first."),
        (!row.inline.is_empty(), "Cannot delete entity, must delete policies first."),
        (!row.access_keys.is_empty(), "Cannot delete entity, must delete access keys first."),
        (!row.groups.is_empty(), "Cannot delete entity, must remove users from group first."),
        (!row.devices.is_empty(), "Cannot delete entity, must delete MFA device first."),
    ];
    match reasons.iter().find(|(holds, _)| *holds) {
        Some((_, message)) => Err(refuse::in_use(message)),
        None => Ok(()),
    }
}

/// All rows that name the user move along.
fn rename(draft: &mut Draft<'_>, mut row: UserRow, new: &str) -> Result<(), Stop> {
    let account = draft.account;
    let old = std::mem::replace(&mut row.name, new.to_owned());
    if old.to_lowercase() != new.to_lowercase() {
        if draft.find::<UserRow>(new)?.is_some() {
            return Err(refuse::taken("User", new).into());
        }
        draft.remove::<UserRow>(&old);
        for group in &row.groups {
            draft.erase(space::member(account, group, &old));
            draft.mark(space::member(account, group, new));
        }
        for arn in &row.attached {
            draft.erase(space::attachment(account, arn, Holder::User, &old));
            draft.mark(space::attachment(account, arn, Holder::User, new));
        }
        if let Some(arn) = &row.boundary {
            draft.erase(space::attachment(account, arn, Holder::BoundedUser, &old));
            draft.mark(space::attachment(account, arn, Holder::BoundedUser, new));
        }
        for id in &row.access_keys {
            let key = draft.access_key(id)?;
            let key = AccessKeyRow { user: Some(new.to_lowercase()), ..key };
            draft.write(Write::put(space::access_key(id), key.encode()));
        }
        for name in &row.devices {
            let mut device = draft.get::<DeviceRow>(name)?;
            device.user = device.user.map(|(_, since)| (new.to_lowercase(), since));
            draft.put(&device);
        }
    }
    draft.put(&row);
    Ok(())
}
