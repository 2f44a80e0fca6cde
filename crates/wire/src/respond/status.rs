//! The HTTP status of every error code.
//!
//! Sources: AWS "Amazon S3 API Reference: Error responses, List of error codes", "IAM API Reference: Common errors" and
//! the services' models. The match has no default: a new code does not compile until its status is known.

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
    NOT_MODIFIED: NotModified;
    FORBIDDEN: AccessDenied AccessForbidden InvalidAccessKeyId InvalidAuthenticationCode InvalidClientTokenId
        MissingAuthenticationToken RequestTimeTooSkewed SignatureDoesNotMatch;
    NOT_FOUND: NoSuchAccessPoint NoSuchAccessPointPolicy NoSuchAnnotation NoSuchBucket NoSuchBucketPolicy
        NoSuchCORSConfiguration NoSuchEntity NoSuchKey NoSuchObjectLockConfiguration
        NoSuchPublicAccessBlockConfiguration NoSuchTagSet NoSuchUpload NoSuchVersion
        ObjectLockConfigurationNotFoundError OwnershipControlsNotFoundError;
    METHOD_NOT_ALLOWED: MethodNotAllowed;
    CONFLICT: AccessPointAlreadyOwnedByYou BucketAlreadyExists BucketAlreadyOwnedByYou
        BucketHasAccessPointsAttached BucketNotEmpty ConditionalRequestConflict DeleteConflict
        EntityAlreadyExists InvalidBucketState LimitExceeded OperationAborted;
    LENGTH_REQUIRED: MissingContentLength;
    PRECONDITION_FAILED: PreconditionFailed;
    RANGE_NOT_SATISFIABLE: InvalidPartNumber InvalidRange;
    INTERNAL_SERVER_ERROR: InternalError InternalFailure;
    NOT_IMPLEMENTED: NotImplemented;
    SERVICE_UNAVAILABLE: ServiceUnavailable SlowDown;
    UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaType;
    BAD_REQUEST: AccessControlListNotSupported AnnotationLimitExceeded AnnotationNameTooLong
        AuthorizationHeaderMalformed AuthorizationQueryParametersError BadDigest BadRequest EntityTooLarge
        EntityTooSmall ExpiredToken ExpiredTokenException IDPCommunicationError
        IllegalLocationConstraintException IllegalVersioningConfigurationException IncompleteBody
        IncompleteSignature IncorrectNumberOfFilesInPostRequest InvalidAction InvalidAnnotationName
        InvalidArgument InvalidBucketAclWithBlockPublicAccessError InvalidBucketAclWithObjectOwnership
        InvalidBucketName InvalidBucketOwnerAWSAccountID InvalidDigest InvalidIdentityToken InvalidInput
        InvalidLocationConstraint InvalidParameterValue InvalidPart InvalidPartOrder InvalidPolicyDocument
        InvalidPrefix InvalidRedirectLocation InvalidRequest InvalidStorageClass InvalidTag InvalidToken
        InvalidURI KeyTooLongError MalformedACLError MalformedInput MalformedPolicy MalformedPolicyDocument
        MalformedPOSTRequest MalformedQueryString MalformedTrailerError MalformedXML MaxMessageLengthExceeded
        MaxPostPreDataLengthExceededError MetadataTooLarge MissingAction MissingRequestBodyError
        MissingSecurityHeader NoLoggingStatusForKey PackedPolicyTooLarge RequestExpired
        RequestHeaderSectionTooLarge RequestTimeout RequestTorrentOfBucketError Throttling TooManyAccessPoints
        TooManyBuckets UnexpectedContent ValidationError XAmzContentSHA256Mismatch;
}

/// The status where the services with forms (IAM, STS) have another than S3.
pub(crate) const fn query_status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::ExpiredToken => StatusCode::FORBIDDEN,
        other => status(other),
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
