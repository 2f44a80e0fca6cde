//! Why a request's claim was refused, in S3's words.
//!
//! Every variant knows AWS's code, message and extra elements; `auth` turns them into an answer. The messages are
//! those that S3 sends, because tools look for them.

use std::fmt;

use model::Timestamp;
use model::limits::CLOCK_SKEW_S_MAX;

use crate::encode::push_hex;

/// A refusal with what a client needs to find its mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More than one of: Authorization header, presigned query, `Signature` query.
    SeveralMechanisms {
        authorization: String,
    },
    /// Signature Version 2 where it is switched off.
    MechanismNotSupported,
    /// An Authorization header that is not of AWS.
    AuthorizationType {
        authorization: String,
    },
    /// Not even the form of one.
    AuthorizationForm {
        authorization: String,
    },
    /// A malformed Authorization header; the detail follows AWS's usual beginning.
    Header {
        detail: String,
    },
    /// A malformed presigned query.
    Query {
        message: String,
    },
    /// A malformed field of a POST form.
    Field {
        name: &'static str,
        value: String,
        message: String,
    },
    /// Neither `x-amz-date` nor `Date` is there and readable.
    DateMissing,
    ContentSha256Missing,
    ContentSha256Invalid {
        value: String,
    },
    /// An anonymous request that says its chunks are signed.
    AnonymousChunks,
    /// `host` or `x-amz-*` headers that the signature does not cover, comma-separated.
    HeadersNotSigned {
        names: String,
    },
    TimeTooSkewed {
        request_time: String,
        server_time: Timestamp,
    },
    /// A presigned URL after its end.
    Expired {
        expires_s: Option<u32>,
        expires: Timestamp,
        server_time: Timestamp,
    },
    /// A presigned URL before its beginning.
    NotYetValid {
        server_time: Timestamp,
    },
    SignatureMismatch(Box<Mismatch>),
    /// A POST policy that cannot be read; the detail follows `Invalid Policy: `.
    PolicyDocument {
        detail: String,
    },
    /// A POST policy that forbids; the detail follows `Invalid according to Policy: `.
    PolicyDenied {
        detail: String,
    },
    /// Below a POST policy's `content-length-range`.
    TooSmall {
        proposed_bytes: u64,
        bytes_min: u64,
    },
    /// Above a POST policy's `content-length-range`.
    TooLarge {
        proposed_bytes: u64,
        bytes_max: u64,
    },
}

/// What was signed here, so that a client can compare it with what it signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub access_key: String,
    pub string_to_sign: String,
    pub signature: String,
    /// Absent for chunks, trailers and POST policies, which have none.
    pub canonical_request: Option<String>,
}

impl Refusal {
    /// S3's error code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SeveralMechanisms { .. }
            | Self::AuthorizationType { .. }
            | Self::AuthorizationForm { .. }
            | Self::Field { .. }
            | Self::ContentSha256Invalid { .. } => "InvalidArgument",
            Self::MechanismNotSupported | Self::ContentSha256Missing | Self::AnonymousChunks => {
                "InvalidRequest"
            }
            Self::Header { .. } => "AuthorizationHeaderMalformed",
            Self::Query { .. } => "AuthorizationQueryParametersError",
            Self::DateMissing
            | Self::HeadersNotSigned { .. }
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::PolicyDenied { .. } => "AccessDenied",
            Self::TimeTooSkewed { .. } => "RequestTimeTooSkewed",
            Self::SignatureMismatch(_) => "SignatureDoesNotMatch",
            Self::PolicyDocument { .. } => "InvalidPolicyDocument",
            Self::TooSmall { .. } => "EntityTooSmall",
            Self::TooLarge { .. } => "EntityTooLarge",
        }
    }

    /// S3's message.
    pub fn message(&self) -> String {
        let fixed = match self {
            Self::Header { detail } => return format!("The authorization header is malformed; {detail}"),
            Self::PolicyDocument { detail } => return format!("Invalid Policy: {detail}"),
            Self::PolicyDenied { detail } => return format!("Invalid according to Policy: {detail}"),
            Self::Query { message } | Self::Field { message, .. } => message,
            other => other.fixed_message(),
        };
        fixed.to_owned()
    }

    const fn fixed_message(&self) -> &'static str {
        match self {
            Self::SeveralMechanisms { .. } => {
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                 string parameter or the Authorization header should be specified"
            }
            Self::MechanismNotSupported => {
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            }
            Self::AuthorizationType { .. } => "Unsupported Authorization Type",
            Self::AuthorizationForm { .. } => {
                "Authorization header is invalid -- one and only one ' ' (space) required"
            }
            Self::DateMissing => "AWS authentication requires a valid Date or x-amz-date header",
            Self::ContentSha256Missing => "Missing required header for this request: x-amz-content-sha256",
            Self::ContentSha256Invalid { .. } => {
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                 STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, \
                 STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER \
                 or a valid sha256 value."
            }
            Self::AnonymousChunks => {
                "Anonymous requests don't support this x-amz-content-sha256 value. Please use \
                 UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER."
            }
            Self::HeadersNotSigned { .. } => {
                "There were headers present in the request which were not signed"
            }
            Self::TimeTooSkewed { .. } => {
                "The difference between the request time and the current time is too large."
            }
            Self::Expired { .. } => "Request has expired",
            Self::NotYetValid { .. } => "Request is not yet valid",
            Self::TooSmall { .. } => "Your proposed upload is smaller than the minimum allowed size",
            Self::TooLarge { .. } => "Your proposed upload exceeds the maximum allowed size",
            _ => {
                "The request signature we calculated does not match the signature you provided. Check your \
                 key and signing method."
            }
        }
    }

    /// Further elements of the error's body, in S3's order.
    pub fn elements(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::SeveralMechanisms { authorization }
            | Self::AuthorizationType { authorization }
            | Self::AuthorizationForm { authorization } => argument("Authorization", authorization),
            Self::ContentSha256Invalid { value } => argument("x-amz-content-sha256", value),
            Self::Field { name, value, .. } => argument(name, value),
            Self::HeadersNotSigned { names } => vec![("HeadersNotSigned", names.clone())],
            Self::TimeTooSkewed { request_time, server_time } => vec![
                ("RequestTime", request_time.clone()),
                ("ServerTime", iso_seconds(*server_time)),
                ("MaxAllowedSkewMilliseconds", (CLOCK_SKEW_S_MAX * 1000).to_string()),
            ],
            Self::Expired { expires_s, expires, server_time } => {
                let seconds = expires_s.map(|seconds| ("X-Amz-Expires", seconds.to_string()));
                let ends = [("Expires", iso_seconds(*expires)), ("ServerTime", iso_seconds(*server_time))];
                seconds.into_iter().chain(ends).collect()
            }
            Self::NotYetValid { server_time } => vec![("ServerTime", iso_seconds(*server_time))],
            Self::SignatureMismatch(mismatch) => mismatch.elements(),
            Self::TooSmall { proposed_bytes, bytes_min } => {
                sizes(*proposed_bytes, "MinSizeAllowed", *bytes_min)
            }
            Self::TooLarge { proposed_bytes, bytes_max } => {
                sizes(*proposed_bytes, "MaxSizeAllowed", *bytes_max)
            }
            _ => Vec::new(),
        }
    }
}

impl Mismatch {
    fn elements(&self) -> Vec<(&'static str, String)> {
        let mut elements = vec![
            ("AWSAccessKeyId", self.access_key.clone()),
            ("StringToSign", self.string_to_sign.clone()),
            ("SignatureProvided", self.signature.clone()),
            ("StringToSignBytes", spaced_hex(&self.string_to_sign)),
        ];
        if let Some(canonical) = &self.canonical_request {
            elements.push(("CanonicalRequest", canonical.clone()));
            elements.push(("CanonicalRequestBytes", spaced_hex(canonical)));
        }
        elements
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Refusal {}

fn argument(name: &str, value: &str) -> Vec<(&'static str, String)> {
    vec![("ArgumentName", name.to_owned()), ("ArgumentValue", value.to_owned())]
}

fn sizes(proposed: u64, limit_name: &'static str, limit: u64) -> Vec<(&'static str, String)> {
    vec![("ProposedSize", proposed.to_string()), (limit_name, limit.to_string())]
}

/// `2026-11-22T06:24:30Z`: these elements have no milliseconds.
fn iso_seconds(moment: Timestamp) -> String {
    let mut text = moment.to_iso8601();
    if let Some(point) = text.find('.') {
        text.replace_range(point..text.len() - 1, "");
    }
    text
}

/// `41 57 53`: how S3 shows the bytes of what was signed.
fn spaced_hex(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if !out.is_empty() {
            out.push(' ');
        }
        push_hex(&mut out, &[byte]);
    }
    out
}
