//! The error codes of S3, S3 Control, IAM and STS with AWS's usual messages, and the error that every operation answers
//! with.
//!
//! Sources: AWS "Amazon S3 API Reference: Error responses", "IAM API Reference: Common errors", "AWS STS API
//! Reference", and the services' models. Statuses belong to `wire`.

use std::borrow::Cow;
use std::fmt;

macro_rules! codes {
    ($($code:ident $message:literal,)*) => {
        /// An error code of any service.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($code,)* }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// As in the `Code` element.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// AWS's usual `Message`.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$code => $message,)* }
            }
        }
    };
}

codes! {
    AccessControlListNotSupported "The bucket does not allow ACLs",
    AccessDenied "Access Denied",
    AccessForbidden "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
    AccessPointAlreadyOwnedByYou "Your previous request to create the named accesspoint succeeded and you already own it.",
    AnnotationLimitExceeded "The request would exceed the maximum number of annotations allowed per object.",
    AnnotationNameTooLong "The annotation name exceeds 512 bytes.",
    AuthorizationHeaderMalformed "The authorization header is malformed.",
    AuthorizationQueryParametersError "Query-string authentication requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    BadDigest "The Content-MD5 you specified did not match what we received.",
    BadRequest "Bad Request",
    BucketAlreadyExists "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    BucketAlreadyOwnedByYou "Your previous request to create the named bucket succeeded and you already own it.",
    BucketHasAccessPointsAttached "The bucket you tried to delete has access points attached. Delete your access points before deleting your bucket.",
    BucketNotEmpty "The bucket you tried to delete is not empty",
    ConditionalRequestConflict "The conditional request cannot succeed due to a conflicting operation against this resource.",
    DeleteConflict "Cannot delete entity, must detach all policies first.",
    EntityAlreadyExists "The entity already exists.",
    EntityTooLarge "Your proposed upload exceeds the maximum allowed size",
    EntityTooSmall "Your proposed upload is smaller than the minimum allowed size",
    ExpiredToken "The provided token has expired.",
    ExpiredTokenException "The web identity token that was passed is expired.",
    IDPCommunicationError "The identity provider could not be reached to verify the token. Please retry.",
    IllegalLocationConstraintException "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
    IllegalVersioningConfigurationException "The Versioning element must be specified",
    IncompleteBody "You did not provide the number of bytes specified by the Content-Length HTTP header",
    IncompleteSignature "The request signature does not conform to AWS standards.",
    IncorrectNumberOfFilesInPostRequest "POST requires exactly one file upload per request.",
    InternalError "We encountered an internal error. Please try again.",
    InternalFailure "We encountered an internal error. Please try again.",
    InvalidAccessKeyId "The AWS Access Key Id you provided does not exist in our records.",
    InvalidAction "The action or operation requested is not valid.",
    InvalidAnnotationName "The annotation name you provided is invalid.",
    InvalidArgument "Invalid Argument",
    InvalidAuthenticationCode "The authentication code is not valid.",
    InvalidBucketAclWithBlockPublicAccessError "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    InvalidBucketAclWithObjectOwnership "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    InvalidBucketName "The specified bucket is not valid.",
    InvalidBucketOwnerAWSAccountID "The value of the expected bucket owner parameter must be an AWS account ID.",
    InvalidBucketState "The request is not valid with the current state of the bucket.",
    InvalidClientTokenId "The security token included in the request is invalid.",
    InvalidDigest "The Content-MD5 you specified was invalid.",
    InvalidIdentityToken "The web identity token that was passed could not be validated.",
    InvalidInput "The input is not valid.",
    InvalidLocationConstraint "The specified location-constraint is not valid",
    InvalidParameterValue "A value of the request is not valid.",
    InvalidPart "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    InvalidPartNumber "The requested partnumber is not satisfiable",
    InvalidPartOrder "The list of parts was not in ascending order. Parts must be ordered by part number.",
    InvalidPolicyDocument "The content of the form does not meet the conditions specified in the policy document.",
    InvalidPrefix "The annotation prefix you provided is invalid.",
    InvalidRange "The requested range is not satisfiable",
    InvalidRedirectLocation "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    InvalidRequest "Invalid Request",
    InvalidStorageClass "The storage class you specified is not valid",
    InvalidTag "The tag provided was not a valid tag.",
    InvalidToken "The provided token is malformed or otherwise invalid.",
    InvalidURI "Couldn't parse the specified URI.",
    KeyTooLongError "Your key is too long",
    LimitExceeded "The request would exceed a quota of the account.",
    MalformedACLError "The XML you provided was not well-formed or did not validate against our published schema",
    MalformedInput "The input cannot be read.",
    MalformedPolicy "Policies must be valid JSON and the first byte must be '{'",
    MalformedPolicyDocument "The policy document is malformed.",
    MalformedPOSTRequest "The body of your POST request is not well-formed multipart/form-data.",
    MalformedQueryString "The query string contains a syntax error.",
    MalformedTrailerError "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    MalformedXML "The XML you provided was not well-formed or did not validate against our published schema",
    MaxMessageLengthExceeded "Your request was too big.",
    MaxPostPreDataLengthExceededError "Your POST request fields preceding the upload file were too large.",
    MetadataTooLarge "Your metadata headers exceed the maximum allowed metadata size",
    MethodNotAllowed "The specified method is not allowed against this resource.",
    MissingAction "The request is missing an action or a required parameter.",
    MissingAuthenticationToken "Request is missing Authentication Token",
    MissingContentLength "You must provide the Content-Length HTTP header.",
    MissingRequestBodyError "Request Body is empty",
    MissingSecurityHeader "Your request was missing a required header",
    NoLoggingStatusForKey "There is no such thing as a logging status subresource for a key.",
    NoSuchAccessPoint "The specified accesspoint does not exist",
    NoSuchAccessPointPolicy "The specified accesspoint policy does not exist",
    NoSuchAnnotation "The specified annotation does not exist on this object.",
    NoSuchBucket "The specified bucket does not exist",
    NoSuchBucketPolicy "The bucket policy does not exist",
    NoSuchCORSConfiguration "The CORS configuration does not exist",
    NoSuchEntity "The entity cannot be found.",
    NoSuchKey "The specified key does not exist.",
    NoSuchObjectLockConfiguration "The specified object does not have a ObjectLock configuration",
    NoSuchPublicAccessBlockConfiguration "The public access block configuration was not found",
    NoSuchTagSet "The TagSet does not exist",
    NoSuchUpload "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    NoSuchVersion "The specified version does not exist.",
    NotImplemented "A header you provided implies functionality that is not implemented",
    NotModified "Not Modified",
    ObjectLockConfigurationNotFoundError "Object Lock configuration does not exist for this bucket",
    OperationAborted "A conflicting conditional operation is currently in progress against this resource. Try again.",
    OwnershipControlsNotFoundError "The bucket ownership controls were not found",
    PackedPolicyTooLarge "Packed size of session policies and tags exceeds the limit",
    PreconditionFailed "At least one of the pre-conditions you specified did not hold",
    RequestExpired "Request has expired.",
    RequestHeaderSectionTooLarge "Your request header section exceeds the maximum allowed request header section size.",
    RequestTimeout "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
    RequestTimeTooSkewed "The difference between the request time and the current time is too large.",
    RequestTorrentOfBucketError "Requesting the torrent file of a bucket is not permitted.",
    ServiceUnavailable "Service is unable to handle request.",
    SignatureDoesNotMatch "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    SlowDown "Please reduce your request rate.",
    Throttling "Rate exceeded",
    TooManyAccessPoints "You have attempted to create more accesspoints than allowed",
    TooManyBuckets "You have attempted to create more buckets than allowed",
    UnexpectedContent "This request does not support content",
    UnsupportedMediaType "The annotation payload is not valid UTF-8 encoded text.",
    ValidationError "The input fails to satisfy the constraints of the service.",
    XAmzContentSHA256Mismatch "The provided 'x-amz-content-sha256' header does not match what was computed.",
}

impl ErrorCode {
    /// Reads the `Code` element.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A refusal or failure of any service, as the client will see it; it is called after the first of them. `wire` adds
/// Resource, RequestId and HostId.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Error {
    pub code: ErrorCode,
    pub message: Cow<'static, str>,
    /// Further elements of the body, in order: `("BucketName", …)`, `("ArgumentName", …)`, …
    pub elements: Vec<(&'static str, String)>,
    /// Further headers of the answer: `("x-amz-delete-marker", "true")`, …
    pub headers: Vec<(&'static str, String)>,
}

impl S3Error {
    pub fn with_message(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), elements: Vec::new(), headers: Vec::new() }
    }

    /// `InvalidArgument` with the argument that is wrong.
    pub fn invalid_argument(name: &str, value: &str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::with_message(ErrorCode::InvalidArgument, message)
            .element("ArgumentName", name)
            .element("ArgumentValue", value)
    }

    /// 501 for a header whose function is not built.
    pub fn not_implemented(header: &str) -> Self {
        Self::from(ErrorCode::NotImplemented).element("Header", header)
    }

    #[must_use]
    pub fn element(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.elements.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<ErrorCode> for S3Error {
    fn from(code: ErrorCode) -> Self {
        Self::with_message(code, code.message())
    }
}

impl fmt::Display for S3Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for S3Error {}
