//! The metadata port, its embedded engine, and the typed tables on it.
//!
//! `port` is what the tables ask of any engine; `engine` is the default one: a journal that every commit is synced
//! to, memtables over it, and an ordered index that the memtables are moved into. `table` gives keys and values
//! their meaning. Nothing below `table` knows what a bucket is; nothing here knows HTTP or S3's rules.
//!
//! A catalog lives on one device or, whole, on several: `Catalog::open_members` takes what a roster trusts, tells its
//! `Watch` who is given up, and `join` fills a member again while commits go on.
//!
//! **The simulation** drives `Engine`, which has no threads: `Engine::open(disk, index, clock, options)` on a
//! simulated `world::Disk` and a `TreeIndex` on the same, then `commit_batch(plans)` and `checkpoint()` as the
//! scenario says. All effects are writes and syncs on that disk. After a death, open both again: everything that was
//! settled `Ok` must be there, everything settled with another fault than `Unknown` must not, and a batch is there
//! wholly or not at all. Small `Options` (segments of 64 KiB, memtables of 16 KiB) make checkpoints and
//! recycling happen within few writes.

mod engine;
mod fault;
mod port;
pub mod table;

pub use engine::{
    Applied, Archive, Catalog, Changed, Cursor, Engine, Filling, Headroom, Index, IndexCursor, IndexRead,
    IndexRow, IndexWrite, MemIndex, MemState, Member, MemberState, Moment, Options, Snapshot, Standing,
    TreeIndex, TreeOptions, Verified, Watch, begin_after, is_blank,
};
pub use fault::Fault;
pub use port::{Decision, Group, KEY_BYTES_MAX, PLAN_BYTES_MAX, Plan, Purpose, VALUE_BYTES_MAX, View, Write};
