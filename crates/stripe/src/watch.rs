//! Whom the store asks before it goes on without a device.

use crate::fault::Fault;

/// Keeps the books of the site's devices.
pub trait Watch: Send + Sync + 'static {
    /// A device failed. True once that is known, durably, to the others: then the store goes on without it, and what it
    /// holds counts no more until it is let in again. False when the site can't do without it. Blocks.
    fn failed(&self, device: u16, why: &Fault) -> bool;

    /// A shard could not be read, or read as something else, and others told its bytes: it wants repair.
    fn ailing(&self, device: u16, why: &Fault);
}

/// For a store that never goes on without one of its devices.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWatch;

impl Watch for NoWatch {
    fn failed(&self, _device: u16, _why: &Fault) -> bool {
        false
    }

    fn ailing(&self, _device: u16, _why: &Fault) {}
}
