//! Volumes: immutable records appended to large files on one device, each provable alone.
//!
//! A record acknowledged is a record on the device: lanes gather what many callers append meanwhile into one write
//! and one sync. A record read is the record written, or a fault. A record deleted gives its blocks back; a volume
//! in which nothing lives any more is removed. `docs/formats/volume.md` draws the bytes.
//!
//! Two layers. `VolumeSet` with its `VolumeWriter`s is the whole engine and has no threads, no clock and no
//! randomness of its own; `Device` is a thin shell that gives it lanes, a supplier of prepared volumes and a
//! housekeeper. A simulation drives the first:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use bytes::Bytes;
//! # use volume::{Options, Record, VolumeSet};
//! # fn drive(disk: Arc<dyn world::Disk>, random: Arc<dyn world::Random>) -> Result<(), volume::Fault> {
//! let sizes = Options { volume_size_bytes_first: 64 << 10, volume_size_bytes_max: 256 << 10, ..Options::default() };
//! let set = VolumeSet::open(disk, Options { reserve_bytes: Some(0), random, ..sizes })?; // recovers
//! set.free_dead()?; // this and the recounts are what the shell's housekeeper does first
//! for volume in set.doubtful() {
//!     set.recount(volume)?;
//! }
//! let mut writer = match set.take_writer()? {
//!     Some(writer) => writer, // one that the last process left open, or prepared
//!     None => {
//!         set.prepare()?;
//!         set.take_writer()?.ok_or(volume::Fault::Closed)?
//!     }
//! };
//! let batch = [Record::new(Bytes::from_static(b"owner"), vec![Bytes::from_static(b"payload")])?];
//! let extents = writer.append_batch(&batch)?; // durable here; after an error only `seal` is left
//! set.delete(&extents)?; // durable here; may be repeated
//! set.seal(writer)?; // or set.hand_back(writer) before set.close()
//! set.close()?; // an orderly end; without it the next open is a recovery
//! # Ok(()) }
//! ```
//!
//! Promised after a death at any disk operation: what `append_batch` returned reads back; what `delete` returned for
//! stays dead; `verify_volume` finds no corruption; `sweep` names every living record of the epoch that died.
//!
//! Knows nothing of chunks, objects, keys or other devices: an owner is opaque bytes.

mod fault;
pub mod format;
mod ghosts;
mod graves;
pub mod identity;
mod meter;
mod options;
mod read;
mod record;
mod set;
mod shell;
mod staging;
mod volume;
mod walk;
mod writer;

pub use fault::Fault;
pub use format::DeviceId;
pub use format::record_header::Coding;
pub use meter::Counts;
pub use options::Options;
pub use record::extent_bytes_at_least;
pub use record::{Extent, OWNER_BYTES_MAX, PAYLOAD_BYTES_MAX, Record};
pub use set::{Orphan, Preparation, Report, Sweep, Usage, VolumeSet};
pub use shell::{Device, Done, Landed};
pub use writer::VolumeWriter;
