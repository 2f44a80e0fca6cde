//! Who makes a request.

use std::sync::Arc;

use model::{AccountId, CanonicalId, Region};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No claim at all.
    Anonymous,
    /// The root user of an account.
    Root(Arc<Identity>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub account: AccountId,
    pub canonical_id: CanonicalId,
    /// The account's name: what S3 shows as `DisplayName`.
    pub name: String,
    pub access_key: String,
    /// The region that the request was signed for.
    pub signed_region: Option<Region>,
}

impl Caller {
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Anonymous => None,
            Self::Root(identity) => Some(identity),
        }
    }
}
