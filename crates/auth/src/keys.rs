//! Derived signing keys of the day, each with whose it is: deriving one costs four HMACs, using it one.
//!
//! An account's row never changes and an access key never moves to another account, so an identity holds as long as
//! its access key exists; that is asked of the catalog for each request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api::S3Error;
use sigv4::{Key, Secret};
use subtle::ConstantTimeEq as _;

use crate::caller::Identity;

/// Beyond this the cache starts anew: a day has one entry for each access key, region and service in use.
const ENTRIES_MAX: usize = 4096;

#[derive(Default)]
pub(crate) struct Keys(RwLock<HashMap<String, Entry>>);

#[derive(Clone)]
struct Entry {
    secret: Secret,
    key: Key,
    identity: Arc<Identity>,
}

impl Keys {
    /// The key for an access key and scope. One that was derived from another secret is derived again.
    pub(crate) fn get(
        &self,
        access_key: &str,
        secret: &Secret,
        scope: &str,
        derive: impl FnOnce() -> Result<(Key, Identity), S3Error>,
    ) -> Result<(Key, Arc<Identity>), S3Error> {
        let name = [access_key, "/", scope].concat();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(known) = known
            && bool::from(known.secret.expose().as_bytes().ct_eq(secret.expose().as_bytes()))
        {
            return Ok((known.key, known.identity));
        }
        let (key, identity) = derive()?;
        let identity = Arc::new(identity);
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ENTRIES_MAX {
            map.clear();
        }
        let entry = Entry { secret: secret.clone(), key: key.clone(), identity: identity.clone() };
        map.insert(name, entry);
        Ok((key, identity))
    }
}
