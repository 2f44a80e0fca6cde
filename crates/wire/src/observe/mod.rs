//! What operators see of the front door: one access log line, one set of measurements and,
//! where somebody audits, one event a request.
//!
//! Promise: no secret, signature or query string is ever written.

mod access;
mod audit;
mod ledger;
mod meters;

pub use access::{AccessLine, AccessLog};
pub use audit::{AuditEvent, AuditLog, Claimed, Witness};
pub use ledger::Watchers;
pub(crate) use ledger::{Ledger, Observers};
pub(crate) use meters::{Deed, Meters, OpenConnection};
