//! The embedded engine's sizes. The defaults suit a server; the simulation shrinks them.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A memtable of this size is frozen and applied to the index. So is one whose batches fill as much journal.
    pub memtable_bytes_max: usize,
    /// Frozen memtables that may wait for the index; then commits wait too. With the active one they bound
    /// memory and what a start after a crash replays.
    pub frozen_max: usize,
    /// The plans of one batch, which share one sync.
    pub batch_plans_max: usize,
    /// A batch takes no further plan when its writes have reached this.
    pub batch_bytes_max: usize,
    /// The first journal segments, so that a fresh data directory is light; each new one is twice the largest.
    pub segment_bytes_first: u64,
    pub segment_bytes_max: u64,
    /// Segments kept ready beyond the one in use.
    pub spares_min: usize,
    /// Recycled segments beyond this are deleted.
    pub spares_max: usize,
    /// Rows and bytes of one index transaction: they bound the pages that it dirties.
    pub apply_rows_max: usize,
    pub apply_bytes_max: usize,
    /// Commits that grow are refused when the device has less than this free, and room for what the index is
    /// still to take.
    pub free_bytes_min: u64,
    /// A member of several that does not make a commit durable within this is given up. `None`: the members are asked
    /// one after another on the caller's thread, as long as it takes.
    pub member_deadline: Option<Duration>,
    /// From `world::Random`: makes the journal's checksum seeds unguessable, so that no stored value can
    /// imitate a frame of the journal.
    pub salt: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memtable_bytes_max: 32 << 20,
            frozen_max: 2,
            batch_plans_max: 1024,
            batch_bytes_max: 4 << 20,
            segment_bytes_first: 4 << 20,
            segment_bytes_max: 32 << 20,
            spares_min: 1,
            spares_max: 3,
            apply_rows_max: 16 << 10,
            apply_bytes_max: 8 << 20,
            free_bytes_min: 32 << 20,
            member_deadline: Some(Duration::from_secs(10)),
            salt: 0,
        }
    }
}
