//! Secrets at rest: sealed under the site's master key, opened only for the purpose that they were sealed for.
//!
//! [`MasterKey`] is the one secret that a site needs besides its data; a [`Sealer`] derives from it a key for each
//! purpose, so that no key serves two ends and nothing sealed for one row opens as another's. docs/formats/sealed.md
//! draws the bytes. Promises: what was changed, cut or moved does not open; any bytes are refused, never a panic. It
//! knows nothing about rows, access keys or where the master key is kept.

mod master_key;
mod sealer;

pub use master_key::{MasterKey, MasterKeyError};
pub use sealer::{Fault, Sealer};
