//! The keys of providers, kept for a while and fetched anew when a token names one that is not there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::Timestamp;
use serde::Deserialize;

use crate::fault::Fault;
use crate::fetch::Fetch;
use crate::issuer::Issuer;
use crate::jwk::{self, Key};

/// How long keys are believed without asking again.
const FRESH_MS: i64 = 3600 * 1000;
/// A provider is not asked again sooner: tokens come from anybody, and each could name a key that is not there.
const PAUSE_MS: i64 = 10 * 1000;
/// Beyond this all are forgotten.
const ISSUERS_MAX: usize = 1024;

#[derive(Default)]
pub(crate) struct Keys(Mutex<HashMap<Issuer, Arc<tokio::sync::Mutex<Slot>>>>);

#[derive(Default)]
struct Slot {
    keys: Vec<Key>,
    fetched: Option<Timestamp>,
    /// When it was last tried, and why that failed, if it did.
    tried: Option<(Timestamp, Option<Fault>)>,
}

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Keys {
    /// Those of the issuer that a token with this key id may be signed by.
    pub async fn find(
        &self,
        fetch: &dyn Fetch,
        issuer: &Issuer,
        key_id: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Key>, Fault> {
        let slot = self.slot(issuer);
        // Whoever comes while another fetches waits for the same answer.
        let mut slot = slot.lock().await;
        if slot.is_fresh(now) {
            let found = slot.matching(key_id);
            if !found.is_empty() || slot.is_pausing(now) {
                return Ok(found);
            }
        } else if slot.is_pausing(now)
            && let Some((_, Some(fault))) = &slot.tried
        {
            return Err(fault.clone());
        }
        match fetched(fetch, issuer).await {
            Ok(keys) => *slot = Slot { keys, fetched: Some(now), tried: Some((now, None)) },
            Err(fault) => {
                slot.tried = Some((now, Some(fault.clone())));
                return Err(fault);
            }
        }
        Ok(slot.matching(key_id))
    }

    fn slot(&self, issuer: &Issuer) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ISSUERS_MAX && !map.contains_key(issuer) {
            map.clear();
        }
        map.entry(issuer.clone()).or_default().clone()
    }
}

impl Slot {
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.fetched.is_some_and(|at| (0..FRESH_MS).contains(&(now.millis() - at.millis())))
    }

    fn is_pausing(&self, now: Timestamp) -> bool {
        self.tried.as_ref().is_some_and(|(at, _)| (0..PAUSE_MS).contains(&(now.millis() - at.millis())))
    }

    fn matching(&self, key_id: Option<&str>) -> Vec<Key> {
        let fits = |key: &&Key| key_id.is_none_or(|id| key.id.as_deref() == Some(id));
        self.keys.iter().filter(fits).cloned().collect()
    }
}

async fn fetched(fetch: &dyn Fetch, issuer: &Issuer) -> Result<Vec<Key>, Fault> {
    let configuration = fetch.get(&issuer.configuration()).await?;
    let configuration: Configuration = serde_json::from_slice(&configuration)
        .map_err(|_| Fault::Provider("the provider's configuration is not what it should be".to_owned()))?;
    if configuration.issuer != issuer.as_str() {
        return Err(Fault::Provider("the provider's configuration is another issuer's".to_owned()));
    }
    if !issuer.may_keep_keys_at(&configuration.jwks_uri) {
        return Err(Fault::Provider("the provider's keys are not to be had by https".to_owned()));
    }
    jwk::read_set(&fetch.get(&configuration.jwks_uri).await?)
}
