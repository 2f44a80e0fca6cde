//! What can go wrong below: no space, a failing device, bytes that are not what was written.
//!
//! A fault is cloned to every caller of a batch that failed, so it keeps an error's kind and text, not the error.

use std::io;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing was written. Goes away when space comes back.
    #[error("no space for {wanted} more bytes beside the device's reserve")]
    NoSpace { wanted: u64 },
    #[error("{op} {path}: {detail}")]
    Io { op: &'static str, path: Arc<str>, kind: io::ErrorKind, detail: Arc<str>, retryable: bool },
    /// The bytes are there and they are not what was written.
    #[error("corrupt volume {volume} at {offset}: expected {expected}, found {found}")]
    Corrupt { volume: u32, offset: u64, expected: String, found: String },
    /// A file of the device itself (its identity) is not what was written.
    #[error("corrupt file {path}: expected {expected}, found {found}")]
    CorruptFile { path: Arc<str>, expected: String, found: String },
    /// The record was deleted: its place reads as nothing. Who still has a name for it has lost bytes.
    #[error("volume {volume} holds no record at {offset} any more")]
    Gone { volume: u32, offset: u64 },
    #[error("{what} of {bytes} bytes is over the limit of {max}")]
    TooLarge { what: &'static str, bytes: u64, max: u64 },
    /// The device was shut down.
    #[error("the device is closed")]
    Closed,
}

impl Fault {
    pub(crate) fn io(op: &'static str, path: &str, error: &io::Error) -> Self {
        let kind = error.kind();
        Self::Io { op, path: path.into(), kind, detail: error.to_string().into(), retryable: retryable(kind) }
    }

    pub(crate) fn corrupt(
        volume: u32,
        offset: u64,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Corrupt { volume, offset, expected: expected.into(), found: found.into() }
    }

    pub const fn is_corruption(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::CorruptFile { .. })
    }
}

const fn retryable(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::Interrupted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::WouldBlock
            | io::ErrorKind::ResourceBusy
            | io::ErrorKind::OutOfMemory
    )
}
