//! The nouns of S3 as validated types, and the limits that bound them.
//!
//! A value of one of these types is already legal: the check stands in its constructor, once. This crate
//! knows nothing about HTTP, disks, time sources or threads.

mod access;
mod account;
mod acl;
mod annotation;
pub mod arn;
mod bucket;
mod checksum;
mod cors;
mod device;
mod etag;
mod key;
pub mod limits;
mod ordinal;
mod part;
mod region;
mod retention;
mod storage_class;
mod timestamp;
mod version;
mod versioning;

pub use access::{ObjectOwnership, PublicAccessBlock};
pub use account::{AccountId, CanonicalId};
pub use acl::{Acl, Grant, Grantee, GranteeGroup, Permission};
pub use annotation::{AnnotationName, AnnotationNameError};
pub use bucket::{BucketId, BucketName, BucketNameError};
pub use checksum::{ChecksumAlgorithm, ChecksumType};
pub use cors::{CorsMethod, CorsRule};
pub use device::{DeviceNumber, Zone};
pub use etag::ETag;
pub use key::{KeyError, ObjectKey};
pub use ordinal::Ordinal;
pub use part::{PartNumber, UploadId};
pub use region::Region;
pub use retention::{BucketLock, DefaultRetention, Hold, Retention, RetentionMode, RetentionPeriod};
pub use storage_class::StorageClass;
pub use timestamp::{Timestamp, TimestampError};
pub use version::VersionId;
pub use versioning::Versioning;
