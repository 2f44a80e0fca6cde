//! Derived signing keys of the day: deriving one costs four HMACs, using it one.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use sigv4::{Key, Secret};
use subtle::ConstantTimeEq as _;

/// Beyond this the cache starts anew: a day has one entry for each access key, region and service in use.
const ENTRIES_MAX: usize = 4096;

#[derive(Default)]
pub(crate) struct Keys(RwLock<HashMap<String, (Secret, Key)>>);

impl Keys {
    /// The key for an access key and scope. One that was derived from another secret is derived again.
    pub(crate) fn get(
        &self,
        access_key: &str,
        secret: &Secret,
        scope: &str,
        derive: impl FnOnce() -> Key,
    ) -> Key {
        let name = format!("{access_key}/{scope}");
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some((of, key)) = known
            && bool::from(of.expose().as_bytes().ct_eq(secret.expose().as_bytes()))
        {
            return key;
        }
        let key = derive();
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ENTRIES_MAX {
            map.clear();
        }
        map.insert(name, (secret.clone(), key.clone()));
        key
    }
}
