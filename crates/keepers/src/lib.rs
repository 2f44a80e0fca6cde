//! Background work: what a commit left for later is found here and done.
//!
//! Keepers read the catalog's outbox rows, so nothing is lost in a crash. They know nothing about HTTP.

pub mod archive;
mod compact;
mod doomed;
mod each_device;
mod evacuate;
mod jobs;
mod mend;
mod moving;
mod pace;
mod rebalance;
mod reclaim;
mod rows;
mod scrub;
pub mod site;
pub mod steward;
mod swap;
mod sweep;
mod unnamed;
mod verify;

pub use compact::{Compacted, Compacting, Compactor};
pub use doomed::Doomed;
pub use mend::{Counted, Mender, Orders, owe_repair};
pub use moving::{Gate, MoveOptions, Moving, movers};
pub use rebalance::{Rebalanced, Rebalancer, Rebalancing};
pub use reclaim::Reclaimer;
pub use rows::{Named, content_of, named, with_content};
pub use scrub::{ScrubOptions, Scrubbed, Scrubber, Scrubbing};
pub use sweep::{Swept, sweep, sweep_device};
pub use verify::{Finding, Kind, Verification, Verified, verify};

use thiserror::Error;

/// Why a keeper stopped; it tries again.
#[derive(Debug, Error)]
pub enum KeeperFault {
    #[error(transparent)]
    Catalog(#[from] catalog::Fault),
    #[error(transparent)]
    Store(#[from] stripe::Fault),
    #[error("a row that a keeper reads is damaged: {0}")]
    Damaged(String),
}

impl KeeperFault {
    /// Work that others did ended without an answer: the process ends.
    pub(crate) const CLOSED: Self = Self::Store(stripe::Fault::Closed);

    pub(crate) fn damaged(cause: impl std::fmt::Display) -> Self {
        Self::Damaged(cause.to_string())
    }
}
