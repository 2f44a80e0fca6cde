//! Accounts as S3 shows them: a canonical id and a name. What is looked up once is remembered: neither ever changes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api::S3Error;
use api::s3::{Initiator, Owner};
use auth::{Bucket, Identity};
use catalog::table::{AccountRow, BucketRow, UploadRow, space};
use model::{AccountId, CanonicalId};

use crate::fault;
use crate::hall::Hall;

/// An account that others may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) canonical_id: CanonicalId,
    pub(crate) name: String,
}

#[derive(Default)]
pub(crate) struct People(RwLock<HashMap<AccountId, Arc<Person>>>);

/// More than this are forgotten, all at once.
const REMEMBERED_MAX: usize = 10_000;

impl Person {
    pub(crate) fn owner(&self) -> Owner {
        Owner { display_name: Some(self.name.clone()), id: Some(self.canonical_id.as_str().to_owned()) }
    }
}

impl Hall {
    /// An account that is gone, whose objects may still be in another's bucket, has no name and an id of zeros.
    pub(crate) fn person(&self, id: AccountId) -> Result<Arc<Person>, S3Error> {
        let known = &self.people().0;
        if let Some(person) = known.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(person));
        }
        let row = self.catalog().get(&space::account(id)).map_err(fault::catalog)?;
        let Some(row) = row else {
            return Ok(Arc::new(Person {
                canonical_id: CanonicalId::from_bytes([0; 32]),
                name: String::new(),
            }));
        };
        let row = AccountRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
        let person = Arc::new(Person { canonical_id: row.canonical_id, name: row.name });
        let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(id, Arc::clone(&person));
        Ok(person)
    }

    pub(crate) fn owner(&self, id: AccountId) -> Result<Owner, S3Error> {
        Ok(self.person(id)?.owner())
    }

    /// The account that a canonical id means.
    pub(crate) fn account_of(&self, id: &CanonicalId) -> Result<Option<AccountId>, S3Error> {
        let row = self.catalog().get(&space::canonical_id(id)).map_err(fault::catalog)?;
        Ok(row.and_then(|text| AccountId::parse(std::str::from_utf8(&text).ok()?)))
    }

    /// An upload's initiator as listings show it: an account, or the user or session that its ARN names.
    pub(crate) fn initiator_in(&self, bucket: &BucketRow, upload: &UploadRow) -> Result<Initiator, S3Error> {
        let named = upload.initiator.as_deref();
        let account = match named.map(CanonicalId::parse) {
            Some(Some(id)) => self.account_of(&id)?,
            Some(None) => None,
            None => Some(owner_in(bucket, upload.owner)),
        };
        Ok(match (account, named) {
            (Some(account), _) => {
                let Owner { display_name, id } = self.owner(account)?;
                Initiator { display_name, id }
            }
            (None, named) => {
                let name = named.and_then(|arn| arn.rsplit('/').next()).map(str::to_owned);
                Initiator { id: named.map(str::to_owned), display_name: name }
            }
        })
    }
}

/// Whose a version of a row's owner is now: where ownership is enforced, the bucket owner's.
pub(crate) fn owner_in(bucket: &BucketRow, owner: AccountId) -> AccountId {
    if bucket.access.is_enforced() { bucket.owner } else { owner }
}

/// Whose account writes. The anonymous own nothing: what they write is the bucket owner's.
pub(crate) fn writer(caller: Option<&Identity>, bucket: &Bucket) -> AccountId {
    caller.map_or(bucket.row.owner, |caller| caller.account)
}

/// What an upload's row says of who began it.
pub(crate) fn initiator_of(caller: &Identity) -> String {
    if caller.is_root() { caller.canonical_id.as_str().to_owned() } else { arn_of(caller) }
}

/// The caller as refusals call it: a session by its own name.
pub(crate) fn arn_of(caller: &Identity) -> String {
    match &caller.subject {
        policy::Caller::RoleSession(session) => session.session_arn.clone(),
        subject => subject.principal_arn().unwrap_or_else(|| model::arn::root(caller.account)),
    }
}
