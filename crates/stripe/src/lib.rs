//! The byte port and its local engine: bodies in, manifests out, over the volumes of several devices.
//!
//! `Store::landing` takes a body's bytes as they come, cuts them into chunks, codes each into shards for distinct devices
//! and makes them durable and nameless; `finish` gives the `Manifest` that the catalog's commit then names. `read`
//! gives back a chunk's bytes, proven, from any shards that are enough. A body whose landing is dropped, or whose
//! manifest is discarded, is deleted in the background; what a crash leaves unnamed the sweep finds. A device that fails
//! is given up when the `Watch` agrees, and the chunk lands on the others; `restore` gives a chunk its redundancy back.
//!
//! Nothing here knows buckets, keys or HTTP: an `Owner` is opaque. Nor who belongs to the site: `Watch` does.

mod chunk;
mod codes;
mod demand;
mod examine;
mod fault;
mod land;
mod landing;
mod manifest;
mod options;
mod passage;
mod placement;
mod ranks;
mod read;
mod relocate;
mod restore;
mod shards;
mod store;
mod survey;
mod turns;
mod unit;
mod watch;

pub use chunk::{CHUNK_BYTES, Chunk, OWNER_BYTES_MAX, Owner, Place, Places};
pub use erasure::{Layout, default_parity};
pub use examine::Examined;
pub use fault::Fault;
pub use landing::Landing;
pub use manifest::{Malformed, Manifest, Slice};
pub use options::{Options, SharedRandom};
pub use passage::{Earlier, Passage};
pub use ranks::Redundancy;
pub use relocate::Filled;
pub use restore::{Doubt, Restored};
pub use store::{Ailing, Orphan, Stats, Store};
pub use survey::Shard;
pub use unit::{Slot, Standing};
pub use volume::{Counts, Report, Usage};
pub use watch::{NoWatch, Watch};
