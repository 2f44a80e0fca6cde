//! S3 as a map in memory: the one definition of right.
//!
//! It does no I/O, reads no clock but waits when it is told to, and knows no limits of machines; where AWS's documents leave a question open, the
//! answer given here is the decision. `differential` holds any other store against it, `hall` makes the real operations such a
//! store: it alone knows catalog, volumes and who may come in.

mod body;
mod bucket;
mod condition;
pub mod differential;
pub mod hall;
mod listing;
pub mod marks;
mod multipart;
mod name;
mod object;
mod object_lock;
pub mod operation;
pub mod outcome;
mod range;
pub mod sequence;
mod store;
mod tagging;
mod versions;

pub use body::{Body, etag, etag_of_parts, md5};
pub use name::{Names, Seen, TokenName, UploadName, VersionName};
pub use operation::Operation;
pub use outcome::{Answer, Outcome, Refusal};
pub use store::Reference;
