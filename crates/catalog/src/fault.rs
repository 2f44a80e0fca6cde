//! What can go wrong below the tables: failures of the world, and corruption.
//!
//! A fault is never a refusal: refusals are decided by plans and travel beside. A fault is cheap to clone,
//! since one failed batch is told to each of its callers.

use std::io;
use std::sync::Arc;

use thiserror::Error;

#[derive(Clone, Debug, Error)]
pub enum Fault {
    /// Nothing was written. Reads and freeing commits go on.
    #[error("no space is left on the catalog's device")]
    NoSpace,
    /// The catalog is shut down; nothing was written.
    #[error("the catalog is closed")]
    Closed,
    /// The journal could not be written or synced, so that this commit may or may not survive. Nothing more is
    /// committed until the catalog is opened again; reads go on.
    #[error("the journal failed ({0}); the outcome of this commit is unknown until the catalog is reopened")]
    Unknown(Arc<str>),
    /// An earlier batch made the journal fail; nothing was written.
    #[error("the journal failed earlier ({0}); the catalog must be reopened")]
    Failed(Arc<str>),
    /// Bytes on disk are not what was written.
    #[error("corrupt catalog: {place}: {detail}")]
    Corrupt { place: Arc<str>, detail: Arc<str> },
    #[error("catalog: {doing}: {source}")]
    Io { doing: &'static str, source: Arc<io::Error> },
    /// The index engine refused, in its own words.
    #[error("catalog index: {0}")]
    Index(Arc<str>),
    /// A plan panicked while it decided; nothing of it was written.
    #[error("a plan panicked: {0}")]
    Panicked(Arc<str>),
    /// A member of the catalog cannot join, or not be done without.
    #[error("member {number} of the catalog: {detail}")]
    Member { number: u16, detail: Arc<str> },
    /// A key, a value or a whole plan is larger than the engine takes; nothing was written.
    #[error("{what} of {bytes} bytes is larger than {bytes_max}")]
    TooLarge { what: &'static str, bytes: usize, bytes_max: usize },
}

impl Fault {
    pub fn corrupt(place: impl AsRef<str>, detail: impl AsRef<str>) -> Self {
        Self::Corrupt { place: Arc::from(place.as_ref()), detail: Arc::from(detail.as_ref()) }
    }

    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            _ => Self::Io { doing, source: Arc::new(source) },
        }
    }

    /// The commit may have happened: the caller must read before it tries again.
    pub const fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// The same commit may succeed later without anyone's repair.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::NoSpace)
    }
}
