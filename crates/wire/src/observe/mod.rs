//! What operators see of the front door: one access log line and one set of measurements a request.
//!
//! Promise: no secret, signature or query string is ever written.

mod access;
mod ledger;
mod meters;

pub use access::{AccessLine, AccessLog};
pub(crate) use ledger::{Ledger, Observers};
pub(crate) use meters::{Deed, Meters, OpenConnection};
