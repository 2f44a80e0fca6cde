//! What is played, one file each.

mod catalog;
mod commit;
mod index;
mod members;
mod store;
mod volumes;

use crate::runner::Play;

pub use commit::SMALL_TREE;

/// All scenarios, by the name that the command line takes.
pub const ALL: [Play; 5] = [
    Play { name: "catalog", make: catalog::make, steps: 10, tight_bytes: (400 << 10, 560 << 10) },
    Play { name: "index", make: index::make, steps: 10, tight_bytes: (200 << 10, 320 << 10) },
    Play { name: "members", make: members::make, steps: 12, tight_bytes: (400 << 10, 700 << 10) },
    Play { name: "volumes", make: volumes::make, steps: 12, tight_bytes: (3200 << 10, 3500 << 10) },
    Play { name: "store", make: store::make, steps: 10, tight_bytes: (3500 << 10, 3800 << 10) },
];

pub fn named(name: &str) -> Option<Play> {
    ALL.into_iter().find(|play| play.name == name)
}
