//! Streaming digests: S3's checksum set, MD5 for ETags, and one pass of bytes to all that a write needs.
//!
//! Promises: constant memory whatever the length; every value in the byte order that S3 writes (big-endian,
//! the canonical form of each algorithm). It knows nothing about requests, parts' numbers or who asks.

mod checksum;
mod combine;
mod md5;
mod multi;
mod multipart;
mod sha256;
mod value;

pub use checksum::ChecksumHasher;
pub use md5::{Md5, md5, md5_of_md5s};
pub use multi::{MultiHasher, Sums};
pub use multipart::{CompositeChecksum, combine, composite};
pub use sha256::{Sha256, sha256};
pub use value::ChecksumValue;
