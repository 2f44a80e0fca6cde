//! Failures of the catalog as S3 shows them: nothing about the inside leaves the house.

use api::{ErrorCode, S3Error};

/// Logs the cause and answers `InternalError`.
pub fn internal(cause: impl std::fmt::Display) -> S3Error {
    tracing::error!(%cause, "the catalog failed");
    S3Error::from(ErrorCode::InternalError)
}
