//! The hall: what every operation works with.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{Catalog, Group};
use model::{BucketId, ObjectKey, Region};
use stripe::Store;
use world::{Clock, Random};

use crate::pins::Pins;

/// Settings that change what operations do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bodies up to this size ride in the catalog's row; docs/decisions says how it was measured.
    pub inline_bytes_max: usize,
    /// The regions that this site serves, its own first. Empty: any name is accepted.
    pub regions: Vec<Region>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { inline_bytes_max: 16 * 1024, regions: Vec::new() }
    }
}

/// The operations' home; cheap to clone.
#[derive(Clone)]
pub struct Hall(Arc<Inner>);

struct Inner {
    catalog: Catalog,
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    pins: Pins,
    settings: Settings,
}

impl Hall {
    pub fn new(
        catalog: Catalog,
        store: Store,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Inner { catalog, store, clock, random, pins: Pins::default(), settings }))
    }

    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Reads in progress, which the reclaimer must not overtake.
    pub fn pins(&self) -> &Pins {
        &self.0.pins
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

/// One bucket and object key change together.
pub(crate) fn object_group(bucket: BucketId, key: &ObjectKey) -> Group {
    let mut name = Vec::with_capacity(9 + key.as_str().len());
    name.push(b'o');
    name.extend_from_slice(&bucket.0.to_be_bytes());
    name.extend_from_slice(key.as_str().as_bytes());
    Group::new(Bytes::from(name))
}

/// One bucket's record changes alone.
pub(crate) fn bucket_group(name: &str) -> Group {
    Group::new(Bytes::from([b"b", name.as_bytes()].concat()))
}
