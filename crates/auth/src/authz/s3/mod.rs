//! What each of S3's operations acts on and needs.
//!
//! Source: AWS "Required permissions for Amazon S3 API operations".

mod buckets;
mod objects;
