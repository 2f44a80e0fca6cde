//! When access keys and roles were last used: noted in passing, written by a keeper, every few minutes at most.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};

use catalog::table::{AccessKeyRow, RoleRow, UsedRow, space};
use catalog::{Decision, Fault, Group, View, Write};
use model::{AccountId, Timestamp};

use crate::authn::Auth;
use crate::caller::Identity;

/// A later use within this time is not told apart.
const APART_MS: i64 = 5 * 60 * 1000;
/// Beyond this what was noted is forgotten, and written once more.
const NOTED_MAX: usize = 10_000;

#[derive(Default)]
pub(crate) struct Uses {
    /// By access key, or by a role's unique id.
    noted: RwLock<HashMap<String, Timestamp>>,
    due: Mutex<Vec<Use>>,
}

#[derive(Clone)]
struct Use {
    account: AccountId,
    of: Used,
    row: UsedRow,
}

#[derive(Clone)]
enum Used {
    AccessKey(String),
    Role { name: String, id: String },
}

impl Used {
    fn id(&self) -> &str {
        match self {
            Self::AccessKey(id) | Self::Role { id, .. } => id,
        }
    }

    /// What is deleted in the meantime leaves no row behind.
    fn exists(&self, view: &dyn View, account: AccountId) -> Result<bool, Fault> {
        match self {
            Self::AccessKey(id) => {
                let row = view.get(&space::access_key(id))?;
                Ok(row.is_some_and(|row| AccessKeyRow::decode(row).is_ok_and(|row| row.account == account)))
            }
            Self::Role { name, id } => {
                let row = view.get(&space::role(account, name))?;
                Ok(row.is_some_and(|row| RoleRow::decode(row).is_ok_and(|row| row.id == *id)))
            }
        }
    }
}

impl Uses {
    /// On the way of each request: a look into a map, most often.
    pub(crate) fn note(&self, identity: &Identity, service: &str, now: Timestamp) {
        let id = match &identity.subject {
            policy::Caller::RoleSession(session) => &session.role_id,
            _ => &identity.access_key,
        };
        let is_new = |at: Option<&Timestamp>| at.is_none_or(|at| now.millis() - at.millis() >= APART_MS);
        if !is_new(self.noted.read().unwrap_or_else(PoisonError::into_inner).get(id)) {
            return;
        }
        let mut noted = self.noted.write().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= NOTED_MAX {
            noted.clear();
        }
        noted.insert(id.clone(), now);
        drop(noted);
        let of = match &identity.subject {
            policy::Caller::RoleSession(session) => {
                let name = session.role_arn.rsplit('/').next().unwrap_or_default().to_owned();
                Used::Role { name, id: session.role_id.clone() }
            }
            _ => Used::AccessKey(id.clone()),
        };
        let region = identity.signed_region.as_ref().map_or("N/A", |region| region.as_str()).to_owned();
        let row = UsedRow { at: now.truncated_to_seconds(), service: service.to_owned(), region };
        self.due.lock().unwrap_or_else(PoisonError::into_inner).push(Use {
            account: identity.account,
            of,
            row,
        });
    }

    fn take(&self) -> Vec<Use> {
        std::mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Auth {
    /// Writes what was noted since the last time. A fault loses some, which is no harm.
    pub async fn write_uses(&self) -> Result<(), Fault> {
        for used in self.uses().take() {
            // It is of the account's identity, but changes no policy: no stamp goes with it.
            let group = Group::new(space::identity_group(used.account));
            let written = self.catalog().commit(group, move |view, _| {
                let mut writes = Vec::new();
                if used.of.exists(view, used.account)? {
                    writes.push(Write::put(space::used(used.of.id()), used.row.encode()));
                }
                Ok(Decision::<(), std::convert::Infallible>::Write(writes, ()))
            });
            match written.await? {
                Ok(()) => {}
                Err(never) => match never {},
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::CanonicalId;

    use super::*;

    #[test]
    fn a_use_is_due_once_in_a_while() {
        let account = AccountId::new(111_122_223_333).unwrap();
        let root = Identity::root(account, CanonicalId::from_bytes([1; 32]), "a", "AKIA", None);
        let uses = Uses::default();
        for seconds in [0, 1, 299, 300, 301, 600] {
            uses.note(&root, "s3", Timestamp::from_seconds(1_000_000 + seconds));
        }
        let due: Vec<i64> = uses.take().iter().map(|used| used.row.at.seconds() - 1_000_000).collect();
        assert_eq!(due, [0, 300, 600]);
        assert!(uses.take().is_empty());
    }
}
