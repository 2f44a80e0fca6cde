//! The typed tables over the port: how rows are named (`space`) and what they hold.
//!
//! Keys are order-preserving, so a walk in byte order is a walk in S3's order. Every row begins with the byte of
//! its format; docs/formats/rows.md draws them. Nothing here decides anything.

mod access;
mod access_point;
mod account;
mod annotation;
pub mod archive;
mod bucket;
mod bytes;
mod content;
mod cors;
#[cfg(test)]
mod fixtures;
mod identity;
mod job;
mod marks;
mod object;
mod reclaim;
pub mod space;
mod stretch;
mod tags;
mod upload;

pub use access::{AccountAccessRow, TextRow};
pub use access_point::AccessPointRow;
pub use account::AccountRow;
pub use annotation::AnnotationRow;
pub use archive::{ArchiveRow, Page, Stretch};
pub use bucket::{BucketAccess, BucketRow};
pub use bytes::{RowError, RowReader, RowWriter};
pub use content::{Attributes, ChecksumRow, Content, PartSpan, PartTable};
pub use cors::CorsRow;
pub use identity::{
    AccessKeyRow, Counts, DeviceRow, GroupRow, KeptSecret, PolicyRow, PolicyVersion, ProviderRow, RoleRow,
    StampRow, UsedRow, UserRow,
};
pub use job::JobRow;
pub use marks::Marks;
pub use object::{CurrentRow, ObjectRow, PointerRow, VersionRow, VersionState};
pub use reclaim::ReclaimRow;
pub use stretch::{PAGE_BYTES, StretchReader, StretchRow, StretchWriter};
pub use tags::TagsRow;
pub use upload::{PartRow, UploadRow};
