//! The catalog on several devices: its *members*, each with a journal and an index of its own.
//!
//! What is committed is durable on every living member before anyone is told; a member that errs, or does not answer
//! in time, is given up and the rest goes on. `Mirror` is the journal's disk, `MirrorIndex` the index: the engine
//! above knows nothing of members. docs/decisions/0012-a-catalog-on-several-devices.md says why it is so.
//!
//! A single member is used in place: without a thread, a copy or a wrapper around what is read.

mod disk;
mod heal;
mod index;
mod join;
mod lanes;
mod members;
mod open;
mod read;
mod withdraw;

use std::sync::Arc;

use world::Disk;

use super::index::Index;
use crate::Fault;

pub(crate) use disk::Mirror;
pub(crate) use heal::empty_but;
pub(crate) use index::MirrorIndex;
pub use join::Filling;
pub(crate) use members::Members;
pub(crate) use open::open;
pub(crate) use withdraw::withdraw;

/// A device that carries the whole catalog.
pub struct Member {
    /// Tells the members of a site apart, for ever.
    pub number: u16,
    pub disk: Arc<dyn Disk>,
    /// On the same device.
    pub index: Box<dyn Index>,
}

/// Who remembers, elsewhere, which members may be trusted. It is called by whichever thread met the change, while
/// others wait, and must not call the catalog.
pub trait Watch: Send + Sync + 'static {
    /// The member is given up: once this answers, it misses commits. An error says that this could not be noted
    /// durably, and then nothing is acknowledged either.
    fn lost(&self, member: u16, why: &Fault) -> Result<(), Fault>;

    /// The member that joined has everything: after this it may be the only one that is left.
    fn whole(&self, member: u16) -> Result<(), Fault>;
}

#[derive(Clone, Debug)]
pub struct MemberState {
    pub number: u16,
    pub standing: Standing,
}

#[derive(Clone, Debug)]
pub enum Standing {
    Whole,
    /// It is written, and so many rows of its index are copied.
    Filling {
        rows: u64,
    },
    Lost {
        why: Fault,
    },
}

/// For a catalog of one member, which has no one to go on without it.
pub(crate) struct Unwatched;

impl Watch for Unwatched {
    fn lost(&self, _: u16, why: &Fault) -> Result<(), Fault> {
        Err(why.clone())
    }

    fn whole(&self, member: u16) -> Result<(), Fault> {
        Err(Fault::Member { number: member, detail: "nobody keeps the roster of this catalog".into() })
    }
}
