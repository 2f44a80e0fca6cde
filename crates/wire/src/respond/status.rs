//! The HTTP status of every error code.
//!
//! Source: AWS "Amazon S3 API Reference: Error responses, List of error codes". The match has no default: a
//! new code does not compile until its status is known.

use api::ErrorCode;
use http::StatusCode;

macro_rules! statuses {
    ($($status:ident: $($code:ident)+;)+) => {
        pub(crate) const fn status(code: ErrorCode) -> StatusCode {
            match code { $($(ErrorCode::$code)|+ => StatusCode::$status,)+ }
        }
    };
}

statuses! {
    MOVED_PERMANENTLY: PermanentRedirect;
    NOT_MODIFIED: NotModified;
    FORBIDDEN: AccessDenied CrossLocationLoggingProhibited InvalidAccessKeyId InvalidObjectState
        InvalidSecurity RequestTimeTooSkewed SignatureDoesNotMatch;
    NOT_FOUND: NoSuchAnnotation NoSuchBucket NoSuchKey NoSuchObjectLockConfiguration NoSuchTagSet
        NoSuchUpload NoSuchVersion ObjectLockConfigurationNotFoundError;
    METHOD_NOT_ALLOWED: MethodNotAllowed;
    CONFLICT: BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty ConditionalRequestConflict
        InvalidBucketState OperationAborted;
    LENGTH_REQUIRED: MissingContentLength;
    PRECONDITION_FAILED: PreconditionFailed;
    RANGE_NOT_SATISFIABLE: InvalidPartNumber InvalidRange;
    INTERNAL_SERVER_ERROR: InternalError;
    NOT_IMPLEMENTED: NotImplemented;
    SERVICE_UNAVAILABLE: ServiceUnavailable SlowDown;
    UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaType;
    BAD_REQUEST: AnnotationLimitExceeded AnnotationNameTooLong AuthorizationHeaderMalformed
        AuthorizationQueryParametersError BadDigest BadRequest EntityTooLarge EntityTooSmall ExpiredToken
        IllegalLocationConstraintException IllegalVersioningConfigurationException IncompleteBody
        IncorrectNumberOfFilesInPostRequest InvalidAnnotationName InvalidArgument InvalidBucketName
        InvalidBucketOwnerAWSAccountID InvalidDigest InvalidLocationConstraint InvalidPart
        InvalidPartOrder InvalidPolicyDocument InvalidPrefix InvalidRedirectLocation InvalidRequest
        InvalidStorageClass InvalidTag InvalidToken InvalidURI KeyTooLongError MalformedACLError
        MalformedPOSTRequest MalformedPolicy MalformedTrailerError MalformedXML MaxMessageLengthExceeded
        MaxPostPreDataLengthExceededError MetadataTooLarge MissingRequestBodyError MissingSecurityHeader
        NoLoggingStatusForKey RequestHeaderSectionTooLarge RequestTorrentOfBucketError RequestTimeout
        TooManyBuckets UnexpectedContent UserKeyMustBeSpecified XAmzContentSHA256Mismatch;
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
            (ErrorCode::UnsupportedMediaType, 415),
            (ErrorCode::InvalidRange, 416),
            (ErrorCode::InternalError, 500),
            (ErrorCode::SlowDown, 503),
        ];
        for (code, expected) in table {
            assert_eq!(status(code).as_u16(), expected, "{code}");
        }
    }
}
