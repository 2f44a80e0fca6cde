//! What is played, one file each.

mod catalog;
mod commit;
mod store;
mod volumes;

use crate::runner::Play;

/// All scenarios, by the name that the command line takes.
pub const ALL: [Play; 3] = [
    Play { name: "catalog", make: catalog::make, steps: 10, tight_bytes: (150 << 10, 300 << 10) },
    Play { name: "volumes", make: volumes::make, steps: 12, tight_bytes: (3200 << 10, 3500 << 10) },
    Play { name: "store", make: store::make, steps: 10, tight_bytes: (3300 << 10, 3600 << 10) },
];

pub fn named(name: &str) -> Option<Play> {
    ALL.into_iter().find(|play| play.name == name)
}
