//! The HTTP status of every error code.
//!
//! Source: AWS "Amazon S3 API Reference: Error responses, List of error codes". The match has no default: a
//! new code does not compile until its status is known.

use api::ErrorCode;
use http::StatusCode;

pub(crate) const fn status(code: ErrorCode) -> StatusCode {
    use ErrorCode as E;
    match code {
        E::PermanentRedirect => StatusCode::MOVED_PERMANENTLY,
        E::NotModified => StatusCode::NOT_MODIFIED,
        E::AccessDenied
        | E::CrossLocationLoggingProhibited
        | E::InvalidAccessKeyId
        | E::InvalidObjectState
        | E::InvalidSecurity
        | E::RequestTimeTooSkewed
        | E::SignatureDoesNotMatch => StatusCode::FORBIDDEN,
        E::NoSuchBucket
        | E::NoSuchKey
        | E::NoSuchObjectLockConfiguration
        | E::NoSuchTagSet
        | E::NoSuchUpload
        | E::NoSuchVersion
        | E::ObjectLockConfigurationNotFoundError => StatusCode::NOT_FOUND,
        E::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        E::BucketAlreadyExists
        | E::BucketAlreadyOwnedByYou
        | E::BucketNotEmpty
        | E::ConditionalRequestConflict
        | E::InvalidBucketState
        | E::OperationAborted => StatusCode::CONFLICT,
        E::MissingContentLength => StatusCode::LENGTH_REQUIRED,
        E::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        E::InvalidPartNumber | E::InvalidRange => StatusCode::RANGE_NOT_SATISFIABLE,
        E::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        E::NotImplemented => StatusCode::NOT_IMPLEMENTED,
        E::ServiceUnavailable | E::SlowDown => StatusCode::SERVICE_UNAVAILABLE,
        E::AuthorizationHeaderMalformed
        | E::AuthorizationQueryParametersError
        | E::BadDigest
        | E::BadRequest
        | E::EntityTooLarge
        | E::EntityTooSmall
        | E::ExpiredToken
        | E::IllegalLocationConstraintException
        | E::IllegalVersioningConfigurationException
        | E::IncompleteBody
        | E::IncorrectNumberOfFilesInPostRequest
        | E::InvalidArgument
        | E::InvalidBucketName
        | E::InvalidDigest
        | E::InvalidLocationConstraint
        | E::InvalidPart
        | E::InvalidPartOrder
        | E::InvalidPolicyDocument
        | E::InvalidRedirectLocation
        | E::InvalidRequest
        | E::InvalidRetentionPeriod
        | E::InvalidStorageClass
        | E::InvalidTag
        | E::InvalidToken
        | E::InvalidURI
        | E::KeyTooLongError
        | E::MalformedACLError
        | E::MalformedPOSTRequest
        | E::MalformedPolicy
        | E::MalformedTrailerError
        | E::MalformedXML
        | E::MaxMessageLengthExceeded
        | E::MaxPostPreDataLengthExceededError
        | E::MetadataTooLarge
        | E::MissingRequestBodyError
        | E::MissingSecurityHeader
        | E::RequestHeaderSectionTooLarge
        | E::RequestTimeout
        | E::TooManyBuckets
        | E::UnexpectedContent
        | E::UserKeyMustBeSpecified
        | E::XAmzContentSHA256Mismatch => StatusCode::BAD_REQUEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_refusal_or_failure() {
        for code in ErrorCode::ALL {
            let status = status(*code);
            assert!(status.as_u16() >= 301, "{code} answers {status}");
        }
    }

    #[test]
    fn the_codes_that_clients_test_for_have_s3s_status() {
        let table = [
            (ErrorCode::NotModified, 304),
            (ErrorCode::InvalidRequest, 400),
            (ErrorCode::RequestTimeout, 400),
            (ErrorCode::SignatureDoesNotMatch, 403),
            (ErrorCode::NoSuchKey, 404),
            (ErrorCode::BucketNotEmpty, 409),
            (ErrorCode::MissingContentLength, 411),
            (ErrorCode::PreconditionFailed, 412),
            (ErrorCode::InvalidRange, 416),
            (ErrorCode::InternalError, 500),
            (ErrorCode::SlowDown, 503),
        ];
        for (code, expected) in table {
            assert_eq!(status(code).as_u16(), expected, "{code}");
        }
    }
}
