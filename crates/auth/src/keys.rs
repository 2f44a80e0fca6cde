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
pub(crate) struct Keys(RwLock<Known>);

#[derive(Default)]
struct Known {
    /// By access key and scope.
    entries: HashMap<String, Entry>,
    /// By access key: it outlives the day and holds for all regions.
    vouched: HashMap<String, Vouched>,
}

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
        let name = [access_key, "/", scope].concat();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).entries.get(&name).cloned();
        if let Some(known) = known
            && known.origin.is(origin)
        {
            return Ok((known.key, known.identity, known.vouched));
        }
        let (key, identity) = derive()?;
        let identity = Arc::new(identity);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.entries.len() >= ENTRIES_MAX {
            *known = Known::default();
        }
        let vouched = known.vouched.entry(access_key.to_owned()).or_default().clone();
        let (kept, of_key) = (identity.clone(), vouched.clone());
        known.entries.insert(
            name,
            Entry { origin: origin.clone(), key: key.clone(), identity: kept, vouched: of_key },
        );
        Ok((key, identity, vouched))
    }

    /// What vouches for an access key, if it is known.
    pub(crate) fn vouched(&self, access_key: &str) -> Option<Vouched> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).vouched.get(access_key).cloned()
    }
}
