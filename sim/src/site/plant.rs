//! Bugs planted on purpose, at the ports, to prove that the simulation sees them.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// No file is ever synced.
    NoSync,
    /// A commit names bytes that are not durable: volumes are written, and synced too late.
    WrongOrder,
    /// No directory is ever synced.
    NoDirectorySync,
    /// A device that was away says that it knows all that happened since.
    StaleTrusted,
    /// What a device reads is taken as it is.
    ChecksumUnchecked,
}

impl Plant {
    pub const ALL: [Self; 5] =
        [Self::NoSync, Self::WrongOrder, Self::NoDirectorySync, Self::StaleTrusted, Self::ChecksumUnchecked];
}
