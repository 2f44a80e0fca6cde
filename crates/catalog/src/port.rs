//! The metadata port: what the tables ask of any engine, and no more than distributed engines give.
//!
//! Keys are byte strings in byte order; a value is opaque. All writes of one plan become visible and durable
//! together or not at all. Nothing here knows what a bucket is.

use bytes::Bytes;
use model::Ordinal;

use crate::Fault;

/// Names what one plan may change together: one bucket and object key, one bucket's record, one user.
///
/// The embedded engine has a single committer and needs no latch, so it only carries the group. A distributed
/// engine takes the group's latch, or validates by group and asks the plan again; a plan must therefore write
/// only keys that belong to its group, and bear being asked twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group(Bytes);

impl Group {
    pub fn new(name: impl Into<Bytes>) -> Self {
        Self(name.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Longest key that the port takes. S3's longest object key has 1,024 bytes; the tuple around it and the
/// escape of its zero bytes must fit into the rest (LMDB with 4 KiB pages takes 1,982).
pub const KEY_BYTES_MAX: usize = 1_900;
/// Longest value. Manifests of the largest objects are split over rows well below it.
pub const VALUE_BYTES_MAX: usize = 4 << 20;
/// The keys and values of one plan together.
pub const PLAN_BYTES_MAX: usize = 16 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    Put { key: Vec<u8>, value: Bytes },
    Delete { key: Vec<u8> },
}

impl Write {
    pub fn put(key: impl Into<Vec<u8>>, value: impl Into<Bytes>) -> Self {
        Self::Put { key: key.into(), value: value.into() }
    }

    pub fn delete(key: impl Into<Vec<u8>>) -> Self {
        Self::Delete { key: key.into() }
    }

    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }
}

/// One point in time of the whole catalog.
pub trait View {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault>;

    /// The first row in `start..end`.
    fn first_at_or_after(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault>;

    /// The last row in `start..end`.
    fn last_before(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault>;
}

impl<V: View + ?Sized> View for &V {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        (**self).get(key)
    }

    fn first_at_or_after(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        (**self).first_at_or_after(start, end)
    }

    fn last_before(&self, start: &[u8], end: &[u8]) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        (**self).last_before(start, end)
    }
}

/// What a plan is to the disk's space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// Refused with `Fault::NoSpace` while space is scarce, unless it only deletes.
    #[default]
    Grow,
    /// Gives space back, though it may write small rows to do so (a reclaim mark, say): it may use the reserve.
    Free,
}

/// A pure decision, re-askable against a newer view. It runs inside the committer against the truth,
/// which includes every earlier plan; so it must neither block nor wait.
pub trait Plan: Send {
    /// No writes means that there is nothing to do, or that the plan refused and keeps its reason.
    /// `ordinal` is this plan's place in the order of all commits: later than every earlier one's.
    fn decide(&mut self, view: &dyn View, ordinal: Ordinal) -> Result<Vec<Write>, Fault>;

    /// Called once: after the writes are durable and visible, or after they failed.
    fn settle(self: Box<Self>, outcome: Result<Ordinal, Fault>);

    fn purpose(&self) -> Purpose {
        Purpose::Grow
    }
}

/// What a commit's closure answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<T, R> {
    /// Make these writes, then tell the caller `T`. No writes at all is allowed.
    Write(Vec<Write>, T),
    /// Change nothing and tell the caller why.
    Refuse(R),
}
