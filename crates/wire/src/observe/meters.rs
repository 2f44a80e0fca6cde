//! Measurements, through the `metrics` facade; whoever wires the server installs a recorder before.

use std::sync::OnceLock;
use std::time::Duration;

use api::s3::Op;
use api::{iam, s3control, sts};
use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

/// What a request turned out to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It was refused before that was known.
    Unknown,
    S3(Op),
    S3Control(s3control::Op),
    Iam(iam::Op),
    Sts(sts::Op),
    /// A form upload, which S3's model does not list.
    PostObject,
    /// Something beside S3: health, metrics, administration.
    Extra,
}

impl Deed {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::S3(op) => op.name(),
            Self::S3Control(op) => op.full_name(),
            Self::Iam(op) => op.full_name(),
            Self::Sts(op) => op.full_name(),
            Self::PostObject => "PostObject",
            Self::Extra => "Extra",
        }
    }

    const fn slot(self) -> usize {
        match self {
            Self::S3(op) => op as usize,
            Self::S3Control(op) => S3_SLOTS + op as usize,
            Self::Iam(op) => S3_SLOTS + CONTROL_SLOTS + op as usize,
            Self::Sts(op) => S3_SLOTS + CONTROL_SLOTS + IAM_SLOTS + op as usize,
            Self::Unknown => OPERATION_SLOTS,
            Self::PostObject => OPERATION_SLOTS + 1,
            Self::Extra => OPERATION_SLOTS + 2,
        }
    }
}

const S3_SLOTS: usize = Op::ALL.len();
const CONTROL_SLOTS: usize = s3control::Op::ALL.len();
const IAM_SLOTS: usize = iam::Op::ALL.len();
const OPERATION_SLOTS: usize = S3_SLOTS + CONTROL_SLOTS + IAM_SLOTS + sts::Op::ALL.len();
const SLOTS: usize = OPERATION_SLOTS + 3;

struct Series {
    /// Requests without an error, which are by far the most: their counter is found once.
    done: Counter,
    seconds: Histogram,
}

/// Handles of the series that every request touches, each made on its first use.
pub(crate) struct Meters {
    series: Box<[OnceLock<Series>; SLOTS]>,
    bytes_in: Counter,
    bytes_out: Counter,
}

impl Meters {
    pub fn new() -> Self {
        describe_counter!("strongroom_requests_total", "Requests by operation and outcome");
        describe_histogram!("strongroom_request_seconds", Unit::Seconds, "From head to last byte");
        describe_counter!("strongroom_request_bytes_total", Unit::Bytes, "Bytes of bodies, in and out");
        describe_gauge!("strongroom_connections", "Open connections");
        Self {
            series: Box::new([const { OnceLock::new() }; SLOTS]),
            bytes_in: counter!("strongroom_request_bytes_total", "direction" => "in"),
            bytes_out: counter!("strongroom_request_bytes_total", "direction" => "out"),
        }
    }

    /// `code`: why it failed, if it did.
    pub fn count(
        &self,
        deed: Deed,
        code: Option<&'static str>,
        took: Duration,
        bytes_in: u64,
        bytes_out: u64,
    ) {
        let operation = deed.name();
        let series = self.series[deed.slot()].get_or_init(|| Series {
            done: counter!("strongroom_requests_total", "operation" => operation, "code" => "OK"),
            seconds: histogram!("strongroom_request_seconds", "operation" => operation),
        });
        match code {
            None => series.done.increment(1),
            Some(code) => {
                counter!("strongroom_requests_total", "operation" => operation, "code" => code).increment(1);
            }
        }
        series.seconds.record(took);
        self.bytes_in.increment(bytes_in);
        self.bytes_out.increment(bytes_out);
    }
}

/// Counts a connection as long as it lives.
pub(crate) struct OpenConnection(());

impl OpenConnection {
    pub fn count() -> Self {
        gauge!("strongroom_connections").increment(1.0);
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!("strongroom_connections").decrement(1.0);
    }
}
