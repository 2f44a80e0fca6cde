//! What the device did, counted: for `/-/metrics`, and for tests and stats without a recorder.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub struct Meter {
    syncs: AtomicU64,
    batches: AtomicU64,
    records: AtomicU64,
    bytes_written: AtomicU64,
    bytes_zeroed: AtomicU64,
    records_deleted: AtomicU64,
}

/// Counts since the device was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flushes that were waited for, those of the ledger and of prepared volumes included.
    pub syncs: u64,
    pub batches: u64,
    pub records: u64,
    /// Records with their headers and padding; not the zeros of prepared volumes.
    pub bytes_written: u64,
    /// Those zeros.
    pub bytes_zeroed: u64,
    pub records_deleted: u64,
}

impl Meter {
    pub(crate) fn synced(&self) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("strongroom_device_syncs_total", "part" => "volume").increment(1);
    }

    pub(crate) fn appended(&self, records: u64, bytes: u64) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
        self.bytes_written.fetch_add(bytes, Ordering::Relaxed);
        metrics::counter!("strongroom_volume_batches_total").increment(1);
        metrics::counter!("strongroom_volume_records_total").increment(records);
        metrics::counter!("strongroom_volume_bytes_written_total").increment(bytes);
    }

    pub(crate) fn deleted(&self, records: u64, bytes: u64) {
        self.records_deleted.fetch_add(records, Ordering::Relaxed);
        metrics::counter!("strongroom_volume_records_deleted_total").increment(records);
        metrics::counter!("strongroom_volume_bytes_deleted_total").increment(bytes);
    }

    pub(crate) fn corrupt_seen(&self) {
        metrics::counter!("strongroom_volume_corrupt_records_total").increment(1);
    }

    pub(crate) fn zeroed(&self, bytes: u64) {
        self.bytes_zeroed.fetch_add(bytes, Ordering::Relaxed);
        metrics::counter!("strongroom_volume_bytes_zeroed_total").increment(bytes);
    }

    pub fn counts(&self) -> Counts {
        Counts {
            syncs: self.syncs.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            bytes_written: self.bytes_written.load(Ordering::Relaxed),
            bytes_zeroed: self.bytes_zeroed.load(Ordering::Relaxed),
            records_deleted: self.records_deleted.load(Ordering::Relaxed),
        }
    }
}
