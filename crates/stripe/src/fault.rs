//! What can go wrong with bytes, by device.

use std::io;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing was acknowledged. Goes away when space comes back.
    #[error("no space for {wanted} more bytes beside the reserve")]
    NoSpace { wanted: u64 },
    #[error("device {device}: {op} {path}: {detail}")]
    Io {
        device: u16,
        op: &'static str,
        path: Arc<str>,
        kind: io::ErrorKind,
        detail: Arc<str>,
        retryable: bool,
    },
    /// The bytes are there and they are not what was written.
    #[error("corrupt: device {device}, volume {volume}, offset {offset}: expected {expected}, found {found}")]
    Corrupt { device: u16, volume: u32, offset: u64, expected: String, found: String },
    /// A file of the device itself is not what was written.
    #[error("corrupt: device {device}, file {path}: expected {expected}, found {found}")]
    CorruptFile { device: u16, path: Arc<str>, expected: String, found: String },
    /// The chunk was deleted. When a row still names it, bytes are lost: as grave as `Corrupt`.
    #[error("device {device}, volume {volume} holds no record at {offset} any more")]
    Gone { device: u16, volume: u32, offset: u64 },
    /// It did not answer in time.
    #[error("device {device} hangs: it did not {op} in time")]
    Hangs { device: u16, op: &'static str },
    /// It is in use, or has so many calls under way that did not come back yet that it is asked no more for now.
    #[error("device {device} is busy")]
    Busy { device: u16 },
    /// A device that holds it is not here.
    #[error("device {device} is missing")]
    Missing { device: u16 },
    /// Too few of a chunk's shards are left to tell its bytes.
    #[error("{left} shards are left of a chunk that needs {needed}; the first fault: {first}")]
    Lost { left: usize, needed: usize, first: Box<Fault> },
    #[error("{what} of {bytes} bytes is over the limit of {max}")]
    TooLarge { what: &'static str, bytes: u64, max: u64 },
    /// A write into this landing was dropped before it ended: what it holds has a hole and can't be finished.
    #[error("an earlier write to this landing was dropped before it ended")]
    Interrupted,
    #[error("{0}")]
    Unsupported(&'static str),
    /// The store was shut down.
    #[error("the store is closed")]
    Closed,
}

impl Fault {
    pub(crate) fn of(device: u16, fault: volume::Fault) -> Self {
        match fault {
            volume::Fault::NoSpace { wanted } => Self::NoSpace { wanted },
            volume::Fault::Io { op, path, kind, detail, retryable } => {
                Self::Io { device, op, path, kind, detail, retryable }
            }
            volume::Fault::Corrupt { volume, offset, expected, found } => {
                Self::Corrupt { device, volume, offset, expected, found }
            }
            volume::Fault::CorruptFile { path, expected, found } => {
                Self::CorruptFile { device, path, expected, found }
            }
            volume::Fault::Gone { volume, offset } => Self::Gone { device, volume, offset },
            volume::Fault::TooLarge { what, bytes, max } => Self::TooLarge { what, bytes, max },
            volume::Fault::Closed => Self::Closed,
        }
    }

    /// Bytes are lost or false, whichever way it showed.
    pub const fn is_corruption(&self) -> bool {
        matches!(
            self,
            Self::Corrupt { .. } | Self::CorruptFile { .. } | Self::Gone { .. } | Self::Lost { .. }
        )
    }

    /// The device did not do what it was told, as against holding false bytes or being full.
    pub const fn is_of_device(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Hangs { .. })
    }
}
