//! Failures of the rooms below as S3 shows them: the only mapping from ours to S3's codes.

use api::{ErrorCode, S3Error};
use catalog::table::RowError;

/// A failure below, on its way to becoming an S3 error. The cause is logged, never shown.
pub(crate) fn catalog(fault: catalog::Fault) -> S3Error {
    match fault {
        catalog::Fault::NoSpace => no_space(),
        catalog::Fault::Closed => ErrorCode::ServiceUnavailable.into(),
        fault => {
            tracing::error!(%fault, "the catalog failed");
            ErrorCode::InternalError.into()
        }
    }
}

pub(crate) fn store(fault: stripe::Fault) -> S3Error {
    match fault {
        stripe::Fault::NoSpace { .. } => no_space(),
        stripe::Fault::Closed => ErrorCode::ServiceUnavailable.into(),
        stripe::Fault::Busy { .. } => ErrorCode::SlowDown.into(),
        fault => {
            tracing::error!(%fault, "the store failed");
            ErrorCode::InternalError.into()
        }
    }
}

/// A row that does not decode is corruption: never NotFound, never a default.
pub(crate) fn row(error: RowError) -> catalog::Fault {
    catalog::Fault::corrupt("row", error.to_string())
}

fn no_space() -> S3Error {
    S3Error::with_message(
        ErrorCode::SlowDown,
        "There is no room left on the server's devices. Delete objects or add space, then try again.",
    )
}
