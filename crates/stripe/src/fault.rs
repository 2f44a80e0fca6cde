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
        matches!(self, Self::Corrupt { .. } | Self::CorruptFile { .. } | Self::Gone { .. })
    }
}
