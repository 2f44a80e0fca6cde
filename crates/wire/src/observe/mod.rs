//! What operators see of the front door: one access log line and one set of measurements a request.
//!
//! Promise: no secret, signature or query string is ever written.

mod ledger;
mod meters;

pub(crate) use ledger::Ledger;
pub(crate) use meters::{Deed, Meters, OpenConnection};
