//! Failures of the rooms below as IAM shows them, and why a decision stopped.

use api::{ErrorCode, S3Error};
use catalog::Fault;
use catalog::table::RowError;

/// Why an operation went no further: a refusal, which is an answer, or a failure, which is not the caller's.
#[derive(Debug)]
pub(crate) enum Stop {
    Refused(S3Error),
    Fault(Fault),
}

impl From<S3Error> for Stop {
    fn from(error: S3Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Stop> for S3Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(error) => error,
            Stop::Fault(fault) => catalog(fault),
        }
    }
}

/// The cause is logged, never shown.
pub(crate) fn catalog(fault: Fault) -> S3Error {
    match fault {
        Fault::NoSpace => S3Error::with_message(
            ErrorCode::Throttling,
            "There is no room left on the server's devices. Delete objects or add space, then try again.",
        ),
        Fault::Closed => ErrorCode::ServiceUnavailable.into(),
        fault => failed(fault),
    }
}

pub(crate) fn failed(cause: impl std::fmt::Display) -> S3Error {
    tracing::error!(%cause, "an operation on identities failed");
    ErrorCode::InternalFailure.into()
}

/// A row that does not decode is corruption: never NotFound, never a default.
pub(crate) fn row(error: RowError) -> Fault {
    Fault::corrupt("row", error.to_string())
}
