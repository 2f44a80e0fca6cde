//! S3's rules as pure functions: from what is stored and what is asked to a choice.
//!
//! No rule reads a clock, a disk or a row; no deed elsewhere carries an `if` about S3. A rule is asked twice: at
//! admission against a snapshot, and inside the commit against the truth.

pub mod acl;
pub mod annotation;
pub mod copy_source;
pub mod cors;
pub mod listing;
pub mod multipart;
pub mod object_lock;
pub mod ownership;
pub mod percent;
pub mod precondition;
pub mod range;
pub mod tagging;
pub mod versioning;
