//! What S3's operations do, one file each: admit → land → commit.
//!
//! A handler takes an `Authorized<Op>`, asks `rules` for the choice, lets bytes land in `stripe` and names them by one
//! `catalog` commit. It knows nothing about HTTP and nothing about where bytes lie.

mod access_point;
mod account_access;
mod attributes;
mod bucket;
mod checksums;
mod deed;
mod facts;
mod fault;
mod grants;
mod hall;
mod handle;
mod hashing;
mod landing;
mod listing;
mod marks;
mod multipart;
mod object;
mod owner;
mod people;
mod pins;
mod refuse;
mod state;

pub use bucket::Sharing;
pub use hall::{Hall, NewBuckets, Settings};
pub use handle::Handle;
pub use landing::redundancy;
pub use owner::ChunkOwner;
pub use pins::{Pin, Pins};
