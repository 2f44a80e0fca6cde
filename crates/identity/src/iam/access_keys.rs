//! CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed.
//!
//! Of users, and, without a name, of the caller, be it the account's root. A secret leaves once, when it is made.

use api::S3Error;
use api::iam::{
    AccessKey, AccessKeyLastUsed, CreateAccessKeyInput, CreateAccessKeyOutput, DeleteAccessKeyInput,
    DeleteAccessKeyOutput, GetAccessKeyLastUsedInput, GetAccessKeyLastUsedOutput, ListAccessKeysInput,
    ListAccessKeysOutput, UpdateAccessKeyInput, UpdateAccessKeyOutput,
};
use catalog::table::{AccessKeyRow, AccountRow, UsedRow, UserRow, space};
use catalog::{Fault, View, Write};

use crate::asker::Asker;
use crate::draft::Draft;
use crate::fault::{self, Stop};
use crate::limits::ACCESS_KEYS_PER_USER_MAX;
use crate::page::Paging;
use crate::registry::Registry;
use crate::rows::Rows;
use crate::{ids, refuse, shown, words};

/// Who has access keys.
enum Owner {
    Root(Box<AccountRow>),
    User(Box<UserRow>),
}

impl Owner {
    fn keys(&mut self) -> &mut Vec<String> {
        match self {
            Self::Root(row) => &mut row.access_keys,
            Self::User(row) => &mut row.access_keys,
        }
    }

    fn user_name(&self) -> Option<&str> {
        match self {
            Self::Root(_) => None,
            Self::User(row) => Some(&row.name),
        }
    }
}

impl<V: View> Rows<V> {
    /// A key that a row names, so it is there.
    pub(crate) fn access_key(&self, id: &str) -> Result<AccessKeyRow, Fault> {
        let row = self.view().get(&space::access_key(id))?;
        let row = row.ok_or_else(|| Fault::corrupt("access keys", "a key that is listed is missing"))?;
        AccessKeyRow::decode(row).map_err(fault::row)
    }

    pub(crate) fn account_row(&self) -> Result<AccountRow, Fault> {
        let row = self.view().get(&space::account(self.account))?;
        let row = row.ok_or_else(|| Fault::corrupt("accounts", "the caller's account is missing"))?;
        AccountRow::decode(row).map_err(fault::row)
    }

    fn owner(&self, user: Option<&str>) -> Result<Owner, Stop> {
        match user {
            Some(name) => Ok(Owner::User(Box::new(self.get(name)?))),
            None => Ok(Owner::Root(Box::new(self.account_row()?))),
        }
    }
}

impl Draft<'_> {
    fn put_owner(&mut self, owner: &Owner) {
        match owner {
            Owner::Root(row) => self.write(Write::put(space::account(row.id), row.encode())),
            Owner::User(row) => self.put(&**row),
        }
    }
}

impl Registry {
    pub(super) async fn create_access_key(
        &self,
        asker: &Asker,
        input: &CreateAccessKeyInput,
    ) -> Result<CreateAccessKeyOutput, S3Error> {
        let (account, user) = (asker.account, asker.subject(input.user_name.as_deref())?);
        let (id, secret) = (ids::draw_access_key(self.random()), ids::draw_secret(self.random()));
        let kept = auth::seal_secret(self.sealer(), self.random(), &id, &secret).map_err(fault::failed)?;
        let key = id.clone();
        let made = self.change(account, move |draft| {
            let mut owner = draft.owner(user.as_deref())?;
            if owner.keys().len() >= ACCESS_KEYS_PER_USER_MAX {
                return Err(refuse::quota("AccessKeysPerUser", ACCESS_KEYS_PER_USER_MAX as u64).into());
            }
            owner.keys().push(key.clone());
            let row = AccessKeyRow {
                account,
                user: owner.user_name().map(str::to_lowercase),
                secret: kept.clone(),
                active: true,
                created: draft.now,
            };
            draft.put_owner(&owner);
            draft.write(Write::put(space::access_key(&key), row.encode()));
            Ok((owner.user_name().map(str::to_owned), draft.now))
        });
        let (user_name, created) = made.await?;
        let key = AccessKey {
            user_name,
            access_key_id: Some(id),
            status: Some(shown::status(true).to_owned()),
            secret_access_key: Some(secret.expose().to_owned()),
            create_date: Some(created),
        };
        Ok(CreateAccessKeyOutput { access_key: Some(key) })
    }

    pub(super) async fn list_access_keys(
        &self,
        asker: &Asker,
        input: &ListAccessKeysInput,
    ) -> Result<ListAccessKeysOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let mut owner = rows.owner(asker.subject(input.user_name.as_deref())?.as_deref())?;
        let mut keys = Vec::new();
        for id in std::mem::take(owner.keys()) {
            let row = rows.access_key(&id).map_err(fault::catalog)?;
            let shown = shown::access_key(owner.user_name(), &id, &row);
            keys.push((id, shown));
        }
        let page = paging.cut(keys).map_err(fault::catalog)?;
        Ok(ListAccessKeysOutput {
            access_key_metadata: page.items,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn update_access_key(
        &self,
        asker: &Asker,
        input: &UpdateAccessKeyInput,
    ) -> Result<UpdateAccessKeyOutput, S3Error> {
        let id = words::required(input.access_key_id.as_deref(), "accessKeyId")?.to_owned();
        let active = match words::required(input.status.as_deref(), "status")? {
            "Active" => true,
            "Inactive" => false,
            _ => return Err(refuse::constraint("status", "satisfy enum value set: [Active, Inactive]")),
        };
        let user = asker.subject(input.user_name.as_deref())?;
        let changed = self.change(asker.account, move |draft| {
            let mut owner = draft.owner(user.as_deref())?;
            if !owner.keys().contains(&id) {
                return Err(refuse::no_access_key(&id).into());
            }
            let row = AccessKeyRow { active, ..draft.access_key(&id)? };
            draft.write(Write::put(space::access_key(&id), row.encode()));
            Ok(())
        });
        changed.await?;
        Ok(UpdateAccessKeyOutput {})
    }

    pub(super) async fn delete_access_key(
        &self,
        asker: &Asker,
        input: &DeleteAccessKeyInput,
    ) -> Result<DeleteAccessKeyOutput, S3Error> {
        let id = words::required(input.access_key_id.as_deref(), "accessKeyId")?.to_owned();
        let user = asker.subject(input.user_name.as_deref())?;
        let removed = self.reduce(asker.account, move |draft| {
            let mut owner = draft.owner(user.as_deref())?;
            let keys = owner.keys();
            let at = keys.iter().position(|key| *key == id).ok_or_else(|| refuse::no_access_key(&id))?;
            keys.remove(at);
            draft.put_owner(&owner);
            draft.erase(space::access_key(&id));
            draft.erase(space::used(&id));
            Ok(())
        });
        removed.await?;
        Ok(DeleteAccessKeyOutput {})
    }

    /// A key of another account is as unknown as one that never was.
    pub(super) async fn get_access_key_last_used(
        &self,
        asker: &Asker,
        input: &GetAccessKeyLastUsedInput,
    ) -> Result<GetAccessKeyLastUsedOutput, S3Error> {
        let id = words::required(input.access_key_id.as_deref(), "accessKeyId")?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let row = rows.view().get(&space::access_key(id)).map_err(fault::catalog)?;
        let row = row.map(AccessKeyRow::decode).transpose().map_err(fault::failed)?;
        let row = row.filter(|row| row.account == asker.account).ok_or_else(|| {
            refuse::denied(format!(
                "not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {id}"
            ))
        })?;
        let user_name = match &row.user {
            Some(name) => Some(rows.get::<UserRow>(name)?.name),
            None => None,
        };
        let used = rows.used(id).map_err(fault::catalog)?;
        let known = |text: Option<&String>| Some(text.map_or("N/A", String::as_str).to_owned());
        let last = AccessKeyLastUsed {
            last_used_date: used.as_ref().map(|used| used.at),
            service_name: known(used.as_ref().map(|used| &used.service)),
            region: known(used.as_ref().map(|used| &used.region)),
        };
        Ok(GetAccessKeyLastUsedOutput { user_name, access_key_last_used: Some(last) })
    }
}

impl<V: View> Rows<V> {
    /// The last use of an access key or, by its unique id, of a role.
    pub(crate) fn used(&self, id: &str) -> Result<Option<UsedRow>, Fault> {
        self.view().get(&space::used(id))?.map(UsedRow::decode).transpose().map_err(fault::row)
    }
}
