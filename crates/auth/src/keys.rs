//! Derived signing keys of the day, each with whose it is: deriving one costs four HMACs and reading policies, using
//! it one.
//!
//! An entry holds while nothing that it came from changed: the secret (or the session's token), and the stamp of the
//! account's identity. Both are asked of the catalog for each request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api::S3Error;
use bytes::Bytes;
use sigv4::Key;
use subtle::ConstantTimeEq as _;

use crate::caller::Identity;
use crate::throttle::Vouched;

/// Beyond this the cache starts anew: a day has one entry for each access key, region and service in use.
const ENTRIES_MAX: usize = 4096;

#[derive(Default)]
pub(crate) struct Keys(RwLock<HashMap<String, Entry>>);

/// What a signing key and its identity were derived from.
#[derive(Clone)]
pub(crate) struct Origin {
    /// The secret as it is kept, or the session's token.
    pub secret: Bytes,
    /// The stamp of the account's identity; `None` for roots, who have no policies.
    pub stamp: Option<Bytes>,
}

#[derive(Clone)]
struct Entry {
    origin: Origin,
    key: Key,
    identity: Arc<Identity>,
    vouched: Vouched,
}

impl Origin {
    fn is(&self, other: &Self) -> bool {
        self.stamp == other.stamp && bool::from(self.secret.ct_eq(&other.secret))
    }
}

impl Keys {
    /// The key for an access key and scope. One of another origin is derived again.
    pub(crate) fn get(
        &self,
        access_key: &str,
        origin: &Origin,
        scope: &str,
        derive: impl FnOnce() -> Result<(Key, Identity), S3Error>,
    ) -> Result<(Key, Arc<Identity>, Vouched), S3Error> {
        let name = name(access_key, scope);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(known) = known
            && known.origin.is(origin)
        {
            return Ok((known.key, known.identity, known.vouched));
        }
        let (key, identity) = derive()?;
        let (identity, vouched) = (Arc::new(identity), Vouched::default());
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ENTRIES_MAX {
            map.clear();
        }
        let (kept, of_key) = (identity.clone(), vouched.clone());
        map.insert(name, Entry { origin: origin.clone(), key: key.clone(), identity: kept, vouched: of_key });
        Ok((key, identity, vouched))
    }

    /// What vouches for an access key and scope, if it is known.
    pub(crate) fn vouched(&self, access_key: &str, scope: &str) -> Option<Vouched> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.get(&name(access_key, scope)).map(|entry| entry.vouched.clone())
    }
}

fn name(access_key: &str, scope: &str) -> String {
    [access_key, "/", scope].concat()
}
