//! Reading the rows of one account, be it for an answer or inside a commit.

use std::marker::PhantomData;

use api::S3Error;
use bytes::Bytes;
use catalog::table::{
    DeviceRow, GroupRow, PolicyRow, ProviderRow, RoleRow, RowError, StampRow, UserRow, space,
};
use catalog::{Fault, View};
use model::AccountId;

use crate::fault::{self, Stop};
use crate::refuse;

/// What has a name in an account.
pub(crate) trait Entity: Sized {
    const SPACE: u8;
    fn key(account: AccountId, name: &str) -> Vec<u8>;
    fn name(&self) -> &str;
    fn encode(&self) -> Bytes;
    fn decode(bytes: Bytes) -> Result<Self, RowError>;
    /// The refusal when it is not there.
    fn absent(account: AccountId, name: &str) -> S3Error;
}

macro_rules! entities {
    ($($row:ident at $space:ident by $key:ident, $name:ident, absent $absent:expr;)*) => {
        $(impl Entity for $row {
            const SPACE: u8 = space::$space;

            fn key(account: AccountId, name: &str) -> Vec<u8> {
                space::$key(account, name)
            }

            fn name(&self) -> &str {
                &self.$name
            }

            fn encode(&self) -> Bytes {
                $row::encode(self)
            }

            fn decode(bytes: Bytes) -> Result<Self, RowError> {
                $row::decode(bytes)
            }

            fn absent(account: AccountId, name: &str) -> S3Error {
                $absent(account, name)
            }
        })*
    };
}

entities! {
    UserRow at USERS by user, name, absent |_, name| refuse::no_user(name);
    GroupRow at GROUPS by group, name, absent |_, name| refuse::no_group(name);
    RoleRow at ROLES by role, name, absent |_, name| refuse::no_role(name);
    PolicyRow at POLICIES by policy, name, absent |account, name| refuse::no_policy(&model::arn::policy(account, "/", name));
    ProviderRow at PROVIDERS by provider, url, absent |account, url| refuse::no_provider(&model::arn::provider(account, url));
    DeviceRow at DEVICES by device, name, absent |account, name| refuse::no_device(&model::arn::device(account, "/", name));
}

/// The rows of one account over some view of the catalog.
pub(crate) struct Rows<V> {
    view: V,
    pub(crate) account: AccountId,
}

impl<V: View> Rows<V> {
    pub(crate) fn new(view: V, account: AccountId) -> Self {
        Self { view, account }
    }

    pub(crate) fn view(&self) -> &V {
        &self.view
    }

    pub(crate) fn find<E: Entity>(&self, name: &str) -> Result<Option<E>, Fault> {
        self.view.get(&E::key(self.account, name))?.map(E::decode).transpose().map_err(fault::row)
    }

    /// Refuses when it is not there.
    pub(crate) fn get<E: Entity>(&self, name: &str) -> Result<E, Stop> {
        self.find(name)?.ok_or_else(|| E::absent(self.account, name).into())
    }

    /// All of a kind in the order of their names, from the one after `after`, a name in lower case.
    pub(crate) fn walk<E: Entity>(&self, after: &str) -> Walk<'_, V, E> {
        let keys = self.keys(space::in_account(E::SPACE, self.account), after);
        Walk { keys, kind: PhantomData }
    }

    /// Names that follow a prefix, which are all that such rows say.
    pub(crate) fn names(&self, prefix: Vec<u8>, after: &str) -> Names<'_, V> {
        Names(self.keys(prefix, after))
    }

    pub(crate) fn stamp(&self) -> Result<StampRow, Fault> {
        match self.view.get(&space::identity_stamp(self.account))? {
            None => Ok(StampRow::default()),
            Some(row) => StampRow::decode(row).map_err(fault::row),
        }
    }

    fn keys(&self, prefix: Vec<u8>, after: &str) -> Keys<'_, V> {
        let mut next = prefix.clone();
        if !after.is_empty() {
            next.extend_from_slice(after.as_bytes());
            next.push(0);
        }
        Keys { view: &self.view, end: space::end_of(&prefix), next, prefix_len: prefix.len() }
    }
}

struct Keys<'a, V> {
    view: &'a V,
    next: Vec<u8>,
    end: Vec<u8>,
    prefix_len: usize,
}

impl<V: View> Keys<'_, V> {
    /// The name after the prefix, and the row.
    fn step(&mut self) -> Result<Option<(String, Bytes)>, Fault> {
        let Some((key, row)) = self.view.first_at_or_after(&self.next, &self.end)? else { return Ok(None) };
        let name = key.get(self.prefix_len..).and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or_else(|| Fault::corrupt("key", "a name is not UTF-8"))?.to_owned();
        self.next = key;
        self.next.push(0);
        Ok(Some((name, row)))
    }
}

pub(crate) struct Walk<'a, V, E> {
    keys: Keys<'a, V>,
    kind: PhantomData<E>,
}

impl<V: View, E: Entity> Iterator for Walk<'_, V, E> {
    /// The name in lower case, and the row.
    type Item = Result<(String, E), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.keys.step().transpose()?;
        Some(step.and_then(|(name, row)| Ok((name, E::decode(row).map_err(fault::row)?))))
    }
}

pub(crate) struct Names<'a, V>(Keys<'a, V>);

impl<V: View> Iterator for Names<'_, V> {
    type Item = Result<String, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.step().transpose()?.map(|(name, _)| name))
    }
}
