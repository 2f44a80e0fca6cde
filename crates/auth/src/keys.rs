//! Derived signing keys of the day, each with whose it is: deriving one costs four HMACs and reading policies, using
//! it one.
//!
//! An entry holds while nothing that it came from changed: the secret (or the session's token), and the stamp of the
//! account's identity. Both are asked of the catalog for each request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

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
    /// The key for an access key and scope; none that has another origin.
    pub(crate) fn find(
        &self,
        access_key: &str,
        origin: &Origin,
        scope: &str,
    ) -> Option<(Key, Arc<Identity>, Vouched)> {
        let name = [access_key, "/", scope].concat();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).entries.get(&name).cloned();
        let known = known.filter(|known| known.origin.is(origin))?;
        Some((known.key, known.identity, known.vouched))
    }

    /// Keeps a key that proved a signature. Others are not worth a place: whoever knows an access key's id could push
    /// out all that are.
    pub(crate) fn keep(
        &self,
        access_key: &str,
        origin: &Origin,
        scope: &str,
        key: Key,
        identity: Arc<Identity>,
    ) -> Vouched {
        let name = [access_key, "/", scope].concat();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.entries.len() >= ENTRIES_MAX {
            *known = Known::default();
        }
        let vouched = known.vouched.entry(access_key.to_owned()).or_default().clone();
        let entry = Entry { origin: origin.clone(), key, identity, vouched: vouched.clone() };
        known.entries.insert(name, entry);
        vouched
    }

    /// What vouches for an access key, if it is known.
    pub(crate) fn vouched(&self, access_key: &str) -> Option<Vouched> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).vouched.get(access_key).cloned()
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, CanonicalId};
    use sigv4::Secret;

    use super::*;

    #[test]
    fn a_key_is_found_as_long_as_what_it_came_from_stands() {
        let keys = Keys::default();
        let origin = |text: &'static str| Origin { secret: Bytes::from(text), stamp: None };
        let (account, id) = (AccountId::new(111_111_111_111).unwrap(), CanonicalId::from_bytes([1; 32]));
        let identity = Arc::new(Identity::root(account, id, "a", "KEY", None));
        assert!(keys.find("KEY", &origin("secret"), "scope").is_none() && keys.vouched("KEY").is_none());
        keys.keep("KEY", &origin("secret"), "scope", Key::V2(Secret::new("secret")), identity);
        assert!(keys.find("KEY", &origin("secret"), "scope").is_some() && keys.vouched("KEY").is_some());
        assert!(keys.find("KEY", &origin("another"), "scope").is_none());
        assert!(keys.find("KEY", &origin("secret"), "another").is_none());
    }
}
