//! Who belongs to the site, who may be trusted, and who is ill.
//!
//! A site has several devices. Each holds the *roster*, the list of all of them (`docs/formats/roster.md`). A start
//! asks more than half of them, so that nobody is believed who was taken out while others went on
//! (`docs/decisions/0013-who-may-be-trusted.md`). While running, a device that fails is taken out before whatever it
//! did not take is acknowledged; a device that comes back is out until it is let in.
//!
//! Knows nothing of what the devices hold: who was out is repaired by the rooms above, which then let it in.

mod at_once;
mod fault;
mod fleet;
pub mod format;
mod health;
mod offer;
mod open;
mod roster;
mod seat;
mod start;

pub use fault::{Fault, OpenFault};
pub use fleet::{Fleet, Options, Slot};
pub use health::{Health, Listener, Prober, Rhythm, Sight};
pub use offer::Offer;
pub use roster::{CatalogCopy, Entry, Generation, Numbers, Reason, Roster, SiteId, State};
