//! What every handler needs.

use std::sync::Arc;

use catalog::{Catalog, Snapshot};
use model::AccountId;
use seal::Sealer;
use world::{Clock, Random};

use crate::rows::Rows;

/// The register of who belongs to which account. Cheap to clone.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    sealer: Sealer,
}

impl Registry {
    pub fn new(catalog: Catalog, clock: Arc<dyn Clock>, random: Arc<dyn Random>, sealer: Sealer) -> Self {
        Self(Arc::new(Inner { catalog, clock, random, sealer }))
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    /// The rows of an account as they are now.
    pub(crate) fn rows(&self, account: AccountId) -> Result<Rows<Snapshot>, catalog::Fault> {
        Ok(Rows::new(self.0.catalog.snapshot()?, account))
    }
}
