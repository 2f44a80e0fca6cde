//! Backups of a site: what it holds at one point in time, on a shelf elsewhere, and back.
//!
//! `Desk` is the running server's side: it gives the rows of one point in time, and for as long as a lease is renewed the
//! bytes that these name. `take` is the other side: it keeps on a `Shelf` (a directory; the roof knows S3) what is not there
//! yet. `restore` lays it into an empty catalog and store; `verify` and `prune` look after the shelf. Nothing of the shelf is
//! ever changed: packs and backups are written once, whole, and a backup after all that it names.
//!
//! docs/formats/backup.md draws what lies on a shelf. This crate knows no sockets.

mod body;
mod codec;
mod desk;
mod directory;
mod fault;
mod index;
mod lacking;
mod pack;
mod packer;
mod prune;
mod reading;
mod record;
mod restore;
mod shelf;
mod source;
mod spool;
mod take;
mod verify;

pub use desk::{Desk, LEASE, Refused};
pub use directory::Directory;
pub use fault::Fault;
pub use lacking::Lacking;
pub use prune::{Pruned, prune};
pub use record::Backup;
pub use restore::{Restored, forget, restore};
pub use shelf::{Kept, Shelf, backups, find};
pub use source::Source;
pub use take::{Options, Progress, RATE_MIN, Taken, take};
pub use verify::{Verified, verify};
