//! The hall: what every operation works with.

use std::sync::Arc;

use api::S3Error;
use bytes::Bytes;
use catalog::table::space;
use catalog::{Catalog, Group};
use model::{BucketId, ObjectKey, Region};
use stripe::Store;
use world::{Clock, Random};

use crate::bucket::Shared;
use crate::fault;
use crate::people::People;
use crate::pins::Pins;

/// How buckets begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewBuckets {
    /// As S3's: everything is the owner's, ACLs are off, nothing public can be said.
    #[default]
    Closed,
    /// As S3's before April 2023: uploads are their writers', ACLs count, nothing is blocked.
    Open,
}

/// Settings that change what operations do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bodies up to this size ride in the catalog's row; docs/decisions says how it was measured.
    pub inline_bytes_max: usize,
    /// The regions that this site serves, its own first. Empty: any name is accepted.
    pub regions: Vec<Region>,
    pub new_buckets: NewBuckets,
}

impl Default for Settings {
    fn default() -> Self {
        Self { inline_bytes_max: 16 * 1024, regions: Vec::new(), new_buckets: NewBuckets::Closed }
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
    people: People,
    shared: Shared,
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
        let (pins, people, shared) = (Pins::default(), People::default(), Shared::default());
        Self(Arc::new(Inner { catalog, store, clock, random, pins, people, shared, settings }))
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

    pub(crate) fn people(&self) -> &People {
        &self.0.people
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    /// Whether fewer rows than that begin with `prefix`.
    pub(crate) fn has_fewer(&self, prefix: &[u8], count: u32) -> Result<bool, S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let mut cursor = view.cursor(prefix, &space::end_of(prefix)).map_err(fault::catalog)?;
        for _ in 0..count {
            if cursor.next().map_err(fault::catalog)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
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
