//! The byte port and its local engine: bodies in, manifests out, over the volumes of a device.
//!
//! `Store::landing` takes a body's bytes as they come, cuts them into chunks and makes them durable and nameless;
//! `finish` gives the `Manifest` that the catalog's commit then names. `read` gives back whole chunks, proven. A body
//! whose landing is dropped, or whose manifest is discarded, is deleted in the background; what a crash leaves
//! unnamed the sweep finds.
//!
//! One device for now: chunks lie whole in one record. The formats below have room for k+m shards over several.
//! Nothing here knows buckets, keys or HTTP: an `Owner` is opaque.

mod chunk;
mod fault;
mod landing;
mod manifest;
mod options;
mod store;

pub use chunk::{CHUNK_BYTES, ChunkRef, OWNER_BYTES_MAX, Owner};
pub use fault::Fault;
pub use landing::Landing;
pub use manifest::{Malformed, Manifest, Slice};
pub use options::Options;
pub use store::{Orphan, Stats, Store};
pub use volume::{Counts, Report, Usage};
