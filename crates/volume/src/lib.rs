//! Volumes: immutable records appended to large files on one device, each provable alone.
mod fault;
pub mod format;
mod identity;
mod meter;
mod options;
mod read;
mod record;
mod set;
mod shell;
mod volume;
mod walk;
mod writer;

pub use fault::Fault;
pub use format::DeviceId;
pub use meter::Counts;
pub use options::Options;
pub use record::extent_bytes_at_least;
pub use record::{Extent, OWNER_BYTES_MAX, PAYLOAD_BYTES_MAX, Record};
pub use set::{Orphan, Preparation, Report, Sweep, Usage, VolumeSet};
pub use shell::{Device, Done, Landed};
pub use writer::VolumeWriter;
